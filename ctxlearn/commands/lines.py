"""Files and streams of one segment a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ctxlearn.errors import FormatError, UsageError


def read(path: Path) -> list[str]:
    """Return a UTF-8 file's lines, without a byte order mark. Raises FormatError, UsageError."""
    try:
        with path.open("rb") as file:
            return list(decode(file, path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def decode(raw: Iterable[bytes], name: object) -> Iterator[str]:
    """Yield each line as text without its end. Raises FormatError at the first byte that is not UTF-8."""
    for number, line in enumerate(raw, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise FormatError(
                f"byte 0x{line[error.start]:02x} is not UTF-8; save the file as UTF-8",
                path=name,
                line=number,
                text=line.decode("utf-8", "replace"),
                column=len(line[: error.start].decode("utf-8", "replace")),
            ) from error
