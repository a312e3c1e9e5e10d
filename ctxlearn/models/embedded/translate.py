"""From a segment to its translation: sentences, pieces, decoding, writing, and what to do with what is not known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ctxlearn import render
from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Alternative, Problem, Translation
from ctxlearn.models.embedded import subwords
from ctxlearn.models.embedded.decode import Candidate, decode
from ctxlearn.models.embedded.learn import WEIGHTS
from ctxlearn.models.embedded.phrases import LONGEST
from ctxlearn.models.embedded.state import Entry, State
from ctxlearn.models.embedded.text import is_word, split_final

_TOGETHER = 200  # sentences decoded with one small model
_LONGEST = 40  # words of what is decoded at once
_TOO_LONG = 200_000  # characters of a segment
_SURE = 4.0  # the score of a correction's entry: above all that was counted
_SENTENCE = re.compile(r"[^.!?…。！？।؟]*(?:[.!?…。！？।؟]+[\s\"'”’»)\]」』]*|$)")


@dataclass(frozen=True, slots=True)
class Corrections:
    """Sentence pairs made since the context was packed: a correction is what its sentence is translated as."""

    pairs: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def read(cls, tail: str, prefix: str, direction: Direction) -> Corrections:
        """Return the corrections of a tail, which is lines of an examples section."""
        pairs: dict[tuple[str, ...], str] = {}
        language, _ = render.read_opening(prefix)
        for example in render.read_examples("\n".join(line for line in tail.split("\n") if not line.startswith("#"))):
            source, target = example.primary_text, example.translated_text
            if direction.source != language.code:
                source, target = target, source
            if source and target:
                pairs[tuple(subwords.words(split_final(source)[0]))] = target
        return cls(pairs)


@dataclass(slots=True)
class _Piece:
    """A part of a segment that is decoded by itself."""

    words: list[str]
    mark: str
    found: list[tuple[list[str], float, float]] = field(default_factory=list)  # words, score, share of what is known


def translate(
    state: State, corrections: Corrections, segments: Sequence[Segment], n: int, threads: int
) -> Iterator[Translation]:
    """Yield the translation of each segment, in order."""
    for start in range(0, len(segments), _TOGETHER):
        some = segments[start : start + _TOGETHER]
        split = [list(_split(segment.source)) if len(segment.source) <= _TOO_LONG else [] for segment in some]
        flat = [piece for pieces in split for piece in pieces]
        for at in range(0, len(flat), _TOGETHER):
            _decode(state, corrections, flat[at : at + _TOGETHER], n)
        for segment, pieces in zip(some, split, strict=True):
            yield _translation(state, corrections, segment, pieces, n)


def _split(text: str) -> Iterator[_Piece]:
    """Yield the sentences of a text; one that is too long is cut after a sign, or else where it must be."""
    for match in _SENTENCE.finditer(text):
        if match[0].strip():
            body, mark = split_final(match[0].strip())
            words = subwords.words(body)
            while len(words) > _LONGEST:
                cut = next((i + 1 for i in range(_LONGEST - 1, _LONGEST // 2, -1) if not is_word(words[i])), _LONGEST)
                yield _Piece(words[:cut], "")
                words = words[cut:]
            yield _Piece(words, mark)


def _decode(state: State, corrections: Corrections, pieces: Sequence[_Piece], n: int) -> None:
    source, target = (subwords.Subwords(model) for model in state.pieces(0))
    sentences = [source.cut(piece.words) for piece in pieces]
    extra: list[Entry] = []
    for words, correction in corrections.pairs.items():
        cut = tuple(source.cut(words))
        if 0 < len(cut) <= LONGEST:
            extra.append((cut, tuple(target.cut(subwords.words(split_final(correction)[0]))), _SURE))
    for piece, sentence, candidates in zip(
        pieces, sentences, decode(state, 0, WEIGHTS, sentences, extra, n), strict=True
    ):
        piece.found = [(subwords.joined(found.pieces), found.score, _known(found, sentence)) for found in candidates]


def _known(candidate: Candidate, sentence: Sequence[str]) -> float:
    """Return the share of pieces that were not just copied."""
    if not candidate.pieces:
        return 0.0
    copied = set(sentence)
    return sum(piece not in copied or not is_word(piece.removeprefix(subwords.START) or "x") for piece in candidate.pieces) / len(
        candidate.pieces
    )


def _translation(
    state: State, corrections: Corrections, segment: Segment, pieces: Sequence[_Piece], n: int
) -> Translation:
    if len(segment.source) > _TOO_LONG:
        problem = Problem("too-long", f"{len(segment.source)} characters; the embedded model takes up to {_TOO_LONG}")
        return Translation(segment.id, "", problem=problem)
    corrected = corrections.pairs.get(tuple(subwords.words(split_final(segment.source)[0])))
    if corrected is not None:
        return Translation(segment.id, corrected, 1.0)
    pieces = [piece for piece in pieces if piece.found]
    text = _join(_write(state, piece, 0) for piece in pieces)
    confidence = _confidence(pieces) if text else 0.0
    alternatives: list[Alternative] = []
    if n > 1:
        for rank in range(max((len(piece.found) for piece in pieces), default=0)):
            other = _join(_write(state, piece, rank) for piece in pieces)
            score = sum(piece.found[min(rank, len(piece.found) - 1)][1] for piece in pieces)
            if other != text and other not in {alternative.text for alternative in alternatives}:
                alternatives.append(Alternative(other, score))
    return Translation(segment.id, text, confidence, tuple(alternatives[: n - 1]))


def _write(state: State, piece: _Piece, rank: int) -> str:
    words, _, _ = piece.found[min(rank, len(piece.found) - 1)]
    return state.writing.write(words) + (state.marks.get(piece.mark, piece.mark) if piece.mark else "")


def _join(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)


def _confidence(pieces: Sequence[_Piece]) -> float:
    """Return a number from 0 to 1 that rises with the score a word and with the share of known words."""
    words = sum(len(piece.words) for piece in pieces)
    score = sum(piece.found[0][1] for piece in pieces)
    known = sum(piece.found[0][2] * len(piece.words) for piece in pieces)
    return known / max(1, words) / (1 + math.exp(-(score / max(1, words) + 2)))
