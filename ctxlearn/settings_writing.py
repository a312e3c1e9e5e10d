"""How settings.toml is written: the two things that a page can set, without touching what else a person keeps there."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ctxlearn import settings
from ctxlearn.errors import SettingsError, StoreError
from ctxlearn.settings import FILE, Cap, Settings

_HEADER = re.compile(r"\s*\[")


def change(home: Path, *, local_only: bool, cap: Cap | None) -> None:
    """Set whether anything may leave this machine, and the spending cap; None takes the cap away.

    Raises SettingsError, with the file as it was, when it is written in a way that this cannot change.
    """
    path = home / FILE
    before = settings.in_file(path)
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    new = _with_cap(_with_flag(text, local_only), cap)
    data = new.encode()
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / FILE
        trial.write_bytes(data)
        with suppress(SettingsError):
            if replace(settings.in_file(trial), home=home) == replace(before, local_only=local_only, cap=cap):
                _put(path, data)
                return
    raise SettingsError(f"{path}: written in a way that a page cannot change; change it there by hand")


def _with_flag(text: str, on: bool) -> str:
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if _HEADER.match(line)), len(lines))
    said = f"local_only = {'true' if on else 'false'}"
    found = next((n for n in range(end) if re.match(r"\s*local_only\s*=", lines[n])), None)
    if found is not None:
        lines[found] = said + _remark(lines[found])
    elif on:
        lines[end:end] = [said] + ([""] if end < len(lines) else [])
    return _joined(lines)


def _with_cap(text: str, cap: Cap | None) -> str:
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if re.match(r"\s*\[\s*spending\s*\]", line)), None)
    if start is None:
        gap = [""] if lines and lines[-1] else []
        return _joined([*lines, *gap, "[spending]", *_fields(cap)] if cap else lines)
    end = next((n for n in range(start + 1, len(lines)) if _HEADER.match(lines[n])), len(lines))
    kept = [line for line in lines[start + 1 : end] if not re.match(r"\s*(cap|per)\s*=", line)]
    return _joined([*lines[: start + 1], *(_fields(cap) if cap else []), *kept, *lines[end:]])


def _fields(cap: Cap) -> list[str]:
    return [
        f"cap = {cap.usd!r}                       # USD, of all that is asked of hosted models",
        f'per = "{cap.per}"',
    ]


def _remark(line: str) -> str:
    return f"  {found[0]}" if (found := re.search(r"#.*", line)) else ""


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""


def _put(path: Path, data: bytes) -> None:
    """Put the file in place whole or not at all, readable by its owner alone."""
    part = path.with_name(path.name + ".part")
    try:
        Settings(path.parent).folder()
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path}: {error.strerror}; the settings could not be written") from error
