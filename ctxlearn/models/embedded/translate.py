"""From a segment to its translation: sentences, unknown words, candidates, the one most like all others, writing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise

from ctxlearn import render
from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Alternative, Problem, Translation, Word
from ctxlearn.models.embedded import notation, regression, subwords
from ctxlearn.models.embedded.candidates import LEAST, Decoder, Effort
from ctxlearn.models.embedded.confidence import confidence, of_word
from ctxlearn.models.embedded.consensus import Words, ranked
from ctxlearn.models.embedded.material import told
from ctxlearn.models.embedded.punctuation import Punctuation, is_quoted, is_whole
from ctxlearn.models.embedded.regression import Neighbours
from ctxlearn.models.embedded.state import State
from ctxlearn.models.embedded.text import Writing, is_number, is_word, kind, likeness, split_final, stem, tokens

LONGEST_SEGMENT = 200_000  # characters; decoding takes about a millisecond a character
_LONGEST_RUN = 40  # words decoded at once
_ENDLESS = 200  # words; what is longer is cut shorter and done with less effort, to be ready in reasonable time
_SHORT = 3  # words; fewer are taken for an expression, not a sentence
_INVENTED = 1.0  # what a word that is not in the books takes from a candidate's score, at least
_LETTERS = 6  # so many letters of such a word count as another one: it may be several that were joined
_NEAR = 0.75  # how much of two words their common beginning is, for one to stand for the other
_SHORTEST, _LONGEST = 3, 80  # letters of a word that may be part of a compound, and of a compound
_SHORTEST_NAME = 4  # letters of a name that a word may begin with by more than chance
_GUESSING = 3  # one in so many views, the last ones, reads a known word for an unknown one whose pieces are known
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
        pairs = told(render.Reading(language, contact, entries, examples, ()), direction)  # the last one said stands
        return cls({tuple(subwords.words(split_final(source)[0])): target for source, target in pairs})

    def words(self) -> dict[tuple[str, ...], list[str]]:
        """Return the corrections as words without last marks: what stands for a run of words inside a sentence."""
        return {words: subwords.words(split_final(meant)[0]) for words, meant in self.pairs.items() if words}


@dataclass(slots=True)
class _Run:
    """Words that are decoded together: a sentence, or a part of a very long one."""

    words: list[str]
    written: list[str]  # the same words as they were written
    mark: str  # the sentence's last mark
    last: bool  # whether the sentence ends here
    endless: bool  # whether it is a part of a sentence beyond all measure
    meant: list[str] = field(default_factory=list)  # the same words, known ones in place of unknown ones
    names: dict[str, str] = field(default_factory=dict)  # unknown words that are taken over → their endings
    copied: dict[str, str] = field(default_factory=dict)  # what is taken over → as it was written
    known: int = 0
    writing: Writing = field(default_factory=Writing)
    punctuation: Punctuation = field(default_factory=Punctuation)
    ending: str = ""  # the translation's last mark
    found: list[tuple[float, Words]] = field(default_factory=list)  # expected chrF and words, the best one first
    decoded: bool = False  # whether they were, and not taken over

    def of_rank(self, rank: int) -> tuple[float, Words]:
        """Return the translation of that rank, or the last one there is."""
        return self.found[min(rank, len(self.found) - 1)]

    def said(self, rank: int) -> tuple[Words, str]:
        """Return the words of the translation of that rank, and its last mark."""
        quoted = is_quoted(self.written, self.mark)
        return self.punctuation.mended(self.of_rank(rank)[1], self.ending, quoted=quoted)

    def text(self, rank: int) -> str:
        """Return the translation of that rank as it is written."""
        words, mark = self.said(rank)
        return self.writing.write(words, self.copied) + mark


class Translator:
    """What was learned made ready to translate, with the corrections made since; the state is only read."""

    def __init__(self, state: State, corrections: Corrections, effort: Effort) -> None:
        self._state = state
        self._corrections = corrections
        self._effort = effort
        words = corrections.words()
        self._decoders = [Decoder(view, words) for view in state.views[: effort.views]]
        self._corrected = {word for words in corrections.pairs for word in words}
        self._attested = {*subwords.shown(state.said), *chain(*words.values())}

    def translate(self, segment: Segment, n: int) -> Translation:
        """Return the translation of a segment, with up to `n` - 1 alternatives."""
        if len(segment.source) > LONGEST_SEGMENT:
            found = f"{len(segment.source)} characters; the embedded model takes {LONGEST_SEGMENT}: send it in parts"
            return Translation(segment.id, "", problem=Problem("too-long", found))
        corrected = self._corrections.pairs.get(tuple(subwords.words(split_final(segment.source)[0])))
        if corrected is not None:
            return Translation(segment.id, corrected, 1.0)
        if self._state.is_empty and not self._corrections.pairs:
            return Translation(segment.id, segment.source.strip(), 0.0)
        runs = list(_runs(notation.source(segment.source)))
        expression = sum(len(run.words) for run in runs) < _SHORT
        begins = True
        for run in runs:
            if run.last and (run.mark or not expression):
                run.ending = self._state.marks.get(run.mark, run.mark)
            if is_whole(run.written, run.mark):
                run.punctuation = self._state.punctuation
            run.writing = _writing(self._state.writing, run, begins=begins, expression=expression)
            self._decode(run)
            begins = run.last
        text = self._text(runs, 0)
        alternatives = tuple(self._alternatives(runs, text, n))
        words = tuple(word for run in runs for word in _words(run))
        return Translation(segment.id, text, _confidence(runs), alternatives, words=words)

    def _decode(self, run: _Run) -> None:
        known = self._state.known(run.words) | self._corrected.intersection(run.words)
        _find_unknown(self._state, known, run)
        effort = LEAST if run.endless else self._effort
        if not run.words or not self._decoders:
            run.found = [(0.0, tuple(run.words))]
            return
        decoders = self._decoders[: effort.views]
        reading = len(decoders) - len(decoders) // _GUESSING
        lists = [self._candidates(decoder, run, effort, guessing=n >= reading) for n, decoder in enumerate(decoders)]
        corrected = not self._corrected.isdisjoint(run.words)  # what was corrected is not edited
        every = [words for found in lists for _, words in found]
        asked = dict.fromkeys(chain.from_iterable(every))
        neighbours = regression.neighbours(self._state.examples, self._state.said, run.words, effort.examples, asked)
        unknown = [word for word in dict.fromkeys((*run.words, *run.copied)) if word not in known]
        taken_over = [word for word in unknown if every and all(word in words for words in every)]
        if neighbours.nearest and taken_over:
            neighbours = _with_taken_over(neighbours, taken_over)
        found = ranked([found for found in lists if found], 0 if corrected else effort.edits, neighbours, taken_over)
        # The best one is chosen for precision too; the others follow by the score that they are told with.
        run.found = found[:1] + sorted(found[1:], key=lambda it: -it[0])
        run.decoded = True
        new = set().union(*(words for _, words in run.found)) - self._attested
        run.copied = {**dict(_named(run.written, new)), **run.copied}

    def _candidates(self, decoder: Decoder, run: _Run, effort: Effort, *, guessing: bool) -> list[tuple[float, Words]]:
        """Return a view's candidates; words made of pieces that no book has are seldom right, and count against one."""
        read = [
            word if meant == word or (not guessing and decoder.has_pieces_of(word)) else meant
            for word, meant in zip(run.words, run.meant, strict=True)
        ]
        found = list(decoder(read, run.names, effort))
        invented = set().union(*(words for _, words in found)) - self._attested - {*run.words, *run.copied}
        costs = {word: _INVENTED * max(1.0, len(word) / _LETTERS) for word in invented}
        if not costs:
            return found
        return [
            (score if costs.keys().isdisjoint(words) else score - sum(costs.get(word, 0.0) for word in words), words)
            for score, words in found
        ]

    def _text(self, runs: Sequence[_Run], rank: int) -> str:
        """Return the translation of a segment from the candidates of this rank."""
        parts = [run.text(rank) for run in runs]
        return (" " if self._state.writing.blank else "").join(part for part in parts if part)

    def _alternatives(self, runs: Sequence[_Run], text: str, n: int) -> Iterator[Alternative]:
        told = {text}
        for rank in range(1, max((len(run.found) for run in runs), default=0)):
            if len(told) >= n:
                return
            other = self._text(runs, rank)
            if other not in told:
                told.add(other)
                yield Alternative(other, _mean(runs, rank))


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


# -- unknown words ----------------------------------------------------------------------------------------------------


def _find_unknown(state: State, known: set[str], run: _Run) -> None:
    """Say which words of a run are known, what may stand for the others, and which are taken over.

    A word never seen may be meant as a known one that begins alike; where there is none, a word with a capital is a
    name and is taken over; but where a sentence begins, two known words in one are no name. What words end in after a
    sign, as in ``Unyil's``, is not part of a name. A number never seen is taken over: none stands for another.
    """
    for place, (word, written) in enumerate(zip(run.words, run.written, strict=True)):
        other: str | None = None
        if word in known or not is_word(word):
            other = word
        elif not is_number(word):
            other = _nearest(word, state.beginning(word[:3]))
        run.known += word in known
        capital = written != written.lower() and (place > 0 or not _is_compound(state, word))
        if other is None and (is_number(word) or capital):
            name, ending = _parted(state, written)
            if not ending or not state.known([subwords.plain(name)]):
                run.names[word] = ending
                run.copied |= {subwords.plain(name): name, word: written}
        run.meant.append(other or word)


def _is_compound(state: State, word: str) -> bool:
    """Whether a word is two known ones, written in one."""
    places = range(_SHORTEST, len(word) - _SHORTEST + 1) if len(word) <= _LONGEST else ()
    return any(len(state.known((word[:place], word[place:]))) == len({word[:place], word[place:]}) for place in places)


def _parted(state: State, written: str) -> tuple[str, str]:
    """Return an unknown word without its ending, and that: what follows its last sign, if other words end so.

    Of a number nothing is an ending.
    """
    place = max(map(written.rfind, {char for char in written if kind(char) == "p"}), default=0)
    ending = subwords.plain(written[place:])
    if place <= 0 or is_number(written) or not state.is_ending(ending):
        return written, ""
    return written[:place], ending


def _named(written: Sequence[str], words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the words that begin with a name in a sentence, and how they are written then."""
    inside = [word for before, word in pairwise(written) if is_word(before) and word != word.lower()]
    names = {subwords.plain(name): name for name in map(stem, inside) if len(name) >= _SHORTEST_NAME}
    for word in words:
        if name := next((name for name in names if word.startswith(name)), ""):
            yield word, names[name] + word[len(name) :]


def _with_taken_over(neighbours: Neighbours, taken_over: Iterable[str]) -> Neighbours:
    """Return what neighbours say, and that what every candidate takes over stands in the translation, for it does."""
    said = neighbours.said | dict.fromkeys(taken_over, 1.0)
    return Neighbours(said, [*neighbours.nearest, *((1.0, (word,)) for word in taken_over)])


def _nearest(word: str, candidates: Mapping[str, int]) -> str | None:
    """Return the candidate that shares most of its beginning with `word`, the more frequent one if two do."""
    if len(word) < 4:
        return None
    alike = {other: likeness(word, other) for other in candidates}
    best = max(alike, key=lambda other: (alike[other], candidates[other], other), default=None)
    return best if best is not None and alike[best] >= _NEAR else None


# -- writing ----------------------------------------------------------------------------------------------------------


def _writing(writing: Writing, run: _Run, *, begins: bool, expression: bool) -> Writing:
    """Return how a run is written: with a capital where a sentence begins, unless it is a small word by itself."""
    small = expression and run.written and run.written[0][0].islower()
    return replace(writing, capital=writing.capital and begins and not small)


def _mean(runs: Sequence[_Run], rank: int) -> float:
    """Return the expected chrF (0 to 1) of the candidates of a rank, by words."""
    words = sum(len(run.words) for run in runs)
    return sum(run.of_rank(rank)[0] * len(run.words) for run in runs) / words if words else 0.0


def _confidence(runs: Sequence[_Run]) -> float:
    words = sum(len(run.words) for run in runs)
    return confidence(_mean(runs, 0), sum(run.known for run in runs) / words) if words else 0.0


def _words(run: _Run) -> Iterator[Word]:
    """Yield the words of a run's translation; what most candidates have is more probably right."""
    if not run.decoded:
        return
    said, _ = run.said(0)
    written = tokens(run.writing.write(said, run.copied))
    having = Counter(word for _, words in run.found for word in set(words))
    for place, word in enumerate(said):
        if is_word(word):
            share = having[word] / len(run.found)
            yield Word(written[place] if len(written) == len(said) else word, of_word(share))
