"""Many segments through one system: order kept, and what was finished kept when the run is broken off.

While a file is being translated, its finished hypotheses stand in a journal beside the output (`OUT.part`, one JSON
object a line after a line that names system and input). A second run with the same system and input goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ctxlearn.data import Segment
from ctxlearn.errors import UsageError
from ctxlearn.models.base import Alternative, Problem, Word
from ctxlearn.translate import Hypothesis, System


def translate(system: System, segments: Sequence[Segment], journal: Path | None = None) -> Iterator[list[Hypothesis]]:
    """Yield the hypotheses of all segments, in order, as they are finished; those in the journal come first.

    Raises UsageError when the journal's file is there and is something else.
    """
    if journal is None:
        yield from system.translate(segments)
        return
    name = _name(system, segments)
    finished, length = _read(journal, name)
    if finished:
        yield finished
    with journal.open("r+b" if finished else "wb") as file:
        file.truncate(length)
        file.seek(length)
        if not finished:
            _append(file, [{"run": name}])
        for hypotheses in system.translate(segments[len(finished) :]):
            _append(file, [_write_hypothesis(it) for it in hypotheses])
            yield hypotheses


def _name(system: System, segments: Sequence[Segment]) -> str:
    digest = hashlib.sha256(system.signature.encode())
    for segment in segments:
        digest.update(f"{segment.id}\t{segment.source}\n".encode())
    return digest.hexdigest()


def _append(file: Any, objects: Sequence[object]) -> None:
    file.write("".join(json.dumps(it, ensure_ascii=False) + "\n" for it in objects).encode())
    file.flush()
    os.fsync(file.fileno())


def _read(journal: Path, name: str) -> tuple[list[Hypothesis], int]:
    """Return the hypotheses of a journal of this run, and its length in bytes up to the last whole line."""
    try:
        *lines, rest = journal.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], 0
    _check_ours(journal, lines[0] if lines else rest)
    try:
        if not lines or json.loads(lines[0]) != {"run": name}:
            return [], 0
        finished = [_read_hypothesis(json.loads(line)) for line in lines[1:]]
    except (ValueError, KeyError, TypeError):
        return [], 0
    return finished, journal.stat().st_size - len(rest) if finished else 0


def _check_ours(journal: Path, first: bytes) -> None:
    """Raise UsageError when a file that would be written over does not begin as a journal does."""
    beginning = b'{"run": "'
    if not first.startswith(beginning[: len(first)]):
        raise UsageError(
            f"{journal}: is there and is not a half-done translation; move it away, or give another --output"
        )


def _write_hypothesis(it: Hypothesis) -> dict[str, Any]:
    return {
        "id": it.id,
        "source": it.source,
        "text": it.text,
        "confidence": it.confidence,
        "alternatives": [[other.text, other.score] for other in it.alternatives],
        "problem": None if it.problem is None else [it.problem.kind, it.problem.text],
        "words": [[word.text, word.confidence] for word in it.words],
    }


def _read_hypothesis(stored: dict[str, Any]) -> Hypothesis:
    return Hypothesis(
        **{
            **stored,
            "alternatives": tuple(Alternative(*other) for other in stored["alternatives"]),
            "problem": None if stored["problem"] is None else Problem(*stored["problem"]),
            "words": tuple(Word(*word) for word in stored.get("words", ())),
        }
    )
