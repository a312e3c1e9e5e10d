"""A corpus of the same shape and any size: `python -m benchmarks.samplelang.scale --tokens 1000000 --out FOLDER`.

The hand-written corpus stands at its beginning. After it come sentences made by putting other words, more and more of
them new, into the structures of the hand-written training sentences, on both sides at once; some are glossed, in
further chapters of the grammar. The test set is the hand-written one; none of its sentences lends its structure.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.samplelang import build
from benchmarks.samplelang.chapters import block
from benchmarks.samplelang.english import articles, form_of, forms
from benchmarks.samplelang.invent import Inventor, Urn
from benchmarks.samplelang.lexicon import Lexeme, Lexicon, read_lexicon
from benchmarks.samplelang.realise import Item, Realised, realise
from ctxlearn.tokens import counter

OPEN_CLASSES = ("n", "v", "adj", "name")
# Verbs that are part of a structure rather than of its content.
FIXED = frozenset(
    ("be", "exist", "lack", "must", "want", "say", "begin", "stop", "try", "go", "come", "become", "seem", "do", "call")
)
CHANGED_SHARE = 0.7
JOINED_SHARE = 0.06
EXAMPLES_A_SECTION, SECTIONS_A_CHAPTER = 12, 20

_SPEC_KEY = re.compile(r'^("?\^?)(\w+)')
_PIECES = re.compile(r"\w+|\W+")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one word stands in a structure: its class, its place in either language, and its English form."""

    word_class: str
    token: int
    piece: int
    form: str


@dataclass(frozen=True, slots=True)
class Structure:
    """A hand-written sentence taken apart: the tokens of its specification, the pieces of its English, its slots."""

    tokens: tuple[str, ...]
    pieces: tuple[str, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence in both languages, and the words put into it (in a glossed one: those that are new in the grammar)."""

    made: Realised
    english: str
    keys: tuple[str, ...]


@dataclass(slots=True)
class Scaled:
    """What has been generated so far, and its length in tokens."""

    pairs: list[Pair] = field(default_factory=list)
    glossed: list[Pair] = field(default_factory=list)
    pair_tokens: int = 0
    glossed_tokens: int = 0
    noticed: set[str] = field(default_factory=set)

    def add(self, pair: Pair) -> None:
        """Add a sentence pair."""
        self.pairs.append(pair)
        self.pair_tokens += counter()(f"{pair.made.text} | {pair.english}\n")

    def add_glossed(self, pair: Pair, lexicon: Lexicon) -> None:
        """Add a glossed example to the grammar."""
        fresh = tuple(key for key in dict.fromkeys(pair.keys) if key not in self.noticed)
        self.noticed.update(fresh)
        self.glossed.append(replace(pair, keys=fresh))
        lines = (" ".join(pair.made.words), " ".join(pair.made.glosses), pair.english)
        self.glossed_tokens += counter()("> (11.100) " + "\n".join(lines) + "\n\n" + _notice(lexicon, fresh))


def structure(lexicon: Lexicon, item: Item, transitive: frozenset[str]) -> Structure:
    """Return the structure of a sentence; a word is a slot when exactly one English word is a form of its gloss."""
    tokens, pieces = tuple(item.spec.split()), tuple(_PIECES.findall(item.english))
    slots = []
    for at, token in enumerate(tokens):
        found = _SPEC_KEY.match(token)
        lexeme = lexicon.lexemes.get(found[2]) if found else None
        if lexeme and is_content(lexeme):
            places = list(_places(lexeme, pieces))
            if len(places) == 1:
                slots.append(Slot(word_class(lexeme, transitive), at, *places[0]))
    once = Counter(slot.piece for slot in slots)
    return Structure(tokens, pieces, tuple(slot for slot in slots if once[slot.piece] == 1))


def is_content(lexeme: Lexeme) -> bool:
    """Whether a word may be drawn: of an open class, with a gloss of one word."""
    return lexeme.pos in OPEN_CLASSES and lexeme.key not in FIXED and lexeme.glosses[0].isalpha()


def word_class(lexeme: Lexeme, transitive: frozenset[str]) -> str:
    """Return the class that a word shares with those that can stand in its place."""
    if lexeme.pos != "v":
        return lexeme.pos
    return "vt" if lexeme.key in transitive else "vi"


def _places(lexeme: Lexeme, pieces: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    words = [at for at, piece in enumerate(pieces) if piece[0].isalpha()]
    for before, at in zip([None, *words], words, strict=False):
        form = form_of(lexeme.pos, lexeme.glosses[0], pieces[at], pieces[before] if before is not None else "")
        if lexeme.pos == "name":
            form = "plain" if pieces[at] == lexeme.form else ""
        if form:
            yield at, form


def transitive_verbs(lexicon: Lexicon, items: Sequence[Item]) -> frozenset[str]:
    """Return the verbs that stand in a sentence with an ergative more often than not."""
    seen: Counter[str] = Counter()
    ergative: Counter[str] = Counter()
    for item in items:
        keys = {found[2] for token in item.spec.split() if (found := _SPEC_KEY.match(token))}
        verbs = [key for key in keys if key in lexicon.lexemes and lexicon.lexemes[key].pos == "v"]
        seen.update(verbs)
        if re.search(r"\.e\b", item.spec):
            ergative.update(verbs)
    return frozenset(key for key, count in seen.items() if 2 * ergative[key] > count)


class Generator:
    """Makes sentences from the hand-written ones, by chance but always the same for one seed."""

    def __init__(self, items: Sequence[Item], seed: int) -> None:
        lexemes = dict(read_lexicon().lexemes)
        self.lexicon = Lexicon(lexemes)
        self._chance = random.Random(seed)
        self._seen = {item.english for item in items}
        self._transitive = transitive_verbs(self.lexicon, items)
        self._structures = [structure(self.lexicon, item, self._transitive) for item in items]
        self._plain = [s for s in self._structures if s.pieces[-1] == "." and "“" not in "".join(s.pieces)]
        inventor = Inventor(lexemes, self._chance)
        self._urns = {
            name: Urn(name, self._tokens(name, items), inventor, self._chance)
            for name in ("n", "vt", "vi", "adj", "name")
        }

    def _tokens(self, name: str, items: Sequence[Item]) -> Iterator[str]:
        for item in items:
            for token in item.spec.split():
                found = _SPEC_KEY.match(token)
                lexeme = self.lexicon.lexemes.get(found[2]) if found else None
                if lexeme and is_content(lexeme) and word_class(lexeme, self._transitive) == name:
                    yield lexeme.key

    def pair(self) -> Pair:
        """Return one more sentence, not one that was there before."""
        made = self._any()
        while made.english in self._seen:
            made = self._any()
        self._seen.add(made.english)
        return made

    def _any(self) -> Pair:
        if self._chance.random() >= JOINED_SHARE:
            return self._realised(*self._filled(self._chance.choice(self._structures)))
        tokens, english, keys = self._filled(self._chance.choice(self._plain))
        more_tokens, more_english, more_keys = self._filled(self._chance.choice(self._plain))
        tokens[-1] = tokens[-1].rstrip(".") + ","
        english = f"{english.rstrip('.')}, and {self._lowered(more_english)}"
        return self._realised([*tokens, "and", *more_tokens], english, keys + more_keys)

    def _lowered(self, english: str) -> str:
        first = english.split()[0]
        names = first == "I" or any(first.startswith(x.form) for x in self.lexicon.lexemes.values() if x.pos == "name")
        return english if names else english[0].lower() + english[1:]

    def _filled(self, source: Structure) -> tuple[list[str], str, tuple[str, ...]]:
        tokens, pieces, keys = list(source.tokens), list(source.pieces), []
        for slot in source.slots:
            if self._chance.random() < CHANGED_SHARE:
                key = self._urns[slot.word_class].draw()
                lexeme = self.lexicon.lexemes[key]
                gloss = self._chance.choice(lexeme.glosses)
                gloss = gloss if gloss.isalpha() else lexeme.glosses[0]
                tokens[slot.token] = _SPEC_KEY.sub(rf"\g<1>{key}", tokens[slot.token])
                written = forms(lexeme.pos, gloss)[slot.form]
                pieces[slot.piece] = written.capitalize() if pieces[slot.piece][0].isupper() else written
                keys.append(key)
        return tokens, _with_articles(pieces), tuple(keys)

    def _realised(self, tokens: list[str], english: str, keys: tuple[str, ...]) -> Pair:
        return Pair(realise(self.lexicon, " ".join(tokens), english), english, keys)


def _with_articles(pieces: list[str]) -> str:
    words = [at for at, piece in enumerate(pieces) if piece[0].isalpha()]
    for at, word in zip(words, articles([pieces[at] for at in words]), strict=True):
        pieces[at] = word
    return "".join(pieces)


def scale(tokens: int, out: Path, seed: int) -> int:
    """Write a corpus of about `tokens` tokens into `out` and return its size as it will be packed."""
    count = counter()
    build.write_corpus(out)
    (out / "corpus.toml").write_bytes((build.CORPUS / "corpus.toml").read_bytes())
    sentences = build.all_pairs(read_lexicon())
    train, test = build.split(sentences)
    held = {english for _, _, english in test}
    generator = Generator([item for item, _ in sentences if item.english not in held], seed)
    chapters = count("".join(path.read_text(encoding="utf-8") for path in sorted((out / "grammar").glob("*.md"))))
    pairs = count("".join(f"{text} | {english}\n" for _, text, english in train))
    scaled = Scaled(pair_tokens=pairs, glossed_tokens=chapters)
    share = chapters / (chapters + pairs)
    size = _grow(scaled, generator, tokens, share)
    _write(out, generator.lexicon, scaled, train, test)
    return size


def _grow(scaled: Scaled, generator: Generator, tokens: int, share: float) -> int:
    count = counter()
    lexicon = generator.lexicon
    known, entries = len(lexicon.lexemes), _dictionary_tokens(lexicon)
    while True:
        lexemes = list(lexicon.lexemes.values())[known:]
        lines = (f"{lexicon.headword(lexeme)} | {lexeme.pos} | {' | '.join(lexeme.glosses)}\n" for lexeme in lexemes)
        entries += count("".join(lines))
        known += len(lexemes)
        size = entries + scaled.pair_tokens + scaled.glossed_tokens
        if size >= tokens:
            return size
        for _ in range(20):
            pair = generator.pair()
            if scaled.glossed_tokens < share * (scaled.pair_tokens + scaled.glossed_tokens):
                scaled.add_glossed(pair, lexicon)
            else:
                scaled.add(pair)


def _dictionary_tokens(lexicon: Lexicon) -> int:
    rows = build.dictionary_rows(lexicon, build.dictionary_examples(lexicon))
    entries = "".join(f"{head} | {pos} | {gloss}\n" for head, pos, gloss, *_ in rows)
    return counter()(entries + "".join(f"{text} | {english}\n" for *_, text, english in rows if text))


def _write(out: Path, lexicon: Lexicon, scaled: Scaled, train: list[build.Pair], test: list[build.Pair]) -> None:
    start = len(train) + 1
    more = [(f"s{n:05}", pair.made.text, pair.english) for n, pair in enumerate(scaled.pairs, start=start)]
    examples = build.dictionary_examples(lexicon)
    build.write_tables(out, build.dictionary_rows(lexicon, examples), [*train, *more], test)
    a_chapter = EXAMPLES_A_SECTION * SECTIONS_A_CHAPTER
    for at in range(0, len(scaled.glossed), a_chapter):
        number = 11 + at // a_chapter
        text = _chapter(lexicon, number, scaled.glossed[at : at + a_chapter])
        (out / "grammar" / f"{number}-sentences.md").write_text(text, encoding="utf-8", newline="\n")


def _chapter(lexicon: Lexicon, number: int, pairs: list[Pair]) -> str:
    lines = [f"# Sentences with glosses, {number - 10}"]
    for at in range(0, len(pairs), EXAMPLES_A_SECTION):
        section = pairs[at : at + EXAMPLES_A_SECTION]
        notice = _notice(lexicon, [key for pair in section for key in pair.keys])
        lines += [f"## Section {at // EXAMPLES_A_SECTION + 1}", *([f"New words: {notice}."] if notice else [])]
        lines += [block(f"({number}.{at + n})", pair.made, pair.english) for n, pair in enumerate(section, start=1)]
    return "\n\n".join(lines) + "\n"


def _notice(lexicon: Lexicon, keys: Sequence[str]) -> str:
    return ", ".join(f"*{lexicon.headword(lexicon.lexemes[key])}* '{lexicon.lexemes[key].glosses[0]}'" for key in keys)


def main() -> None:
    """Read the command line and write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokens", type=int, required=True, help="size of the packed context (o200k_base)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the corpus to")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other sentences")
    wanted = parser.parse_args()
    print(f"{wanted.out}: about {scale(wanted.tokens, wanted.out, wanted.seed):,} tokens")


if __name__ == "__main__":
    main()
