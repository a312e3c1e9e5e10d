"""The table of formats: each is one module beside this one, and one name here.

A module is imported only when its format is asked for: a translation from a stored pack needs none.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ctxlearn.data import Kind
from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats.base import Format

# In the order in which they are tried: a CLDF module's metadata is JSON too, and a book's folder may hold a README.md.
NAMES = ("cldf", "latex", "table", "markdown")


class _Formats(Mapping[str, Format]):
    def __getitem__(self, name: str) -> Format:
        if name not in NAMES:
            raise KeyError(name)
        found: Format = importlib.import_module(f"ctxlearn.formats.{name}").FORMAT
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __contains__(self, name: object) -> bool:
        return name in NAMES


FORMATS: Mapping[str, Format] = _Formats()


def get(name: str) -> Format:
    """Return the format of that name. Raises CorpusError."""
    if name not in FORMATS:
        raise CorpusError(f"no format {name!r}; the known ones are {', '.join(sorted(FORMATS))}")
    return FORMATS[name]


def recognise(path: Path, kind: Kind, member: str = "") -> Format:
    """Return the format that a source is written in; of a zip the name of its `member` decides. Raises CorpusError.

    Where several formats could read it, the first that gives sources of that `kind` does.
    """
    if not path.exists():
        raise CorpusError(f"{path}: there is no such file or folder; is the path in corpus.toml right?")
    fitting = [form for form in FORMATS.values() if _fits(form, path, member)]
    for form in fitting:
        if kind in form.kinds:
            return form
    if fitting:
        kinds = " or ".join(sorted({k for form in fitting for k in form.kinds}))
        raise FormatError(f"the {fitting[0].name} reader gives {kinds}, not {kind!r}", path=path)
    what = "this folder" if path.is_dir() else repr(Path(member or path).suffix or Path(member or path).name)
    known = sorted({extension for form in FORMATS.values() for extension in form.extensions})
    raise FormatError(f"no reader for {what}; the known ones are {', '.join(known)}", path=path)


def _fits(form: Format, path: Path, member: str) -> bool:
    if member:
        return Path(member).suffix.lower() in form.extensions
    return form.recognise(path)
