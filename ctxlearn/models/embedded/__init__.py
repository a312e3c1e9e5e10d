"""The embedded model: it reads the packed context, and nothing else, learns from it offline, and translates.

Stages, one file each: `material` (what there is to learn) → `text` and `subwords` (tokens, pieces) → `align` →
`phrases` and `ngrams` (table, language model) → `state` (kept by the prefix's fingerprint) → `decode`; `learn` joins
the first ones, `translate` the last.
"""

from __future__ import annotations

from pathlib import Path

from ctxlearn import render
from ctxlearn.data import Direction
from ctxlearn.models.base import Completion, Prefix, Request, Usage
from ctxlearn.models.embedded import state as states
from ctxlearn.models.embedded.learn import VERSION, learn
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.state import State
from ctxlearn.models.embedded.translate import Corrections, translate_all

_CHARACTERS_A_TOKEN = 4  # how segments and the tail are counted; the prefix was counted when it was packed


class EmbeddedModel:
    """Statistical translation learned from the context; what was learned is kept below the folder `learned`."""

    name = "embedded"

    def __init__(self, learned: Path, threads: int = 1) -> None:
        self._learned = learned
        self._threads = threads

    def complete(self, request: Request) -> Completion:
        """Translate every segment of `request`; its prefix is learned first if it was not before. Raises StoreError."""
        state, written = self._state(request.prefix, request.direction)
        try:
            corrections = Corrections.read(request.tail, request.prefix.text, request.direction)
            translations = tuple(translate_all(state, corrections, request.segments, request.n))
        finally:
            state.close()
        known = request.prefix.tokens
        return Completion(
            translations,
            Usage(
                read=known + _tokens(request.tail, *(segment.source for segment in request.segments)),
                cached=0 if written else known,
                written=known if written else 0,
                made=_tokens(*(translation.text for translation in translations)),
            ),
        )

    def _state(self, prefix: Prefix, direction: Direction) -> tuple[State, bool]:
        folder = self._learned / f"{prefix.fingerprint}-{VERSION}" / str(direction)
        found = states.opened(folder)
        if found is not None:
            return found, False
        states.write(folder, learn(gather(render.read(prefix.text), direction)))
        found = states.opened(folder)
        assert found is not None  # it was just written whole
        return found, True


def _tokens(*texts: str) -> int:
    return sum(-(-len(text) // _CHARACTERS_A_TOKEN) for text in texts)
