"""The table of exporters: what `runs export --format` can say, and how runs are written in it.

A format's module is imported only when it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ctxlearn.errors import UsageError
from ctxlearn.export.base import Exported, Written, gather, with_normalised

__all__ = ["FORMATS", "Exported", "Format", "Written", "by_suffix", "export", "gather", "with_normalised"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its module here, the ending of its files, and whether a terminal can show it."""

    module: str
    suffix: str
    text: bool = True


FORMATS = {
    "jsonl": Format("jsonl", ".jsonl"),
    "tsv": Format("tsv", ".tsv"),
    "xlsx": Format("xlsx", ".xlsx", text=False),
    "tmx": Format("tmx", ".tmx"),
    "md": Format("markdown", ".md"),
    "html": Format("html", ".html"),
    "latex": Format("latex", ".tex"),
}


def export(items: Sequence[Exported], name: str) -> Written:
    """Return runs in a format. Raises UsageError when there is no such format, or a run is not fit for it."""
    if name not in FORMATS:
        raise UsageError(f"format {name!r}: the known ones are {', '.join(FORMATS)}")
    if not items:
        raise UsageError("no runs to export")
    module = importlib.import_module(f"ctxlearn.export.{FORMATS[name].module}")
    written: Written = module.write(items)
    return written


def by_suffix(path: Path) -> str | None:
    """Return the name of the format whose files end as this one does."""
    return next((name for name, it in FORMATS.items() if it.suffix == path.suffix.lower()), None)
