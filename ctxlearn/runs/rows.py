"""How runs and segments stand in the tables of the ledger and are read back from them, whenever that is done."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ctxlearn.models.base import Alternative, Problem, Usage
from ctxlearn.processes import is_gone
from ctxlearn.runs.base import Run, RunSegment
from scoring.base import Score

# What makes two runs the same one: what is asked, of whom, by which code.
SAME = ("corpus_path", "test", "test_hash", "direction", "model", "system", "parameters", "n", "versions")
_JSON = ("sections", "parameters", "versions", "leaks", "coverage", "floors", "tags", "usage", "answered_by")


def stamp(time: datetime) -> str:
    """Return a time of UTC as it is entered."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def as_json(value: object) -> str:
    """Return a value as a column holds it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def run_row(run: Run) -> dict[str, object]:
    """Return a run by the names of its columns; its scores have a table of their own."""
    values = {name: value for name, value in asdict(run).items() if name != "scores"}
    return {name: as_json(value) if name in _JSON else value for name, value in values.items()}


def read_run(row: sqlite3.Row, scores: Sequence[Score]) -> Run:
    """Return the run of a row; one whose process is gone reads as interrupted."""
    values: dict[str, Any] = dict(row)
    values |= {name: json.loads(values[name]) for name in _JSON}
    if is_gone(values.pop("process")) and values["status"] == "running":
        values["status"] = "interrupted"
    values |= {name: tuple(values[name]) for name in ("sections", "tags", "answered_by")}
    # Another process may have finished the run after its row was read; then its scores are not shown yet.
    values |= {"usage": Usage(**values["usage"]), "scores": tuple(scores) if values["status"] == "done" else ()}
    return Run(**values)


def segment_row(run_id: str, it: RunSegment) -> dict[str, object]:
    """Return a segment by the names of its columns."""
    return {
        "run": run_id,
        "position": it.position,
        "id": it.id,
        "source": it.source,
        "refs": as_json(it.references),
        "hypothesis": it.hypothesis,
        "alternatives": as_json([asdict(each) for each in it.alternatives]),
        "problem": as_json(asdict(it.problem)) if it.problem else None,
        "confidence": it.confidence,
        "score": it.score,
        "usage": as_json(asdict(it.usage)) if it.usage else None,
        "coverage": as_json(it.coverage) if it.coverage else None,
        "model": it.model,
        "attempts": it.attempts,
    }


def read_segment(row: sqlite3.Row) -> RunSegment:
    """Return the segment of a row."""
    return RunSegment(
        position=row["position"],
        id=row["id"],
        source=row["source"],
        references=tuple(json.loads(row["refs"])),
        hypothesis=row["hypothesis"],
        alternatives=tuple(Alternative(**each) for each in json.loads(row["alternatives"])),
        problem=Problem(**json.loads(row["problem"])) if row["problem"] else None,
        confidence=row["confidence"],
        score=row["score"],
        usage=Usage(**json.loads(row["usage"])) if row["usage"] else None,
        coverage=json.loads(row["coverage"]) if row["coverage"] else None,
        model=row["model"],
        attempts=row["attempts"],
    )
