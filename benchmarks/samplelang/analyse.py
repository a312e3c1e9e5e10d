"""A word taken apart: every way in which the lexicon and the suffixes can make it.

The search runs the other way from `inflect`: from each stem that could begin the word, suffix by suffix, as long as
what has been made is the beginning of the word. Nothing is said about which analysis is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.samplelang.lexicon import IRREGULAR, Lexicon
from benchmarks.samplelang.morphology import CLITICS, DERIVATION, NOMINAL, VERBAL, Morph, Stem, attach
from benchmarks.samplelang.phonology import shape

_WORD = re.compile(r"\w+")
_CLITIC_SLOT = 9


def words(text: str) -> list[str]:
    """Return the words of a sentence in Tarivel without punctuation."""
    return _WORD.findall(text)


class Analyser:
    """Finds the analyses of words; made once, since it sorts the stems by how they begin."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._stems: dict[str, list[Stem]] = {}
        for key, lexeme in lexicon.lexemes.items():
            stem = lexicon.stem(key)
            past = Stem((Morph(stem.past, lexeme.label, ""),), stem.word_class)
            for one in (stem, past) if stem.past else (stem,):
                self._add(one)
        for irregular in IRREGULAR.values():
            whole = Stem((Morph(irregular.form, irregular.gloss, ""),), "pron")
            self._add(whole)

    def _add(self, stem: Stem) -> None:
        # The second letter of a short stem may be its last, and soften; such a stem is found by its first alone.
        size = 2 if len(stem.form) > 2 else 1
        self._stems.setdefault(stem.form[:size].lower(), []).append(stem)

    def _beginning(self, word: str) -> list[Stem]:
        return [stem for size in {1, min(2, len(word))} for stem in self._stems.get(word[:size], ())]

    def analyses(self, word: str) -> list[Stem]:
        """Return every analysis of a word, capitals aside."""
        plain = word.lower()
        found = [made for stem in self._beginning(plain) for made in _grown(stem, plain, DERIVATION)]
        if plain.startswith("tu"):
            superlative = next(suffix for suffix in NOMINAL if suffix.gloss == "SUP")
            stems = [attach(stem, superlative) for stem in self._beginning(plain[2:]) if stem.word_class == "adj"]
            found += [made for stem in stems for made in _grown(stem, plain, DERIVATION)]
        return found


def _grown(stem: Stem, word: str, slot: int) -> Iterator[Stem]:
    # The last letter may still soften, so only what stands before it must fit.
    if not word.startswith(stem.form[:-1].lower()):
        return
    if stem.form.lower() == word and (stem.word_class != "v" or slot >= 3):
        yield stem
    for suffix in (*(VERBAL if stem.word_class == "v" else NOMINAL), *CLITICS):
        follows = suffix.slot > slot or suffix.slot == slot == DERIVATION
        if follows and suffix.shape and suffix.gloss != "SUP" and _fits(stem.form, suffix.shape, word):
            made = attach(stem, suffix, "=" if suffix.slot == _CLITIC_SLOT else "-")
            becomes_nominal = stem.word_class == "v" and made.word_class != "v"
            yield from _grown(made, word, DERIVATION if becomes_nominal else suffix.slot)


def _fits(base: str, suffix: str, word: str) -> bool:
    shaped = shape(base, suffix)
    return word.startswith(shaped[:-1], len(base)) and len(base) + len(shaped) <= len(word)
