"""What the embedded model learns from: pairs, lexicon pairs and texts, taken from a context that was read back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product, takewhile

from ctxlearn.data import Direction, Entry, clean
from ctxlearn.igt import is_pair
from ctxlearn.models.embedded import notation
from ctxlearn.models.embedded.explanations import explanations, translating
from ctxlearn.models.embedded.glossed import Line, line, morphemes
from ctxlearn.models.embedded.text import tokens
from ctxlearn.render import Reading

Pair = tuple[str, str]

_ALTERNATIVES = re.compile(r"\s*[;；]\s*")
_FINER = re.compile(r"\s*[,，、]\s*|\s+/\s+")
_COMMA = re.compile(r"[,，]")
_SLASHED = re.compile(r"\w+(?:/\w+)+")
_MARKS = "-=~<>* "  # of affixes, clitics and infixes; a star is before what never stands alone
_ENOUGH = 50  # sentence pairs, to tell from them how sentences are written
_OFTEN, _COMMON = 10, 0.2  # how many glosses, and what share of the longer ones, a common lead begins
_SHORT_GLOSS = 3  # tokens of an alternative that is set off by no more than a comma
_LONGEST_GLOSS = 8  # tokens; a longer one explains the word and does not translate it


@dataclass(frozen=True, slots=True)
class Material:
    """The context seen from one direction: source first in every pair; `text` is in the target language."""

    sentences: tuple[Pair, ...]
    lexicon: tuple[Pair, ...]  # the dictionary
    glossed: tuple[Pair, ...]  # morphemes of glossed examples
    text: tuple[str, ...]
    written: tuple[Pair, ...]  # the sentences that show how both languages are written
    lines: Mapping[Pair, Line]  # the glossed words of sentence pairs that have them
    turned: bool  # whether the contact language is the source

    def pairs(self) -> tuple[Pair, ...]:
        """Return all pairs once, the sentences first."""
        return (*self.sentences, *dict.fromkeys((*self.lexicon, *self.glossed)))


def gather(reading: Reading, direction: Direction) -> Material:
    """Return what there is to learn in `reading` for `direction`."""
    own = sum(map(is_pair, reading.examples))
    turned = _is_turned(reading, direction)
    examples = list(reading.pairs())
    sentences = [notation.pair(example.primary_text, example.translated_text) for example in examples]
    # A grammar's glossed lines are mostly written without capitals and last marks.
    written = sentences[:own] if own >= _ENOUGH else sentences
    text = () if turned else tuple(_prose(reading))
    # Out of the contact language a term stays: who says it may mean it.
    lexicon = translating(lexicon_pairs(reading, turned=turned), sentences, text)
    kinds = (sentences, lexicon, glossed_pairs(reading))
    pairs = [tuple(_distinct(_turned(kind, reading, direction))) for kind in (*kinds, written)]
    glossed = zip(_turned(sentences, reading, direction), map(line, examples), strict=True)
    return Material(pairs[0], pairs[1], pairs[2], text, pairs[3], {pair: it for pair, it in glossed if it}, turned)


def told(reading: Reading, direction: Direction) -> list[Pair]:
    """Return the dictionary's pairs and then the sentence pairs, these just as they are written."""
    sentences = ((clean(example.primary_text), clean(example.translated_text)) for example in reading.pairs())
    lexicon = lexicon_pairs(reading, turned=_is_turned(reading, direction))
    return list(_turned((*lexicon, *sentences), reading, direction))


def _turned(pairs: Iterable[Pair], reading: Reading, direction: Direction) -> Iterator[Pair]:
    return (pair[::-1] for pair in pairs) if _is_turned(reading, direction) else iter(pairs)


def _is_turned(reading: Reading, direction: Direction) -> bool:
    return direction.source == reading.contact.code


def _prose(reading: Reading) -> Iterator[str]:
    return (line for block in reading.blocks if block.example is None for line in block.text.split("\n"))


def _distinct(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield each pair with both sides once, in order."""
    return iter(dict.fromkeys(pair for pair in pairs if pair[0] and pair[1]))


# -- the dictionary and the glosses ------------------------------------------------------------------------------------


def lexicon_pairs(reading: Reading, *, turned: bool = False) -> Iterator[Pair]:
    """Yield (word of the language, gloss in the contact language) for every sense and form in the dictionary.

    `turned` says that they are to tell what the word is in the language, not what it means.
    """
    said = [list(glosses(entry)) for entry in reading.entries]
    classes: dict[str, list[str]] = {}
    for entry, found in zip(reading.entries, said, strict=True):
        classes.setdefault(entry.part_of_speech, []).extend(found)
    common = {part_of_speech: leads(found) for part_of_speech, found in classes.items()}
    # What begins many glosses of a class is how its words are cited; what else begins many may explain them.
    rare = [
        [(entry.headword, gloss) for gloss in found if gloss.partition(" ")[0] not in common[entry.part_of_speech]]
        for entry, found in zip(reading.entries, said, strict=True)
        if entry.language != reading.contact.code
    ]
    pairs = ((example.primary_text, example.translated_text) for example in reading.pairs())
    explained = explanations([pair for found in rare for pair in found], pairs)
    for entry, found in zip(reading.entries, said, strict=True):
        forms = [form.strip(_MARKS) for form in (entry.headword, *_split_forms(entry.variants))]
        own = entry.language != reading.contact.code
        for gloss in found:
            left = explained.left(forms[0], gloss, turned=turned) if own else [gloss.strip(_MARKS)]
            texts = dict.fromkeys(it for one in left for it in shortened(one, common[entry.part_of_speech]))
            for form, text in product(forms, texts):
                if own:
                    yield form, text
                else:
                    yield from ((text, it) for it in explained.left(text, form, turned=turned))


def glossed_pairs(reading: Reading) -> Iterator[Pair]:
    """Yield (morpheme, meaning) as the glosses of the examples have it, ill-formed and untranslated ones included."""
    examples = (*reading.examples, *(block.example for block in reading.blocks if block.example))
    pairs = dict.fromkeys(morphemes(examples))
    common = leads(meaning for _, meaning in pairs)
    yield from ((morpheme, text) for morpheme, meaning in pairs for text in shortened(meaning, common))


def _split_forms(forms: Iterable[str]) -> Iterator[str]:
    for form in forms:
        yield from (part for part in _ALTERNATIVES.split(form) if part)


def glosses(entry: Entry) -> Iterator[str]:
    """Yield what can stand for the headword in a sentence: glosses without remarks, alternatives one by one."""
    seen = set()
    for sense in entry.senses:
        for part in _ALTERNATIVES.split(notation.gloss(sense.description)):
            for gloss in [entry.headword] if _is_named(part, entry.headword) else _finer(part):
                gloss = gloss.strip(" .?!")
                if gloss and gloss not in seen and len(tokens(gloss)) <= _LONGEST_GLOSS:
                    seen.add(gloss)
                    yield gloss


def _is_named(gloss: str, name: str) -> bool:
    """Whether a gloss repeats a name and then says what has it: ``Kuek, place on the coast``."""
    head, *rest = _COMMA.split(gloss)
    return bool(rest) and head.strip().lower() == name.lower()


def _finer(gloss: str) -> Iterator[str]:
    """Yield the alternatives in a gloss, or what it says before it begins to explain."""
    finer, size = _FINER.split(gloss), len(tokens(gloss))
    slashed = _SLASHED.search(gloss)
    if slashed and size <= 2 * _LONGEST_GLOSS:  # there are few such alternatives in one gloss
        for word in slashed[0].split("/"):
            yield from _finer(gloss[: slashed.start()] + word + gloss[slashed.end() :])
    elif all(map(_is_short, finer)):
        yield from finer
    else:
        parts = _COMMA.split(gloss)
        heads = list(takewhile(_is_short, parts))
        yield from heads or (parts[:1] if size <= _LONGEST_GLOSS else ())


def _is_short(gloss: str) -> bool:
    return 0 < len(tokens(gloss)) <= _SHORT_GLOSS


# -- citation forms ---------------------------------------------------------------------------------------------------


def leads(texts: Iterable[str]) -> list[str]:
    """Return the words that begin so many of the glosses of a class that they say nothing, in their order.

    >>> leads(["to be red", "to be wet", "to be old", *(f"to {verb} it" for verb in ("go", "see", "cut", "hit") * 2)])
    ['to']
    >>> leads([*["to be red", "to be wet"] * 6, "to go up", "to go", "to see"])
    ['to', 'be']
    """
    longer = [text for text in texts if " " in text]
    found: list[str] = []
    while longer:
        counts = Counter(text.partition(" ")[0] for text in longer)
        lead, count = max(counts.items(), key=lambda item: (item[1], item[0]))
        if count < _OFTEN or count < _COMMON * len(longer):
            break
        found.append(lead)
        longer = [rest for text in longer if " " in (rest := text.removeprefix(lead + " "))]
    return found


def shortened(text: str, common: Iterable[str]) -> Iterator[str]:
    """Yield a gloss, and what is left of it when its leads go one by one."""
    yield text
    for lead in common:
        if text.startswith(lead + " "):
            text = text.removeprefix(lead + " ")
            yield text
