"""From a segment to its translation: sentences, unknown words, pieces, decoding, writing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ctxlearn import render
from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Alternative, Problem, Translation
from ctxlearn.models.embedded import subwords
from ctxlearn.models.embedded.decode import Candidate, decode
from ctxlearn.models.embedded.learn import WEIGHTS
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.phrases import LONGEST
from ctxlearn.models.embedded.state import Entry, State
from ctxlearn.models.embedded.text import is_word, split_final, tokens

LONGEST_SEGMENT = 200_000  # characters; decoding takes about a millisecond a character
_TOGETHER = 200  # sentences decoded with one small model
_LONGEST_RUN = 40  # words decoded at once
_ENDLESS = 200  # words; what is longer is cut shorter and keeps its order, to be done in reasonable time
_SHORT = 3  # words; fewer are taken for an expression, not a sentence
_MIDDLING = -3.0  # the score a word of a sentence that comes out half right, on the bundled language's test
_SURE = 10.0  # the score of a correction's entry: above all that was counted
_NEAR = 0.6  # how much of two words their common beginning is, for one to stand for the other
_SENTENCE = re.compile(r".+?(?:[.!?…؟।]+[\"'”’»)\]]*(?=\s|$)|[。！？｡።။]+[」』”’）]*|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Corrections:
    """What was said since the context was packed: a whole segment is translated so, a shorter one inside others too."""

    pairs: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def read(cls, tail: str, prefix: str, direction: Direction) -> Corrections:
        """Return the corrections of a tail: sections as in a context, or bare lines of sentence pairs."""
        if not tail.strip():
            return cls()
        language, contact = render.read_opening(prefix)
        sections = render.read_sections(tail) or {"examples": tail}
        entries = tuple(render.read_entries(sections.get("dictionary", "")))
        examples = tuple(render.read_examples(sections.get("examples", "")))
        material = gather(render.Reading(language, contact, entries, examples, ()), direction)
        pairs = [*material.lexicon, *material.sentences]  # the last one said stands
        return cls({tuple(subwords.words(split_final(source)[0])): target for source, target in pairs})

    def entries(self, source: subwords.Subwords, target: subwords.Subwords) -> Iterator[Entry]:
        """Yield the corrections that are short enough for the table."""
        for words, correction in self.pairs.items():
            cut = tuple(source.cut(words))
            meant = tuple(target.cut(subwords.words(split_final(correction)[0])))
            if 0 < len(cut) <= LONGEST and meant:
                yield cut, meant, _SURE


@dataclass(slots=True)
class _Run:
    """Words that are decoded together: a sentence, or a part of a very long one."""

    words: list[str]
    written: list[str]  # the same words as they were written
    mark: str  # the sentence's last mark
    last: bool  # whether the sentence ends here
    endless: bool  # whether it is a part of a sentence beyond all measure
    copied: dict[str, str] = field(default_factory=dict)  # unknown words that are taken over → as they were written
    known: int = 0
    found: list[Candidate] = field(default_factory=list)


def translate_all(state: State, corrections: Corrections, segments: Sequence[Segment], n: int) -> Iterator[Translation]:
    """Yield the translation of each segment, in order, with up to `n` - 1 alternatives."""
    for start in range(0, len(segments), _TOGETHER):
        some = segments[start : start + _TOGETHER]
        split = [[] if len(segment.source) > LONGEST_SEGMENT else list(_runs(segment.source)) for segment in some]
        for endless in (False, True):
            runs = [run for runs in split for run in runs if run.endless == endless]
            for at in range(0, len(runs), _TOGETHER):
                _decode(state, corrections, runs[at : at + _TOGETHER], n, in_order=endless)
        for segment, of_segment in zip(some, split, strict=True):
            yield _translation(state, corrections, segment, of_segment, n)


def _runs(text: str) -> Iterator[_Run]:
    """Yield the sentences of a text; one that is too long is cut after a sign, or else where it must be."""
    for match in _SENTENCE.finditer(text):
        body, mark = split_final(match[0].strip())
        written = tokens(body)
        endless = len(written) > _ENDLESS
        most = _LONGEST_RUN // 2 if endless else _LONGEST_RUN
        while len(written) > most:
            cut = next((i for i in range(most, most // 2, -1) if not is_word(written[i - 1])), most)
            yield _Run([subwords.plain(word) for word in written[:cut]], written[:cut], "", False, endless)
            written = written[cut:]
        if written or mark:
            yield _Run([subwords.plain(word) for word in written], written, mark, True, endless)


def _decode(state: State, corrections: Corrections, runs: Sequence[_Run], n: int, *, in_order: bool) -> None:
    source, target = (subwords.Subwords(model) for model in state.pieces(0))
    known = state.known(word for run in runs for word in run.words)
    known.update(word for words in corrections.pairs for word in words)
    sentences = [_cut(state, source, known, run) for run in runs]
    extra = list(corrections.entries(source, target))
    for run, found in zip(runs, decode(state, 0, WEIGHTS, sentences, extra, n, in_order), strict=True):
        run.found = found


# -- unknown words ----------------------------------------------------------------------------------------------------


def _cut(state: State, source: subwords.Subwords, known: set[str], run: _Run) -> list[str]:
    """Return the pieces of a run.

    For a word never seen stands a known one that begins alike; where there is none, a word with a capital is a name and
    is taken over, and another is cut into pieces as it is.
    """
    pieces: list[str] = []
    for word, written in zip(run.words, run.written, strict=True):
        other = word if word in known or not is_word(word) else _nearest(word, state.beginning(word[:3]))
        run.known += word in known
        if other is None and written != written.lower():
            run.copied[word] = written
            pieces.append(subwords.START + word)
        else:
            pieces += source.cut([other or word])
    return pieces


def _nearest(word: str, candidates: Mapping[str, int]) -> str | None:
    """Return the candidate that shares most of its beginning with `word`, the more frequent one if two do."""
    if len(word) < 4:
        return None
    likeness = {other: 2 * _common(word, other) / (len(word) + len(other)) for other in candidates}
    best = max(likeness, key=lambda other: (likeness[other], candidates[other], other), default=None)
    return best if best is not None and likeness[best] >= _NEAR else None


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


# -- writing ----------------------------------------------------------------------------------------------------------


def _translation(state: State, corrections: Corrections, segment: Segment, runs: Sequence[_Run], n: int) -> Translation:
    if len(segment.source) > LONGEST_SEGMENT:
        found = f"{len(segment.source)} characters; the embedded model takes {LONGEST_SEGMENT}: send it in parts"
        return Translation(segment.id, "", problem=Problem("too-long", found))
    corrected = corrections.pairs.get(tuple(subwords.words(split_final(segment.source)[0])))
    if corrected is not None:
        return Translation(segment.id, corrected, 1.0)
    if state.is_empty and not corrections.pairs:
        return Translation(segment.id, segment.source.strip(), 0.0)
    text = _text(state, runs, 0)
    return Translation(segment.id, text, _confidence(runs), tuple(_alternatives(state, runs, text, n)))


def _alternatives(state: State, runs: Sequence[_Run], text: str, n: int) -> Iterator[Alternative]:
    told = {text}
    for rank in range(1, max((len(run.found) for run in runs), default=0)):
        other = _text(state, runs, rank)
        if len(told) < n and other not in told:
            told.add(other)
            yield Alternative(other, sum(_ranked(run, rank).score for run in runs))


def _ranked(run: _Run, rank: int) -> Candidate:
    return run.found[min(rank, len(run.found) - 1)]


def _text(state: State, runs: Sequence[_Run], rank: int) -> str:
    """Return the translation of a segment from the candidates of this rank."""
    expression = sum(len(run.words) for run in runs) < _SHORT
    parts = []
    begins = True
    for run in runs:
        small = expression and run.written and run.written[0][0].islower()
        writing = replace(state.writing, capital=state.writing.capital and begins and not small)
        mark = state.marks.get(run.mark, run.mark) if run.last and (run.mark or not expression) else ""
        parts.append(writing.write(subwords.joined(_ranked(run, rank).pieces), run.copied) + mark)
        begins = run.last
    return (" " if state.writing.blank else "").join(part for part in parts if part)


def _confidence(runs: Iterable[_Run]) -> float:
    """Return a number from 0 to 1 that rises with the score a word and with the share of known words."""
    runs = [run for run in runs if run.words]
    words = sum(len(run.words) for run in runs)
    if not words:
        return 0.0
    score = sum(_ranked(run, 0).score for run in runs) / words
    known = sum(run.known for run in runs) / words
    return known / (1 + math.exp(-(score - _MIDDLING)))
