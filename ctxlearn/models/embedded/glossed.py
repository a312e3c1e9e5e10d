"""What glossed examples say of single morphemes: a second dictionary, and where in a sentence each morpheme stands.

A gloss is a meaning when its letters are small, a word's first one aside (a name's, or any noun's in German). By the
Leipzig Glossing Rules, categories are written in capitals or with digits (rule 3), dots or underscores join the words
of one gloss (rule 4), and a colon parts what the form does not (rule 4C).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ctxlearn.data import Example
from ctxlearn.models.embedded.text import is_word

_MARK = re.compile(r"[-=~∼]")  # an infix's marks are not among them: its word is not split in the order of its gloss
_REMARK = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_JOINED = re.compile(r"[.:;/_\s]+")
_LONGEST = 200  # words of a glossed line that is compared with its sentence
_AROUND = " \t.,;:!?…\"“”‘’'()[]{}<>*#%†"  # foreign words stand in <>; what is ill-formed has a star


Line = Sequence[tuple[str, str]]  # the words of a sentence as they were analysed, and their glosses


class Morpheme(NamedTuple):
    """A morpheme in a sentence: its first letter and the one after its last, in all words as one, and what it says.

    That is the words of a gloss, lower-cased, and categories as they are.
    """

    begin: int
    end: int
    said: tuple[str, ...]


def line(example: Example) -> Line:
    """Return the words of an example and their glosses; nothing where they cannot be told to belong together."""
    if len(example.analyzed_words) != len(example.glosses):
        return ()
    return tuple(zip(example.analyzed_words, example.glosses, strict=True))


def placed(words: Sequence[str], glossed: Line) -> list[Morpheme]:
    """Return the morphemes of a sentence in their order; a word that is not spelled as it was analysed is one.

    >>> placed(["kaat", "ra", "."], [("ka=at", "2SG=OBJ"), ("ra", "go.down")])
    [Morpheme(begin=0, end=2, said=('2SG',)), Morpheme(begin=2, end=4, said=('OBJ',)), \
Morpheme(begin=4, end=6, said=('go', 'down'))]
    """
    lines = [(_MARK.split(word.strip(_AROUND)), _MARK.split(gloss)) for word, gloss in glossed]
    lines = [(parts, glosses) for parts, glosses in lines if _letters("".join(parts))]
    places = [place for place, word in enumerate(words) if is_word(word)]
    begins = np.cumsum([0, *map(len, words)]).tolist()
    found = []
    for at, number in _matched(
        [_letters(words[place]) for place in places], [_letters("".join(it)) for it, _ in lines]
    ):
        (parts, glosses), begin, end = lines[number], begins[places[at]], begins[places[at] + 1]
        if len(parts) == len(glosses) and "".join(parts).lower() == words[places[at]]:
            ends = np.cumsum([begin, *map(len, parts)]).tolist()
            found += [Morpheme(*span, _said(gloss)) for span, gloss in zip(pairwise(ends), glosses, strict=True)]
        else:
            found.append(Morpheme(begin, end, tuple(word for gloss in glosses for word in _said(gloss))))
    return [it for it in found if it.begin < it.end]


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word.lower()))


def _matched(words: Sequence[str], others: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of words that are the same: all of them, or those that both have in one order."""
    if len(words) == len(others):
        yield from ((place, place) for place in range(len(words)))
    elif max(len(words), len(others)) <= _LONGEST:
        for one, other, size in SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks():
            yield from ((one + place, other + place) for place in range(size))


@lru_cache(maxsize=65536)
def _said(gloss: str) -> tuple[str, ...]:
    words = (word.strip(_AROUND) for word in _JOINED.split(_REMARK.sub("", gloss)))
    return tuple(word.lower() if _is_meaning(word) else word for word in words if word)


def parted(sentences: Iterable[tuple[Sequence[str], Sequence[Morpheme]]]) -> dict[str, tuple[str, ...]]:
    """Return the words that were glossed morpheme by morpheme, each in its parts, as most of the sentences have it."""
    counts: dict[str, Counter[tuple[str, ...]]] = {}
    for words, found in sentences:
        text, ends = "".join(words), {it.begin: it.end for it in found}
        begins = np.cumsum([0, *map(len, words)]).tolist()
        for word, (at, end) in zip(words, pairwise(begins), strict=True):
            parts = []
            while at < end and at in ends:
                parts.append(text[at : ends[at]])
                at = ends[at]
            if at == end and parts:
                counts.setdefault(word, Counter())[tuple(parts)] += 1
    return {word: max(ways.items(), key=lambda it: (it[1], it[0]))[0] for word, ways in counts.items()}


def morphemes(examples: Iterable[Example]) -> Iterator[tuple[str, str]]:
    """Yield (morpheme, meaning) for every morpheme of glossed examples whose gloss is a meaning."""
    for example in examples:
        for word, gloss in line(example):
            yield from _of_word(word, gloss)


def _of_word(word: str, gloss: str) -> Iterator[tuple[str, str]]:
    parts, glosses = _MARK.split(word), _MARK.split(gloss)
    if len(parts) == len(glosses):
        for part, called in zip(parts, glosses, strict=True):
            part, said = part.strip(_AROUND), meaning(called)
            if part and said and "<" not in part:
                yield part, said


def meaning(gloss: str) -> str:
    """Return what a morpheme's gloss says in words; nothing when it names a category.

    >>> meaning("have.enough.of:FACT"), meaning("3SG.POSS"), meaning("Haus_bauen")
    ('have enough of', '', 'Haus bauen')
    """
    parts = [part for part in re.split("[:;]", _REMARK.sub("", gloss)) if _is_meaning(part)]
    return " ".join(re.split(r"[._\s]+", parts[0])).strip(_AROUND) if len(parts) == 1 else ""


def _is_meaning(gloss: str) -> bool:
    if not any(map(str.isalpha, gloss)) or any(map(str.isdigit, gloss)):
        return False
    words = [word for word in re.split(r"[._\s]+", gloss) if word]
    return not any(word == word.upper() != word.lower() or any(map(str.isupper, word[1:])) for word in words)
