"""What was learned of one direction, kept in one file that is either whole or not there.

The folder is `<learned>/<fingerprint>-<version>/<direction>/`. A file is written under a name of its own and then moved
into place, so two processes may learn at once: both write the same, and the last one stays. It is mapped into memory
and its arrays are used where they lie: a checksum of all that follows, the length of a text, this text (JSON, which
says what there is), and the arrays. One that several views share stands there once.
"""

from __future__ import annotations

import bisect
import contextlib
import json
import math
import mmap
import os
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctxlearn.errors import StoreError
from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.classes import ClassModel
from ctxlearn.models.embedded.decode import Options
from ctxlearn.models.embedded.ngrams import LanguageModel
from ctxlearn.models.embedded.punctuation import Punctuation
from ctxlearn.models.embedded.regression import Examples
from ctxlearn.models.embedded.text import Writing

_FILE = "model.bin"
_CHECKSUM, _LENGTH = struct.Struct("<Q"), struct.Struct("<Q")
_BEGINS = _CHECKSUM.size + _LENGTH.size  # where the text does
_Kind = str | list[Any]  # what numpy calls a kind of number, or the fields of a record
_STEP = 16  # text and arrays fill multiples of it, so that numbers of all sizes begin where they may


@dataclass(frozen=True, slots=True)
class View:
    """One way to cut both languages into pieces: the pieces by number, the phrase table, and the language models.

    A view that reads backwards has the last piece of each sentence first, in both languages.
    """

    source_pieces: bytes  # sentencepiece's models
    target_pieces: bytes
    source: Sequence[str]
    target: Sequence[str]
    options: Options
    model: LanguageModel
    classed: ClassModel
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything learned of one direction.

    `words` are the words of the source language and how often each was seen; `said` those of the target language, as
    the examples number them.
    """

    views: Sequence[View]
    writing: Writing
    punctuation: Punctuation
    marks: Mapping[str, str]
    words: Mapping[str, int]
    examples: Examples
    said: Sequence[str]


_COMMON_ENDING = 3  # words that end so


class State:
    """What was learned, read into memory."""

    def __init__(self, learned: Learned) -> None:
        self.views = learned.views
        self.writing = learned.writing
        self.punctuation = learned.punctuation
        self.marks = learned.marks
        self.examples = learned.examples
        self.said = learned.said
        self.is_empty = not any(len(view.options.scores) for view in learned.views)
        self._seen = learned.words
        self._sorted = sorted(learned.words)

    def known(self, words: Iterable[str]) -> set[str]:
        """Return those of `words` that were seen."""
        return {word for word in words if word in self._seen}

    def is_ending(self, ending: str) -> bool:
        """Return whether several of the words seen end so."""
        return bool(ending) and sum(word.endswith(ending) for word in self._sorted) >= _COMMON_ENDING

    def beginning(self, start: str) -> dict[str, int]:
        """Return the words seen that begin so, with how often."""
        first = bisect.bisect_left(self._sorted, start)
        behind = bisect.bisect_left(self._sorted, start + "\U0010ffff")
        return {word: self._seen[word] for word in self._sorted[first:behind]}


def is_kept(folder: Path) -> bool:
    """Whether something that was learned is kept there; the folder alone may be a writer's that has not finished."""
    return (folder / _FILE).is_file()


def opened(folder: Path) -> State | None:
    """Return what was learned, if it is there and whole; what is not is learned again and replaced."""
    try:
        file = _mapped(folder / _FILE)
    except (OSError, ValueError):  # an empty file cannot be mapped
        return None
    if len(file) < _BEGINS or zlib.crc32(file.data[_CHECKSUM.size :]) != _CHECKSUM.unpack_from(file.data)[0]:
        return None
    (length,) = _LENGTH.unpack_from(file.data, _CHECKSUM.size)
    about = json.loads(file[_BEGINS : _BEGINS + length].tobytes())
    return State(_read(about, list(_arrays(about["arrays"], file[_BEGINS + length :]))))


def _mapped(path: Path) -> Array:
    """Return the bytes of a file, which are read where they are first used."""
    if os.name == "nt":  # what is mapped could not be replaced there
        return np.fromfile(path, np.uint8)
    with path.open("rb") as file:
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint8)


def write(folder: Path, learned: Learned) -> None:
    """Put what was learned into `folder`. Raises StoreError, and leaves nothing half-written."""
    part = folder / f"{_FILE}.{os.getpid()}.{threading.get_ident()}.part"  # two threads may learn the same
    try:
        for made in (folder.parent.parent, folder.parent, folder):  # parents=True gives its mode to the last alone
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with part.open("xb") as file:
            file.writelines(_written(learned))
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / _FILE)
    except OSError as error:
        raise StoreError(
            f"{folder}: what was learned cannot be kept ({error}); make room, or set CTXLEARN_HOME to another folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _written(learned: Learned) -> list[bytes]:
    """Return the parts of a file."""
    arrays = _Arrays()
    about = {
        "writing": asdict(learned.writing),
        "punctuation": asdict(learned.punctuation),
        "marks": dict(learned.marks),
        "words": dict(sorted(learned.words.items())),
        "examples": [arrays.place(value) for value in learned.examples],
        "said": list(learned.said),
        "views": [
            {
                "source pieces": arrays.place(view.source_pieces),
                "target pieces": arrays.place(view.target_pieces),
                "source": list(view.source),
                "target": list(view.target),
                "options": [arrays.place(value) for value in view.options],
                "model": arrays.model(view.model),
                "classes": arrays.place(view.classed.classes),
                "model of classes": arrays.model(view.classed.model),
                "backwards": view.backwards,
            }
            for view in learned.views
        ],
        "arrays": arrays.kinds,
    }
    text = json.dumps(about).encode()
    text += b" " * (-len(text) % _STEP)
    parts = [_LENGTH.pack(len(text)), text, *arrays.parts]
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return [_CHECKSUM.pack(checksum), *parts]


def _read(about: Mapping[str, Any], arrays: Sequence[Array]) -> Learned:
    views = [
        View(
            arrays[it["source pieces"]].tobytes(),
            arrays[it["target pieces"]].tobytes(),
            it["source"],
            it["target"],
            Options._make(arrays[place] for place in it["options"]),
            _model(it["model"], arrays),
            ClassModel(arrays[it["classes"]], _model(it["model of classes"], arrays)),
            it["backwards"],
        )
        for it in about["views"]
    ]
    examples = Examples._make(arrays[place] for place in about["examples"])
    return Learned(
        views,
        Writing(**about["writing"]),
        Punctuation(**about["punctuation"]),
        about["marks"],
        about["words"],
        examples,
        about["said"],
    )


def _model(values: Iterable[Any], arrays: Sequence[Array]) -> LanguageModel:
    return LanguageModel._make(arrays[value[0]] if isinstance(value, list) else value for value in values)


class _Arrays:
    """Arrays (or bytes) on their way into a file, each of them once: their kinds and shapes, and their bytes."""

    def __init__(self) -> None:
        self.kinds: list[tuple[_Kind, tuple[int, ...]]] = []
        self.parts: list[bytes] = []
        self._places: dict[int, int] = {}

    def place(self, it: Array | bytes) -> int:
        """Return the number that an array has in the file."""
        if id(it) not in self._places:
            self._places[id(it)] = len(self.kinds)
            array = np.frombuffer(it, np.uint8) if isinstance(it, bytes) else it
            self.kinds.append((array.dtype.descr if array.dtype.names else array.dtype.str, array.shape))
            self.parts.append(array.tobytes() + b" " * (-array.nbytes % _STEP))
        return self._places[id(it)]

    def model(self, it: LanguageModel) -> list[Any]:
        """Return a language model with a list of its number for each array."""
        return [[self.place(value)] if isinstance(value, np.ndarray) else value for value in it]


def _arrays(kinds: Iterable[tuple[_Kind, Sequence[int]]], data: Array) -> Iterator[Array]:
    """Yield the arrays in the data of a file."""
    at = 0
    for told, shape in kinds:
        kind = np.dtype(told if isinstance(told, str) else [tuple(field) for field in told])
        size = kind.itemsize * math.prod(shape)
        yield data[at : at + size].view(kind).reshape(shape)
        at += size + -size % _STEP
