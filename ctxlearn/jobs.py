"""Long jobs: one call of the command line each, in a process of its own that outlives the page that began it.

    start ──→ running ──→ done · failed · cancelled
                 │  ▲
       pause, or the process is gone
                 ▼  │ resume
          paused · interrupted

What is known of a job stands in the state folder's SQLite file, its files in a folder of its own below `jobs`:
`result` (what the call printed), `log` (its warnings), and what it was given or writes. Pausing breaks the call off;
resuming calls it again, and it goes on from what it had finished, as an evaluation or a file's translation does
anyhow. Nobody but the state folder holds a job: it goes on when the page is closed and when the app has ended.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from ctxlearn import settings
from ctxlearn.errors import StoreError, UsageError
from ctxlearn.processes import is_gone, named, this_process
from ctxlearn.settings import Settings
from ctxlearn.store import Store

State = Literal["running", "paused", "interrupted", "done", "failed", "cancelled"]
Wanted = Literal["pause", "cancel"]

RESUMABLE: tuple[State, ...] = ("paused", "interrupted", "failed")
RESULT, LOG = "result", "log"
_PATIENCE = 5.0  # seconds for a process to be gone

Arguments = Sequence[str] | Callable[[Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Job:
    """One job: a call of the command line, how far it is, and its folder.

    `done` of `total` segments (None: not known yet), `text` says what it is at; `error` why it failed; `code` is the
    exit code, 3 when some segments failed; `runs` are those that it entered in the ledger. `wanted` is what a person
    has asked for and the process has not done yet.
    """

    id: str
    title: str
    corpus_path: str
    arguments: tuple[str, ...]
    folder: Path
    state: State
    created: str
    finished: str | None
    wanted: str
    done: int
    total: int | None
    text: str
    error: str
    code: int | None
    runs: tuple[str, ...]

    @property
    def result(self) -> Path:
        """The file with what the call printed."""
        return self.folder / RESULT

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state != "running"

    @property
    def can_resume(self) -> bool:
        """Whether it can go on from where it stopped."""
        return self.state in RESUMABLE

    def log(self, most: int = 4000) -> str:
        """Return the end of the log, at most so many characters of it."""
        with suppress(OSError):
            return (self.folder / LOG).read_bytes()[-4 * most :].decode("utf-8", "replace")[-most:]
        return ""


class Jobs:
    """The jobs of a state folder; a context manager. Every method may raise StoreError."""

    def __init__(self, here: Settings, patience: float = 10) -> None:
        self._home = here.folder("jobs")
        self._store = Store(here.ledger, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    # -- what a person asks -------------------------------------------------------------------------------------------

    def start(self, corpus: Path, arguments: Arguments, title: str, files: Mapping[str, bytes] | None = None) -> Job:
        """Begin a call of the command line on the corpus in that folder, and return at once.

        `files` are put into the job's folder first, under names that the program chose; `arguments` that must know
        that folder are made by a function of it. While the same call on the same files is running, no second one is
        begun, and its job is returned: it was pressed twice.
        """
        job = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3)}"
        folder = self._home / job
        _write(folder, files or {})
        call = [*(arguments(folder) if callable(arguments) else arguments)]
        path = str(corpus.resolve())
        row = (job, title, path, json.dumps(call, ensure_ascii=False), this_process(), _now())
        with self._store.writing() as connection:
            running = (it for it in self.list(path) if not it.is_over and not it.wanted)
            same = next((it for it in running if _does(it, call, folder, files or {})), None)
            if same is None:
                connection.execute(
                    "INSERT INTO job (id, title, corpus_path, arguments, process, created) VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                )
        if same is not None:
            _delete(folder)
            return same
        self._spawn(job)
        return self.show(job)

    def pause(self, job: str) -> None:
        """Ask a job to stop and keep what it has. Raises UsageError."""
        self._want(job, "pause")

    def cancel(self, job: str) -> None:
        """Ask a job to stop for good; one that stands still is cancelled now. Raises UsageError."""
        self._want(job, "cancel")

    def resume(self, job: str) -> Job:
        """Let a job go on from where it stopped. Raises UsageError when it does not stand still, or is over."""
        with self._store.writing() as connection:
            found = self.show(job)  # in the transaction, so that no two take up one job
            if not found.can_resume:
                raise UsageError(f"job {found.id} is {found.state}; only one that stopped before its end can go on")
            connection.execute(
                "UPDATE job SET status = 'running', process = ?, wanted = '', error = '', text = '', finished = NULL, "
                "done = 0, total = NULL, code = NULL WHERE id = ?",
                (this_process(), found.id),
            )
        self._spawn(found.id)
        return self.show(found.id)

    def remove(self, job: str) -> None:
        """Delete a job that is over, with its files. Raises UsageError."""
        found = self.show(job)
        if not found.is_over:
            raise UsageError(f"job {found.id} is running; cancel it first")
        _delete(found.folder)
        with self._store.writing() as connection:
            connection.execute("DELETE FROM job WHERE id = ?", (found.id,))

    def forget(self, corpus_path: str) -> int:
        """End and delete all jobs of a corpus, with their files; return how many there were."""
        found = self.list(corpus_path)
        for job in found:
            if not job.is_over:
                self._kill(job.id)
            _delete(job.folder)
        with self._store.writing() as connection:
            connection.execute("DELETE FROM job WHERE corpus_path = ?", (corpus_path,))
        return len(found)

    # -- reading ------------------------------------------------------------------------------------------------------

    def list(self, corpus_path: str = "") -> tuple[Job, ...]:
        """Return all jobs, or those of the corpus in that folder, the newest first."""
        query = "SELECT * FROM job WHERE ? IN (corpus_path, '') ORDER BY created DESC, rowid DESC"
        return tuple(self._job(row) for row in self._store.read(query, corpus_path))

    def show(self, job: str) -> Job:
        """Return the job whose id begins so. Raises UsageError when none does, or several."""
        rows = self._store.read("SELECT * FROM job WHERE substr(id, 1, ?) = ?", len(job), job) if job else []
        if len(rows) != 1:
            what = f"could be {', '.join(row['id'] for row in rows[:8])}" if rows else "there is none"
            raise UsageError(f"job {job!r}: {what}; `ctxlearn jobs` lists them")
        return self._job(rows[0])

    # -- what the process of a job says of itself ---------------------------------------------------------------------

    def claim(self, job: str) -> Job:
        """Make a job that was just started or resumed this process's."""
        with self._store.writing() as connection:
            connection.execute("UPDATE job SET process = ? WHERE id = ? AND status = 'running'", (this_process(), job))
        return self.show(job)

    def wanted(self, job: str) -> str:
        """Return what was asked of a job; `cancel` when it is there no longer."""
        rows = self._store.read("SELECT wanted FROM job WHERE id = ?", job)
        return str(rows[0]["wanted"]) if rows else "cancel"

    def report(self, job: str, done: int, total: int | None, text: str, runs: Sequence[str]) -> None:
        """Enter how far a job is."""
        values = (done, total, text, json.dumps([*runs]), job)
        with self._store.writing() as connection:
            connection.execute("UPDATE job SET done = ?, total = ?, text = ?, runs = ? WHERE id = ?", values)

    def end(self, job: str, state: State, *, code: int | None = None, error: str = "") -> None:
        """Enter how a job has ended."""
        values = (state, code, error, _now(), job)
        with self._store.writing() as connection:
            connection.execute(
                "UPDATE job SET status = ?, code = ?, error = ?, finished = ?, wanted = '' WHERE id = ?", values
            )

    # -- inside -------------------------------------------------------------------------------------------------------

    def _spawn(self, job: str) -> None:
        """Start the process of a job. What becomes of it is its own affair: nobody waits for it."""
        folder = self._home / job
        try:
            with (folder / RESULT).open("wb") as result, (folder / LOG).open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "ctxlearn.worker", job],
                    stdin=subprocess.DEVNULL,
                    stdout=result,
                    stderr=log,
                    env=settings.environment_of_a_worker(),
                    close_fds=True,
                    **_APART,
                )
        except OSError as error:
            self.end(job, "failed", error=f"{sys.executable}: {error.strerror or error}; no process could be started")
            return
        _children.append(process)
        with self._store.writing() as connection:  # until it says so itself
            mine = (named(process.pid), job, this_process())
            connection.execute("UPDATE job SET process = ? WHERE id = ? AND process = ?", mine)

    def _want(self, job: str, wanted: Wanted) -> None:
        with self._store.writing() as connection:
            found = self.show(job)
            if found.state == "running":
                connection.execute("UPDATE job SET wanted = ? WHERE id = ?", (wanted, found.id))
            elif wanted == "cancel" and found.can_resume:
                values = ("cancelled", _now(), found.id)
                connection.execute("UPDATE job SET status = ?, finished = ?, wanted = '' WHERE id = ?", values)
            else:
                raise UsageError(f"job {found.id} is {found.state}; only a running one can be stopped")

    def _kill(self, job: str) -> None:
        """End the process of a job at once; all that it writes is written whole or not at all."""
        process = str(self._store.read("SELECT process FROM job WHERE id = ?", job)[0]["process"])
        if process == this_process() or is_gone(process):
            return
        pid = int(process.rsplit(":", 2)[1])
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        for child in _children:
            child.poll()
        end = time.monotonic() + _PATIENCE
        while not is_gone(process) and time.monotonic() < end:
            time.sleep(0.02)

    def _job(self, row: sqlite3.Row) -> Job:
        state: State = row["status"]
        if state == "running" and is_gone(row["process"]):
            # Gone, but perhaps since the row was read, and after it had entered how it ended.
            (now,) = self._store.read("SELECT * FROM job WHERE id = ?", row["id"]) or [row]
            row, state = (
                now,
                "interrupted" if now["process"] == row["process"] and now["status"] == "running" else now["status"],
            )
        return Job(
            id=row["id"],
            title=row["title"],
            corpus_path=row["corpus_path"],
            arguments=tuple(json.loads(row["arguments"])),
            folder=self._home / row["id"],
            state=state,
            created=row["created"],
            finished=row["finished"],
            wanted=row["wanted"] if state == "running" else "",
            done=row["done"],
            total=row["total"],
            text=row["text"],
            error=row["error"],
            code=row["code"],
            runs=tuple(json.loads(row["runs"])),
        )


# In a session of its own no closed terminal and no Ctrl-C of the app's reaches a job; on Windows, no console either.
_APART: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}

_children: list[subprocess.Popen[bytes]] = []  # kept, so that Python takes their exit codes in and leaves no zombies


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a job's folder with the files that it is given."""
    try:
        folder.mkdir(mode=0o700)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; the job's files could not be written; make room") from error


def _does(job: Job, call: Sequence[str], folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether a job is a call on files, but for the folder that those were put into."""
    if [it.replace(str(job.folder), "") for it in job.arguments] != [it.replace(str(folder), "") for it in call]:
        return False
    with suppress(OSError):  # its files are being deleted
        return all((job.folder / name).read_bytes() == content for name, content in files.items())
    return False


def _delete(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; delete it by hand") from error
