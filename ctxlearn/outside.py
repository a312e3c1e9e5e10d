"""Scores that another program gave to a run's segments (COMET, a person's rating), read from a table and entered.

A file is lines of tab-separated fields, in one of three shapes:

    0.8123                      one score a line, as many as the run has segments, in their order
    dev:1 <TAB> 0.8123          a segment's id and its score, in any order
    id <TAB> … <TAB> COMET      with names on the first line: `id`, or `position` (from 0), and the metric's or `score`
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from ctxlearn.errors import FormatError, UsageError
from ctxlearn.runs import Ledger, RunSegment
from scoring import METRICS, NORMALISED
from scoring.base import Score, draw
from scoring.means import Means

RESAMPLES = 1000
SEED = 12345


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a row hold the score and what it belongs to; without a `key` the order says it."""

    score: int
    key: int | None = None
    by_position: bool = False
    header: bool = False


def enter(ledger: Ledger, run_id: str, metric: str, path: Path) -> Score:
    """Enter a file's scores under a metric's name and return their mean with its interval.

    Raises UsageError for the name of a metric that is computed here, FormatError unless there is one score a segment.
    """
    check_name(metric)
    run = ledger.show(run_id)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    values = read(content, path, ledger.segments(run.id), metric)
    means = Means(metric, values, f"file:{path.name}|sha256:{hashlib.sha256(content).hexdigest()[:12]}")
    score = means.score(draw(len(values), RESAMPLES, SEED), SEED)
    ledger.enter_outside(run.id, score, values)
    return score


def check_name(metric: str) -> None:
    """Raise UsageError when a metric's name is none, or that of one which is computed here."""
    if not metric.strip() or not metric.isprintable():
        raise UsageError(f"metric {metric!r}: expected a name, such as COMET")
    if metric.lower().removesuffix(NORMALISED) in METRICS:
        raise UsageError(f"metric {metric!r} is computed here; give the imported scores a name of their own")


def read(content: bytes, path: Path, segments: Sequence[RunSegment], metric: str) -> tuple[float, ...]:
    """Return a file's scores in the order of the segments. Raises FormatError."""
    rows = _rows(content, path)
    if not rows:
        raise FormatError(f"no scores; expected {len(segments)}", path=path)
    columns = _columns(rows[0], path, metric)
    found: dict[int, float] = {}
    places = _places(segments, columns)
    for line, row in enumerate(rows[columns.header :], 1 + columns.header):
        position = _position(row, columns, places, path, line) if columns.key is not None else line - 1 - columns.header
        if position in found:
            raise FormatError("a second score for the same segment", path=path, line=line, text="\t".join(row))
        found[position] = _number(row, columns.score, path, line)
    return _complete(found, segments, path)


def _rows(content: bytes, path: Path) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", path=path, line=content[: error.start].count(b"\n") + 1) from error
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    return [line.split("\t") for line in lines] if text.strip() else []


def _columns(first: Sequence[str], path: Path, metric: str) -> Columns:
    if _is_number(first[-1]):
        if len(first) > 2:
            raise FormatError(
                f"{len(first)} columns and no names; expected a score, or an id and a score",
                path=path, line=1, text="\t".join(first),
            )  # fmt: skip
        return Columns(score=len(first) - 1, key=0 if len(first) == 2 else None)
    names = [name.strip().lower() for name in first]
    score = next((names.index(name) for name in (metric.lower(), "score") if name in names), None)
    if score is None:
        raise FormatError(
            f"expected a score, or the name of a column {metric!r} or 'score'", path=path, line=1, text="\t".join(first)
        )
    key = next((name for name in ("id", "position") if name in names), None)
    return Columns(score, names.index(key) if key else None, by_position=key == "position", header=True)


def _places(segments: Sequence[RunSegment], columns: Columns) -> Mapping[str, int]:
    return {str(it.position) if columns.by_position else it.id: it.position for it in segments}


def _position(row: Sequence[str], columns: Columns, places: Mapping[str, int], path: Path, line: int) -> int:
    key = row[columns.key or 0].strip() if len(row) > (columns.key or 0) else ""
    if key not in places:
        what = "position" if columns.by_position else "id"
        raise FormatError(f"the run has no segment of {what} {key!r}", path=path, line=line, text="\t".join(row))
    return places[key]


def _number(row: Sequence[str], column: int, path: Path, line: int) -> float:
    text = row[column].strip() if len(row) > column else ""
    if not _is_number(text):
        raise FormatError(f"expected a number, found {text!r}", path=path, line=line, text="\t".join(row))
    return float(text)


def _complete(found: Mapping[int, float], segments: Sequence[RunSegment], path: Path) -> tuple[float, ...]:
    if len(found) > len(segments):
        raise FormatError(f"{len(found)} scores, and the run has {len(segments)} segments", path=path)
    lacking = [it for it in segments if it.position not in found]
    if lacking:
        raise FormatError(
            f"no score for {len(lacking)} of {len(segments)} segments, the first of them {lacking[0].id!r}", path=path
        )
    return tuple(found[it.position] for it in segments)


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False
