"""Corrections: what somebody says that a sentence should have been.

    proposed ──→ accepted ──→ packed
        └─→ rejected ←─┘

An accepted one stands in the context's tail at once: every model reads it after the context, whose cached prefix stays
as it is. `into_sources` makes a source of the corpus of all that are accepted; they are then in the next pack. A
held-out sentence is never corrected: the score would measure what was just said.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from ctxlearn import leaks, manifest_writing, render
from ctxlearn.corpus import TestSet
from ctxlearn.data import Example, Policy, Record, clean
from ctxlearn.errors import CorpusError, LeakError, UsageError
from ctxlearn.manifest import Corpus
from ctxlearn.packs import Pack
from ctxlearn.policy import strictest
from ctxlearn.store import Store

Status = Literal["proposed", "accepted", "rejected", "packed"]
STATUSES: tuple[Status, ...] = ("proposed", "accepted", "packed", "rejected")

FILE = "corrections.tsv"  # in the corpus's folder


@dataclass(frozen=True, slots=True)
class Correction:
    """A sentence in the language with its translation, as `author` says they should be.

    `machine` is what a system had made of it, and `system` that system's signature; both are empty for a sentence that
    no system was asked. Times are UTC, ISO 8601; `decided` is when it was accepted, rejected or packed.
    """

    id: str
    primary_text: str
    translated_text: str
    author: str
    proposed: str
    status: Status = "proposed"
    decided: str | None = None
    policy: Policy = "local-only"
    machine: str = ""
    system: str = ""

    @property
    def example(self) -> Example:
        """The sentence pair, as a record with its author for a source."""
        place = f"corrected by {self.author}, {self.proposed[:10]}"
        return Example(self.primary_text, self.translated_text, source=self.author, id=self.id, place=place)


@dataclass(frozen=True, slots=True)
class Tail:
    """The accepted corrections that stand after a context; `held_back` are those that a test set has since held out."""

    corrections: tuple[Correction, ...] = ()
    held_back: tuple[Correction, ...] = ()

    @property
    def records(self) -> tuple[Example, ...]:
        """The sentence pairs, the oldest first: of two that contradict each other the later one stands."""
        return tuple(it.example for it in self.corrections)

    def after(self, records: Mapping[str, tuple[Record, ...]]) -> dict[str, tuple[Record, ...]]:
        """Return the records of a context, by section, and the corrections, which come first of its examples."""
        if not self.corrections:
            return dict(records)
        return {**records, "examples": (*self.records, *records.get("examples", ()))}

    @property
    def text(self) -> str:
        """The corrections as a model reads them; empty when there are none."""
        return render.write_section("examples", self.records) if self.corrections else ""

    @property
    def mark(self) -> str:
        """What a system's signature says of them; empty when there are none."""
        return f"|tail:{hashlib.sha256(self.text.encode()).hexdigest()[:8]}" if self.corrections else ""

    @property
    def policies(self) -> tuple[Policy, ...]:
        """What the books that they correct allow."""
        return tuple(it.policy for it in self.corrections)


class Corrections:
    """The corrections of the corpus in a folder; a context manager. Every method may raise StoreError."""

    def __init__(self, ledger: Path, folder: Path) -> None:
        self._corpus_path = str(folder.resolve())
        self._store = Store(ledger)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    # -- what people do -----------------------------------------------------------------------------------------------

    def propose(
        self,
        corpus: Corpus,
        tests: Iterable[TestSet],
        pair: tuple[str, str],
        author: str,
        machine: str = "",
        system: str = "",
    ) -> Correction:
        """Enter a correction, the sentence in the language first, and return it.

        One that says the same as another that is proposed or accepted is that other. Raises UsageError for an empty
        side, LeakError for a sentence that is held out.
        """
        primary, translated = map(clean, pair)
        if not primary or not translated:
            raise UsageError("a correction needs a sentence and its translation; one of them is empty")
        refuse_held_out(tests, Example(primary, translated))
        made = Correction(
            id=secrets.token_hex(4),
            primary_text=primary,
            translated_text=translated,
            author=clean(author),
            proposed=_now(),
            policy=strictest(source.policy for source in corpus.sources),
            machine=machine,
            system=system,
        )
        row = {name: getattr(made, name) for name in Correction.__slots__} | {"corpus_path": self._corpus_path}
        names = ", ".join(f":{name}" for name in row)
        with self._store.writing() as connection:  # in one with looking, so that two presses at once enter one
            for it in self.list("proposed", "accepted"):
                if (it.primary_text, it.translated_text) == (primary, translated):
                    return it
            connection.execute(f"INSERT INTO correction ({', '.join(row)}) VALUES ({names})", row)
        return made

    def accept(self, name: str, tests: Iterable[TestSet]) -> Correction:
        """Let a proposed or rejected correction stand in the tail. Raises UsageError; LeakError if it is held out."""
        found = self.show(name)
        if found.status not in ("proposed", "rejected"):
            raise UsageError(f"correction {found.id} is {found.status} already")
        refuse_held_out(tests, found.example)
        return self._decide(found, "accepted")

    def reject(self, name: str) -> Correction:
        """Take a correction out of the tail, or never let it in. Raises UsageError when it is in the sources."""
        found = self.show(name)
        if found.status == "packed":
            raise UsageError(f"correction {found.id} is in {FILE} of the corpus; take it out there")
        return self._decide(found, "rejected")

    # -- reading ------------------------------------------------------------------------------------------------------

    def list(self, *statuses: Status) -> tuple[Correction, ...]:
        """Return all corrections, or those with these statuses, the oldest first."""
        rows = self._store.read(
            "SELECT * FROM correction WHERE corpus_path = ? ORDER BY proposed, rowid", self._corpus_path
        )
        found = map(_correction, rows)
        return tuple(it for it in found if not statuses or it.status in statuses)

    def show(self, name: str) -> Correction:
        """Return the correction whose id begins so. Raises UsageError when none does, or several."""
        found = [it for it in self.list() if name and it.id.startswith(name)]
        if len(found) != 1:
            what = f"could be {', '.join(it.id for it in found)}" if found else "there is none"
            raise UsageError(f"correction {name!r}: {what}")
        return found[0]

    def tail(self, tests: Iterable[TestSet]) -> Tail:
        """Return what stands after the context: the accepted corrections, without those held out since."""
        accepted, tests = self.list("accepted"), tuple(tests)
        held = {it.id for it in accepted if _held_out(tests, it.example)}
        return Tail(tuple(it for it in accepted if it.id not in held), tuple(it for it in accepted if it.id in held))

    # -- into the sources ---------------------------------------------------------------------------------------------

    def into_sources(self, corpus: Corpus, tests: Iterable[TestSet]) -> tuple[Correction, ...]:
        """Write what stands in the tail into the corpus's own file of corrections, a source of it from then on.

        Returns them; they have left the tail, and the next pack has them. Raises CorpusError when the corpus's folder
        cannot be written; the tail is then as it was.
        """
        moved = self.tail(tests).corrections
        if not moved:
            return ()
        path = corpus.folder / FILE
        try:
            _write(path, corpus, moved)
            if path.resolve() not in [source.path.resolve() for source in corpus.sources]:
                manifest_writing.append(corpus.file, [_source(corpus)])
        except OSError as error:
            raise CorpusError(f"{path}: {error.strerror}; the corrections stay in the tail") from error
        for it in moved:
            self._decide(it, "packed")
        return moved

    def forget(self) -> int:
        """Delete all corrections of the corpus; return how many there were."""
        with self._store.writing() as connection:
            query = "DELETE FROM correction WHERE corpus_path = ?"
            return connection.execute(query, (self._corpus_path,)).rowcount

    def _decide(self, it: Correction, status: Status) -> Correction:
        with self._store.writing() as connection:
            values = (status, _now(), it.id)
            connection.execute("UPDATE correction SET status = ?, decided = ? WHERE id = ?", values)
        return self.show(it.id)


def tail_of(ledger: Path, pack: Pack, tests: Iterable[TestSet] = ()) -> Tail:
    """Return what stands after a pack of a corpus; no sentence of its test sets, or of `tests`. Raises StoreError."""
    if not ledger.exists():
        return Tail()
    with Corrections(ledger, Path(pack.corpus)) as found:
        return found.tail((*pack.tests, *tests)) if found.list("accepted") else Tail()


def refuse_held_out(tests: Iterable[TestSet], example: Example) -> None:
    """Raise LeakError when a sentence of a test set stands in a sentence pair."""
    held = _held_out(tests, example)
    if held:
        raise LeakError(
            f"{example.primary_text!r} is held out ({held}): a score would then measure what was corrected, not what "
            "was learned; correct another sentence, or take this one out of the test set"
        )


def _held_out(tests: Iterable[TestSet], example: Example) -> str:
    """Return the name of a held-out segment that stands in a pair, or ''; a short one only when it is all of a side."""
    tests = tuple(tests)
    for leak in leaks.find(tests, {"corrections": [example]}):
        return f"{leak.test}:{leak.test_id}"
    sides = {leaks.normalise(text) for text in (example.primary_text, example.translated_text)}
    for test in tests:
        for item in test.items:
            if sides & {leaks.normalise(text) for texts in item.texts.values() for text in texts}:
                return f"{test.name}:{item.id}"
    return ""


def _correction(row: sqlite3.Row) -> Correction:
    return Correction(**{name: row[name] for name in Correction.__slots__})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# -- the file ---------------------------------------------------------------------------------------------------------


def _source(corpus: Corpus) -> str:
    policy = strictest(source.policy for source in corpus.sources)
    return manifest_writing.table("source", {"id": "corrections", "kind": "parallel", "path": FILE, "policy": policy})


def _write(path: Path, corpus: Corpus, moved: Sequence[Correction]) -> None:
    """Add corrections to the file, whole or not at all; one whose id stands there already is not written again."""
    header = ["id", *corpus.codes, "source"]
    before = path.read_text(encoding="utf-8-sig") if path.exists() else "\t".join(header) + "\n"
    if before.split("\n", 1)[0].split("\t") != header:
        raise CorpusError(f"{path}: its columns are not {', '.join(header)}; move it away, and pack again")
    there = {line.split("\t", 1)[0] for line in before.split("\n")}
    rows = [
        [it.id, it.primary_text, it.translated_text, f"{it.author}, {it.proposed[:10]}"]
        for it in moved
        if it.id not in there
    ]
    text = before.rstrip("\n") + "\n" + "".join("\t".join(map(_cell, row)) + "\n" for row in rows)
    manifest_writing.put(path, text.encode())


def _cell(text: str) -> str:
    """Return a cell as the reader of tables takes it: one that begins with a quote is quoted."""
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text
