"""The embedded model: it reads the packed context, and nothing else, learns from it offline, and translates.

Stages, one file each: `material` (what there is to learn) → `text` and `subwords` (tokens, pieces) → `align` →
`phrases` and `ngrams` (table, language model) → `state` (kept by the prefix's fingerprint) → `decode`; `learn` joins
the first ones, `translate` the last.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cached_property, partial
from pathlib import Path

from ctxlearn import render
from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Completion, Prefix, Request, Translation, Usage
from ctxlearn.models.embedded import state as states
from ctxlearn.models.embedded.learn import learn, version
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.translate import Corrections, translate_all

_SHARE = 16  # segments at least for a process of its own, which takes a third of a second to begin
_CHARACTERS_A_TOKEN = 4  # how segments and the tail are counted; the prefix was counted when it was packed


class EmbeddedModel:
    """Statistical translation learned from the context; what was learned is kept below the folder `learned`.

    With `threads` above 1 the segments of a request are shared among as many processes, for thot decodes in one thread.
    """

    name = "embedded"

    def __init__(self, learned: Path, threads: int = 1) -> None:
        self._learned = learned
        self._threads = threads
        self.at_once = 64 * threads  # segments that are best given together

    def complete(self, request: Request) -> Completion:
        """Translate every segment of `request`; its prefix is learned first if it was not before. Raises StoreError."""
        folder, written = self._know(request.prefix, request.direction)
        corrections = Corrections.read(request.tail, request.prefix.text, request.direction)
        translations = self._translate(folder, corrections, request)
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
        return self._folder(fingerprint, direction).exists()

    def _folder(self, fingerprint: str, direction: Direction) -> Path:
        return self._learned / f"{fingerprint}-{version()}" / str(direction)

    def _know(self, prefix: Prefix, direction: Direction) -> tuple[Path, bool]:
        """Return the folder of what is learned from a prefix, and whether it was learned just now."""
        folder = self._folder(prefix.fingerprint, direction)
        found = states.opened(folder)
        if found is not None:
            found.close()
            return folder, False
        states.write(folder, learn(gather(render.read(prefix.text), direction)))
        return folder, True

    def _translate(self, folder: Path, corrections: Corrections, request: Request) -> list[Translation]:
        segments, n = request.segments, request.n
        workers = max(1, min(self._threads, len(segments) // _SHARE))
        if workers == 1:
            return _translate(folder, corrections, n, segments)
        share = -(-len(segments) // workers)
        shares = [segments[start : start + share] for start in range(0, len(segments), share)]
        parts = self._pool.map(partial(_translate, folder, corrections, n), shares)
        return [translation for part in parts for translation in part]

    @cached_property
    def _pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # the only way that every platform has
        return ProcessPoolExecutor(self._threads, context, initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _translate(folder: Path, corrections: Corrections, n: int, segments: Sequence[Segment]) -> list[Translation]:
    state = states.opened(folder)
    assert state is not None  # it was there a moment ago
    try:
        return list(translate_all(state, corrections, segments, n))
    finally:
        state.close()


def _tokens(*texts: str) -> int:
    return sum(-(-len(text) // _CHARACTERS_A_TOKEN) for text in texts)
