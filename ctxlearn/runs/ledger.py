"""The ledger: every run with its segments, its scores and the context it read, in the state folder's SQLite file.

A run is begun, its segments are entered batch by batch, and it is finished with its scores. A batch is one transaction
and stays when the process is killed. A run whose process is gone reads as interrupted, and has no scores.
"""

from __future__ import annotations

import secrets
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ctxlearn.errors import StoreError, UsageError
from ctxlearn.models.base import Prefix, Usage
from ctxlearn.processes import is_gone, this_process
from ctxlearn.runs import rows
from ctxlearn.runs.base import Run, RunSegment, Status, Totals
from ctxlearn.store import Store
from scoring.base import Score


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
        run_id = f"{now:%Y%m%d}-{secrets.token_hex(3)}"
        begun = replace(run, id=run_id, started=rows.stamp(now), context=prefix.fingerprint)
        row = {**rows.run_row(begun), "process": this_process()}
        context = (prefix.fingerprint, zlib.compress(prefix.text.encode()), prefix.tokens, rows.as_json([*sections]))
        with self._store.writing() as connection:
            connection.execute("INSERT INTO context VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", context)
            _insert(connection, "run", row)
        return run_id

    def resume(self, run: Run, fingerprint: str) -> Run | None:
        """Take up the newest run that was begun as `run` is, on that context, and was cut off; None when there is none.

        It is then this process's, for no two can take up one run; its segments and totals so far stay.
        """
        alike = {name: value for name, value in rows.run_row(run).items() if name in rows.SAME}
        alike["context"] = fingerprint
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
        entered = [rows.segment_row(run_id, segment) for segment in segments]
        with self._store.writing() as connection:
            self._check_running(connection, run_id)
            for row in entered:
                _insert(connection, "segment", row, replace=True)
            if so_far is not None:
                totals = (rows.as_json(asdict(so_far.usage)), so_far.cost_usd, so_far.seconds, run_id)
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
        totals: dict[str, object] = {name: rows.as_json(value) for name, value in given.items() if value is not None}
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
            connection.execute("UPDATE run SET tags = ? WHERE id = ?", (rows.as_json(found), run.id))
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
            entered = [(run.id, score.metric, position, value) for position, value in enumerate(values)]
            connection.executemany("INSERT INTO outside_score VALUES (?, ?, ?, ?)", entered)

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
        found = self._store.read("SELECT * FROM segment WHERE run = ? ORDER BY position", run_id)
        return tuple(map(rows.read_segment, found))

    def outside_scores(self, run_id: str) -> dict[str, tuple[float, ...]]:
        """Return the imported scores of a run by metric, one a segment in the order of the test set."""
        query = "SELECT metric, value FROM outside_score WHERE run = ? ORDER BY metric, position"
        found: dict[str, list[float]] = {}
        for row in self._store.read(query, run_id):
            found.setdefault(row["metric"], []).append(row["value"])
        return {metric: tuple(values) for metric, values in found.items()}

    def context(self, fingerprint: str) -> Prefix:
        """Return the context that a run has read. Raises UsageError when no run has."""
        found = self._store.read("SELECT text, tokens FROM context WHERE fingerprint = ?", fingerprint)
        if not found:
            raise UsageError(f"no run has read a context {fingerprint!r}")
        return Prefix(zlib.decompress(found[0]["text"]).decode(), found[0]["tokens"], fingerprint)

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
        found = self._store.read(f"SELECT * FROM run {condition}", *values)
        which = f"SELECT id FROM run {condition}"
        scores: dict[str, list[Score]] = {}
        for row in self._store.read(f"SELECT * FROM score WHERE run IN ({which}) ORDER BY position", *values):
            score = Score(row["metric"], row["value"], row["low"], row["high"], row["signature"])
            scores.setdefault(row["run"], []).append(score)
        return tuple(rows.read_run(row, scores.get(row["id"], ())) for row in found)

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
        columns |= {"status": status, "finished": rows.stamp(datetime.now(UTC))}
        columns |= {"answered_by": rows.as_json(_answered_by(connection, run_id))}
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        connection.execute(f"UPDATE run SET {assignments} WHERE id = :id", {**columns, "id": run_id})


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object], *, replace: bool = False) -> None:
    """Enter a row by the names of its columns, so that a later version of the schema may have more."""
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT {'OR REPLACE ' * replace}INTO {table} ({names}) VALUES ({values})", row)


def _answered_by(connection: sqlite3.Connection, run_id: str) -> list[str]:
    """Return the ids under which models answered a run's segments, in the order in which they first did."""
    query = "SELECT model FROM segment WHERE run = ? AND model != '' GROUP BY model ORDER BY min(position)"
    return [row["model"] for row in connection.execute(query, (run_id,))]


def _delete(connection: sqlite3.Connection, column: str, value: str) -> int:
    """Delete the runs with that value, and the contexts that no other run has read; return how many runs."""
    runs = connection.execute(f"DELETE FROM run WHERE {column} = ?", (value,)).rowcount
    connection.execute("DELETE FROM context WHERE fingerprint NOT IN (SELECT context FROM run)")
    return runs
