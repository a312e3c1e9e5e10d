"""What the ledger holds: a run, its segments, and what it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ctxlearn.models.base import Alternative, Problem, Usage
from scoring.base import Score

Status = Literal["running", "done", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One system against one test set in one direction.

    `corpus` is its name and `corpus_path` its folder, `test_hash` tells test sets of one name apart, `sections` are
    those packed, `system` is the signature, `parameters` what the model was asked with, `context` the fingerprint of
    the prefix, `n` the number of segments to translate and `failed` of those without a translation. The ledger gives
    `id`, `context` and the times (UTC, ISO 8601), `scores` once the run is done, and `answered_by` once it has ended:
    the ids under which models answered, which a provider may change behind one name.
    """

    corpus: str
    corpus_path: str
    test: str
    test_hash: str
    direction: str
    model: str
    sections: tuple[str, ...]
    system: str
    n: int
    context: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    failed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    seconds: float | None = None
    leaks: Mapping[str, object] = field(default_factory=dict)
    coverage: Mapping[str, object] = field(default_factory=dict)
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    answered_by: tuple[str, ...] = ()
    id: str = ""
    started: str = ""
    finished: str | None = None
    status: Status = "running"


@dataclass(frozen=True, slots=True)
class RunSegment:
    """A segment of a run: what was asked, what was answered, its chrF++; `position` counts from 0 in the test set.

    `coverage` says how many of its words stand in the books, as `coverage.counts` does. `model` is the id that
    answered, `attempts` how many requests that took (0: it was answered before, None: not known), `usage` the
    segment's share of them, None for models of this machine.
    """

    position: int
    id: str
    source: str
    references: tuple[str, ...]
    hypothesis: str
    alternatives: tuple[Alternative, ...] = ()
    problem: Problem | None = None
    confidence: float | None = None
    score: float | None = None
    usage: Usage | None = None
    coverage: Mapping[str, object] | None = None
    model: str = ""
    attempts: int | None = None


def worst_first(segments: Iterable[RunSegment]) -> list[RunSegment]:
    """Return segments by their chrF++, the lowest first; those without one come before."""
    return sorted(segments, key=lambda it: (it.score is not None, it.score or 0.0))


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run took so far; a cost of None is unknown."""

    usage: Usage
    cost_usd: float | None
    seconds: float
