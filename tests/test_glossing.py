"""Gloss lines under sentences."""

from __future__ import annotations

import pytest

from ctxlearn.data import Block, Entry, Example, Record, Sense
from ctxlearn.glossing import Glosses
from tests.tiny import contents

ENTRIES = (
    Entry("wara", (Sense("bread, loaf"), Sense("food")), variants=("bara",), language="kgv"),
    Entry("loaf", (Sense("wara"),), language="eng"),
    Entry("-nin", (Sense("not"),), language="kgv"),
)
SENTENCES = (
    Example("Ka warat na.", "You eat bread.", ("ka", "wara=t", "na"), ("2SG", "bread=OBJ", "eat")),
    Example("Ka warat na.", "You eat bread.", ("ka", "wara=t", "na"), ("2SG", "bread=OBJ", "eat")),
    Example("Ka he.", "That.", ("ka", "he"), ("that", "IAM")),
    Example("Na.", "Bad.", ("na",), ("wrong",), judgement="*"),
    Example("Ka mu na.", "x", ("ka", "mu", "na"), ("1SG", "3PL")),  # the lines do not match
)


@pytest.mark.parametrize(
    ("word", "gloss", "how"),
    [
        ("Warat", "bread=OBJ", "example"),
        ("ka", "2SG", "example"),  # what most examples call it
        ("wara", "bread", "entry"),
        ("BARA", "bread", "entry"),
        ("warain", "bread-in", "stem"),
        ("nenwara", "nen-bread", "stem"),
        ("nin", "not", "entry"),
        ("na", "eat", "example"),
        ("mu", "", ""),
        ("loaf", "", ""),  # a headword of the other language
    ],
)
def test_a_word_is_glossed_as_the_books_call_it(word: str, gloss: str, how: str) -> None:
    sections: dict[str, tuple[Record, ...]] = {
        "dictionary": ENTRIES,
        "grammar": tuple(Block(example=it) for it in SENTENCES),
    }
    found = Glosses(sections, "kgv").of(f"{word}!")
    assert [(it.word, it.gloss, it.how) for it in found] == [(word, gloss, how)]


def test_a_sentence_of_the_tiny_corpus_has_its_gloss_line() -> None:
    read = contents()
    entries = tuple(entry for part in read.parts for entry in part.material.entries)
    line = Glosses({"dictionary": entries}, "qaa").of("Pokin tarike kesu, zorbu.")
    assert [it.gloss for it in line] == ["man-n", "dog-ke", "see", ""]
