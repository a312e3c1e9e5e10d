"""A score over time: the runs of one model on one test set, one way, with marks where something else changed.

Only runs whose scores mean the same stand in one series: the same test set by its hash, and as many segments of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ctxlearn.runs import Run
from scoring.base import Score

MARKS = ("context", "sections", "prompt", "model", "version", "signature")
_ELSEWHERE = ("dir", "ctx", "tok", "prompt", "v")  # parts of a signature that other marks, or the series, speak of


@dataclass(frozen=True, slots=True)
class Mark:
    """What changed since the run before: `kind` is one of MARKS, `text` says from what to what."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A run in its series, its score, and what changed since the run before."""

    run: Run
    score: Score
    marks: tuple[Mark, ...] = ()


class Panel(NamedTuple):
    """What runs have in common whose scores may be compared."""

    corpus: str
    test: str
    test_hash: str
    direction: str
    n: int


@dataclass(frozen=True, slots=True)
class Series:
    """The finished runs of one model on one test set in one direction, the oldest first."""

    panel: Panel
    model: str
    metric: str
    points: tuple[Point, ...]


def trend(
    runs: Sequence[Run], metric: str = "chrf", *, test: str = "", direction: str = "", model: str = ""
) -> tuple[Series, ...]:
    """Return the series of the finished runs that have a score under `metric`; `runs` come with the newest first.

    An empty `test`, `direction` or `model` means any.
    """
    groups: dict[tuple[Panel, str], list[Point]] = {}
    wanted = (test, direction, model)
    for run in reversed(runs):
        score = next((it for it in run.scores if it.metric == metric), None)
        fits = all(one in ("", other) for one, other in zip(wanted, (run.test, run.direction, run.model), strict=True))
        if score is None or run.status != "done" or not fits:
            continue
        panel = Panel(run.corpus, run.test, run.test_hash, run.direction, run.n)
        points = groups.setdefault((panel, run.model), [])
        points.append(Point(run, score, _marks(points[-1], run, score) if points else ()))
    return tuple(Series(panel, name, metric, tuple(points)) for (panel, name), points in sorted(groups.items()))


def _marks(before: Point, run: Run, score: Score) -> tuple[Mark, ...]:
    """Return what differs from the run before, in the order of MARKS."""
    was = before.run
    recorded = _recorded(was, run)
    found = [
        Mark("context", f"context {was.context[:8]} → {run.context[:8]}") if was.context != run.context else None,
        Mark("sections", f"sections {_listed(was.sections)} → {_listed(run.sections)}")
        if was.sections != run.sections
        else None,
        _changed("prompt", _prompt(was), _prompt(run)),
        _changed("model", _system(was) | recorded[0], _system(run) | recorded[1]),
        _changed("version", was.versions, run.versions),
        Mark("signature", f"signature {before.score.signature} → {score.signature}")
        if before.score.signature != score.signature
        else None,
    ]
    return tuple(mark for mark in found if mark is not None)


def _changed(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Mark | None:
    names = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    texts = [f"{name} {before.get(name, '(none)')} → {after.get(name, '(none)')}" for name in names]
    return Mark(kind, ", ".join(texts)) if texts else None


def _system(run: Run) -> dict[str, str]:
    parts = signature_parts(run.system)
    return {name: value for name, value in parts.items() if name not in _ELSEWHERE}


def signature_parts(signature: str) -> dict[str, str]:
    """Return the parts of a signature by their names.

    >>> signature_parts("model:gemini/a:b|tok:20")
    {'model': 'gemini/a:b', 'tok': '20'}
    """
    pairs = (part.partition(":") for part in signature.split("|"))
    return {name: value for name, _, value in pairs}


def _prompt(run: Run) -> dict[str, str]:
    """Return which version of the prompt a hosted model was asked with; nothing where none was written."""
    parts = signature_parts(run.system)
    return {"prompt": parts["prompt"]} if "prompt" in parts else {}


def _recorded(*runs: Run) -> tuple[dict[str, str], ...]:
    """Return who answered each run, and how many segments shared a request; nothing where one run does not say."""
    if not all(run.answered_by for run in runs):
        return tuple({} for _ in runs)
    shared = (f"{run.parameters.get('per_request', 1):g}" for run in runs)
    return tuple(
        {"answered by": ", ".join(run.answered_by), "per request": each} for run, each in zip(runs, shared, strict=True)
    )


def _listed(sections: Sequence[str]) -> str:
    return "+".join(sections) or "(none)"
