"""Write the committed corpus of Tarivel from its sources: `python -m benchmarks.samplelang.build [FOLDER]`.

The sources are `lexicon.tsv`, `sentences.txt`, `examples.txt` and the chapters of `grammar/`; every form of the
language in what is written comes from the engine. Equal sources give equal bytes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.samplelang.chapters import render
from benchmarks.samplelang.lexicon import IRREGULAR, Lexeme, Lexicon, read_lexicon
from benchmarks.samplelang.morphology import CLITICS, NOMINAL, VERBAL, FeatureError, Suffix
from benchmarks.samplelang.phonology import shape
from benchmarks.samplelang.realise import Item, SpecError, read_items, realise

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "corpora" / "tarivel"
CODE = "qtv"
CONTACT = "eng"
TEST_SHARE = 0.115
SEED = 7

# One base of each kind that a suffix can stand after: dark and light; vowel, voiced, voiceless, l.
_BASES = ("tamu", "sovi", "tar", "mer", "tas", "mes", "tal", "mel")

Row = Sequence[str]
Pair = tuple[str, str, str]


def dictionary_rows(lexicon: Lexicon, examples: dict[str, tuple[str, str]]) -> list[Row]:
    """Return the rows of the dictionary in alphabetical order: words, irregular forms, affixes and clitics."""
    rows = [_entry(lexicon, lexeme, examples) for lexeme in lexicon.lexemes.values()]
    rows += [(form, "pron", meaning, "", "") for form, _, meaning in IRREGULAR.values()]
    rows += [
        (lexeme.note.removeprefix("past="), "v", f"{lexeme.glosses[0]} (stem before past and perfect suffixes)", "", "")
        for lexeme in lexicon.lexemes.values()
        if lexeme.note.startswith("past=")
    ]
    rows += [row for suffix in (*NOMINAL, *VERBAL, *CLITICS) for row in _affix(suffix)]
    rows.sort(key=lambda row: (row[0].strip("-=").lower(), row))
    return [(head, pos, gloss, f"d{i:04}", *rest) for i, (head, pos, gloss, *rest) in enumerate(rows, start=1)]


def _entry(lexicon: Lexicon, lexeme: Lexeme, examples: dict[str, tuple[str, str]]) -> Row:
    example, translation = examples.get(lexeme.key, ("", ""))
    return (lexicon.headword(lexeme), lexeme.pos, "; ".join(lexeme.glosses), example, translation)


def _affix(suffix: Suffix) -> Iterator[Row]:
    if not suffix.shape:
        return
    clitic = suffix in CLITICS
    shapes = dict.fromkeys(shape(base, suffix.shape) for base in _BASES)
    for form in shapes:
        if suffix.gloss == "SUP":
            yield f"{form}-", "prefix", suffix.meaning, "", ""
        else:
            yield ("=" if clitic else "-") + form, "clitic" if clitic else "suffix", suffix.meaning, "", ""


def pairs(lexicon: Lexicon, items: Iterable[Item], source: str) -> list[tuple[Item, str]]:
    """Return each item with its sentence in Tarivel. Raises SpecError with the line that cannot be realised."""
    made = []
    for item in items:
        try:
            made.append((item, realise(lexicon, item.spec, item.english).text))
        except FeatureError as error:
            raise SpecError(f"{source}:{item.line}: {error}\n    {item.spec}") from error
    return made


def split(sentences: Sequence[tuple[Item, str]]) -> tuple[list[Pair], list[Pair]]:
    """Return training and test pairs: the same share of every topic is held out, by a fixed seed."""
    topics: dict[str, list[int]] = {}
    for at, (item, _) in enumerate(sentences):
        topics.setdefault(item.topic, []).append(at)
    chance = random.Random(SEED)
    held = {at for members in topics.values() for at in chance.sample(members, round(TEST_SHARE * len(members)))}
    train: list[Pair] = []
    test: list[Pair] = []
    for at, (item, text) in enumerate(sentences):
        into, letter = (test, "t") if at in held else (train, "s")
        into.append((f"{letter}{len(into) + 1:04}", text, item.english))
    return train, test


def write_tsv(path: Path, header: Row, rows: Iterable[Row]) -> None:
    """Write a table; no field holds a tab or a line break."""
    path.write_text("".join("\t".join(row) + "\n" for row in (header, *rows)), encoding="utf-8", newline="\n")


def write_corpus(folder: Path, lexicon: Lexicon | None = None) -> None:
    """Write dictionary, sentences, test set and grammar into `folder`. Raises SpecError."""
    lexicon = lexicon or read_lexicon()
    (folder / "grammar").mkdir(parents=True, exist_ok=True)
    write_tables(folder, dictionary_rows(lexicon, dictionary_examples(lexicon)), *split(all_pairs(lexicon)))
    for template in sorted((HERE / "grammar").glob("*.md")):
        (folder / "grammar" / template.name).write_text(render(lexicon, template), encoding="utf-8", newline="\n")


def write_tables(folder: Path, entries: Iterable[Row], train: Iterable[Row], test: Iterable[Row]) -> None:
    """Write the three tables of a corpus folder."""
    header = ("headword", "part_of_speech", "gloss", "id", "example", "translation")
    write_tsv(folder / "dictionary.tsv", header, entries)
    write_tsv(folder / "sentences.tsv", ("id", CODE, CONTACT), train)
    write_tsv(folder / "test.tsv", ("id", CODE, CONTACT), test)


def all_pairs(lexicon: Lexicon) -> list[tuple[Item, str]]:
    """Return every hand-written sentence with its realisation."""
    return pairs(lexicon, read_items(HERE / "sentences.txt"), "sentences.txt")


def dictionary_examples(lexicon: Lexicon) -> dict[str, tuple[str, str]]:
    """Return the example and its translation of each headword that has one, by the lexeme's key."""
    made = pairs(lexicon, read_items(HERE / "examples.txt"), "examples.txt")
    return {item.topic: (text, item.english) for item, text in made}


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
