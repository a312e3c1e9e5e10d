"""New words for a larger Tarivel: how often a word returns, and what a new one looks like in both languages.

Words are drawn as from a Pitman–Yor process (Pitman and Yor 1997) that starts from the counts of the hand-written
sentences: the number of different words grows as a power of the length of the text (Heaps), and their frequencies fall
as Zipf's law says.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable

from benchmarks.samplelang.lexicon import Lexeme

# Measured as log-log slopes, at a million tokens (seed 1): the word forms of Tarivel grow with the exponent 0.60
# between 6,000 and 93,000 words, those of the English with 0.46. In the hand-written sentences it is 0.81 and 0.59 up
# to 4,300 and 6,800 words, in the example sentences of the Kalamang dictionary 0.76 up to 8,800.
DISCOUNT = 0.7

_ONSETS = "ptdkgmnsšvhlryzb"
_ONSET_WEIGHTS = (5, 7, 6, 7, 4, 8, 8, 7, 5, 6, 5, 9, 9, 4, 3, 5)
_CODAS = "nrlsšktmp"
_ENGLISH_ONSETS: tuple[str, ...] = (
    *"bcdfghjklmnprstvw",
    *("br", "cl", "dr", "fl", "gl", "gr", "pl", "pr", "qu", "sc", "sk", "sl", "sn", "sp", "st", "str", "th", "tr"),
)
_ENGLISH_VOWELS: tuple[str, ...] = (*"aeiouaeio", "ea", "oo", "ai", "ou")
_ENGLISH_ENDS = {
    "n": ("ck", "rn", "ll", "mp", "nt", "st", "sk", "rk", "ddle", "ffin", "llow", "mmock", "nder", "lver", "ttern"),
    "v": ("rk", "sk", "mp", "nt", "st", "ld", "rn", "ff", "ck", "lch", "nch", "rl", "sh", "nd"),
    "adj": ("rk", "sk", "mp", "nt", "st", "ld", "rn", "ff", "nk", "rd", "lmish", "nder", "rrow", "lty", "rmy", "sty"),
}
# What a new word is made with when it is derived, from which class, and the English ending that goes with it.
_DERIVATIONS = {
    "n": (("v", "ag", "er"), ("adj", "abs", "ness")),
    "adj": (("n", "priv", "less"), ("n", "adj", "ful")),
}
_DERIVED_SHARE = 0.12
_SECOND_SENSE_SHARE = 0.1


class Inventor:
    """Makes words that neither language has yet."""

    def __init__(self, lexemes: dict[str, Lexeme], chance: random.Random) -> None:
        self.lexemes = lexemes
        self._chance = chance
        self._forms = {lexeme.form for lexeme in lexemes.values()}
        self._glosses = {gloss for lexeme in lexemes.values() for gloss in lexeme.glosses}
        self._by_class: dict[str, list[str]] = {}

    def new(self, word_class: str) -> str:
        """Add a new word to the lexicon and return its key."""
        pos = word_class[0] if word_class in ("vt", "vi") else word_class
        lexeme = self._derived(pos) or self._root(pos)
        self.lexemes[lexeme.key] = lexeme
        self._by_class.setdefault(pos, []).append(lexeme.key)
        return lexeme.key

    def _derived(self, pos: str) -> Lexeme | None:
        if pos not in _DERIVATIONS or self._chance.random() >= _DERIVED_SHARE:
            return None
        source, code, ending = self._chance.choice(_DERIVATIONS[pos])
        bases = self._by_class.get(source)
        if not bases:
            return None
        base = self.lexemes[self._chance.choice(bases)]
        gloss = base.glosses[0] + ending
        if base.form.startswith("=") or gloss in self._glosses:
            return None
        self._glosses.add(gloss)
        return Lexeme(self._key(), f"={base.key}.{code}", pos, (gloss,))

    def _root(self, pos: str) -> Lexeme:
        form = self._unused(self._tarivel, self._forms)
        if pos == "name":
            return Lexeme(self._key(), form.capitalize(), pos, (form.capitalize(),))
        second = self._chance.random() < _SECOND_SENSE_SHARE
        glosses = tuple(self._unused(lambda: self._english(pos), self._glosses) for _ in range(1 + second))
        return Lexeme(self._key(), form, pos, glosses)

    def _key(self) -> str:
        return f"new{len(self.lexemes)}"

    def _unused(self, make: Callable[[], str], used: set[str]) -> str:
        made = make()
        while made in used:
            made = make()
        used.add(made)
        return made

    def _tarivel(self) -> str:
        size = self._chance.choices((2, 3, 4), (5, 5, 1))[0]
        return "".join(self._syllable(last=at == size - 1) for at in range(size))

    def _syllable(self, *, last: bool) -> str:
        onset = self._chance.choices(_ONSETS, _ONSET_WEIGHTS)[0]
        coda = self._chance.choice(_CODAS) if last and self._chance.random() < 0.45 else ""
        return onset + self._chance.choice("aaeeiou") + coda

    def _english(self, pos: str) -> str:
        size = self._chance.choices((0, 1), (3, 2))[0]
        start = "".join(self._english_syllable() for _ in range(size))
        return f"{start}{self._english_syllable()}{self._chance.choice(_ENGLISH_ENDS[pos])}"

    def _english_syllable(self) -> str:
        return self._chance.choice(_ENGLISH_ONSETS) + self._chance.choice(_ENGLISH_VOWELS)


class Urn:
    """Draws words of one class: an old one in proportion to how often it was drawn, or a new one."""

    def __init__(self, word_class: str, tokens: Iterable[str], inventor: Inventor, chance: random.Random) -> None:
        self._word_class, self._inventor, self._chance = word_class, inventor, chance
        self._tokens = list(tokens)
        self._counts = Counter(self._tokens)

    def draw(self) -> str:
        """Return the key of a word and count it."""
        key = self._old()
        self._tokens.append(key)
        self._counts[key] += 1
        return key

    def _old(self) -> str:
        if not self._tokens or self._chance.random() < DISCOUNT * len(self._counts) / len(self._tokens):
            return self._inventor.new(self._word_class)
        while True:
            key = self._chance.choice(self._tokens)
            if self._chance.random() * self._counts[key] >= DISCOUNT:
                return key
