"""Tab-separated values: a row a segment, the names on the first line; for `cut`, and pandas with `quoting=3`.

A tab or a line break in a text becomes a blank: nothing is quoted and nothing escaped, so that a column is the texts
themselves. No score changes by that.
"""

from __future__ import annotations

from collections.abc import Sequence

from ctxlearn.export import rows
from ctxlearn.export.base import Exported, Written, one_line
from ctxlearn.export.rows import Cell


def write(items: Sequence[Exported]) -> Written:
    """Return the segments of the runs, run after run."""
    names, table = rows.segments(items)
    lines = ["\t".join(names), *("\t".join(map(_field, row)) for row in table)]
    return Written("".join(f"{line}\n" for line in lines).encode())


def _field(cell: Cell) -> str:
    return "" if cell is None else one_line(str(cell))
