"""What a format is: how its files are recognised, and how they become records.

A reader gives back all that it could read. What it could not is named in its report, with file and line; only a file
that as a whole is not what it claims to be raises FormatError.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ctxlearn.data import Block, Entry, Example, Kind, Language
from ctxlearn.errors import CorpusError, FormatError

# A zip member larger than this, or packed tighter than this, is refused: the largest known grammar is 5 MB of LaTeX.
MAX_MEMBER_BYTES = 1 << 30
MAX_MEMBER_RATIO = 200

# What zipfile raises when bytes of an archive were changed. NotImplementedError is a RuntimeError too,
# which otherwise speaks of a password: catch these first.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    IndexError,
    OverflowError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Omission:
    """Something in a file that did not become a record, and why; `place` is `file:line`.

    `deliberate` when nothing is broken: a diagram, a title page, an index.
    """

    place: str
    what: str
    why: str
    deliberate: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader read, by kind of thing, what it left out, and remarks a person should see once."""

    read: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[Omission, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """The records of one source, in its own order."""

    entries: tuple[Entry, ...] = ()
    examples: tuple[Example, ...] = ()
    blocks: tuple[Block, ...] = ()
    report: Report = field(default_factory=Report)


@dataclass(frozen=True, slots=True)
class Options:
    """How a source is to be read, as its table in corpus.toml says.

    `root` is what places are shown relative to. `columns` maps our column names to the file's. `headwords` is the code
    of the language that a dictionary's headwords are in (default: the new language).
    """

    language: Language
    contact: Language
    root: Path
    kind: Kind = "dictionary"
    tables: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    member: str = ""
    password: bytes | None = None
    headwords: str = ""

    def place(self, path: Path, line: int | None = None) -> str:
        """Return `file:line` as it is shown to a person, the file relative to `root` where it lies below it."""
        shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        name = shown.as_posix() + (f":{self.member}" if self.member else "")
        return name if line is None else f"{name}:{line}"


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, what kinds of source it can be, how it is known, and how it is read.

    `recognise(path)` looks at the name and the first bytes and never raises for a readable file. `read(path, options)`
    raises FormatError when the whole is not what it claims to be.
    """

    name: str
    about: str
    kinds: frozenset[Kind]
    extensions: tuple[str, ...]
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Options], Material]


def read_bytes(path: Path, options: Options) -> bytes:
    """Return a file's bytes, or those of `options.member` when it is a zip; nothing is unpacked onto the disk."""
    try:
        if not options.member:
            return path.read_bytes()
        return _read_member(path, options)
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror or error}; is the path in corpus.toml right?") from error


def _read_member(path: Path, options: Options) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            info = _member(archive, options.member)
            if info.file_size > min(MAX_MEMBER_BYTES, MAX_MEMBER_RATIO * max(info.compress_size, 1000)):
                raise FormatError(
                    f"member {options.member!r} unpacks to {info.file_size:,} bytes from {info.compress_size:,}; "
                    "that is how a zip bomb looks; unpack it yourself and name the file",
                    path=path,
                )
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FormatError(f"member {options.member!r} is not packed by deflate; pack it again so", path=path)
            return archive.read(info, pwd=options.password)
    except KeyError as error:
        raise FormatError(f"no member {options.member!r}; it holds {_members(path)}", path=path) from error
    except BROKEN_ZIP as error:
        raise FormatError(f"not a zip that can be read: {error}", path=path) from error
    except RuntimeError as error:  # zipfile's way to say that a password is missing or wrong
        raise FormatError(
            f"member {options.member!r} is encrypted and the password is missing or wrong; set the variable that "
            "password_env names in corpus.toml",
            path=path,
        ) from error


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the member of that name, or else the only one so called in a folder that was packed along."""
    below = [info for info in archive.infolist() if info.filename.endswith(f"/{name}")]
    return below[0] if len(below) == 1 and name not in archive.namelist() else archive.getinfo(name)


def _members(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return ", ".join(archive.namelist()[:12])


def read_text(path: Path, options: Options) -> str:
    r"""Return a file's text: UTF-8, or UTF-16 with a byte order mark; line ends become `\n`.

    Raises FormatError at the first byte that is neither.
    """
    data = read_bytes(path, options)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        start = before.rfind(b"\n") + 1
        raise FormatError(
            f"byte 0x{data[error.start]:02x} is not {encoding.removesuffix('-sig')}; save the file as UTF-8",
            path=options.place(path),
            line=line,
            text=data[start : start + 400].split(b"\n")[0].decode("utf-8", "replace"),
            column=len(before[start:].decode("utf-8", "replace")),
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
