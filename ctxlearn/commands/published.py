"""How a run's scores under a benchmark's protocol are shown beside the published ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ctxlearn.commands import output

if TYPE_CHECKING:
    from ctxlearn.corpus import TestSet
    from ctxlearn.protocols.base import Comparison, Level, Protocol, Published
    from ctxlearn.runs import Run, RunSegment
    from scoring.base import Score

_NAMES = {"bleu": "BLEU", "chrf": "chrF", "chrf++": "chrF++"}


def compare(protocol: Protocol, run: Run, segments: Sequence[RunSegment], test: TestSet) -> Comparison:
    """Return a run's scores as the protocol measures them, beside the published ones."""
    from ctxlearn.data import Direction
    from ctxlearn.protocols import base

    levels = {item.id: item.level for item in test.items}
    answers = [base.Answer(it.hypothesis, it.references, levels[it.id]) for it in segments]
    return base.compare(protocol, Direction.parse(run.direction, protocol.codes), answers, run.sections)


# -- for a person -----------------------------------------------------------------------------------------------------


def text(it: Comparison, system: str) -> str:
    """Return a comparison as tables for a person; `system` is what the run's own row is called."""
    lines = [f"protocol {it.protocol.name}: {it.protocol.title} ({it.protocol.cite})"]
    lines.append(f"the context may hold {it.protocol.context}")
    lines += [f"not comparable with the published numbers: {departure}" for departure in it.departures]
    lines += [_levels(it.levels), "", _ranking(it, system)]
    if it.others:
        lines.append(f"{output.counted(len(it.others), 'score')} of systems that had read something else: --json")
    return "\n".join([*lines, *_sources(it), *(f"{_NAMES[s.metric]}: {s.signature}" for s in it.levels[0].scores), ""])


def _levels(levels: Sequence[Level]) -> str:
    heads = [_NAMES[score.metric] for score in levels[0].scores]
    rows: list[list[object]] = [["", "segments", *heads]]
    rows += [[level.name or "all", level.n, *map(_shown, level.scores)] for level in levels]
    return output.table(rows, right=range(1, len(rows[0])))


def _shown(score: Score) -> str:
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} ({score.low:.1f} – {score.high:.1f})"


def _ranking(it: Comparison, system: str) -> str:
    """Return the scores of the first metric over the whole test set, the highest first, the run's own among them."""
    first = it.levels[0].scores[0]
    numbers = {source: number for number, source in enumerate(_cited(it), 1)}
    rows = [
        (row.value, [_aligned(str(row.value)), row.system, row.material, f"{row.how} [{numbers[row.source]}]"])
        for row in _listed(it)
    ]
    where = "measured now" + (", not comparable" if it.departures else "")
    rows.append((first.value, [_aligned(f"{first.value:.2f}"), f"this run: {system}", "", where]))
    rows.sort(key=lambda row: -row[0])
    head = [_NAMES[first.metric], "system", "had read", "where from"]
    return output.table([head, *(row for _, row in rows)], right=[0])


def _aligned(number: str) -> str:
    """Return a number as it was published, so that points stand below one another.

    >>> _aligned("32"), _aligned("51.6")
    ('32   ', '51.6 ')
    """
    whole, _, part = number.partition(".")
    return f"{whole}{'.' if part else ' '}{part:<2}"


def _listed(it: Comparison) -> list[Published]:
    metric = it.levels[0].scores[0].metric
    return [row for row in it.beside if row.metric == metric and not row.level]


def _cited(it: Comparison) -> list[str]:
    return list(dict.fromkeys(row.source for row in _listed(it)))


def _sources(it: Comparison) -> Iterator[str]:
    from ctxlearn.protocols.base import HOW

    yield from (f"[{number}] {source}" for number, source in enumerate(_cited(it), 1))
    used = {row.how for row in _listed(it)}
    yield "; ".join(f"{how}: {meaning}" for how, meaning in HOW.items() if how in used)


# -- as JSON ----------------------------------------------------------------------------------------------------------


def as_dict(it: Comparison) -> dict[str, object]:
    """Return a comparison as `evaluate --json` shows it."""
    whole, *levels = it.levels
    return {
        "name": it.protocol.name,
        "cite": it.protocol.cite,
        "departures": list(it.departures),
        "scores": _scores(whole),
        "levels": {level.name: {"n": level.n, "scores": _scores(level)} for level in levels},
        "published": [{**output.fields(row), "beside": row in it.beside} for row in (*it.beside, *it.others)],
    }


def _scores(level: Level) -> dict[str, object]:
    return {score.metric: output.fields(score, "metric") for score in level.scores}
