"""What a corpus.toml says: two languages, where their books stand, and what is held out. No source is read here.

The fields are described for people in corpora/README.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ctxlearn import formats
from ctxlearn.data import KINDS, POLICIES, Direction, Kind, Language, Policy, clean
from ctxlearn.errors import CorpusError, FormatError, UsageError

FILE = "corpus.toml"
BUNDLED = Path(__file__).parent.parent / "corpora"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where `ctxlearn get` fetches one file of a source from; `path` is relative to the corpus's folder."""

    path: str
    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """One `[[source]]` of corpus.toml; `path` is resolved against the corpus's folder."""

    id: str
    kind: Kind
    path: Path
    format: str = ""
    policy: Policy = "local-only"
    licence: str = ""
    cite: str = ""
    origin: tuple[Origin, ...] = ()
    member: str = ""
    password_env: str = ""
    tables: tuple[str, ...] = ()
    only: tuple[Path, ...] = ()
    exclude: tuple[Path, ...] = ()
    columns: Mapping[str, str] | None = None
    headwords: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """One `[[test]]` of corpus.toml: a file of its own, or ids of a source's records."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    name: str
    path: Path | None = None
    ids: Path | None = None
    source: str = ""
    policy: Policy = "local-only"
    member: str = ""
    password_env: str = ""
    columns: Mapping[str, str] | None = None
    direction: str = ""  # the only one that it tests; both when empty


@dataclass(frozen=True, slots=True)
class Corpus:
    """What corpus.toml says; nothing of the sources is read yet."""

    folder: Path
    language: Language
    contact: Language
    sources: tuple[Source, ...]
    tests: tuple[Test, ...]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @property
    def file(self) -> Path:
        """The corpus.toml."""
        return self.folder / FILE

    @property
    def codes(self) -> tuple[str, str]:
        """The language's code and the contact language's."""
        return self.language.code, self.contact.code

    @property
    def directions(self) -> tuple[Direction, Direction]:
        """Out of the language, and into it."""
        out = Direction(*self.codes)
        return out, out.reversed()


# -- finding and opening ----------------------------------------------------------------------------------------------


def find(name: str) -> Path:
    """Return the folder of a corpus: a path to one, else a name under ./corpora, else a bundled one.

    Raises UsageError.
    """
    places = (Path(name), Path("corpora") / name, BUNDLED / name)
    for place in places:
        if (place / FILE).is_file():
            return place
    if Path(name).is_dir():
        raise UsageError(f"{name}: no {FILE}; `ctxlearn init {name}` makes one")
    raise UsageError(
        f"corpus {name!r}: no such folder, and none of the known ones ({', '.join(known()) or 'there are none'})"
    )


def known() -> list[str]:
    """Return the names of the corpora below ./corpora and of the bundled ones."""
    return sorted({path.parent.name for root in (Path("corpora"), BUNDLED) for path in root.glob(f"*/{FILE}")})


def open_corpus(name: str) -> Corpus:
    """Return the corpus of that folder or name.

    Raises UsageError when there is none, FormatError for a bad corpus.toml.
    """
    return parse(find(name) / FILE)


def parse(path: Path) -> Corpus:
    """Return what a corpus.toml says. Raises FormatError, CorpusError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _toml_error(path, error) from error
    except RecursionError as error:
        raise FormatError("lists or tables within one another beyond all need", path=path) from error
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}") from error
    reader = _Toml(path, text)
    reader.known(data, "", "language", "contact", "source", "test")
    corpus = Corpus(
        folder=path.parent,
        language=reader.language(data, "language"),
        contact=reader.language(data, "contact"),
        sources=tuple(reader.source(item, number) for number, item in enumerate(reader.tables(data, "source"), 1)),
        tests=tuple(reader.test(item, number) for number, item in enumerate(reader.tables(data, "test"), 1)),
    )
    reader.check_codes(corpus)
    reader.check_names(corpus)
    return corpus


def _toml_error(path: Path, error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> FormatError:
    if isinstance(error, UnicodeDecodeError):
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        return FormatError("not UTF-8; save the file as UTF-8", path=path, line=line)
    match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    message = re.sub(r" \(at .*", "", str(error))
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    line, column = (int(match[1]), int(match[2]) - 1) if match else (len(lines), 0)  # "at end of document"
    return FormatError(message[:1].lower() + message[1:], path=path, line=line, text=lines[line - 1], column=column)


class _Toml:
    """Checks the fields of a parsed corpus.toml, naming file and line.

    A line is looked for in the table that was last entered: the `number`th `[name]` or `[[name]]` of the file.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.split("\n")
        self.table = range(0)

    def enter(self, name: str, number: int = 1) -> None:
        """Let `fail` look first at the lines of this table; at the whole file when it is written in some other way."""
        headers = [line for line, text in enumerate(self.lines) if re.match(r"\s*\[", text)]
        mine = [line for line in headers if re.match(rf"\s*\[\[?\s*{name}\s*\]", self.lines[line])]
        if number > len(mine):
            self.table = range(0)
            return
        start = mine[number - 1]
        self.table = range(start, next((line for line in headers if line > start), len(self.lines)))

    def fail(self, message: str, word: str = "") -> NoReturn:
        """Raise FormatError at the line on which `word` stands as a key or a value, or at the table's first line."""
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])") if word else None
        for line in (*self.table[1:], *range(len(self.lines))):
            text = self.lines[line]
            if pattern is not None and not text.lstrip().startswith("#") and (match := pattern.search(text)):
                raise FormatError(message, path=self.path, line=line + 1, text=text, column=match.start())
        first = self.table.start if self.table else 0
        raise FormatError(message, path=self.path, line=first + 1, text=self.lines[first])

    # -- fields

    def known(self, table: Mapping[str, Any], where: str, *names: str) -> None:
        for key in table:
            if key not in names:
                self.fail(f"{where}{key!r} is not a field here; the known ones are {', '.join(names)}", key)

    def tables(self, data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        found = data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.fail(f"expected [[{name}]] with double brackets", name)
        return list(found)

    def text(self, table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if value is None:
            self.fail(f"{where}: {key!r} is missing")
        if not isinstance(value, str):
            self.fail(f"{where}: {key} = {value!r}; expected a text in quotes", key)
        if "\0" in value:
            self.fail(f"{where}: {key} = {value!r}; expected a text without NUL", key)
        return str(value)

    def filled(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = clean(self.text(table, key, where))
        if not value:
            self.fail(f"{where}: {key} is empty", key)
        return value

    def texts(self, table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and "\0" not in item for item in value):
            self.fail(f"{where}: {key} = {value!r}; expected a list of texts", key)
        return tuple(value)

    def one_of(
        self, table: Mapping[str, Any], key: str, where: str, known: Collection[str], default: str | None
    ) -> Any:
        value = self.text(table, key, where, default)
        if value not in known:
            self.fail(f"{where}: {key} = {value!r}; expected one of {', '.join(filter(None, known))}", key)
        return value

    def mapping(self, table: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
        value = table.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.fail(f'{where}: {key} = {value!r}; expected {{ our_name = "Their_Name" }}', key)
        return dict(value)

    # -- tables

    def language(self, data: Mapping[str, Any], name: str) -> Language:
        self.enter(name)
        table = data.get(name)
        if not isinstance(table, dict):
            self.fail(f"[{name}] with name and code is missing")
        self.known(table, f"[{name}] ", "name", "code")
        code = self.text(table, "code", f"[{name}]")
        if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", code):
            self.fail(f"[{name}]: code = {code!r}; expected a language tag such as kgv or zh-Hans", "code")
        return Language(self.filled(table, "name", f"[{name}]"), code)

    def source(self, table: Mapping[str, Any], number: int) -> Source:
        self.enter("source", number)
        where = f"source {table.get('id') or table.get('path') or number!r}"
        self.known(table, f"{where}: ", *Source.__slots__)
        path = self.filled(table, "path", where)
        return Source(
            id=self.text(table, "id", where, Path(path).name) or Path(path).name,
            kind=self.one_of(table, "kind", where, KINDS, None),
            path=self.path.parent / path,
            format=self.one_of(table, "format", where, ("", *formats.FORMATS), ""),
            policy=self.one_of(table, "policy", where, POLICIES, "local-only"),
            licence=self.text(table, "licence", where, ""),
            cite=self.text(table, "cite", where, ""),
            origin=tuple(self.origin(item, where) for item in self.tables(table, "origin")),
            member=self.text(table, "member", where, ""),
            password_env=self.text(table, "password_env", where, ""),
            tables=self.texts(table, "tables", where),
            only=tuple(self.path.parent / name for name in self.texts(table, "only", where)),
            exclude=tuple(self.path.parent / name for name in self.texts(table, "exclude", where)),
            columns=self.mapping(table, "columns", where),
            headwords=self.text(table, "headwords", where, ""),
        )

    def origin(self, table: Mapping[str, Any], where: str) -> Origin:
        where += ", origin"
        self.known(table, f"{where}: ", *Origin.__slots__)
        path, sha256 = self.text(table, "path", where), self.text(table, "sha256", where).lower()
        if Path(path).is_absolute() or ".." in Path(path).parts or not path:
            self.fail(
                f"{where}: path = {path!r} leads out of the corpus's folder; a fetched file must stay in it", path
            )
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            self.fail(f"{where}: sha256 = {sha256!r}; expected 64 hexadecimal digits", sha256 or "sha256")
        return Origin(path, self.text(table, "url", where), sha256)

    def test(self, table: Mapping[str, Any], number: int) -> Test:
        self.enter("test", number)
        where = f"test {table.get('name') or number!r}"
        self.known(table, f"{where}: ", *Test.__slots__)
        if ("path" in table) == ("ids" in table) or ("ids" in table) != ("source" in table):
            self.fail(f"{where}: expected either path, or ids and source")
        folder = self.path.parent
        return Test(
            name=self.filled(table, "name", where),
            path=folder / self.filled(table, "path", where) if "path" in table else None,
            ids=folder / self.filled(table, "ids", where) if "ids" in table else None,
            source=self.text(table, "source", where, ""),
            policy=self.one_of(table, "policy", where, POLICIES, "local-only"),
            member=self.text(table, "member", where, ""),
            password_env=self.text(table, "password_env", where, ""),
            columns=self.mapping(table, "columns", where),
            direction=self.text(table, "direction", where, ""),
        )

    # -- what tables say of one another

    def check_codes(self, corpus: Corpus) -> None:
        if corpus.language.code == corpus.contact.code:
            self.enter("contact")
            self.fail("the two languages have the same code", "code")
        for number, source in enumerate(corpus.sources, 1):
            if source.headwords not in ("", *corpus.codes):
                self.enter("source", number)
                expected = " or ".join(corpus.codes)
                self.fail(f"source {source.id}: headwords = {source.headwords!r}; expected {expected}", "headwords")
        for number, test in enumerate(corpus.tests, 1):
            known = [str(direction) for direction in corpus.directions]
            if test.direction not in ("", *known):
                self.enter("test", number)
                expected = " or ".join(known)
                self.fail(f"test {test.name}: direction = {test.direction!r}; expected {expected}", "direction")

    def check_names(self, corpus: Corpus) -> None:
        ids = [source.id for source in corpus.sources]
        self.unique("source", ids, "give each an id of its own")
        self.unique("test", [test.name for test in corpus.tests], "give each a name of its own")
        for number, test in enumerate(corpus.tests, 1):
            if test.ids and test.source not in ids:
                self.enter("test", number)
                known = ", ".join(ids) or "there are none"
                self.fail(
                    f"test {test.name}: no source has the id {test.source!r}; the known ones are {known}", "source"
                )

    def unique(self, table: str, names: Sequence[str], advice: str) -> None:
        for number, name in enumerate(names, 1):
            if name in names[: number - 1]:
                self.enter(table, number)
                self.fail(f"{table} {name!r} stands twice; {advice}", name)
