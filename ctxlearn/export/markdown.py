"""A report in Markdown (GitHub's, with tables), its picture as a list that can be read aloud."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ctxlearn.export.base import Exported, Written, one_line
from ctxlearn.export.report import Block, Heading, Items, Paragraph, Plot, Table, blocks
from ctxlearn.plots import bars

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!^=])")
_AT_START = re.compile(r"^(\s*)(\d+)([.)])(?!\S)|^(\s*)([-+])(?!\S)")


def write(items: Sequence[Exported]) -> Written:
    """Return a report on the runs."""
    return Written(("\n\n".join(map(_block, blocks(items))) + "\n").encode())


def _block(it: Block) -> str:
    match it:
        case Heading():
            return f"{'#' * it.level} {escape(it.text)}"
        case Paragraph():
            return escape(it.text)
        case Items():
            return "\n".join(f"- {escape(name)}: {escape(text)}" for name, text in it.items)
        case Table():
            return _table(it)
        case Plot():
            return f"```text\n{bars(it.runs, it.metric, it.labels)}\n```"


def _table(it: Table) -> str:
    rules = [" ---: " if number in it.right else " --- " for number in range(len(it.names))]
    rows = ["|".join(f" {escape(cell)} " for cell in row) for row in (it.names, *it.rows)]
    lines = [rows[0], "|".join(rules), *rows[1:]]
    return f"{escape(it.caption)}\n\n" + "\n".join(f"|{line}|" for line in lines)


def escape(text: str) -> str:
    r"""Return a text that Markdown shows as it stands.

    >>> escape("ma|he *tora*"), escape("1. -an"), escape("-an")
    ('ma\\|he \\*tora\\*', '1\\. -an', '-an')
    """
    return _AT_START.sub(_escaped_start, _SPECIAL.sub(r"\\\1", one_line(text)))


def _escaped_start(match: re.Match[str]) -> str:
    blanks, number, point, more, sign = match.groups()
    return f"{blanks}{number}\\{point}" if number else f"{more}\\{sign}"
