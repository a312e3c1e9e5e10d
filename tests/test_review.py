"""Which sentences of a run a person looks at, and in which order."""

from __future__ import annotations

import pytest

from ctxlearn.models.base import Problem
from ctxlearn.review import ORDERS, Wanted, covered, review
from ctxlearn.runs import Run, RunSegment


def segment(position: int, name: str, score: float | None, known: int, **more: object) -> RunSegment:
    counts = {"tokens": 4, "surface": {"dictionary": known, "examples": 0, "either": known}}
    given: dict[str, object] = {"source": f"source {name}", "references": (f"reference {name}",), **more}
    return RunSegment(position, name, hypothesis=f"Hypothesis {name}", score=score, coverage=counts, **given)  # type: ignore[arg-type]


SEGMENTS = (
    segment(0, "a", 50.0, 4),
    segment(1, "b", 10.0, 2, problem=Problem("refused", "no")),
    segment(2, "c", 90.0, 0, source="a much longer source"),
)
LEAK = {"test_id": "c", "side": "source", "kind": "same", "section": "grammar", "record": "5.3"}
RUN = Run("toy", "/toy", "dev", "", "qaa-eng", "copy", (), "", 3, leaks={"removed": 1, "items": [LEAK, LEAK]})


@pytest.mark.parametrize(
    ("order", "ids"),
    [*zip(ORDERS, ["bac", "cab", "abc", "cba", "cab"], strict=True)],
)
def test_every_order_is_what_it_is_called(order: str, ids: str) -> None:
    assert "".join(it.segment.id for it in review(RUN, SEGMENTS, Wanted(), order)) == ids  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted("HYPOTHESIS B"), "b"),
        (Wanted("longer"), "c"),
        (Wanted("reference"), "bac"),
        (Wanted(at_most=50.0), "ba"),
        (Wanted(with_problems=True), "b"),
        (Wanted(with_leaks=True), "c"),
        (Wanted(with_unknown_words=True), "bc"),
    ],
)
def test_only_the_wanted_sentences_are_shown(wanted: Wanted, ids: str) -> None:
    assert "".join(it.segment.id for it in review(RUN, SEGMENTS, wanted)) == ids


def test_a_leak_is_named_once_and_coverage_that_was_not_counted_is_unknown() -> None:
    found = review(RUN, SEGMENTS, Wanted(with_leaks=True))
    assert (found[0].leaks, found[0].covered) == (("grammar 5.3",), 0.0)
    assert covered(RunSegment(0, "x", "s", ("r",), "h")) is None
