"""The ledger: every run with its segments, its scores and the context it read, in the state folder's SQLite file.

A run is begun, its segments are entered batch by batch, and it is finished with its scores. A batch is one transaction
and stays when the process is killed. A run whose process is gone reads as interrupted, and has no scores.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from ctxlearn.errors import StoreError, UsageError
from ctxlearn.models.base import Alternative, Prefix, Problem, Usage
from ctxlearn.processes import is_gone, this_process
from ctxlearn.store import Store
from scoring.base import Score

Status = Literal["running", "done", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One system against one test set in one direction.

    `corpus` is its name and `corpus_path` its folder, `test_hash` tells test sets of one name apart, `sections` are
    those packed, `system` is the signature, `context` the fingerprint of the prefix, `n` the number of segments to
    translate and `failed` of those without a translation. The ledger gives `id`, `context` and the times (UTC, ISO
    8601), and `scores` once the run is done.
    """

    corpus: str
    corpus_path: str
    test: str
    test_hash: str
    direction: str
    model: str
    sections: tuple[str, ...]
    system: str
    n: int
    context: str = ""
    failed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    seconds: float | None = None
    leaks: Mapping[str, object] = field(default_factory=dict)
    coverage: Mapping[str, object] = field(default_factory=dict)
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    id: str = ""
    started: str = ""
    finished: str | None = None
    status: Status = "running"


@dataclass(frozen=True, slots=True)
class RunSegment:
    """A segment of a run: what was asked, what was answered, its chrF++; `position` counts from 0 in the test set.

    `coverage` says how many of its words stand in the books, as `coverage.counts` does.
    """

    position: int
    id: str
    source: str
    references: tuple[str, ...]
    hypothesis: str
    alternatives: tuple[Alternative, ...] = ()
    problem: Problem | None = None
    confidence: float | None = None
    score: float | None = None
    usage: Usage | None = None
    coverage: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run took so far; a cost of None is unknown."""

    usage: Usage
    cost_usd: float | None
    seconds: float


class Ledger:
    """The ledger at `path`, made when it is not there; a context manager. Every method may raise StoreError.

    `patience` is for how many seconds to wait for another process that is writing.
    """

    def __init__(self, path: Path, patience: float = 10) -> None:
        self._store = Store(path, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    # -- a run, from beginning to end ---------------------------------------------------------------------------------

    def begin(self, run: Run, prefix: Prefix, sections: Sequence[Mapping[str, object]] = ()) -> str:
        """Enter a run and the context that it reads (once for all runs), and return the run's id.

        `sections` are the context's, as `pack --json` shows them.
        """
        now = datetime.now(UTC)
        begun = replace(run, id=f"{now:%Y%m%d}-{secrets.token_hex(3)}", started=_stamp(now), context=prefix.fingerprint)
        row = {**_row(begun), "process": this_process()}
        names = ", ".join(f":{name}" for name in row)
        context = (prefix.fingerprint, zlib.compress(prefix.text.encode()), prefix.tokens, _json([*sections]))
        with self._store.writing() as connection:
            connection.execute("INSERT INTO context VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", context)
            connection.execute(f"INSERT INTO run ({', '.join(row)}) VALUES ({names})", row)
        return begun.id

    def resume(self, run: Run, fingerprint: str) -> Run | None:
        """Take up the newest run that was begun as `run` is, on that context, and was cut off; None when there is none.

        It is then this process's, for no two can take up one run; its segments and totals so far stay.
        """
        alike = {name: value for name, value in _row(run).items() if name in _SAME} | {"context": fingerprint}
        conditions = " AND ".join(f"{name} = :{name}" for name in alike)
        query = f"SELECT id, status, process FROM run WHERE status != 'done' AND {conditions}"
        with self._store.writing() as connection:
            for row in connection.execute(f"{query} ORDER BY started DESC, rowid DESC", alike).fetchall():
                if row["status"] != "running" or is_gone(row["process"]):
                    again = "UPDATE run SET status = 'running', process = ?, finished = NULL WHERE id = ?"
                    connection.execute(again, (this_process(), row["id"]))
                    return self.show(row["id"])
        return None

    def enter_segments(self, run_id: str, segments: Iterable[RunSegment], so_far: Totals | None = None) -> None:
        """Enter a batch of segments as a whole; one entered before at the same position is replaced.

        `so_far` is entered with them, so that a run which is cut off still says what it took.
        """
        rows = [_segment_row(run_id, segment) for segment in segments]
        with self._store.writing() as connection:
            self._check_running(connection, run_id)
            connection.executemany(f"INSERT OR REPLACE INTO segment VALUES ({', '.join('?' * 12)})", rows)
            if so_far is not None:
                totals = (_json(asdict(so_far.usage)), so_far.cost_usd, so_far.seconds, run_id)
                connection.execute("UPDATE run SET usage = ?, cost_usd = ?, seconds = ? WHERE id = ?", totals)

    def finish(
        self,
        run_id: str,
        scores: Sequence[Score],
        *,
        failed: int = 0,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        seconds: float | None = None,
        leaks: Mapping[str, object] | None = None,
        coverage: Mapping[str, object] | None = None,
        floors: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        """Enter a run's scores and totals, and mark it done, all at once; what is None stays as it was begun with."""
        given = {"leaks": leaks, "coverage": coverage, "floors": floors, "usage": asdict(usage) if usage else None}
        totals: dict[str, object] = {name: _json(value) for name, value in given.items() if value is not None}
        plain = {"cost_usd": cost_usd, "seconds": seconds}
        totals |= {name: value for name, value in plain.items() if value is not None}
        with self._store.writing() as connection:
            self._check_complete(connection, run_id)
            connection.executemany(
                "INSERT INTO score VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(run_id, n, s.metric, s.value, s.low, s.high, s.signature) for n, s in enumerate(scores)],
            )
            self._end(connection, run_id, "done", failed=failed, **totals)

    def interrupt(self, run_id: str) -> None:
        """Mark a run as interrupted; its segments stay."""
        with self._store.writing() as connection:
            self._end(connection, run_id, "interrupted")

    def fail(self, run_id: str) -> None:
        """Mark a run as failed: an error ended it. Its segments stay."""
        with self._store.writing() as connection:
            self._end(connection, run_id, "failed")

    # -- what a person adds to a run, or takes away -------------------------------------------------------------------

    def tag(self, run_id: str, tags: Sequence[str], *, remove: bool = False) -> Run:
        """Add tags to a run, or take them off it, and return the run. Raises UsageError when there is no such run."""
        wrong = next((tag for tag in tags if not tag.strip() or not tag.isprintable()), None)
        if wrong is not None:
            raise UsageError(f"tag {wrong!r}: expected a word or some on one line")
        with self._store.writing() as connection:
            run = self.show(run_id)
            kept = [tag for tag in run.tags if tag not in tags]
            found = kept if remove else [*run.tags, *(tag for tag in dict.fromkeys(tags) if tag not in run.tags)]
            connection.execute("UPDATE run SET tags = ? WHERE id = ?", (_json(found), run.id))
        return replace(run, tags=tuple(found))

    def enter_outside(self, run_id: str, score: Score, values: Sequence[float]) -> None:
        """Enter the scores of a metric that was computed elsewhere, one a segment in order, and `score`, their mean.

        What was entered before under the metric's name is replaced. Raises UsageError unless the run is done.
        """
        with self._store.writing() as connection:
            run = self.show(run_id)
            if run.status != "done" or len(values) != run.n:
                raise UsageError(f"run {run.id} is {run.status} and has {run.n} segments; scores of {len(values)} came")
            for table in ("score", "outside_score"):
                connection.execute(f"DELETE FROM {table} WHERE run = ? AND metric = ?", (run.id, score.metric))
            last = "SELECT coalesce(max(position) + 1, 0) FROM score WHERE run = ?"
            connection.execute(
                f"INSERT INTO score VALUES (?, ({last}), ?, ?, ?, ?, ?)",
                (run.id, run.id, score.metric, score.value, score.low, score.high, score.signature),
            )
            rows = [(run.id, score.metric, position, value) for position, value in enumerate(values)]
            connection.executemany("INSERT INTO outside_score VALUES (?, ?, ?, ?)", rows)

    def remove(self, run_id: str) -> None:
        """Delete a run with its segments, and the context when no other run has read it.

        Raises UsageError when there is no such run or it goes on, StoreError as `forget` does.
        """
        with self._store.writing() as connection:
            run = self.show(run_id)
            if run.status == "running":
                raise UsageError(f"run {run.id} goes on; end it first")
            _delete(connection, "id", run.id)
        self._wipe(f"run {run.id} is deleted", "end that process, and the next run that is removed takes them along")

    # -- reading ------------------------------------------------------------------------------------------------------

    def list(self, corpus: str | None = None) -> tuple[Run, ...]:
        """Return all runs, or those of the corpus of that name, the newest first."""
        return self._runs("WHERE ? IN (corpus, '') ORDER BY started DESC, rowid DESC", corpus or "")

    def show(self, run_id: str) -> Run:
        """Return the run whose id begins with `run_id`. Raises UsageError when none does, or several."""
        found = self._runs("WHERE substr(id, 1, ?) = ? ORDER BY id", len(run_id), run_id) if run_id else ()
        if len(found) > 1:
            raise UsageError(f"run {run_id!r} is not one run; it could be {', '.join(run.id for run in found[:8])}")
        if not found:
            raise UsageError(f"no run {run_id!r}; `ctxlearn runs list` shows them all")
        return found[0]

    def segments(self, run_id: str) -> tuple[RunSegment, ...]:
        """Return what was entered of a run's segments, in the order of the test set."""
        rows = self._store.read("SELECT * FROM segment WHERE run = ? ORDER BY position", run_id)
        return tuple(map(_segment, rows))

    def outside_scores(self, run_id: str) -> dict[str, tuple[float, ...]]:
        """Return the imported scores of a run by metric, one a segment in the order of the test set."""
        query = "SELECT metric, value FROM outside_score WHERE run = ? ORDER BY metric, position"
        found: dict[str, list[float]] = {}
        for row in self._store.read(query, run_id):
            found.setdefault(row["metric"], []).append(row["value"])
        return {metric: tuple(values) for metric, values in found.items()}

    def context(self, fingerprint: str) -> Prefix:
        """Return the context that a run has read. Raises UsageError when no run has."""
        rows = self._store.read("SELECT text, tokens FROM context WHERE fingerprint = ?", fingerprint)
        if not rows:
            raise UsageError(f"no run has read a context {fingerprint!r}")
        return Prefix(zlib.decompress(rows[0]["text"]).decode(), rows[0]["tokens"], fingerprint)

    def forget(self, corpus_path: str) -> int:
        """Delete all runs of a corpus and the contexts that no other run has read; return how many runs there were.

        The file is written anew, so that no text of theirs stays in it. Raises StoreError when another process is
        reading the ledger, for then it cannot be: the runs are gone from it, and forgetting again wipes the rest.
        """
        with self._store.writing() as connection:
            runs = _delete(connection, "corpus_path", corpus_path)
        self._wipe("the runs are deleted", "end that process and forget the corpus again")
        return runs

    def _wipe(self, done: str, advice: str) -> None:
        if not self._store.wipe():
            raise StoreError(
                f"{self._store.path}: {done}, but another process is reading the ledger, so that traces of the texts "
                f"are still in its files; {advice}"
            )

    def _runs(self, condition: str, *values: object) -> tuple[Run, ...]:
        rows = self._store.read(f"SELECT * FROM run {condition}", *values)
        which = f"SELECT id FROM run {condition}"
        scores: dict[str, list[Score]] = {}
        for row in self._store.read(f"SELECT * FROM score WHERE run IN ({which}) ORDER BY position", *values):
            score = Score(row["metric"], row["value"], row["low"], row["high"], row["signature"])
            scores.setdefault(row["run"], []).append(score)
        return tuple(_run(row, scores.get(row["id"], ())) for row in rows)

    # -- writing, inside a transaction --------------------------------------------------------------------------------

    def _check_running(self, connection: sqlite3.Connection, run_id: str) -> None:
        row = connection.execute("SELECT status FROM run WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise StoreError(f"{self._store.path}: no run {run_id}; its corpus was forgotten in the meantime")
        if row["status"] != "running":
            raise StoreError(f"{self._store.path}: run {run_id} is {row['status']} and cannot be changed")

    def _check_complete(self, connection: sqlite3.Connection, run_id: str) -> None:
        self._check_running(connection, run_id)
        query = "SELECT n, (SELECT count(*) FROM segment WHERE run = run.id) AS entered FROM run WHERE id = ?"
        n, entered = connection.execute(query, (run_id,)).fetchone()
        if entered != n:
            raise StoreError(f"{self._store.path}: run {run_id} has {entered} of {n} segments; it is not done")

    def _end(self, connection: sqlite3.Connection, run_id: str, status: Status, **columns: object) -> None:
        self._check_running(connection, run_id)
        columns |= {"status": status, "finished": _stamp(datetime.now(UTC))}
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        connection.execute(f"UPDATE run SET {assignments} WHERE id = :id", {**columns, "id": run_id})


def _delete(connection: sqlite3.Connection, column: str, value: str) -> int:
    """Delete the runs with that value, and the contexts that no other run has read; return how many runs."""
    runs = connection.execute(f"DELETE FROM run WHERE {column} = ?", (value,)).rowcount
    connection.execute("DELETE FROM context WHERE fingerprint NOT IN (SELECT context FROM run)")
    return runs


# -- rows -------------------------------------------------------------------------------------------------------------

# What makes two runs the same one: what is asked, of whom, by which code.
_SAME = ("corpus_path", "test", "test_hash", "direction", "model", "system", "n", "versions")
_JSON = ("sections", "versions", "leaks", "coverage", "floors", "tags", "usage")


def _stamp(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _row(run: Run) -> dict[str, object]:
    """Return a run by the names of its columns; its scores have a table of their own."""
    values = {name: value for name, value in asdict(run).items() if name != "scores"}
    return {name: _json(value) if name in _JSON else value for name, value in values.items()}


def _run(row: sqlite3.Row, scores: Sequence[Score]) -> Run:
    values: dict[str, Any] = dict(row)
    values |= {name: json.loads(values[name]) for name in _JSON}
    if is_gone(values.pop("process")) and values["status"] == "running":
        values["status"] = "interrupted"
    values |= {name: tuple(values[name]) for name in ("sections", "tags")}
    # Another process may have finished the run after its row was read; then its scores are not shown yet.
    values |= {"usage": Usage(**values["usage"]), "scores": tuple(scores) if values["status"] == "done" else ()}
    return Run(**values)


def _segment_row(run_id: str, segment: RunSegment) -> tuple[object, ...]:
    return (
        run_id,
        segment.position,
        segment.id,
        segment.source,
        _json(segment.references),
        segment.hypothesis,
        _json([asdict(alternative) for alternative in segment.alternatives]),
        _json(asdict(segment.problem)) if segment.problem else None,
        segment.confidence,
        segment.score,
        _json(asdict(segment.usage)) if segment.usage else None,
        _json(segment.coverage) if segment.coverage else None,
    )


def _segment(row: sqlite3.Row) -> RunSegment:
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
    )
