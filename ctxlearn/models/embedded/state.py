"""What was learned of one direction, kept in one SQLite file that is either whole or not there.

The folder is `<learned>/<fingerprint>-<version>/<direction>/`. A file is written under a name of its own and then moved
into place, so two processes may learn at once: both write the same, and the last one stays.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ctxlearn.errors import StoreError
from ctxlearn.models.embedded.phrases import Phrase
from ctxlearn.models.embedded.text import Writing

_FILE = "model.sqlite"
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE options (view INTEGER, source TEXT, targets TEXT, PRIMARY KEY (view, source)) WITHOUT ROWID;
CREATE TABLE grams (view INTEGER, first TEXT, lines TEXT, PRIMARY KEY (view, first)) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY, seen INTEGER) WITHOUT ROWID;
"""
_ASKED_AT_ONCE = 500

Entry = tuple[Phrase, Phrase, float]


@dataclass(frozen=True, slots=True)
class View:
    """One way to cut both languages into pieces, with the table and the language model learned in those pieces."""

    source_pieces: bytes
    target_pieces: bytes
    entries: Sequence[Entry]
    grams: Sequence[str]  # lines of the language model: pieces, weight, share
    weights: str  # the first line of thot's file of weights


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything learned of one direction; `words` are the words of the source language and how often each was seen."""

    views: Sequence[View]
    writing: Writing
    marks: dict[str, str]
    words: Mapping[str, int]


class State:
    """An open file of what was learned."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        facts = dict(self._connection.execute("SELECT name, value FROM facts"))
        about = json.loads(facts["about"])
        self.views = int(about["views"])
        self.lm_weights: list[str] = about["weights"]
        self.writing = Writing(**about["writing"])
        self.marks: dict[str, str] = about["marks"]
        self.is_empty: bool = about["empty"]
        self._facts = facts

    def pieces(self, view: int) -> tuple[bytes, bytes]:
        """Return the subword models of the source and the target language."""
        return self._facts[f"source {view}"], self._facts[f"target {view}"]

    def options(self, view: int, sources: Iterable[Phrase]) -> Iterator[Entry]:
        """Yield the table's entries for phrases of the source language."""
        keys = sorted({" ".join(source) for source in sources})
        for source, targets in self._rows("SELECT source, targets FROM options WHERE view = ? AND source", view, keys):
            for line in targets.split("\n"):
                target, _, score = line.partition("\t")
                yield tuple(source.split(" ")), tuple(target.split(" ")), float(score)

    def grams(self, view: int, pieces: set[str]) -> Iterator[str]:
        """Yield the lines of the language model that bear on texts of these pieces.

        They are all single pieces, for thot divides by their number; and for each history of these pieces, beside the
        n-grams that go on with one of them, its first one, which tells thot what the history weighs. So a text is as
        probable whatever else is asked for with it.
        """
        known = pieces | {"<s>", "</s>"}
        yield from str(self._facts[f"unigrams {view}"]).splitlines(keepends=True)
        for first, lines in self._rows("SELECT first, lines FROM grams WHERE view = ? AND first", view, sorted(known)):
            weighed = set()
            for line in lines.split("\n"):
                rest, _, numbers = line.rpartition("\t")
                *history, last = rest.split(" ")
                if known.issuperset(history) and (last in known or tuple(history) not in weighed):
                    weighed.add(tuple(history))
                    yield f"{first} {rest} {numbers}\n"

    def known(self, words: Iterable[str]) -> set[str]:
        """Return those of `words` that were seen."""
        rows = self._rows("SELECT word, seen FROM words WHERE ? IS NOT NULL AND word", 0, sorted(set(words)))
        return {word for word, _ in rows}

    def beginning(self, start: str) -> dict[str, int]:
        """Return the words seen that begin so, with how often."""
        query = "SELECT word, seen FROM words WHERE word >= ? AND word < ?"
        return dict(self._connection.execute(query, (start, start + "\U0010ffff")))

    def _rows(self, query: str, view: int, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            some = keys[start : start + _ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._connection.execute(f"{query} IN ({marks}) ORDER BY 2", (view, *some))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def opened(folder: Path) -> State | None:
    """Return what was learned, if it is there and whole."""
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        return State(path)
    except (sqlite3.DatabaseError, KeyError, ValueError):
        return None  # damaged, or written by something else: it is learned again and replaced


def write(folder: Path, learned: Learned) -> None:
    """Put what was learned into `folder`. Raises StoreError, and leaves nothing half-written."""
    part = folder / f"{_FILE}.{os.getpid()}.part"
    try:
        for made in (folder.parent.parent, folder.parent, folder):  # parents=True gives its mode to the last alone
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(part)) as connection, connection:
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL;" + _SCHEMA)
            _fill(connection, learned)
        part.replace(folder / _FILE)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{folder}: what was learned cannot be kept ({error}); make room, or set CTXLEARN_HOME to another folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _fill(connection: sqlite3.Connection, learned: Learned) -> None:
    about = {
        "views": len(learned.views),
        "weights": [view.weights for view in learned.views],
        "writing": asdict(learned.writing),
        "marks": learned.marks,
        "empty": not any(view.entries for view in learned.views),
    }
    facts: list[tuple[str, bytes | str]] = [("about", json.dumps(about, ensure_ascii=False, sort_keys=True))]
    for number, view in enumerate(learned.views):
        facts += [(f"source {number}", view.source_pieces), (f"target {number}", view.target_pieces)]
        connection.executemany("INSERT INTO options VALUES (?, ?, ?)", _option_rows(number, view.entries))
        facts += [(f"unigrams {number}", "".join(f"{gram}\n" for gram in view.grams if gram.count(" ") == 2))]
        connection.executemany("INSERT INTO grams VALUES (?, ?, ?)", _gram_rows(number, view.grams))
    connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)
    connection.executemany("INSERT INTO words VALUES (?, ?)", sorted(learned.words.items()))


def _option_rows(view: int, entries: Iterable[Entry]) -> Iterator[tuple[int, str, str]]:
    lines: dict[str, list[str]] = {}
    for source, target, score in entries:
        lines.setdefault(" ".join(source), []).append(f"{' '.join(target)}\t{score:.5g}")
    return ((view, source, "\n".join(targets)) for source, targets in sorted(lines.items()))


def _gram_rows(view: int, grams: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the n-grams of more than one piece by the first one; a tab parts the pieces after it from the numbers."""
    lines: dict[str, list[str]] = {}
    for gram in grams:
        first, *rest, weight, share = gram.split(" ")
        if rest:
            lines.setdefault(first, []).append(f"{' '.join(rest)}\t{weight} {share}")
    return ((view, first, "\n".join(found)) for first, found in sorted(lines.items()))
