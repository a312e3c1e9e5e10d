"""The history of this machine: what was translated sentence by sentence, by which system, and what it took."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Self

from ctxlearn.models.base import Alternative, Usage
from ctxlearn.store import Store

KEPT = 10_000  # translations; older ones go


@dataclass(frozen=True, slots=True)
class Translated:
    """One translation as it was given; `at` (UTC, ISO 8601) and `id` are the history's own."""

    corpus: str
    corpus_path: str
    direction: str
    model: str
    system: str
    source: str
    text: str
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    seconds: float = 0.0
    at: str = ""
    id: int = 0


class History:
    """The history in the SQLite file at `path`; a context manager. Every method may raise StoreError."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def enter(self, it: Translated) -> Translated:
        """Enter a translation and return it with its time and id; the oldest beyond KEPT are deleted."""
        entered = replace(it, at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
        row = {name: getattr(entered, name) for name in Translated.__slots__ if name != "id"}
        row["alternatives"] = json.dumps([[other.text, other.score] for other in it.alternatives], ensure_ascii=False)
        row["usage"] = json.dumps(asdict(it.usage))
        names = ", ".join(f":{name}" for name in row)
        with self._store.writing() as connection:
            made = connection.execute(f"INSERT INTO translation ({', '.join(row)}) VALUES ({names})", row)
            connection.execute("DELETE FROM translation WHERE id <= ?", ((made.lastrowid or 0) - KEPT,))
        return replace(entered, id=made.lastrowid or 0)

    def list(self, corpus_path: str = "", search: str = "", most: int = 50) -> tuple[Translated, ...]:
        """Return the newest translations first: of all corpora or one, and those alone in which `search` stands."""
        sought = search.casefold()  # SQLite's LIKE knows capitals of ASCII alone
        query = "SELECT * FROM translation WHERE ? IN (corpus_path, '') ORDER BY id DESC"
        rows = self._store.read(query if sought else f"{query} LIMIT {int(most)}", corpus_path)
        found = (row for row in rows if sought in f"{row['source']}\n{row['text']}".casefold())
        return tuple(map(_translated, islice(found, most)))

    def newest(self) -> Translated | None:
        """Return the last translation of all; None when there is none."""
        return next(iter(self.list(most=1)), None)

    def remove(self, ids: Iterable[int]) -> None:
        """Delete translations."""
        with self._store.writing() as connection:
            connection.executemany("DELETE FROM translation WHERE id = ?", [(it,) for it in ids])

    def forget(self, corpus_path: str) -> int:
        """Delete all translations of a corpus; return how many there were."""
        with self._store.writing() as connection:
            query = "DELETE FROM translation WHERE corpus_path = ?"
            return connection.execute(query, (corpus_path,)).rowcount


def _translated(row: sqlite3.Row) -> Translated:
    fields = {name: row[name] for name in Translated.__slots__}
    fields["alternatives"] = tuple(Alternative(*other) for other in json.loads(row["alternatives"]))
    fields["usage"] = Usage(**json.loads(row["usage"]))
    return Translated(**fields)
