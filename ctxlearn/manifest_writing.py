"""How a corpus.toml is written: a new one, and a table more at the end of one that a person keeps."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ctxlearn import manifest
from ctxlearn.data import Language, clean
from ctxlearn.errors import CorpusError, FormatError, UsageError
from ctxlearn.manifest import Corpus

Value = str | Sequence[str] | Mapping[str, str]

_NEW = """\
# What is known of {language} and where it stands. The fields are described in corpora/README.md of ctxlearn.

[language]                      # the language to be learned
name = {name}
code = {code}

[contact]                       # the language its books are written in
name = {contact_name}
code = {contact_code}

# Each book, word list or set of sentences is a [[source]]; `ctxlearn add` writes one here:
#
# [[source]]
# kind = "dictionary"           # dictionary, grammar, parallel (sentence pairs) or text
# path = "dictionary.tsv"       # relative to this file; columns: headword, part_of_speech, gloss
# policy = "local-only"         # open, no-retention or local-only: may a hosted model read it, and keep it?
# licence = "CC BY 4.0"
# cite = "who wrote it, when, where"
#
# Sentences to measure by are a [[test]]; they are held out, no model reads them:
#
# [[test]]
# name = "dev"
# path = "dev.tsv"              # columns: {code_plain}, {contact_plain}
"""


def new(language: Language, contact: Language) -> str:
    """Return the text of a corpus.toml that names two languages and no source yet."""
    return _NEW.format(
        language=clean(language.name),
        name=quoted(clean(language.name)),
        code=quoted(language.code),
        contact_name=quoted(clean(contact.name)),
        contact_code=quoted(contact.code),
        code_plain=language.code,
        contact_plain=contact.code,
    )


def table(name: str, fields: Mapping[str, Value]) -> str:
    """Return a `[[name]]` table with those of its fields that are not empty.

    >>> print(table("source", {"kind": "dictionary", "path": "words.tsv", "columns": {"gloss": "English"}}), end="")
    [[source]]
    kind = "dictionary"
    path = "words.tsv"
    columns = { gloss = "English" }
    """
    return "\n".join([f"[[{name}]]", *(f"{key} = {_value(value)}" for key, value in fields.items() if value)]) + "\n"


def quoted(text: str) -> str:
    r"""Return a text as TOML writes it, in double quotes.

    >>> print(quoted('a "b" \\ \x7f'))
    "a \"b\" \\ \u007f"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {quoted(item)}" for key, item in value.items()) + " }"
    return "[" + ", ".join(map(quoted, value)) + "]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def make(path: Path, text: str) -> None:
    """Write a new corpus.toml. Raises UsageError when there is one; CorpusError, with nothing made, for a bad text."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path}: there already; `ctxlearn add` adds a source to it")
    data = _encoded(text)
    _check(path, data)
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, data)


def append(path: Path, tables: Sequence[str]) -> None:
    """Add tables at the end of a corpus.toml; all that stands above stays byte for byte.

    Raises CorpusError when the result would not be a corpus.toml; then the file is as it was.
    """
    before = path.read_bytes()
    newline = "\r\n" if b"\r\n" in before else "\n"
    added = "".join(f"\n{text}" for text in tables).replace("\n", newline)
    gap = "" if before.endswith(b"\n") or not before else newline
    data = before + _encoded(gap + added)
    _check(path, data)
    put(path, data)


def change(path: Path, source: str, fields: Mapping[str, str]) -> None:
    """Say something else in the `[[source]]` of that id; all other lines stay byte for byte.

    Raises CorpusError when the result would not say just that; then the file is as it was.
    """
    corpus = manifest.parse(path)
    before = path.read_bytes()
    newline = "\r\n" if b"\r\n" in before else "\n"
    lines = before.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    number = [it.id for it in corpus.sources].index(source)
    headers = [n for n, line in enumerate(lines) if re.match(r"\s*\[", line)]
    starts = [n for n in headers if re.match(r"\s*\[\[\s*source\s*\]\]", lines[n])]
    if number < len(starts):
        end = next((n for n in headers if n > starts[number]), len(lines))
        lines[starts[number] + 1 : end] = _changed(lines[starts[number] + 1 : end], fields)
    data = _encoded(newline.join(lines))
    _check(path, data, lambda new: _says(new, source, fields))
    put(path, data)


def _changed(lines: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    found = [*lines]
    for key, value in fields.items():
        at = next((n for n, line in enumerate(found) if re.match(rf"\s*{key}\s*=", line)), None)
        said = f"{key} = {quoted(value)}"
        if at is not None:
            found[at] = said
        elif value:
            filled = [n for n, line in enumerate(found) if line.strip() and not line.lstrip().startswith("#")]
            found.insert(filled[-1] + 1 if filled else 0, said)
    return found


def _says(corpus: Corpus, source: str, fields: Mapping[str, str]) -> bool:
    it = next(it for it in corpus.sources if it.id == fields.get("id", source))
    shown = {"path": str(it.path.relative_to(corpus.folder)) if it.path.is_relative_to(corpus.folder) else str(it.path)}
    said = {**{name: getattr(it, name) for name in it.__slots__}, **shown}
    return all(Path(said[key]) == Path(value) if key == "path" else said[key] == value for key, value in fields.items())


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        found = text[error.start : error.end]
        raise UsageError(f"{found!r} cannot be written in corpus.toml; names and paths must be Unicode") from error


def _check(path: Path, data: bytes, says: Callable[[Corpus], bool] = lambda _: True) -> None:
    """Raise CorpusError, under the name of `path`, when `data` are no corpus.toml, or do not say what they should."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / manifest.FILE
        trial.write_bytes(data)
        try:
            if not says(manifest.parse(trial)):
                raise CorpusError(f"{path}: written in a way that cannot be changed for you; change it there by hand")
        except FormatError as error:
            message = str(error).replace(str(trial), str(path))
            raise CorpusError(f"{message}\nnothing was written") from error


def put(path: Path, data: bytes) -> None:
    """Put a file in place whole or not at all, through a link if there is one, with the old file's mode."""
    target = path.resolve()
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(data)
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise
