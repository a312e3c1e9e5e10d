"""Packed contexts kept in the state folder, so that a second start reads no source.

A pack is kept by the hashes of corpus.toml and every file it names, the options, and this program's code. One folder a
pack: `pack.json` (what it is, and the hashes of the others), `prefix.txt`, `records.json`, `vocabulary.json` and
`tests.json`. A damaged pack is packed anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctxlearn.corpus import Contents, Item, TestSet
from ctxlearn.data import Block, Entry, Example, Language, Policy, Record, Sense
from ctxlearn.errors import StoreError
from ctxlearn.evidence import Evidence
from ctxlearn.leaks import Leak
from ctxlearn.manifest import Corpus
from ctxlearn.scripts import common_scripts

if TYPE_CHECKING:
    from ctxlearn.context import Context

NOTHING = ("nothing",)  # the sections of a context that holds no record, only the names of the languages
KEPT = 32  # packs kept of one corpus; older ones go, with what was learned from them


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """What a pack says of one section."""

    name: str
    title: str
    records: int
    tokens: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Query:
    """Texts in one language, by its code; a context can be packed of what speaks of their words alone."""

    code: str
    texts: tuple[str, ...]


class Pack:
    """A packed context as it lies in its folder; its larger parts are read when they are asked for.

    Making one raises FileNotFoundError when there is none, ValueError, KeyError or TypeError when it is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info: dict[str, Any] = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
        self.corpus: str = self.info["corpus"]
        self.packed: int = self.info["packed"]
        self.fingerprint: str = self.info["fingerprint"]
        self.tokens: int = self.info["tokens"]
        self.budget: int | None = self.info["budget"]
        self.policy: Policy = self.info["policy"]
        self.language = Language(*self.info["language"])
        self.contact = Language(*self.info["contact"])
        self.sections = tuple(SectionSummary(**section) for section in self.info["sections"])
        self.leaks = tuple(Leak(**leak) for leak in self.info["leaks"])
        self.problems: int = self.info["problems"]

    def is_whole(self) -> bool:
        """Whether every file is what was stored."""
        try:
            return all(_sha256((self.folder / name).read_bytes()) == it for name, it in self.info["files"].items())
        except OSError:
            return False

    @cached_property
    def prefix(self) -> str:
        """The text a model reads."""
        return (self.folder / "prefix.txt").read_bytes().decode()

    @cached_property
    def records(self) -> dict[str, tuple[Record, ...]]:
        """The packed records by section, with ids and places."""
        stored = json.loads((self.folder / "records.json").read_text(encoding="utf-8"))
        return {name: tuple(_read_record(item) for item in records) for name, records in stored.items()}

    @cached_property
    def tests(self) -> tuple[TestSet, ...]:
        """The corpus's held-out sets."""
        stored = json.loads((self.folder / "tests.json").read_text(encoding="utf-8"))
        return tuple(
            TestSet(it["name"], tuple(map(_read_item, it["items"])), it["policy"], it["direction"]) for it in stored
        )

    @cached_property
    def vocabulary(self) -> dict[str, frozenset[str]]:
        """Every folded word form that stands in the records, by language code."""
        stored = json.loads((self.folder / "vocabulary.json").read_text(encoding="utf-8"))
        return {code: frozenset(forms) for code, forms in stored.items()}

    @property
    def removed(self) -> int:
        """How many records were taken out because a held-out sentence stood in them."""
        return len({(leak.section, leak.record, leak.place) for leak in self.leaks})


def open_pack(
    home: Path,
    corpus: Corpus,
    *,
    budget: int | None = None,
    sections: Sequence[str] = (),
    tests: Sequence[TestSet] = (),
    query: Query | None = None,
) -> Pack:
    """Return the pack of a corpus below `home`, packed now when it is not there yet. Raises CorpusError, StoreError.

    With a `query`, of what would be packed only the records are that the evidence names for one of its words.
    """
    folder = home / key(corpus, budget, sections, tests, query)
    stored = _stored(folder)
    if stored is not None:
        return stored
    from ctxlearn import context, tokens  # late: not needed from the second start on
    from ctxlearn import corpus as reading

    contents = reading.read(corpus)
    chosen = () if tuple(sections) == NOTHING else tuple(sections) or context.DEFAULT
    packed = context.pack(contents, tokens.counter(), budget=budget, sections=chosen, tests=tests)
    if query is not None:
        named = _named(packed, query)
        packed = context.narrowed(packed, lambda name, it: (name, it.id, it.place) in named, tokens.counter())
    _save(folder, contents, packed)
    _prune(home, corpus)
    return Pack(folder)


def _stored(folder: Path) -> Pack | None:
    """Return the pack in a folder; None when there is none, or it was damaged and is deleted now."""
    if not folder.exists():
        return None
    pack = _readable(folder)
    if pack is not None and pack.is_whole():
        return pack
    _remove(folder)
    return None


def _readable(folder: Path) -> Pack | None:
    try:
        return Pack(folder)
    except (OSError, ValueError, KeyError, TypeError):  # not there, damaged, or just deleted by another process
        return None


def _named(packed: Context, query: Query) -> set[tuple[str, str, str]]:
    """Return what tells the records apart that the evidence names for a word of the query."""
    index = Evidence(packed.language, packed.contact, {it.name: it.records for it in packed.sections})
    found = (word for text in query.texts for word in index.of(text, query.code, "source"))
    return {(it.section, it.id, it.place) for word in found for it in word.records}


def key(
    corpus: Corpus,
    budget: int | None,
    sections: Sequence[str],
    tests: Sequence[TestSet],
    query: Query | None = None,
) -> str:
    """Return the name that a pack is kept under."""
    digest = hashlib.sha256(code_version().encode())
    for path in _files(corpus):
        digest.update(f"{path}\0".encode())
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError:
            digest.update(b"absent")  # reading the corpus will say so
    options = [budget, list(sections), [test.sha256 for test in tests], str(corpus.folder.resolve())]
    if query is not None:
        options.append([query.code, *query.texts])
    digest.update(json.dumps(options).encode())
    return digest.hexdigest()[:32]


def of_corpus(home: Path, folder: Path) -> list[Pack]:
    """Return the packs of the corpus in `folder`, the newest first."""
    name = str(folder.resolve())
    return [pack for pack in _all(home) if pack.corpus == name]


def fingerprints(home: Path, without: Path) -> set[str]:
    """Return the fingerprints of the packs of every corpus but the one in the folder `without`."""
    name = str(without.resolve())
    return {pack.fingerprint for pack in _all(home) if pack.corpus != name}


def _all(home: Path) -> list[Pack]:
    found = [pack for folder in home.glob("[!.]*") if (pack := _readable(folder))]
    return sorted(found, key=lambda pack: (pack.packed, pack.folder), reverse=True)


@cache
def code_version() -> str:
    """Return a hash of the code that decides what a pack looks like."""
    root = Path(__file__).parent
    names = (
        "corpus",
        "data",
        "evidence",
        "igt",
        "leaks",
        "manifest",
        "render",
        "context",
        "packs",
        "scripts",
        "tokens",
    )
    digest = hashlib.sha256()
    for path in [*(root / f"{name}.py" for name in names), *sorted((root / "formats").rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(corpus: Corpus) -> Iterator[Path]:
    yield corpus.file
    for source in corpus.sources:
        yield from _below(source.path)
        yield from (*source.only, *source.exclude)
    for test in corpus.tests:
        yield from (path for path in (test.path, test.ids) if path is not None)


def _below(path: Path) -> Iterable[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


# -- writing ----------------------------------------------------------------------------------------------------------


def _save(folder: Path, contents: Contents, packed: Any) -> None:
    """Write a pack whole or not at all."""
    index = Evidence(packed.language, packed.contact, {it.name: it.records for it in packed.sections})
    vocabulary = {code: sorted(index.vocabulary(code)) for code in contents.corpus.codes}
    info = {
        "corpus": str(contents.corpus.folder.resolve()),
        "packed": time.time_ns(),
        "fingerprint": packed.fingerprint,
        "tokens": packed.tokens,
        "budget": packed.budget,
        "policy": packed.policy,
        "language": [packed.language.name, packed.language.code],
        "contact": [packed.contact.name, packed.contact.code],
        "sections": [
            {
                "name": it.name,
                "title": it.title,
                "records": len(it.records),
                "tokens": it.tokens,
                "left_out": it.left_out,
            }
            for it in packed.sections
        ],
        "leaks": [_fields(leak) for leak in packed.leaks],
        "scripts": {code: common_scripts(forms) for code, forms in vocabulary.items()},
        "problems": contents.broken,
    }
    records = {it.name: [_write_record(record) for record in it.records] for it in packed.sections}
    tests = [{**_fields(test), "items": [_fields(item) for item in test.items]} for test in contents.tests]
    files = {
        "prefix.txt": packed.prefix,
        "records.json": _json(records),
        "vocabulary.json": _json(vocabulary),
        "tests.json": _json(tests),
    }
    info["files"] = {name: _sha256(text.encode()) for name, text in files.items()}
    _write_folder(folder, {**files, "pack.json": _json(info)})


def _write_folder(folder: Path, files: Mapping[str, str]) -> None:
    temporary = ""
    try:
        temporary = tempfile.mkdtemp(prefix=".new-", dir=folder.parent)
        for name, text in files.items():
            (Path(temporary) / name).write_bytes(text.encode())
        Path(temporary).replace(folder)
    except OSError as error:
        if _readable(folder) is not None:  # another process packed the same thing meanwhile
            return
        raise StoreError(
            f"{folder}: {error.strerror or error}; the packed context could not be stored; make room, or set "
            "CTXLEARN_HOME to a folder elsewhere"
        ) from error
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _prune(home: Path, corpus: Corpus) -> None:
    packs = of_corpus(home, corpus.folder)
    kept = {pack.fingerprint for pack in packs[:KEPT]}
    for pack in packs[KEPT:]:
        delete(pack, learned=pack.fingerprint not in kept)


def delete(pack: Pack, *, learned: bool) -> None:
    """Delete a pack and, with `learned`, what the embedded model learned from it. Raises StoreError."""
    folders = [pack.folder]
    if learned:
        folders += (pack.folder.parent.parent / "learned").glob(f"{pack.fingerprint}*")
    for folder in folders:
        _remove(folder)


def sweep(home: Path) -> None:
    """Delete what no pack speaks for: damaged packs, what a killed process left, what was learned from packs gone.

    Raises StoreError. A pack that another process is writing just now goes too, and that process says so.
    """
    for folder in home.iterdir():
        if folder.name.startswith(".") or _readable(folder) is None:
            _remove(folder)
    known = {pack.fingerprint for pack in _all(home)}
    for folder in (home.parent / "learned").glob("*"):
        if folder.name[:64] not in known:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Delete a folder, or a file in its place, if it is there. Raises StoreError."""
    try:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
    except FileNotFoundError:
        return  # another process was quicker
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; delete it by hand") from error


# -- records as JSON --------------------------------------------------------------------------------------------------


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _write_record(record: Record) -> list[Any]:
    if isinstance(record, Entry):
        senses = [[sense.description, sense.examples] for sense in record.senses]
        return ["entry", {**_fields(record), "senses": senses}]
    if isinstance(record, Example):
        return ["example", _fields(record)]
    example = None if record.example is None else _fields(record.example)
    return ["block", {**_fields(record), "example": example}]


def _read_record(stored: Sequence[Any]) -> Record:
    kind, fields = stored
    if kind == "entry":
        senses = tuple(Sense(description, tuple(examples)) for description, examples in fields["senses"])
        return Entry(**{**fields, "senses": senses, **_tuples(fields, "variants", "notes")})
    if kind == "example":
        return _read_example(fields)
    example = None if fields["example"] is None else _read_example(fields["example"])
    return Block(**{**fields, "example": example, **_tuples(fields, "headings")})


def _read_example(fields: Mapping[str, Any]) -> Example:
    return Example(**{**fields, **_tuples(fields, "analyzed_words", "glosses")})


def _read_item(fields: Mapping[str, Any]) -> Item:
    return Item(**{**fields, "texts": {code: tuple(texts) for code, texts in fields["texts"].items()}})


def _tuples(fields: Mapping[str, Any], *names: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(fields[name]) for name in names}
