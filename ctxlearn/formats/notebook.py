"""The account a reader keeps while it reads: what was left out and why, remarks, ids already given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ctxlearn.data import Example
from ctxlearn.formats.base import Omission, Options, Report

SHOWN = 5  # so many are listed in one remark; the rest are counted


class Notebook:
    """Notes on one source, written down as it is read and closed as a Report."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._left_out: list[Omission] = []
        self._remarks: list[str] = []
        self._ids: Counter[str] = Counter()
        self._repeated: list[str] = []

    def omit(self, path: Path, line: int | None, what: str, why: str) -> None:
        """Note that something did not become a record; of `what` at most 60 characters are kept."""
        shown = what if len(what) <= 60 else what[:59] + "…"
        self._left_out.append(Omission(self._options.place(path, line), shown, why))

    def remark(self, text: str) -> None:
        """Note something that a person should see once."""
        self._remarks.append(text)

    def unread(self, file: str, columns: Mapping[str, int]) -> None:
        """Note the columns of a file that nothing was read from, with the number of their filled cells."""
        if columns:
            names = ", ".join(f"{name!r} ({count:,} cell{'s' * (count != 1)})" for name, count in columns.items())
            self.remark(f"{file}: not read: {names}")

    def uneven(self, examples: Iterable[Example]) -> None:
        """Note the examples that have not as many glosses as words."""
        found = [
            f"{example.place} ({len(example.analyzed_words)} and {len(example.glosses)})"
            for example in examples
            if len(example.analyzed_words) != len(example.glosses)
        ]
        if found:
            self.remark(f"{len(found):,} examples with unequal numbers of words and glosses: {_listed(found, ', ')}")

    def unique(self, identifier: str, place: str) -> str:
        """Return `identifier`, with a suffix and a remark when it was given before."""
        self._ids[identifier] += 1
        if self._ids[identifier] == 1:
            return identifier
        new = f"{identifier}-{self._ids[identifier]}"
        self._repeated.append(f"{identifier!r} at {place} became {new!r}")
        return self.unique(new, place)

    def report(self, read: Mapping[str, int]) -> Report:
        """Close the account."""
        remarks = [*self._remarks]
        if self._repeated:
            remarks.append(f"ids that stood before: {_listed(self._repeated, '; ')}")
        return Report(read, tuple(self._left_out), tuple(remarks))


def _listed(found: Sequence[str], separator: str) -> str:
    more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return separator.join(found[:SHOWN]) + more
