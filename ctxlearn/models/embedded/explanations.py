"""What a dictionary says of words that it explains more than it translates: ``kind of tree``, ``progressive``.

Nobody translates a sentence so. Such leads begin many glosses and stand in hardly any translation of a sentence that
has the word, though what they lead to does. They are left out; and where translators keep the word itself, as in
``loup tree``, it is said too. A word whose glosses are in no translation at all, as those of an aspect or of a homonym,
has them left out as well, and so has one whose gloss is a term that only the prose of the books uses.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from ctxlearn.models.embedded.text import kind, tokens

_LONG = 1_000  # letters of a translation: longer ones are not looked at
_LONGEST = 4  # tokens of a lead
_OFTEN = 10  # words that a lead explains, and tokens that may follow it
_SEEN = 5  # translations that say what a lead leads to, to tell
_ENOUGH = 20_000  # sentences with words that a lead explains: more are not looked at
_RARELY = 0.1  # of these, those that have the lead as well
_WAY = 0.2  # of these, those that say a word in one of the ways in which it is said then
_RATHER = 5  # times as frequent in glosses as in translations is a token of a lead
_WORD = re.compile(r"\w+")
_STEM = 4  # letters of a word that others begin with, inflected
_SHORT = 2  # tokens that stand beside a name
_MANY = 3  # words with the same explanation are kinds of what it says, not names for it
_TO_TELL, _MOST = 5, 200  # sentences with a word that tell whether it is ever translated by its glosses
_FEW = 3  # of these, to tell whether a term of the prose is how it is translated
_HARDLY_EVER = 0.05  # of these, those whose translations say a gloss by chance
_BEGINNING = 3  # letters of a gloss's word that a translation's may begin with: ``ask``, ``asked``
_ENDLESS = 40  # letters that no gloss's word has that another one begins with

Tokens = tuple[str, ...]
_REST, _WORD_REST, _REST_WORD, _ALONE = "rest", "word rest", "rest word", "word"  # ways to say an explained word


class _Said(NamedTuple):
    """How often translations say what a lead leads to, those that have the lead as well, and in which ways."""

    rest: int
    lead: int
    ways: Counter[str]


class Explanations:
    """The leads of a dictionary, each with the ways to say what it explains; how many words have an explanation."""

    def __init__(self, leads: Mapping[Tokens, Sequence[str]], explained: Mapping[Tokens, int]) -> None:
        self._leads = {lead: leads[lead] for lead in sorted(leads, key=lambda lead: (-len(lead), lead))}
        self._explained = explained
        self._patterns = {lead: re.compile(r"\s*".join(map(re.escape, lead)) + r"\s*", re.IGNORECASE) for lead in leads}

    def left(self, word: str, gloss: str, *, turned: bool = False) -> list[str]:
        """Return what can stand for a word whose gloss this is; `turned`: what the word can stand for.

        >>> it = Explanations({("kind", "of"): ["rest", "word rest"]}, {("tree",): 30})
        >>> it.left("loup", "kind of tree"), it.left("loup", "kind of tree", turned=True)
        (['tree', 'loup tree'], ['loup tree'])
        """
        said = _tokens(gloss)
        for lead, ways in self._leads.items():
            match = self._patterns[lead].match(gloss) if said[: len(lead)] == lead and len(said) > len(lead) else None
            if match:
                parts = {"word": word, "rest": gloss[match.end() :]}
                rest = said[len(lead) :]
                fit = [way for way in ways if " " not in way or len(rest) <= _SHORT]
                if turned and self._explained.get(rest, 0) > _MANY:
                    fit = [way for way in fit if way != _REST]
                return [" ".join(parts[part] for part in way.split()) for way in fit] or [gloss]
        return [gloss]


NOTHING = Explanations({}, {})


def explanations(glosses: Sequence[tuple[str, str]], sentences: Iterable[tuple[str, str]]) -> Explanations:
    """Return what can be learned from (word, gloss) and sentence pairs, the language's own side first."""
    said = [(word.lower(), _tokens(gloss)) for word, gloss in glosses]
    leads = _common(said)
    if not leads:
        return NOTHING
    shown = _Shown([(_tokens(own), _tokens(other)) for own, other in sentences if len(other) <= _LONG])
    rates = _rates(said, shown)
    found: dict[Tokens, Sequence[str]] = {}
    explained: dict[Tokens, set[str]] = {}
    for lead, words in leads.items():
        it = shown.said(lead, words)
        if it.rest < _SEEN or it.lead > _RARELY * it.rest or max(map(rates, _own(lead, leads))) < _RATHER:
            continue
        found[lead] = [way for way, count in it.ways.most_common() if count >= _WAY * it.rest]
        for word, gloss in words:
            explained.setdefault(gloss[len(lead) :], set()).add(word)
    return Explanations(found, {rest: len(words) for rest, words in explained.items()})


def translating(
    lexicon: Iterable[tuple[str, str]], sentences: Iterable[tuple[str, str]], prose: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Return the (word, gloss) pairs but for those by which no sentence is translated, though some could be.

    These are all glosses of a word that many sentences have, and the glosses with a word of the `prose` of the books
    that no sentence's translation has, if a sentence could have it.
    """
    pairs = [(word.lower(), word, gloss, _tokens(gloss)) for word, gloss in lexicon]
    glosses: dict[str, set[str]] = {}
    for key, _, _, told in pairs:
        glosses.setdefault(key, set()).update(told)
    translations: dict[str, list[set[str]]] = {key: [] for key in glosses}
    ever: set[str] = set()
    for own, other in sentences:
        if len(other) <= _LONG:
            ever |= (begun := _beginnings(other))
            for key in translations.keys() & _tokens(own):
                if len(translations[key]) < _MOST:
                    translations[key].append(begun)
    often = {key: found for key, found in translations.items() if len(found) >= _TO_TELL}
    unsaid = {key for key, found in often.items() if not _said_in(found, glosses[key])}
    terms = _terms(prose, ever)
    return [
        (word, gloss)
        for key, word, gloss, told in pairs
        if key not in unsaid
        and (terms.isdisjoint(told) or len(translations[key]) < _FEW or _said_in(translations[key], told))
    ]


def _terms(prose: Iterable[str], ever: set[str]) -> set[str]:
    """Return the words that books use often and no translation does, in whatever form: those of linguists, for one."""
    counts = Counter(word for line in prose for word in _WORD.findall(line.lower()))
    return {word for word, count in counts.items() if count >= _TO_TELL and word[:_STEM] not in ever}


def _beginnings(text: str) -> set[str]:
    """Return the tokens of a text, and what they begin with that a gloss may be."""
    told = _tokens(text)
    return {*told, *(token[:size] for token in told for size in range(_BEGINNING, min(len(token), _ENDLESS)))}


def _said_in(translations: Sequence[set[str]], glosses: Iterable[str]) -> bool:
    """Whether more translations than by chance say one of the glosses' words."""
    having = sum(not begun.isdisjoint(glosses) for begun in translations)
    return having > _HARDLY_EVER * len(translations)


def _tokens(text: str) -> Tokens:
    return tuple(token.lower() for token in tokens(text))


def _common(said: Iterable[tuple[str, Tokens]]) -> dict[Tokens, list[tuple[str, Tokens]]]:
    """Return what begins many glosses and goes on in many ways, and the words so glossed; characters begin anything."""
    found: dict[Tokens, list[tuple[str, Tokens]]] = {}
    for word, gloss in said:
        for size in range(1, min(_LONGEST, len(gloss) - 1) + 1):
            found.setdefault(gloss[:size], []).append((word, gloss))
    return {
        lead: explained
        for lead, explained in found.items()
        if len({word for word, _ in explained}) >= _OFTEN
        and len({gloss[len(lead)] for _, gloss in explained}) >= _OFTEN
        and not any(kind(token[0]) == "c" for token in lead)
    }


def _own(lead: Tokens, leads: Mapping[Tokens, object]) -> Tokens:
    """Return the tokens of a lead but for the first one, if others begin so too: ``kind of`` of ``a kind of``."""
    return lead[1:] if len(lead) > 1 and lead[:1] in leads else lead


def _rates(said: Sequence[tuple[str, Tokens]], shown: _Shown) -> Callable[[str], float]:
    """Return what tells how many times as frequent a token is in glosses as in translations."""
    of_glosses = Counter(token for _, gloss in said for token in gloss)
    of_sentences = Counter(token for _, other in shown.sentences for token in other)
    share = of_sentences.total() / max(1, of_glosses.total())
    return lambda token: of_glosses[token] / (of_sentences[token] + 1) * share


class _Shown:
    """Sentences, looked up by a word that stands in them."""

    def __init__(self, sentences: Sequence[tuple[Tokens, Tokens]]) -> None:
        self.sentences = sentences
        self._places: dict[str, list[int]] = {}
        for place, (own, _) in enumerate(sentences):
            for token in dict.fromkeys(own):
                self._places.setdefault(token, []).append(place)
        self._sorted = sorted(self._places)

    def said(self, lead: Tokens, explained: Iterable[tuple[str, Tokens]]) -> _Said:
        """Return what the translations of all sentences with explained words say."""
        ways = Counter[str]()
        leading = 0
        found = ((word, gloss, place) for word, gloss in explained for place in self._having(word))
        for word, gloss, place in islice(found, _ENOUGH):
            other = self.sentences[place][1]
            if way := _way(word, gloss[len(lead) :], other):
                ways[way] += 1
                leading += all(token in other for token in lead)
        return _Said(ways.total(), leading, ways)

    def _having(self, word: str) -> list[int]:
        """Return the sentences in which a word stands, or a longer one that begins so."""
        if len(word) < _STEM:
            return self._places.get(word, [])
        first = bisect_left(self._sorted, word)
        behind = bisect_left(self._sorted, word + "\U0010ffff")
        return sorted({place for other in self._sorted[first:behind] for place in self._places[other]})


def _way(word: str, rest: Tokens, other: Tokens) -> str:
    """Return how a translation says a word that is explained by `rest`, if it does."""
    if word in other and len(word) >= _STEM:
        pairs = set(pairwise(other))
        if any((word, token) in pairs for token in _forms(rest[0], other)):
            return _WORD_REST
        return _REST_WORD if any((token, word) in pairs for token in _forms(rest[-1], other)) else _ALONE
    return _REST if 2 * sum(bool(_forms(token, other)) for token in rest) >= len(rest) else ""


def _forms(token: str, other: Tokens) -> list[str]:
    """Return the tokens of a translation that are this one, or begin so."""
    return [it for it in other if it == token or (len(token) >= _STEM and it.startswith(token))]
