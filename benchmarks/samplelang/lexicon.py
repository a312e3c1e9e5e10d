"""The words of Tarivel, read from `lexicon.tsv`: `key, form, pos, gloss, note`.

A form that begins with `=` is a recipe: `=teach.ag` is a derived word, `=fire+stone` a compound. A note is `loan` (its
final stop never softens) or `past=…` (another stem before past suffixes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.samplelang.morphology import FeatureError, Morph, Stem, derive, inflect

LEXICON = Path(__file__).with_name("lexicon.tsv")


class Irregular(NamedTuple):
    """A form that no rule gives, its gloss, and what the dictionary says of it."""

    form: str
    gloss: str
    meaning: str


IRREGULAR = {
    ("I", "e"): Irregular("nek", "1SG.ERG", "I (ergative)"),
    ("I", "g"): Irregular("mi", "1SG.GEN", "my; of me"),
    ("you", "g"): Irregular("ša", "2SG.GEN", "your; of you"),
}
PRONOUN_GLOSSES = {"I": "1SG", "you": "2SG", "he": "3SG", "we": "1PL", "yall": "2PL"}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A word of the lexicon: its key in the specifications, form or recipe, class, glosses, and how it behaves."""

    key: str
    form: str
    pos: str
    glosses: tuple[str, ...]
    note: str = ""

    @property
    def label(self) -> str:
        """What the word is called in a gloss line."""
        if self.pos == "name":
            return self.form
        return PRONOUN_GLOSSES.get(self.key) or self.glosses[0].split(" (")[0].replace(" ", ".")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lexemes by their key."""

    lexemes: Mapping[str, Lexeme]

    def stem(self, key: str) -> Stem:
        """Return the stem of a lexeme, derived words and compounds worked out. Raises FeatureError if there is none."""
        if key not in self.lexemes:
            raise FeatureError(f"no word {key!r} in the lexicon")
        lexeme = self.lexemes[key]
        if lexeme.form.startswith("="):
            return self._made(lexeme)
        past = lexeme.note.removeprefix("past=") if lexeme.note.startswith("past=") else ""
        return Stem((Morph(lexeme.form, lexeme.label, ""),), lexeme.pos, lexeme.note == "loan", past)

    def _made(self, lexeme: Lexeme) -> Stem:
        first, *others = [self._part(part) for part in lexeme.form[1:].split("+")]
        morphs = list(first.morphs)
        for part in others:
            morphs += [part.morphs[0]._replace(mark="-"), *part.morphs[1:]]
        return Stem(tuple(morphs), lexeme.pos)

    def _part(self, recipe: str) -> Stem:
        key, *codes = recipe.split(".")
        stem, left = derive(self.stem(key), tuple(codes))
        # Only `they` has a feature left: a plural that the lexicon lists as a word of its own.
        return inflect(stem, left) if left else stem

    def word(self, spec: str) -> Stem:
        """Return the word of one specification: `key.feature.feature`.

        >>> [morph.gloss for morph in read_lexicon().word("teach.ag.P.d").morphs]
        ['teach', 'AG', 'PL', 'DAT']
        """
        key, *codes = spec.split(".")
        irregular = IRREGULAR.get((key, codes[0])) if codes else None
        if irregular:
            return Stem((Morph(irregular.form, irregular.gloss, ""),), "pron")
        return inflect(self.stem(key), tuple(codes))

    def headword(self, lexeme: Lexeme) -> str:
        """Return the form that stands in the dictionary: the bare stem."""
        return self.stem(lexeme.key).form


@cache
def read_lexicon(path: Path = LEXICON) -> Lexicon:
    """Read the lexicon; the first row names the columns."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    lexemes = [Lexeme(key, form, pos, tuple(gloss.split("; ")), note) for key, form, pos, gloss, note in rows]
    return Lexicon({lexeme.key: lexeme for lexeme in lexemes})
