"""A corpus as it was read: a part for each source, and the held-out test sets taken out of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ctxlearn import formats, protocols, settings
from ctxlearn.data import Direction, Example, Policy, Segment, clean
from ctxlearn.errors import CorpusError, FormatError, SettingsError
from ctxlearn.formats import rows
from ctxlearn.formats.base import Material, Omission, Options
from ctxlearn.igt import is_pair
from ctxlearn.manifest import Corpus, Source, Test

_RECORDS = ("entries", "examples", "blocks")


@dataclass(frozen=True, slots=True)
class Item:
    """One held-out record: its texts by language code (several are references), where it came from and its level."""

    id: str
    texts: Mapping[str, tuple[str, ...]]
    source: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class TestSet:
    """A held-out set as it was read."""

    __test__ = False

    name: str
    items: tuple[Item, ...]
    policy: Policy = "local-only"
    direction: str = ""

    def tests(self, direction: Direction) -> bool:
        """Whether the set is for this direction: most are for both."""
        return self.direction in ("", str(direction))

    def segments(self, direction: Direction) -> tuple[Segment, ...]:
        """Return the set's segments with their references for one direction."""
        return tuple(
            Segment(item.id, item.texts[direction.source][0], item.texts[direction.target]) for item in self.items
        )

    @property
    def sha256(self) -> str:
        """The hash of all texts with their ids."""
        digest = hashlib.sha256()
        for item in self.items:
            digest.update(repr((item.id, sorted(item.texts.items()))).encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """What one source gave: its records without those excluded or held out, and how many those were."""

    source: Source
    material: Material
    excluded: int = 0
    held_out: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a corpus holds, read: a part for each source, and the test sets."""

    corpus: Corpus
    parts: tuple[Part, ...]
    tests: tuple[TestSet, ...]

    @property
    def broken(self) -> int:
        """How many things in the sources could not be read, beside those that are left out on purpose."""
        return sum(not it.deliberate for part in self.parts for it in part.material.report.left_out)


def read(corpus: Corpus) -> Contents:
    """Read every source and test set. Raises CorpusError; what is broken only in part is in the parts' reports."""
    if not corpus.sources:
        raise CorpusError(f"{corpus.file}: no [[source]]; `ctxlearn add {corpus.folder} FILE` adds one")
    held_out = {test.name: read_ids(test.ids) for test in corpus.tests if test.ids}
    parts: list[Part] = []
    taken: dict[str, dict[str, Example]] = {}
    for source in corpus.sources:
        ids = {name for test in corpus.tests if test.source == source.id for name in held_out[test.name]}
        part, taken[source.id] = _hold_out(_select(_read_source(corpus, source), source), ids)
        parts.append(part)
    sets = [
        _set_from_records(corpus, test, held_out[test.name], taken[test.source])
        if test.ids
        else read_test(corpus, test)
        for test in corpus.tests
    ]
    if not any(_size(part.material) for part in parts):
        raise _nothing(corpus, parts)
    return Contents(corpus, tuple(parts), tuple(sets))


def _nothing(corpus: Corpus, parts: Sequence[Part]) -> CorpusError:
    first = next((it for part in parts for it in part.material.report.left_out), None)
    reason = f"{first.place}: {first.why}: {first.what!r}\n" if first else ""
    return CorpusError(
        f"{reason}{corpus.file}: not one record was read from its sources; there is nothing to learn from"
    )


def _size(material: Material) -> int:
    return len(material.entries) + len(material.examples) + len(material.blocks)


def read_ids(path: Path) -> tuple[str, ...]:
    """Return the ids of a file that holds one a line; empty lines and lines that begin with `#` do not count."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}; expected a file of record ids, one a line") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FormatError("not UTF-8; expected a file of record ids, one a line", path=path, line=line) from error
    ids = [line.strip() for line in lines]
    return tuple(dict.fromkeys(name for name in ids if name and not name.startswith("#")))


def options(corpus: Corpus, source: Source | Test) -> Options:
    """Return how a source or a test set is to be read. Raises SettingsError when its password is not set."""
    variable = source.password_env
    password = (settings.password(variable) or protocols.published_password(variable)) if variable else None
    if source.password_env and password is None:
        raise SettingsError(
            f"{corpus.file}: {source.path} is encrypted and {source.password_env} is not set; "
            f"set it to the password: {source.password_env}=… ctxlearn …"
        )
    path = source.path or corpus.folder
    common = Options(
        language=corpus.language,
        contact=corpus.contact,
        root=corpus.folder if path.is_relative_to(corpus.folder) else path.parent,
        kind="parallel",
        columns=source.columns or {},
        member=source.member,
        password=password,
    )
    if isinstance(source, Test):
        return common
    return replace(common, kind=source.kind, tables=source.tables, headwords=source.headwords)


def _read_source(corpus: Corpus, source: Source) -> Material:
    if not source.path.exists():
        get = f"; `ctxlearn get {corpus.name}` fetches it" if source.origin else _how_to_put(corpus, source.path)
        raise CorpusError(f"{corpus.file}: source {source.id!r}: {source.path} is not there{get}")
    how = formats.get(source.format) if source.format else formats.recognise(source.path, source.kind, source.member)
    if source.kind not in how.kinds:
        raise CorpusError(f"{corpus.file}: source {source.id!r}: the format {how.name} cannot hold a {source.kind}")
    material = how.read(source.path, options(corpus, source))
    if _size(material) or material.report.left_out:
        return material
    empty = Omission(str(source.path), "", "nothing in it could be read as a record; is it empty?")
    return replace(material, report=replace(material.report, left_out=(empty,)))


def _how_to_put(corpus: Corpus, path: Path) -> str:
    """Return how an archive comes to where a corpus expects it."""
    if path.suffix.lower() != ".zip" or not path.is_relative_to(corpus.folder):
        return ""
    return f"; `ctxlearn get {corpus.name} --from FILE` puts it there"


def _select(material: Material, source: Source) -> Part:
    """Return the records that `tables`, `only` and `exclude` leave."""
    keep = _keeper(source)
    named = [name for name in _RECORDS if name in source.tables] or _RECORDS  # a JSON table has other names
    chosen = {
        name: tuple(record for record in getattr(material, name) if keep is None or keep(record.id)) for name in named
    }
    excluded = sum(len(getattr(material, name)) - len(records) for name, records in chosen.items())
    strangers = _strangers(material, source)
    report = replace(material.report, left_out=(*material.report.left_out, *strangers))
    return Part(source, replace(material, **chosen, report=report), excluded=excluded)


def _keeper(source: Source) -> Callable[[str], bool] | None:
    """Return which ids a source keeps, or None when it keeps all."""
    if not source.only and not source.exclude:
        return None
    only = {name for path in source.only for name in read_ids(path)} if source.only else None
    exclude = {name for path in source.exclude for name in read_ids(path)}
    return lambda name: (only is None or name in only) and name not in exclude


def _strangers(material: Material, source: Source) -> list[Omission]:
    """Return an omission for each id in `only` or `exclude` that no record has."""
    ids = {record.id for name in _RECORDS for record in getattr(material, name)}
    return [
        Omission(str(path), name, f"no record of source {source.id!r} has this id")
        for path in (*source.only, *source.exclude)
        for name in read_ids(path)
        if name not in ids
    ]


def _hold_out(part: Part, ids: Collection[str]) -> tuple[Part, dict[str, Example]]:
    """Return the part without the held-out sentence pairs, and these by id."""
    material = part.material
    taken = {example.id: example for example in material.examples if example.id in ids and is_pair(example)}
    for block in material.blocks:
        if block.example is not None and block.id in ids and is_pair(block.example):
            taken[block.id] = block.example
    rest = replace(
        material,
        examples=tuple(example for example in material.examples if example.id not in taken),
        blocks=tuple(block for block in material.blocks if block.id not in taken),
    )
    return replace(part, material=rest, held_out=len(taken)), taken


def _set_from_records(corpus: Corpus, test: Test, ids: tuple[str, ...], taken: Mapping[str, Example]) -> TestSet:
    missing = [name for name in ids if name not in taken]
    if missing:
        raise CorpusError(
            f"{test.ids}: {len(missing)} of {len(ids)} ids are not sentence pairs of source {test.source!r} "
            f"({', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}); take them out of the list or fix the source"
        )
    language, contact = corpus.codes
    items = [
        Item(name, {language: (taken[name].primary_text,), contact: (taken[name].translated_text,)}, taken[name].source)
        for name in ids
    ]
    return _checked(test, str(test.ids), tuple(items), corpus)


def read_test(corpus: Corpus, test: Test) -> TestSet:
    """Return a test set that stands in a file of its own: a column for each language code, more for more references."""
    assert test.path is not None
    if not test.path.exists():
        raise CorpusError(f"{test.path}: not there; expected the test set {test.name!r}")
    how = options(corpus, test)
    found, report = rows.rows(test.path, how)
    if report.left_out:
        first = report.left_out[0]
        raise CorpusError(
            f"{first.place}: {first.why}: {first.what!r}; a test set is read whole or not at all; mend the row"
        )
    items = tuple(_item(row, corpus.codes) for row in found)
    return _checked(test, how.place(test.path), items, corpus)


def _item(row: rows.Row, codes: tuple[str, str]) -> Item:
    cells = {name: clean(value if isinstance(value, str) else "; ".join(value)) for name, value in row.cells.items()}
    texts = {}
    for code in codes:
        names = [code, *(name for name in cells if name.startswith(f"{code}.") and name[len(code) + 1 :].isdigit())]
        texts[code] = tuple(text for text in (cells.get(name, "") for name in names) if text)
    return Item(cells.get("id") or str(row.number), texts, cells.get("source", ""), cells.get("level", ""))


def _checked(test: Test, where: str, items: tuple[Item, ...], corpus: Corpus) -> TestSet:
    if not items:
        raise CorpusError(f"{where}: the test set {test.name!r} is empty")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise CorpusError(f"{where}: the id {item.id!r} stands twice in the test set {test.name!r}")
        seen.add(item.id)
        for code in corpus.codes:
            if not item.texts.get(code):
                raise CorpusError(
                    f"{where}: {item.id!r} has no text in {code!r}; a test set needs a column {code!r} "
                    "(or columns = { … } in corpus.toml), and an empty one is not a reference"
                )
    return TestSet(test.name, items, test.policy, test.direction)
