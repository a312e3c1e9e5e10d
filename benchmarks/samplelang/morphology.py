"""The suffixes of Tarivel: their slots, their shapes, what each is called in a gloss, and how a word is put together.

A word is a stem, then derivations in the order in which they were added, then inflection in fixed slots:

    noun    stem - number - possessor - case = clitics
    verb    stem - ability - negation - tense or mood - person = clitics
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.samplelang.phonology import join


class Morph(NamedTuple):
    """One morpheme as it sounds in its word, its gloss, and the mark before it (`-`, `=`, `+` or nothing)."""

    form: str
    gloss: str
    mark: str = "-"


@dataclass(frozen=True, slots=True)
class Suffix:
    """A suffix: `code` in the sentence specifications, its gloss, underlying shape, slot and what it means.

    `makes` is the class of word that comes out, where that is another one; `variants` are the shapes a learner meets.
    """

    code: str
    gloss: str
    shape: str
    slot: int
    meaning: str
    makes: str = ""


DERIVATION = 0

NOMINAL = (
    Suffix("dim", "DIM", "kUt", DERIVATION, "little, young (of nouns)", "n"),
    Suffix("adj", "ADJZ", "LAv", DERIVATION, "having, full of (makes adjectives from nouns)", "adj"),
    Suffix("priv", "PRIV", "vUs", DERIVATION, "without, -less (makes adjectives from nouns)", "adj"),
    Suffix("abs", "ABST", "sAñ", DERIVATION, "-ness (makes nouns from adjectives)", "n"),
    Suffix("adv", "ADVZ", "lo", DERIVATION, "-ly (makes adverbs from adjectives)", "adv"),
    Suffix("vb", "VBZ", "nU", DERIVATION, "become (makes verbs from adjectives and nouns)", "v"),
    Suffix("ag", "AG", "zAl", DERIVATION, "one who does or works with (makes nouns)", "n"),
    Suffix("ord", "ORD", "vo", DERIVATION, "-th (makes ordinals from numerals)", "adj"),
    Suffix("times", "TIMES", "hi", DERIVATION, "times (makes adverbs from numerals)", "adv"),
    Suffix("sup", "SUP", "tu", DERIVATION, "most (before adjectives)", "adj"),
    Suffix("cmp", "CMPR", "kAš", DERIVATION, "more (of adjectives and adverbs)"),
    Suffix("P", "PL", "LU", 1, "plural"),
    Suffix("1", "1SG.POSS", "(A)m", 2, "my"),
    Suffix("2", "2SG.POSS", "(A)š", 2, "your (one possessor)"),
    Suffix("3", "3SG.POSS", "nA", 2, "his, her, its"),
    Suffix("4", "1PL.POSS", "mUr", 2, "our"),
    Suffix("5", "2PL.POSS", "šUr", 2, "your (several possessors)"),
    Suffix("6", "3PL.POSS", "nUr", 2, "their"),
    Suffix("e", "ERG", "(A)k", 3, "ergative: the one who acts on something"),
    Suffix("g", "GEN", "(A)n", 3, "genitive: of"),
    Suffix("d", "DAT", "DU", 3, "dative: to, for"),
    Suffix("l", "LOC", "VA", 3, "locative: in, at, on"),
    Suffix("a", "ABL", "(h)Al", 3, "ablative: from, out of, than"),
    Suffix("c", "COM", "mAš", 3, "comitative: with, by means of"),
)

VERBAL = (
    Suffix("z", "CAUS", "(A)z", DERIVATION, "cause to, let (makes verbs from verbs)", "v"),
    Suffix("m", "MID", "rU", DERIVATION, "oneself, each other, be done (makes intransitive verbs)", "v"),
    Suffix("ag", "AG", "zAl", DERIVATION, "one who does (makes nouns from verbs)", "n"),
    Suffix("nm", "NMLZ", "šUn", DERIVATION, "the act or its result (makes nouns from verbs)", "n"),
    Suffix("plc", "PLC", "hUm", DERIVATION, "the place where (makes nouns from verbs)", "n"),
    Suffix("k", "ABIL", "GU", 1, "can, be able to"),
    Suffix("n", "NEG", "ñA", 2, "not"),
    Suffix("p", "PST", "DA", 3, "past"),
    Suffix("f", "FUT", "šU", 3, "future"),
    Suffix("r", "PRF", "LAk", 3, "perfect: have done"),
    Suffix("if", "COND", "BAr", 3, "if, when"),
    Suffix("o", "OPT", "LUš", 3, "may, let him"),
    Suffix("h", "HORT", "zAm", 3, "let us"),
    Suffix("i", "IMP", "(h)U", 3, "imperative to one person"),
    Suffix("I", "IMP.PL", "(h)Ur", 3, "imperative to several"),
    Suffix("inf", "INF", "rA", 3, "to (infinitive)", "n"),
    Suffix("rel", "REL", "VAn", 3, "who, which (relative, not past)", "n"),
    Suffix("relp", "REL.PST", "DUn", 3, "who, which (relative, past)", "n"),
    Suffix("sim", "SIM", "kAn", 3, "while, when", "adv"),
    Suffix("ant", "ANT", "nUs", 3, "having done, after", "adv"),
    Suffix("s", "PRS", "I", 3, "present"),
    Suffix("1", "1SG", "(A)m", 4, "I (subject)"),
    Suffix("2", "2SG", "(A)š", 4, "you (subject)"),
    Suffix("3", "3SG", "", 4, "he, she, it (subject)"),
    Suffix("4", "1PL", "mUr", 4, "we (subject)"),
    Suffix("5", "2PL", "šUr", 4, "you all (subject)"),
    Suffix("6", "3PL", "(A)n", 4, "they (subject)"),
)

CLITICS = (
    Suffix("q", "Q", "kU", 9, "makes a yes-no question"),
    Suffix("also", "ALSO", "šo", 9, "also, even"),
    Suffix("only", "ONLY", "mi", 9, "only, just"),
    Suffix("top", "TOP", "tA", 9, "as for: the topic"),
    Suffix("rep", "REP", "lam", 9, "they say, it is said"),
    Suffix("emp", "EMPH", "po", 9, "indeed, you know"),
)

VERBAL_CODES = {suffix.code: suffix for suffix in VERBAL}
NOMINAL_CODES = {suffix.code: suffix for suffix in NOMINAL}
CLITIC_CODES = {suffix.code: suffix for suffix in CLITICS}
FINITE_SLOTS = (3, 4)


@dataclass(frozen=True, slots=True)
class Stem:
    """What suffixes are put on: morphemes so far, the class of word, and how the word behaves.

    `hard` final stops never soften (loans). `past` is the form of an irregular verb before past and perfect suffixes.
    """

    morphs: tuple[Morph, ...]
    word_class: str
    hard: bool = False
    past: str = ""

    @property
    def form(self) -> str:
        """The word as it is spelt."""
        return "".join(morph.form for morph in self.morphs)


class FeatureError(ValueError):
    """A feature that the word's class does not have, or a second one for the same slot."""


def derive(stem: Stem, codes: tuple[str, ...]) -> tuple[Stem, tuple[str, ...]]:
    """Return `stem` with the derivations that `codes` begins with, and the codes that are left."""
    while codes and _is_derivation(stem.word_class, codes[0]):
        stem = attach(stem, suffix_of(stem.word_class, codes[0]))
        codes = codes[1:]
    return stem, codes


def _is_derivation(word_class: str, code: str) -> bool:
    table = VERBAL_CODES if word_class == "v" else NOMINAL_CODES
    return code in table and table[code].slot == DERIVATION


def inflect(stem: Stem, codes: tuple[str, ...]) -> Stem:
    """Return `stem` with the features `codes`; a finite verb without a tense is present. Raises FeatureError."""
    stem, codes = derive(stem, codes)
    if stem.word_class == "v":
        return _inflect_verb(stem, list(codes))
    return _attach_in_slots(stem, list(codes))


def _inflect_verb(stem: Stem, codes: list[str]) -> Stem:
    endings = [code for code in codes if code in VERBAL_CODES and VERBAL_CODES[code].makes]
    if endings:  # a non-finite form: what follows it is inflected as a noun
        at = codes.index(endings[0])
        stem = _attach_in_slots(stem, codes[: at + 1])
        return _attach_in_slots(stem, codes[at + 1 :])
    if not any(VERBAL_CODES[code].slot == 3 for code in codes if code in VERBAL_CODES):
        codes = [*codes, "s"]
    return _attach_in_slots(stem, codes)


def _attach_in_slots(stem: Stem, codes: list[str]) -> Stem:
    suffixes = sorted((suffix_of(stem.word_class, code) for code in codes), key=lambda suffix: suffix.slot)
    slots = [suffix.slot for suffix in suffixes]
    if len(set(slots)) < len(slots):
        raise FeatureError(f"two suffixes for one slot in {'.'.join(codes)}")
    for suffix in suffixes:
        stem = attach(stem, suffix)
    return stem


def suffix_of(word_class: str, code: str) -> Suffix:
    """Return the suffix that `code` means on a word of this class. Raises FeatureError."""
    table = VERBAL_CODES if word_class == "v" else NOMINAL_CODES
    if code not in table:
        raise FeatureError(f"no feature {code!r} on words of class {word_class!r}")
    return table[code]


def attach(stem: Stem, suffix: Suffix, mark: str = "-") -> Stem:
    """Return `stem` with one more suffix (the superlative goes before it); a suffix of no sound adds nothing."""
    made = suffix.makes or stem.word_class
    if suffix.code == "sup" and suffix.gloss == "SUP":
        first = stem.morphs[0]._replace(mark="-")
        return Stem((Morph(suffix.shape, suffix.gloss, ""), first, *stem.morphs[1:]), made, stem.hard)
    if not suffix.shape:
        return stem
    if stem.past and suffix.code in ("p", "relp", "r") and len(stem.morphs) == 1:
        stem = Stem((stem.morphs[0]._replace(form=stem.past),), stem.word_class, stem.hard)
    hard = stem.hard and len(stem.morphs) == 1
    *before, last = stem.morphs
    head = "".join(morph.form for morph in before)
    joined = join(stem.form, suffix.shape, hard=hard)
    last = last._replace(form=joined.base[len(head) :])
    morphs = (*before, last, Morph(joined.suffix, suffix.gloss, mark))
    return Stem(morphs, made, stem.hard, stem.past)
