"""The one SQLite file of the state folder: its tables, how it is opened and written, and what its errors mean.

Several processes may use it at once. What is entered in one transaction is entered whole or not at all, and stays when
the process is killed. Further tables are a further script in MIGRATIONS.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from ctxlearn.errors import StoreError

# Each script leads from one version of the schema to the next; what stands here is never changed, only added to.
MIGRATIONS = (
    """
    CREATE TABLE context (
        fingerprint TEXT PRIMARY KEY,
        text BLOB NOT NULL,                -- zlib
        tokens INTEGER NOT NULL,
        sections TEXT NOT NULL             -- JSON
    );
    CREATE TABLE run (
        id TEXT PRIMARY KEY,
        process TEXT NOT NULL,             -- host:pid:start of the process
        started TEXT NOT NULL,
        finished TEXT,
        status TEXT NOT NULL CHECK (status IN ('running', 'done', 'interrupted', 'failed')),
        corpus TEXT NOT NULL,
        corpus_path TEXT NOT NULL,
        test TEXT NOT NULL,
        test_hash TEXT NOT NULL,
        direction TEXT NOT NULL,
        model TEXT NOT NULL,
        sections TEXT NOT NULL,            -- from here on JSON where a value is not plain
        system TEXT NOT NULL,
        context TEXT NOT NULL REFERENCES context,
        n INTEGER NOT NULL,
        failed INTEGER NOT NULL DEFAULT 0,
        versions TEXT NOT NULL,
        usage TEXT NOT NULL,
        cost_usd REAL,                     -- NULL: unknown
        seconds REAL,
        leaks TEXT NOT NULL,
        coverage TEXT NOT NULL,
        floors TEXT NOT NULL,
        tags TEXT NOT NULL DEFAULT '[]'
    );
    CREATE INDEX run_by_corpus ON run (corpus_path);
    CREATE INDEX run_by_context ON run (context);
    CREATE TABLE segment (
        run TEXT NOT NULL REFERENCES run ON DELETE CASCADE,
        position INTEGER NOT NULL,
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        refs TEXT NOT NULL,
        hypothesis TEXT NOT NULL,
        alternatives TEXT NOT NULL,
        problem TEXT,
        confidence REAL,
        score REAL,                        -- chrF++
        usage TEXT,
        PRIMARY KEY (run, position)
    ) WITHOUT ROWID;
    CREATE TABLE score (
        run TEXT NOT NULL REFERENCES run ON DELETE CASCADE,
        position INTEGER NOT NULL,
        metric TEXT NOT NULL,
        value REAL NOT NULL,
        low REAL,
        high REAL,
        signature TEXT NOT NULL,
        PRIMARY KEY (run, metric)
    ) WITHOUT ROWID;
    """,
    # Scores of metrics that were computed elsewhere; their mean stands in the table of scores.
    """
    CREATE TABLE outside_score (
        run TEXT NOT NULL REFERENCES run ON DELETE CASCADE,
        metric TEXT NOT NULL,
        position INTEGER NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (run, metric, position)
    ) WITHOUT ROWID;
    """,
    # Money; days are UTC.
    """
    CREATE TABLE reservation (             -- what may be charged for a request that is under way
        id INTEGER PRIMARY KEY,
        process TEXT NOT NULL,             -- host:pid:start of the process
        job TEXT NOT NULL,
        model TEXT NOT NULL,
        day TEXT NOT NULL,
        nanodollars INTEGER                -- NULL: unknown
    );
    CREATE TABLE bill (                    -- what was charged
        day TEXT NOT NULL,
        job TEXT NOT NULL,
        model TEXT NOT NULL,
        requests INTEGER NOT NULL DEFAULT 0,
        nanodollars INTEGER NOT NULL DEFAULT 0,
        unpriced INTEGER NOT NULL DEFAULT 0,            -- requests whose price is unknown
        lost INTEGER NOT NULL DEFAULT 0,                -- requests that were cut off and may have been charged
        lost_nanodollars INTEGER NOT NULL DEFAULT 0,    -- the most that they may have been charged
        PRIMARY KEY (day, job, model)
    ) WITHOUT ROWID;
    CREATE INDEX bill_by_job ON bill (job);
    CREATE TABLE tokenizer (
        model TEXT PRIMARY KEY,
        ratio REAL NOT NULL                -- its tokens for one of ours
    ) WITHOUT ROWID;
    """,
    # How much of a segment stands in the books, as JSON.
    """
    ALTER TABLE segment ADD COLUMN coverage TEXT
    """,
    # Long jobs; their files lie in folders of their own.
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        corpus_path TEXT NOT NULL,
        arguments TEXT NOT NULL,           -- JSON
        process TEXT NOT NULL,             -- host:pid:start of the process
        status TEXT NOT NULL DEFAULT 'running'
            CHECK (status IN ('running', 'paused', 'interrupted', 'done', 'failed', 'cancelled')),
        wanted TEXT NOT NULL DEFAULT '' CHECK (wanted IN ('', 'pause', 'cancel')),
        created TEXT NOT NULL,
        finished TEXT,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER,                     -- NULL: unknown
        text TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        code INTEGER,
        runs TEXT NOT NULL DEFAULT '[]'    -- JSON
    );
    CREATE INDEX job_by_corpus ON job (corpus_path)
    """,
    # What people say that a sentence should have been.
    """
    CREATE TABLE correction (
        id TEXT PRIMARY KEY,
        corpus_path TEXT NOT NULL,
        primary_text TEXT NOT NULL,        -- in the language
        translated_text TEXT NOT NULL,     -- in the contact language
        author TEXT NOT NULL,
        proposed TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('proposed', 'accepted', 'rejected', 'packed')),
        decided TEXT,
        policy TEXT NOT NULL,
        machine TEXT NOT NULL,
        system TEXT NOT NULL
    );
    CREATE INDEX correction_by_corpus ON correction (corpus_path)
    """,
    # What was translated sentence by sentence.
    """
    CREATE TABLE translation (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        corpus TEXT NOT NULL,
        corpus_path TEXT NOT NULL,
        direction TEXT NOT NULL,
        model TEXT NOT NULL,
        system TEXT NOT NULL,
        source TEXT NOT NULL,
        text TEXT NOT NULL,
        confidence REAL,
        alternatives TEXT NOT NULL,        -- JSON
        usage TEXT NOT NULL,               -- JSON
        cost_usd REAL,                     -- NULL: unknown
        seconds REAL NOT NULL
    );
    CREATE INDEX translation_by_corpus ON translation (corpus_path)
    """,
    # Who answered, after how many requests, asked with what.
    """
    ALTER TABLE run ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE run ADD COLUMN answered_by TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE segment ADD COLUMN model TEXT NOT NULL DEFAULT '';
    ALTER TABLE segment ADD COLUMN attempts INTEGER
    """,
)


class Store:
    """The SQLite file at `path`, made when it is not there; a context manager. Every method may raise StoreError.

    `patience` is for how many seconds to wait for another process that is writing. A `shared` one may be used from
    several threads that take turns by themselves.
    """

    def __init__(self, path: Path, patience: float = 10, *, shared: bool = False) -> None:
        self.path = path
        with self._explained():
            self._connection = self._open(patience, shared)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one transaction: all is written, or, when an error leaves the block, nothing."""
        with self._explained(), _transaction(self._connection):
            yield self._connection

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows that a query finds."""
        with self._explained():
            return self._connection.execute(query, values).fetchall()

    def wipe(self) -> bool:
        """Write the file anew, so that nothing deleted stays in it; False when a reading process prevents that."""
        with self._explained():
            self._connection.execute("VACUUM")
            busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _open(self, patience: float, shared: bool) -> sqlite3.Connection:
        try:
            # SQLite itself would let others read it. A file that is there must not be opened beside SQLite: closing it
            # would drop all locks of this process's other connections (https://www.sqlite.org/howtocorrupt.html, 2.2).
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}; the state file cannot be opened") from error
        connection = sqlite3.connect(self.path, timeout=patience, isolation_level=None, check_same_thread=not shared)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            if _version(connection) != len(MIGRATIONS):
                self._migrate(connection)
            _let_readers_and_a_writer_meet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if _version(connection) > len(MIGRATIONS):
            raise StoreError(f"{self.path}: made by a newer ctxlearn; bring this one up to date to read it")
        with _transaction(connection):
            for script in MIGRATIONS[_version(connection) :]:  # asked again: another process may have been quicker
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise what SQLite has to say as a StoreError that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            advice = next((advice for kind, advice in _ADVICE if name.startswith(kind)), "")
            raise StoreError(f"{self.path}: {error}" + (f"; {advice}" if advice else "")) from error


# By the beginning of SQLite's name of an error (https://www.sqlite.org/rescode.html).
_ADVICE = (
    ("SQLITE_BUSY", "another process is writing to it; wait until that is done and ask again"),
    ("SQLITE_LOCKED", "another process is writing to it; wait until that is done and ask again"),
    ("SQLITE_FULL", "make room on the disk; what was entered before is kept"),
    ("SQLITE_IOERR", "see whether the disk is full or failing; what was entered before is kept"),
    (
        "SQLITE_CORRUPT",
        "the file is damaged and was left as it is; move it away to begin a new one, "
        "or save what can be saved with `sqlite3 FILE .recover`",
    ),
    ("SQLITE_NOTADB", "this is not what ctxlearn wrote, and was left as it is; move it away to begin a new one"),
    ("SQLITE_READONLY", "the file may not be written; see its owner and mode, and those of its folder"),
    ("SQLITE_CANTOPEN", "the file cannot be opened; see its owner and mode, and those of its folder"),
)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _let_readers_and_a_writer_meet(connection: sqlite3.Connection) -> None:
    """Keep the journal in a file of its own, as it then stays (https://www.sqlite.org/wal.html)."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # The change needs the file alone and does not wait for that; until it is made all is as safe, only slower.
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing; the lock is taken first, so that waiting for another process comes before any work."""
    if connection.in_transaction:  # Ctrl-C came just when it had begun, and nobody has ended it
        connection.execute("ROLLBACK")
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except GeneratorExit:  # it was left behind so; by now another one may have begun, which is not to be undone
        raise
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise
