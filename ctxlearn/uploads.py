"""Files that a browser sends: looked at before anything reads them, and kept under names of our own.

What a file is, its content says; its name only has to agree. A single file is kept as `uploads/<hash><ending>` in the
corpus's folder. Of an archive, those members are kept whose endings a reader knows, in `uploads/<hash>/`, after its
sizes, its number of members and every one of their names were looked at; what it says of itself is not believed while
it is unpacked. Nothing is ever executed, and nothing is kept of a file that is refused.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ctxlearn import formats
from ctxlearn.errors import FormatError, StoreError, UsageError
from ctxlearn.formats.base import BROKEN_ZIP, MAX_MEMBER_RATIO

FOLDER = "uploads"
MAX_BYTES = 200 << 20  # of a file: a grammar in PDF has 20 MB at most, a scanned one is not read
MAX_UNPACKED = 400 << 20
MAX_MEMBERS = 2000

# What files begin with that are no text, and what a person calls them.
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a recording or picture"),
    (b"OggS", "a recording"),
    (b"ID3", "a recording"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xd0\xcf\x11\xe0", "a document of an old office program"),
    (b"SQLite format 3", "a database"),
)
_NOT_TEXT = {".pdf": "a PDF", **dict.fromkeys((".zip", ".docx", ".odt", ".xlsx", ".ods", ".epub"), "a zip archive")}
_COMPANIONS = (".bib", ".txt")  # what readers look up beside the files they read
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PART = re.compile(r"[\w(][\w .,()&+'’-]{0,99}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names of devices on Windows


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is kept: what it was called (never a path), where it lies, and members of it that no reader knows."""

    name: str
    path: Path
    ignored: tuple[str, ...] = ()

    def named(self, text: str) -> str:
        """Return a text that speaks of the file with the name that a person knows."""
        return text.replace(str(self.path), self.name).replace(self.path.name, self.name)


def keep(folder: Path, name: str, content: bytes) -> Upload:
    """Look at a file and keep it below the folder of a corpus; the same content is kept once.

    Raises FormatError when it is not what it is called, UsageError when it is too large or leads elsewhere.
    """
    shown = shown_name(name)
    if len(content) > MAX_BYTES:
        raise UsageError(f"{shown}: {len(content):,} bytes; the most is {MAX_BYTES:,}; leave out what is not read")
    ending = _checked_ending(shown, content)
    target = folder / FOLDER / hashlib.sha256(content).hexdigest()[:16]
    if ending == ".zip":
        return _keep_members(target, shown, content)
    path = target.with_name(target.name + ending)
    with _new_folder(target) as part:
        (part / path.name).write_bytes(content)
        (part / path.name).replace(path)
    return Upload(shown, path)


@contextmanager
def at_hand(name: str, content: bytes) -> Iterator[Upload]:
    """Lend a file for as long as the block lasts, checked and kept as `keep` does, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="ctxlearn-") as folder:
        yield keep(Path(folder), name, content)


def shown_name(name: str) -> str:
    r"""Return what a file is called, without the folders that a browser may send along.

    >>> shown_name("..\\..\\words.tsv"), shown_name("/etc/passwd"), shown_name("a\x00b\n.tsv")
    ('words.tsv', 'passwd', 'a b .tsv')
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    return "".join(it if it.isprintable() else " " for it in last).strip()[:100] or "file"


def endings() -> tuple[str, ...]:
    """Return the endings of all files that some reader knows, and of archives."""
    known = {ending for form in formats.FORMATS.values() for ending in form.extensions}
    return tuple(sorted({Path(f"x{ending}").suffix.lower() for ending in known} | {".zip"}))


def content_of(data: bytes) -> str:
    r"""Return what bytes are: "text", or what a person calls that which begins so.

    >>> content_of(b"ma\the\n"), content_of(b"\x89PNG\r\n"), content_of(b"\x00\x01")
    ('text', 'a picture', 'something that is no text')
    """
    controls = _CONTROLS.search(data)
    for beginning, what in _SIGNATURES:
        if data.startswith(beginning) and (controls or not beginning.isalnum()):  # a word list may begin with MZ too
            return what
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16 with its mark
        return "text"
    return "something that is no text" if controls else "text"


def _checked_ending(name: str, content: bytes) -> str:
    """Return the ending of a name whose content agrees with it. Raises FormatError."""
    ending = Path(name).suffix.lower()
    if ending not in endings():
        raise FormatError(f"no reader for {ending or name!r}; the known ones are {', '.join(endings())}", path=name)
    if not content:
        raise FormatError("the file is empty; nothing was kept", path=name)
    found, expected = content_of(content), _NOT_TEXT.get(ending, "text")
    if found != expected:
        raise FormatError(
            f"called {ending}, which is {expected}, but its content is {found}; nothing was kept", path=name
        )
    return ending


# -- archives ---------------------------------------------------------------------------------------------------------


def _keep_members(target: Path, name: str, content: bytes) -> Upload:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [it for it in archive.infolist() if not it.is_dir()]
            _check_members(name, members)
            kept = [it for it in members if Path(it.filename).suffix.lower() in (*endings(), *_COMPANIONS)]
            kept = [it for it in kept if Path(it.filename).suffix.lower() != ".zip"]
            if not kept:
                raise FormatError("no file in it that any reader knows; nothing was kept", path=name)
            ignored = tuple(it.filename for it in members if it not in kept)
            with _new_folder(target) as part:
                names = _unpack(archive, kept, part, name)
                return Upload(name, _in_place(part, names, target), ignored)
    except BROKEN_ZIP as error:
        raise FormatError(f"not a zip that can be read: {error}; nothing was kept", path=name) from error
    except RuntimeError as error:  # zipfile's way to say that a password is missing
        raise FormatError("it is encrypted; `ctxlearn add --password-env` reads such archives", path=name) from error


def _check_members(name: str, members: list[zipfile.ZipInfo]) -> None:
    """Raise before anything is unpacked; what the archive says of sizes is looked at again while unpacking."""
    packed, unpacked = sum(it.compress_size for it in members), sum(it.file_size for it in members)
    if len(members) > MAX_MEMBERS:
        raise UsageError(f"{name}: {len(members):,} files in it; the most is {MAX_MEMBERS:,}; nothing was kept")
    if unpacked > min(MAX_UNPACKED, MAX_MEMBER_RATIO * max(packed, 1000)):
        raise UsageError(
            f"{name}: {packed:,} bytes that would become {unpacked:,}: that is how a zip bomb looks; nothing was kept"
        )
    for it in members:
        if stat.S_ISLNK(it.external_attr >> 16):
            raise UsageError(f"{name}: {it.filename!r} is a link; an archive may hold only files; nothing was kept")
        if not all(map(_is_plain, _parts(it.filename))) or len(_parts(it.filename)) > 8:
            raise UsageError(
                f"{name}: a member is called {it.filename!r}; names may have letters, digits, blanks and -_.,()&+', "
                "and may not lead out of the archive; nothing was kept"
            )


def _parts(name: str) -> list[str]:
    return unicodedata.normalize("NFC", name).split("/")


def _is_plain(part: str) -> bool:
    return _PART.fullmatch(part) is not None and not part.endswith((".", " ")) and not _RESERVED.fullmatch(part)


def _unpack(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, name: str) -> list[Path]:
    """Write members below a folder, without the folders that all of them share; return where."""
    shared = _shared([_parts(it.filename) for it in members])
    left, written = MAX_UNPACKED, []
    for it in members:
        with archive.open(it) as file:
            data = file.read(min(left, it.file_size) + 1)
        left -= len(data)
        if left < 0 or len(data) > it.file_size:
            raise UsageError(f"{name}: {it.filename!r} is larger than it says; nothing was kept")
        expected = _NOT_TEXT.get(Path(it.filename).suffix.lower(), "text")
        if data and content_of(data) != expected:
            found = content_of(data)
            raise FormatError(f"{it.filename!r} is {found}, where {expected} was expected; nothing was kept", path=name)
        path = folder.joinpath(*_parts(it.filename)[shared:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    return written


def _shared(names: list[list[str]]) -> int:
    """Return how many folders all names begin with.

    >>> _shared([["book", "main.tex"], ["book", "ch", "1.tex"]])
    1
    """
    folders = [name[:-1] for name in names]
    same = 0
    while all(len(it) > same for it in folders) and len({it[same] for it in folders}) == 1:
        same += 1
    return same


def _in_place(part: Path, written: list[Path], target: Path) -> Path:
    """Move what was unpacked to where it stays: a folder, or a file when there is only one."""
    if len(written) == 1:
        path = target.with_name(target.name + written[0].suffix.lower())
        written[0].replace(path)
        return path
    if not target.exists():
        part.rename(target)
    return target


# -- writing ----------------------------------------------------------------------------------------------------------


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Lend a folder beside `target` to write in; it is gone at the end, whatever happened."""
    place, path = target.parent, ""
    try:
        place.mkdir(exist_ok=True)
        path = tempfile.mkdtemp(prefix=".new-", dir=place)
        yield Path(path)
    except OSError as error:
        raise StoreError(f"{place}: {error.strerror or error}; the file could not be kept") from error
    finally:
        if path:
            shutil.rmtree(path, ignore_errors=True)
