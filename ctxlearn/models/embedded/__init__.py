"""The embedded model: it reads the packed context, and nothing else, learns from it offline, and translates.

Stages, one file each: `material` (what there is to learn) → `text` and `subwords` (tokens, pieces) → `align` →
`phrases`, `orientations`, `ngrams` and `classes` (table, language models) → `decode` (the loops) → `state` (kept by the
prefix's fingerprint) → `candidates` (what each view makes of a sentence) → `regression` (what the nearest pairs say of
it) → `consensus` (the one most like all others) → `confidence`; `learn` joins the first ones, `translate` the last.
Loops over numbers are compiled by numba, once on each machine.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ctxlearn import render
from ctxlearn.data import Direction
from ctxlearn.errors import StoreError
from ctxlearn.models.base import Completion, Prefix, Request, Usage
from ctxlearn.models.embedded import state as states
from ctxlearn.models.embedded.candidates import QUICK, WHOLE
from ctxlearn.models.embedded.learn import learn, version
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.state import State
from ctxlearn.models.embedded.translate import Corrections, Translator

_CHARACTERS_A_TOKEN = 4  # how segments and the tail are counted; the prefix was counted when it was packed


class EmbeddedModel:
    """Statistical translation learned from the context; what was learned is kept below the folder `learned`.

    `threads` share the segments of a request. `quick` tries less, for a little of the quality; what it learns and where
    that is kept are the same.
    """

    def __init__(self, learned: Path, threads: int = 1, *, quick: bool = False) -> None:
        self.name = "embedded-quick" if quick else "embedded"
        self._learned = learned
        self._threads = threads
        self._effort = QUICK if quick else WHOLE
        self._opened: tuple[Path, State] | None = None
        self.at_once = 64 * threads  # segments that are best given together

    def complete(self, request: Request) -> Completion:
        """Translate every segment of `request`; its prefix is learned first if it was not before. Raises StoreError."""
        try:
            return self._complete(request)
        except OSError as error:  # numba keeps on the disk what it compiled, wherever that happens
            found = f"{self._learned}: what was learned or compiled cannot be kept ({error})"
            raise StoreError(f"{found}; make room, or set CTXLEARN_HOME to another folder") from error

    def _complete(self, request: Request) -> Completion:
        state, written = self._know(request.prefix, request.direction)
        corrections = Corrections.read(request.tail, request.prefix.text, request.direction)
        translator = Translator(state, corrections, self._effort)
        with ThreadPoolExecutor(self._threads) as pool:
            translations = list(pool.map(lambda segment: translator.translate(segment, request.n), request.segments))
        known = request.prefix.tokens
        return Completion(
            tuple(translations),
            Usage(
                read=known + _tokens(request.tail, *(segment.source for segment in request.segments)),
                cached=0 if written else known,
                written=known if written else 0,
                made=_tokens(*(translation.text for translation in translations)),
            ),
        )

    def knows(self, fingerprint: str, direction: Direction) -> bool:
        """Whether what there is to learn from a prefix is there already; learning takes seconds."""
        return states.is_kept(self._folder(fingerprint, direction))

    def _folder(self, fingerprint: str, direction: Direction) -> Path:
        return self._learned / f"{fingerprint}-{version()}" / str(direction)

    def _know(self, prefix: Prefix, direction: Direction) -> tuple[State, bool]:
        """Return what is learned from a prefix, and whether it was learned just now; the last one stays in memory."""
        folder = self._folder(prefix.fingerprint, direction)
        if self._opened is not None and self._opened[0] == folder:
            return self._opened[1], False
        state, written = states.opened(folder), False
        if state is None:
            learned = learn(gather(render.read(prefix.text), direction))
            states.write(folder, learned)
            state, written = State(learned), True
        self._opened = folder, state
        return state, written


def _tokens(*texts: str) -> int:
    return sum(-(-len(text) // _CHARACTERS_A_TOKEN) for text in texts)
