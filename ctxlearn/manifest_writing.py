"""How a corpus.toml is written: a new one, and a table more at the end of one that a person keeps."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ctxlearn import manifest
from ctxlearn.data import Language, clean
from ctxlearn.errors import CorpusError, FormatError, UsageError

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


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        found = text[error.start : error.end]
        raise UsageError(f"{found!r} cannot be written in corpus.toml; names and paths must be Unicode") from error


def _check(path: Path, data: bytes) -> None:
    """Raise CorpusError, under the name of `path`, when `data` are not a corpus.toml."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / manifest.FILE
        trial.write_bytes(data)
        try:
            manifest.parse(trial)
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
