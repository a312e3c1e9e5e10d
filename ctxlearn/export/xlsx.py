"""A workbook with a sheet of runs and one of segments, for people; written by openpyxl.

A text stays a text: affixes such as `=at` and `-an` are not taken for formulas.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctxlearn.errors import UsageError
from ctxlearn.export import rows
from ctxlearn.export.base import Exported, Written, for_xml
from ctxlearn.export.rows import Cell

if TYPE_CHECKING:
    from openpyxl.cell import Cell as SheetCell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

MOST_ROWS = 1_048_576  # Excel's, the names included
MOST_CHARACTERS = 32_767  # in a cell; openpyxl would cut in silence


def write(items: Sequence[Exported]) -> Written:
    """Return the workbook. Raises UsageError when the segments are more than a sheet has rows."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    remarks: list[str] = []
    for title, (names, table) in (("runs", rows.runs(items)), ("segments", rows.segments(items))):
        if len(table) >= MOST_ROWS:
            raise UsageError(f"{len(table):,} segments, and a sheet has room for {MOST_ROWS - 1:,}; export fewer runs")
        _sheet(book, title, names, table, remarks)
    stream = io.BytesIO()
    book.save(stream)
    return Written(stream.getvalue(), tuple(remarks))


def _sheet(
    book: Workbook, title: str, names: Sequence[str], table: Sequence[Sequence[Cell]], remarks: list[str]
) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in [names, *table]:
        sheet.append([_cell(sheet, value, remarks) for value in row])


def _cell(sheet: WriteOnlyWorksheet, value: Cell, remarks: list[str]) -> SheetCell | Cell:
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return value
    text = for_xml(value)
    if len(text) > MOST_CHARACTERS:
        remarks.append(f"a text of {len(text):,} characters was cut to the {MOST_CHARACTERS:,} that a cell can hold")
        text = text[:MOST_CHARACTERS]
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # whatever it begins with
    return cell
