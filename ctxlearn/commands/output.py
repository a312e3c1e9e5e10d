"""How commands speak: results on stdout, everything else on stderr."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ctxlearn import watching
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.models.base import Usage


class Bar(Protocol):
    """What a progress bar is told: `n` more are done."""

    def update(self, n: int = 1) -> object:
        """Count `n` more."""
        ...


class _Told:
    def update(self, n: int = 1) -> None:
        """Tell who watches, if anybody does."""
        watching.watcher().advance(n)


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
    watching.watcher().say(text)
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
    """Show a progress bar on stderr when that is a terminal, and tell who watches."""
    watching.watcher().say(what)
    if total < 2 or not sys.stderr.isatty():
        yield _Told()
        return
    from tqdm import tqdm  # late: only a person at a terminal waits for it

    with tqdm(total=total, desc=what, unit="", leave=False, file=sys.stderr) as bar:
        yield bar


def check_target(path: Path) -> None:
    """Raise UsageError, before any work is done, when no file can be written at `path`."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; expected the name of a file to write")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; make it first")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(path.name + ".new")
    try:
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def check_texts(texts: Iterable[str]) -> None:
    """Raise UsageError when an argument is not a text: bytes that are not UTF-8 come as lone surrogates."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"{text!r}: not UTF-8; is the terminal set to another encoding?") from error


def positive(text: str) -> int:
    """Return a whole number above 0, for argparse."""
    digits = text.replace("_", "").replace(",", "")
    if not digits.isdecimal() or int(digits) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(digits)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "record"), counted(1200, "entry", "entries")
    ('1 record', '1,200 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list parted by commas, for argparse."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def fields(record: Any, *without: str) -> dict[str, Any]:
    """Return a record's fields as a dict, in their order."""
    return {name: getattr(record, name) for name in record.__slots__ if name not in without}
