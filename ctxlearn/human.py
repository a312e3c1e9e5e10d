"""Translations that a person made, or a system elsewhere: read from a file, and measured as a system of its own.

A file is one of:

    lines        a translation a line, as many as the test set has segments, in their order
    .tsv .csv    with names on the first line: `id` (else the order counts), and `hypothesis`, `translation` or the code
                 of the language; or two columns without names: id, translation
    .jsonl       objects with the same names, such as `runs export` writes

An empty translation counts as one, and as failed. A context was not read: these runs have an empty one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ctxlearn.data import Direction, Language, Segment, clean
from ctxlearn.errors import FormatError, UsageError
from ctxlearn.formats import rows
from ctxlearn.formats.base import Options, read_text
from ctxlearn.models.base import Prefix, Problem, Usage
from ctxlearn.translate import Hypothesis

TABLES = (".tsv", ".tab", ".csv", ".jsonl", ".ndjson", ".json")
_COLUMNS = ("hypothesis", "translation")
_AT_ONCE = 64


@dataclass(frozen=True)
class Written:
    """The translations of a file, one for each of the segments that it was read for; it stands where a System does."""

    name: str
    direction: Direction
    texts: Mapping[str, str]
    sha256: str

    @property
    def signature(self) -> str:
        """What tells these translations from others: whose they are, and the file's hash."""
        return f"model:{self.name}|dir:{self.direction}|file:{self.sha256[:8]}"

    @cached_property
    def prefix(self) -> Prefix:
        """The empty context."""
        return Prefix("", 0, hashlib.sha256(b"").hexdigest())

    @property
    def parameters(self) -> dict[str, float]:
        """With what parameters a model was asked: none was."""
        return {}

    @property
    def usage(self) -> Usage:
        """What was asked of a model: nothing."""
        return Usage()

    def translate(self, segments: Sequence[Segment]) -> Iterator[list[Hypothesis]]:
        """Yield the translations of the segments, in their order, some at a time."""
        for start in range(0, len(segments), _AT_ONCE):
            yield [self._hypothesis(segment) for segment in segments[start : start + _AT_ONCE]]

    def _hypothesis(self, segment: Segment) -> Hypothesis:
        text = self.texts[segment.id]
        problem = None if text else Problem("missing", "there is no translation of it in the file")
        return Hypothesis(segment.id, segment.source, text, problem=problem)


def read(path: Path, name: str, segments: Sequence[Segment], direction: Direction) -> Written:
    """Return a file's translations of these segments, as of the system `human:NAME`.

    Raises UsageError for a name that is none, FormatError unless the file has one translation for every segment.
    """
    if not name.strip() or not name.isprintable() or "|" in name:
        raise UsageError(f"name {name!r}: expected a word or some, without '|', such as \"Learner A\"")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; expected a file of translations") from error
    found = _read(path, direction)
    texts = _by_id(path, found, segments) if isinstance(found, dict) else _by_order(path, found, segments)
    return Written(f"human:{name.strip()}", direction, texts, hashlib.sha256(content).hexdigest())


def _read(path: Path, direction: Direction) -> dict[str, str] | list[str]:
    """Return the translations by id, or in their order when they have none."""
    about = Options(Language("", direction.source), Language("", direction.target), path.parent, kind="parallel")
    if path.suffix.lower() not in TABLES:
        text = read_text(path, about).removesuffix("\n")
        return [clean(line) for line in text.split("\n")] if text else []
    names = (*_COLUMNS, direction.target)
    if path.suffix.lower() in (".tsv", ".tab"):
        lines = [line.split("\t") for line in read_text(path, about).split("\n") if line.strip()]
        if lines and not {"id", *names} & {cell.strip() for cell in lines[0]} and all(len(it) == 2 for it in lines):
            return _unique(path, ((name.strip(), clean(text)) for name, text in lines))
    return _read_table(path, about, names)


def _read_table(path: Path, about: Options, names: Sequence[str]) -> dict[str, str] | list[str]:
    kept, report = rows.rows(path, about)
    if report.left_out:
        first = report.left_out[0]
        raise FormatError(f"{first.why}: {first.what!r}; translations are read whole or not at all", path=first.place)
    columns = [*kept[0].cells] if kept else []
    column = next((name for name in names if name in columns), None)
    if column is None:
        found = ", ".join(map(repr, columns)) or "none"
        raise FormatError(f"no column of translations ({' or '.join(names)}); the columns are {found}", path=path)
    texts = [_cell(row, column) for row in kept]
    return _unique(path, zip((_cell(row, "id") for row in kept), texts, strict=True)) if "id" in columns else texts


def _cell(row: rows.Row, name: str) -> str:
    cell = row.cells.get(name, "")
    return clean(cell if isinstance(cell, str) else "; ".join(cell))


def _unique(path: Path, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in pairs:
        if name in found:
            raise FormatError(f"a second translation of segment {name!r}", path=path)
        found[name] = text
    return found


def _by_id(path: Path, found: Mapping[str, str], segments: Sequence[Segment]) -> dict[str, str]:
    """Return the translations of the segments; of other segments there may be more, as when only some are scored."""
    lacking = [it.id for it in segments if it.id not in found]
    if lacking:
        raise FormatError(
            f"no translation of {len(lacking)} of {len(segments)} segments, the first of them {lacking[0]!r}; a "
            "segment that was not translated stands there with nothing beside it",
            path=path,
        )
    return {it.id: found[it.id] for it in segments}


def _by_order(path: Path, found: Sequence[str], segments: Sequence[Segment]) -> dict[str, str]:
    if len(found) != len(segments):
        raise FormatError(f"expected {len(segments)} translations, one for each segment, found {len(found)}", path=path)
    return {it.id: text for it, text in zip(segments, found, strict=True)}
