"""Decoding with thot: a small model for the sentences at hand is cut out of the state and loaded.

Every part of a phrase pair's score is in the table already (`phrases.score`), so thot is told one number for each pair:
its p(source|target), which is the share count(both)/count(target), with every other phrase feature at weight nothing.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import thot.alignment
import thot.translation

from ctxlearn.errors import StoreError
from ctxlearn.models.embedded.phrases import LONGEST, Phrase, Weights
from ctxlearn.models.embedded.state import Entry, State

_SCALE = 4.0  # of scores, so that their exponentials fit thot's single precision
_WHOLE = 1e6
_STACK = 6  # hypotheses kept of a kind
_JUMP = 5
_STAY = 0.3  # the share of the next source position among all jumps; a jump costs its distance
_HEURISTIC = 6  # thot's local estimate of what is left, distortion included


@dataclass(frozen=True, slots=True)
class Candidate:
    """A translation in pieces, with the model's score."""

    pieces: tuple[str, ...]
    score: float


def decode(
    state: State,
    view: int,
    weights: Weights,
    sentences: Sequence[Sequence[str]],
    extra: Iterable[Entry] = (),
    n: int = 1,
    in_order: bool = False,
) -> list[list[Candidate]]:
    """Return the `n` best translations of each sentence of pieces.

    `extra` entries take the place of all in the table whose source holds theirs; `in_order` keeps the source's order,
    which is several times as fast.
    """
    extra = list(extra)
    entries = [*_without(state.options(view, _spans(sentences)), [source for source, _, _ in extra]), *extra]
    if not entries:
        return [[Candidate(tuple(sentence), 0.0)] for sentence in sentences]
    with tempfile.TemporaryDirectory(prefix="ctxlearn-") as folder:
        try:
            _write(Path(folder), state, view, entries)
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}; the decoder needs room for temporary files") from error
        model = _load(folder, weights)
    model.non_monotonicity = 0 if in_order else _JUMP
    decoder = thot.translation.SmtDecoder(model)
    decoder.s = _STACK
    decoder.is_breadth_first = True
    found = [list(_candidates(decoder, sentence, n)) for sentence in sentences]
    decoder.clear()
    model.clear()
    return found


def _without(entries: Iterable[Entry], sources: Sequence[Phrase]) -> Iterator[Entry]:
    for entry in entries:
        if not any(_holds(entry[0], source) for source in sources):
            yield entry


def _holds(phrase: Phrase, part: Phrase) -> bool:
    return any(phrase[start : start + len(part)] == part for start in range(len(phrase) - len(part) + 1))


def _candidates(decoder: thot.translation.SmtDecoder, sentence: Sequence[str], n: int) -> Iterator[Candidate]:
    if not sentence:
        yield Candidate((), 0.0)
        return
    text = " ".join(sentence)
    results = [decoder.translate(text)] if n == 1 else decoder.translate_n(text, n)
    for result in results:
        yield Candidate(tuple(result.target), result.score)


def _spans(sentences: Iterable[Sequence[str]]) -> Iterator[Phrase]:
    for sentence in sentences:
        for start in range(len(sentence)):
            for end in range(start + 1, min(start + LONGEST, len(sentence)) + 1):
                yield tuple(sentence[start:end])


def _write(folder: Path, state: State, view: int, entries: Sequence[Entry]) -> None:
    source = dict.fromkeys(piece for phrase, _, _ in entries for piece in phrase)
    target = dict.fromkeys(piece for _, phrase, _ in entries for piece in phrase)
    lines = [
        f"{' '.join(other)} ||| {' '.join(one)} ||| {_WHOLE:g} {_WHOLE * math.exp(score / _SCALE):.8g}\n"
        for one, other, score in entries
    ]
    _put(folder / "tm.ttable", "".join(lines))
    _put(folder / "tm.lambda", "1.0 1.0\n")
    _put(folder / "tm.srcsegmlentable", "Uniform\n")
    _put(folder / "tm.trgcutstable", f"{_STAY}\n")
    _put(folder / "tm.trgsegmlentable", "Geometric\n")
    _put(folder / "lm", "".join(state.grams(view, set(target))))
    _put(folder / "lm.weights", state.lm_weights[view])
    for name, one, other in (("tm_swm", target, source), ("tm_invswm", source, target)):
        _print_word_model(folder / name, one, other)


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _print_word_model(path: Path, source: Iterable[str], target: Iterable[str]) -> None:
    """Write a word alignment model, which thot asks for but, with the table's share at 1, does not use."""
    model = thot.alignment.IncrIbm1AlignmentModel()
    for piece in source:
        model.add_src_word(piece)
    for piece in target:
        model.add_trg_word(piece)
    if not model.print(str(path)):
        raise OSError(0, "thot could not write its files")


def _load(folder: str, weights: Weights) -> thot.translation.SmtModel:
    model = thot.translation.SmtModel(thot.alignment.AlignmentModelType.INCR_IBM1)
    if not (model.load_translation_model(f"{folder}/tm") and model.load_language_model(f"{folder}/lm")):
        raise StoreError(f"{folder}: thot could not read its files back; the decoder needs room for temporary files")
    model.w = 20
    model.a = LONGEST
    model.e = 2
    model.heuristic = _HEURISTIC
    model.weights = [0, weights.language_model, 0, weights.jump, 0, 0, _SCALE, 0]
    return model
