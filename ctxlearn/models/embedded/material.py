"""What the embedded model learns from: pairs, lexicon pairs and texts, taken from a context that was read back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ctxlearn.data import Direction, Entry, clean
from ctxlearn.models.embedded.text import tokens
from ctxlearn.render import Reading

Pair = tuple[str, str]

_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|【[^【】]*】|〔[^〔〕]*〕")
_BRACKETS = re.compile(r"[\[\]【】〔〕]")
_ALTERNATIVES = re.compile(r"\s*[;；]\s*")
_FINER = re.compile(r"\s*[,/，、]\s*")
_MARKS = re.compile(r"^[-=~<>]+|[-=~<>]+$")
_LONGEST_GLOSS = 8  # tokens; a longer one explains the word and does not translate it


@dataclass(frozen=True, slots=True)
class Material:
    """The context seen from one direction: source first in every pair; `text` is in the target language."""

    sentences: tuple[Pair, ...]
    lexicon: tuple[Pair, ...]
    text: tuple[str, ...]


def gather(reading: Reading, direction: Direction) -> Material:
    """Return what there is to learn in `reading` for `direction`."""
    sentences = [
        (clean(example.primary_text), clean(_BRACKETS.sub("", example.translated_text))) for example in reading.pairs()
    ]
    lexicon = list(lexicon_pairs(reading))
    if direction.source == reading.contact.code:
        sentences = [(target, source) for source, target in sentences]
        lexicon = [(target, source) for source, target in lexicon]
        text: list[str] = []
    else:
        text = [line for block in reading.blocks if block.example is None for line in block.text.split("\n")]
    return Material(tuple(_distinct(sentences)), tuple(_distinct(lexicon)), tuple(text))


def _distinct(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield each pair with both sides once, in order."""
    return iter(dict.fromkeys(pair for pair in pairs if pair[0] and pair[1]))


# -- the dictionary ---------------------------------------------------------------------------------------------------


def lexicon_pairs(reading: Reading) -> Iterator[Pair]:
    """Yield (word of the language, gloss in the contact language) for every sense and form in the dictionary."""
    leads = _common_leads(reading.entries)
    for entry in reading.entries:
        forms = [_MARKS.sub("", form) for form in (entry.headword, *_split_forms(entry.variants))]
        for gloss in glosses(entry):
            lead, _, rest = gloss.partition(" ")
            short = [rest] if rest and (entry.part_of_speech, lead) in leads else []
            for form in forms:
                for text in (gloss, *short):
                    yield (text, form) if entry.language == reading.contact.code else (form, text)


def _split_forms(forms: Iterable[str]) -> Iterator[str]:
    for form in forms:
        yield from (part for part in _ALTERNATIVES.split(form) if part)


def glosses(entry: Entry) -> Iterator[str]:
    """Yield what can stand for the headword in a sentence: glosses without remarks, alternatives one by one."""
    seen = set()
    for sense in entry.senses:
        plain = clean(_BRACKETS.sub("", _REMARK.sub(" ", sense.description)))
        for part in _ALTERNATIVES.split(plain):
            finer = _FINER.split(part)
            parts = finer if all(0 < len(tokens(piece)) <= 3 for piece in finer) else [part]
            for gloss in parts:
                gloss = gloss.strip(" .?!")
                if gloss and gloss not in seen and len(tokens(gloss)) <= _LONGEST_GLOSS:
                    seen.add(gloss)
                    yield gloss


def _common_leads(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    """Return (part of speech, word) where that word begins most longer glosses of the class: a citation form's "to"."""
    leads: dict[str, Counter[str]] = {}
    for entry in entries:
        for gloss in glosses(entry):
            lead, _, rest = gloss.partition(" ")
            if rest:
                leads.setdefault(entry.part_of_speech, Counter())[lead] += 1
    return {
        (part_of_speech, lead)
        for part_of_speech, counts in leads.items()
        for lead, count in counts.items()
        if count >= 10 and count >= 0.4 * counts.total()
    }
