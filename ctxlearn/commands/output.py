"""How commands speak: results on stdout, everything else on stderr."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ctxlearn.models.base import Usage


class Bar(Protocol):
    """What a progress bar is told: `n` more are done."""

    def update(self, n: int = 1) -> object:
        """Count `n` more."""
        ...


class _Silent:
    def update(self, n: int = 1) -> None:
        """Say nothing."""


def as_json(value: object) -> None:
    """Print one JSON object."""
    print(json_text(value), end="")


def json_text(value: object) -> str:
    """Return one JSON object as it is printed."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def usage(it: Usage) -> dict[str, object]:
    """Return tokens as every command shows them; None is unknown."""
    return {
        "read": it.read,
        "cached": it.cached,
        "written": it.written,
        "stored_token_seconds": it.stored,
        "made": it.made,
    }


def warn(text: str) -> None:
    """Print a warning on stderr."""
    print(f"ctxlearn: {text}", file=sys.stderr, flush=True)


def table(rows: Sequence[Sequence[object]], right: Sequence[int] = ()) -> str:
    """Return rows as aligned columns; those numbered in `right` stand flush right."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def progress(total: int, what: str) -> Iterator[Bar]:
    """Show a progress bar on stderr when that is a terminal."""
    if total < 2 or not sys.stderr.isatty():
        yield _Silent()
        return
    from tqdm import tqdm  # late: only a person at a terminal waits for it

    with tqdm(total=total, desc=what, unit="", leave=False, file=sys.stderr) as bar:
        yield bar


def positive(text: str) -> int:
    """Return a whole number above 0, for argparse."""
    value = int(text.replace("_", "").replace(",", ""))
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list parted by commas, for argparse."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def fields(record: Any, *without: str) -> dict[str, Any]:
    """Return a record's fields as a dict, in their order."""
    return {name: getattr(record, name) for name in record.__slots__ if name not in without}
