"""What was learned of one direction, kept in one file of arrays (numpy's .npz) that is either whole or not there.

The folder is `<learned>/<fingerprint>-<version>/<direction>/`. A file is written under a name of its own and then moved
into place, so two processes may learn at once: both write the same, and the last one stays.
"""

from __future__ import annotations

import bisect
import contextlib
import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctxlearn.errors import StoreError
from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.decode import Options
from ctxlearn.models.embedded.ngrams import LanguageModel
from ctxlearn.models.embedded.text import Writing

_FILE = "model.npz"


@dataclass(frozen=True, slots=True)
class View:
    """One way to cut both languages into pieces: the pieces by number, the phrase table and the language model."""

    source_pieces: bytes  # sentencepiece's models
    target_pieces: bytes
    source: Sequence[str]
    target: Sequence[str]
    options: Options
    model: LanguageModel


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything learned of one direction; `words` are the words of the source language and how often each was seen."""

    views: Sequence[View]
    writing: Writing
    marks: Mapping[str, str]
    words: Mapping[str, int]


class State:
    """What was learned, read into memory."""

    def __init__(self, learned: Learned) -> None:
        self.views = learned.views
        self.writing = learned.writing
        self.marks = learned.marks
        self.is_empty = not any(len(view.options.scores) for view in learned.views)
        self._seen = learned.words
        self._sorted = sorted(learned.words)

    def known(self, words: Iterable[str]) -> set[str]:
        """Return those of `words` that were seen."""
        return {word for word in words if word in self._seen}

    def beginning(self, start: str) -> dict[str, int]:
        """Return the words seen that begin so, with how often."""
        first = bisect.bisect_left(self._sorted, start)
        behind = bisect.bisect_left(self._sorted, start + "\U0010ffff")
        return {word: self._seen[word] for word in self._sorted[first:behind]}


def is_kept(folder: Path) -> bool:
    """Whether something that was learned is kept there; the folder alone may be a writer's that has not finished."""
    return (folder / _FILE).is_file()


def opened(folder: Path) -> State | None:
    """Return what was learned, if it is there and whole."""
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            return State(_read({name: kept[name] for name in kept.files}))
    except Exception:  # noqa: BLE001  # damage shows in as many ways as zip and npy have fields
        return None  # it is learned again and replaced


def write(folder: Path, learned: Learned) -> None:
    """Put what was learned into `folder`. Raises StoreError, and leaves nothing half-written."""
    part = folder / f"{_FILE}.{os.getpid()}.{threading.get_ident()}.part"  # two threads may learn the same
    try:
        for made in (folder.parent.parent, folder.parent, folder):  # parents=True gives its mode to the last alone
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with part.open("xb") as file:
            np.savez(file, **_written(learned))
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


def _written(learned: Learned) -> dict[str, Any]:
    about = {
        "writing": asdict(learned.writing),
        "marks": dict(learned.marks),
        "words": dict(sorted(learned.words.items())),
        "views": [
            {
                "source": list(view.source),
                "target": list(view.target),
                "model": {name: value for name, value in view.model._asdict().items() if np.isscalar(value)},
            }
            for view in learned.views
        ],
    }
    arrays = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    for number, view in enumerate(learned.views):
        arrays[f"{number} source"] = np.frombuffer(view.source_pieces, np.uint8)
        arrays[f"{number} target"] = np.frombuffer(view.target_pieces, np.uint8)
        for kind, named in (("options", view.options), ("model", view.model)):
            for name, value in named._asdict().items():
                if not np.isscalar(value):
                    arrays[f"{number} {kind} {name}"] = value
    return arrays


def _read(arrays: Mapping[str, Array]) -> Learned:
    about = json.loads(arrays["about"].tobytes())
    views = []
    for number, facts in enumerate(about["views"]):
        options = Options(*(arrays[f"{number} options {name}"] for name in Options._fields))
        given = {name: arrays.get(f"{number} model {name}") for name in LanguageModel._fields} | facts["model"]
        model = LanguageModel(**given)
        source_pieces, target_pieces = (arrays[f"{number} {side}"].tobytes() for side in ("source", "target"))
        views.append(View(source_pieces, target_pieces, facts["source"], facts["target"], options, model))
    return Learned(views, Writing(**about["writing"]), about["marks"], about["words"])
