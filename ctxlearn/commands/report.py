"""The import report: what a source gave, what was left out of it and why; for `add` and `check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctxlearn.corpus import Part
    from ctxlearn.formats.base import Omission, Report

SHOWN = 20  # omissions shown; the rest are counted
SHOWN_DELIBERATE = 5


def lines(part: Part) -> list[str]:
    """Return the report of one source as lines; those below the first are indented."""
    first = f"{part.source.id} ({part.source.kind}, {part.source.policy}): {counts(part.material.report.read)}"
    taken = [
        f"  {count:,} {why}"
        for count, why in ((part.excluded, "excluded by only and exclude"), (part.held_out, "held out for a test"))
        if count
    ]
    return [first, *taken, *details(part.material.report)]


def details(report: Report) -> list[str]:
    """Return what was left out and the remarks, as indented lines."""
    broken = [it for it in report.left_out if not it.deliberate]
    deliberate = [it for it in report.left_out if it.deliberate]
    return [
        *_left_out("left out", broken, SHOWN),
        *_left_out("left out on purpose", deliberate, SHOWN_DELIBERATE),
        *(f"  note: {remark}" for remark in report.remarks),
    ]


def counts(read: Mapping[str, int]) -> str:
    """Return counts by kind of thing in one line.

    >>> counts({"entries": 2737, "examples": 1})
    '2,737 entries, 1 example'
    """
    named = (f"{count:,} {_singular(name) if count == 1 else name}" for name, count in read.items())
    return ", ".join(named) or "nothing"


def as_object(part: Part) -> dict[str, Any]:
    """Return the report of one source for `--json`: whole, nothing shortened."""
    report = part.material.report
    return {
        "id": part.source.id,
        "kind": part.source.kind,
        "policy": part.source.policy,
        "read": dict(report.read),
        "excluded": part.excluded,
        "held_out": part.held_out,
        "left_out": [
            {"place": it.place, "what": it.what, "why": it.why, "deliberate": it.deliberate} for it in report.left_out
        ],
        "remarks": list(report.remarks),
    }


def _left_out(title: str, omissions: Sequence[Omission], most: int) -> list[str]:
    if not omissions:
        return []
    shown = [f"    {it.place}: {it.why}" + (f": {it.what!r}" if it.what else "") for it in omissions[:most]]
    more = [f"    … and {len(omissions) - most:,} more"] if len(omissions) > most else []
    return [f"  {title}: {len(omissions):,}", *shown, *more]


def _singular(name: str) -> str:
    return name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
