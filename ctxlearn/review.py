"""Which sentences of a run a person looks at, in which order, and what has to be known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ctxlearn.runs import Run, RunSegment

Order = Literal["worst", "best", "test set", "least covered", "longest"]
ORDERS: tuple[Order, ...] = ("worst", "best", "test set", "least covered", "longest")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A segment of a run, the share of its words that stand in the books (None: not known), and its leaks.

    A leak is a record that held the sentence, and was therefore taken out of the context; it is named by its section
    and its id.
    """

    segment: RunSegment
    covered: float | None
    leaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show: sentences that hold a text on any side, score at most so much chrF++, or have something special."""

    text: str = ""
    at_most: float | None = None
    with_problems: bool = False
    with_leaks: bool = False
    with_unknown_words: bool = False


def review(run: Run, segments: Sequence[RunSegment], wanted: Wanted, order: Order = "worst") -> tuple[Reviewed, ...]:
    """Return the wanted sentences of a run in the order asked for; equal ones stay in the order of the test set."""
    leaks = _leaks(run)
    every = [Reviewed(it, covered(it), leaks.get(it.id, ())) for it in segments]
    found = [it for it in every if _is_wanted(it, wanted)]
    return tuple(sorted(found, key=lambda it: _rank(it, order)))


def covered(segment: RunSegment) -> float | None:
    """Return the share of a segment's words that stand in the books as they are; None when that was not counted."""
    counts = segment.coverage
    if not counts or not counts.get("tokens"):
        return None
    surface = counts["surface"]
    assert isinstance(surface, Mapping)
    return float(surface["either"]) / float(str(counts["tokens"]))


def _leaks(run: Run) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    items = run.leaks.get("items", ())
    assert isinstance(items, Sequence)
    for it in items:
        where = f"{it['section']} {it['record']}".strip()
        if where not in found.setdefault(it["test_id"], []):
            found[it["test_id"]].append(where)
    return {name: tuple(places) for name, places in found.items()}


def _is_wanted(it: Reviewed, wanted: Wanted) -> bool:
    segment = it.segment
    sides = (segment.source, segment.hypothesis, *segment.references, segment.id)
    return (
        any(wanted.text.casefold() in side.casefold() for side in sides)
        and (wanted.at_most is None or (segment.score or 0.0) <= wanted.at_most)
        and (not wanted.with_problems or segment.problem is not None)
        and (not wanted.with_leaks or bool(it.leaks))
        and (not wanted.with_unknown_words or (it.covered is not None and it.covered < 1))
    )


def _rank(it: Reviewed, order: Order) -> float:
    if order == "test set":
        return it.segment.position
    if order == "longest":
        return -len(it.segment.source)
    if order == "least covered":
        return 2.0 if it.covered is None else it.covered
    score = it.segment.score or 0.0
    return -score if order == "best" else score
