"""How much of what is to be translated stands in the books: the one published predictor of how well it is translated.

A word is looked for in two ways:

    surface   as it stands: its folded form is a headword, a variant or a word of a gloss (dictionary), or a word or
              morpheme of a sentence pair or glossed example (examples)
    parts     or else cut into the pieces of the embedded model, which are learned from the context alone: the longest
              run of them from the word's beginning, or up to its end, that is such a form holds half of its letters

What is found by parts is a stem or an ending at a boundary that the model itself can use; it may be a chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ctxlearn import render
from ctxlearn.data import Direction
from ctxlearn.evidence import Evidence, fold, tokens
from ctxlearn.models.base import Prefix
from ctxlearn.models.embedded import subwords
from ctxlearn.models.embedded.learn import VIEWS
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.subwords import Subwords

WAYS = ("surface", "parts")
PLACES = ("dictionary", "examples", "either")
_SHORTEST = 3  # letters of a part: shorter ones stand in too many words


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a segment, folded, and where it stands (of PLACES) as it is, and where as it is or by parts."""

    form: str
    surface: frozenset[str]
    parts: frozenset[str]


class Books:
    """The words of one language in a packed context, to look words up in."""

    def __init__(self, evidence: Evidence, code: str, pieces: Subwords) -> None:
        self._evidence = evidence
        self._code = code
        self._pieces = pieces
        self._known: dict[str, Word] = {}

    def words(self, text: str) -> tuple[Word, ...]:
        """Return the words of a text, in their order."""
        return tuple(self._word(fold(token)) for token in tokens(text, self._evidence.heads[self._code]))

    def _word(self, form: str) -> Word:
        if form not in self._known:
            surface = self._places(form)
            self._known[form] = Word(form, surface, surface | self._by_parts(form))
        return self._known[form]

    def _places(self, form: str) -> frozenset[str]:
        sections = {section for section, _ in self._evidence.index[self._code].get(form, ())}
        found = {"dictionary" if section == "dictionary" else "examples" for section in sections}
        return frozenset({*found, "either"} if found else ())

    def _by_parts(self, form: str) -> frozenset[str]:
        return frozenset(place for part in self._parts(form) for place in self._places(part))

    def _parts(self, form: str) -> Iterator[str]:
        """Yield the ends of a word, cut between pieces, that are long enough to say what it is."""
        pieces = [piece.removeprefix(subwords.START) for piece in self._pieces.cut([subwords.plain(form)])]
        for at in range(1, len(pieces)):
            for part in ("".join(pieces[:at]), "".join(pieces[at:])):
                if len(part) >= _SHORTEST and 2 * len(part) >= len(form):
                    yield fold(part)


@lru_cache(maxsize=4)
def pieces(prefix: Prefix, direction: Direction) -> Subwords:
    """Return how the embedded model cuts the words of a direction's source language."""
    material = gather(render.read(prefix.text), direction)
    counts = subwords.counted(subwords.runs(subwords.words(source)) for source, _ in material.pairs())
    return subwords.learn(counts, subwords.vocabulary(counts, VIEWS[0][0]))


def counts(words: Sequence[Word]) -> dict[str, object]:
    """Return how many words of a segment there are, and how many of them stand in each place.

    >>> seen = frozenset(["examples", "either"])
    >>> counts([Word("ma", seen, seen)])["surface"]
    {'dictionary': 0, 'examples': 1, 'either': 1}
    """
    found = {way: {place: sum(place in getattr(it, way) for it in words) for place in PLACES} for way in WAYS}
    return {"tokens": len(words), **found}


def share(words: Sequence[Word], way: str = "surface", place: str = "either") -> float:
    """Return the share of words that stand in a place; 1.0 when there are none, as nothing is missing then."""
    return sum(place in getattr(it, way) for it in words) / len(words) if words else 1.0


def total(segments: Iterable[Sequence[Word]]) -> dict[str, object]:
    """Return the shares of word types and tokens of a test set that stand in each place, either way.

    `types` and `tokens` by themselves are the shares of words that stand anywhere as they are.
    """
    every = [word for words in segments for word in words]
    distinct = list({word.form: word for word in every}.values())
    both: Mapping[str, Sequence[Word]] = {"types": distinct, "tokens": every}
    shares = {
        way: {kind: {place: _rounded(words, way, place) for place in PLACES} for kind, words in both.items()}
        for way in WAYS
    }
    whole = {kind: _rounded(words, "surface", "either") for kind, words in both.items()}
    return {**whole, "n": {kind: len(words) for kind, words in both.items()}, **shares}


def _rounded(words: Sequence[Word], way: str, place: str) -> float:
    return round(share(words, way, place), 4)
