"""Sentences from their specifications: `English | spec`.

A specification is the sentence in the order of Tarivel: one `key.feature.feature=clitic` for each word, with its
punctuation (`dog.P.e fish eat.p.6, cat sleep.p`). Capitals and quotation marks are set here; the last punctuation mark
is that of the English unless the specification has its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.samplelang.lexicon import Lexicon
from benchmarks.samplelang.morphology import CLITIC_CODES, FeatureError, Stem, attach

_TOKEN = re.compile(r'^(?P<open>"?\^?)(?P<word>[\w.+]+?)(?P<clitics>(?:=\w+)*)(?P<close>[.,?!;:…"]*)$')
_FIRST = re.compile(r'(^"?|[.?!…] "?|[.?!…,:]"? "|\." |\^)(\w)')
_END = re.compile(r'[.?!…:]+"?$')


class SpecError(ValueError):
    """A specification that cannot be realised: where, and why."""


@dataclass(frozen=True, slots=True)
class Realised:
    """A sentence in Tarivel: its plain text, and the interlinear words and glosses that belong to each other."""

    text: str
    words: tuple[str, ...]
    glosses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a sentence file: the English, the specification, the topic it stands under, and its line."""

    english: str
    spec: str
    topic: str
    line: int


def read_items(path: Path) -> Iterator[Item]:
    """Read a sentence file: `# topic` lines, and `English | spec` lines. Raises SpecError."""
    topic = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            topic = line.lstrip("# ")
        elif line.strip():
            english, found, spec = line.partition("|")
            if not found:
                raise SpecError(f"{path.name}:{number}: expected `English | spec`, found {line!r}")
            yield Item(curly(english.strip()), spec.strip(), topic, number)


def word(lexicon: Lexicon, spec: str) -> Stem:
    """Return the word of `key.feature=clitic`. Raises FeatureError."""
    plain, *clitics = spec.split("=")
    made = lexicon.word(plain)
    for code in clitics:
        if code not in CLITIC_CODES:
            raise FeatureError(f"no clitic {code!r}")
        made = attach(made, CLITIC_CODES[code], mark="=")
    return made


def realise(lexicon: Lexicon, spec: str, english: str = "") -> Realised:
    """Return the sentence that `spec` stands for, with the final punctuation of `english`. Raises FeatureError."""
    tokens = spec.split()
    ending = _END.search(english.replace("“", '"').replace("”", '"'))
    if ending and not _END.search(tokens[-1]):
        tokens[-1] += ending[0] if tokens[-1].count('"') + spec.count('"') > 0 else ending[0].rstrip('"')
    words, glosses = [], []
    for token in tokens:
        matched = _TOKEN.match(token)
        if not matched:
            raise FeatureError(f"not a word: {token!r}")
        made = word(lexicon, matched["word"] + matched["clitics"])
        words.append(matched["open"] + "".join(m.mark + m.form for m in made.morphs) + matched["close"])
        glosses.append("".join(m.mark + m.gloss for m in made.morphs))
    lined = curly(_capitals(" ".join(words)))
    plain = re.sub(r"(?<=\w)[-=](?=\w)", "", lined)
    return Realised(plain, tuple(lined.split(" ")), tuple(glosses))


def _capitals(text: str) -> str:
    # After `!" ` or `?" ` the sentence usually goes on ("Come!" he said); `^` says that a new one begins.
    return _FIRST.sub(lambda found: found[1].strip("^") + found[2].upper(), text)


def curly(text: str) -> str:
    """Return `text` with its straight quotation marks turned into opening and closing ones."""
    text = re.sub(r'(^|[\s(])"', r"\1“", text)
    return text.replace('"', "”")
