"""What changed in a book between two readings, and how two wordings of a sentence differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ctxlearn.changes import changes, material
from ctxlearn.data import Block, Entry, Example, Sense
from ctxlearn.formats.base import Material
from ctxlearn.wording import differences


def entry(headword: str, gloss: str, number: int = 0) -> Entry:
    return Entry(headword, (Sense(gloss),), language="qaa", id=f"words:{number}")


def test_a_record_is_told_by_its_words_not_by_its_line() -> None:
    before = [entry("kali", "water", 1), entry("mola", "dog", 2)]
    after = [entry("tari", "he", 1), entry("kali", "water", 2), entry("mola", "dog; hound", 3)]
    found = changes(material(before), material(after))
    assert (len(found.added), len(found.removed), found.same) == (1, 0, 1)
    assert "tari" in found.added[0]
    ((was, now),) = found.altered
    assert "hound" not in was
    assert "hound" in now


def test_what_is_equal_has_no_changes() -> None:
    found = Material((entry("kali", "water"),), (Example("Tari mola.", "He is a dog."),), (Block("A paragraph."),))
    assert not changes(found, found)
    assert changes(found, found).same == 3


def test_a_record_that_stands_twice_and_then_once_is_removed_once() -> None:
    twice = [entry("kali", "water", 1), entry("kali", "water", 2)]
    found = changes(material(twice), material(twice[:1]))
    assert (len(found.removed), found.same) == (1, 1)


def test_a_wording_in_a_script_without_blanks_differs_letter_by_letter() -> None:
    found = [(it.text, it.whose) for it in differences("我看见狗", "我看见猫")]
    assert found == [("我看见", "both"), ("狗", "translation"), ("猫", "reference")]
    assert not any(it.apart for it in differences("我看见狗", "我看见猫"))


@given(st.text("abc ,.É", max_size=30), st.text("abc ,.É", max_size=30))
def test_the_pieces_of_either_side_are_that_side(one: str, other: str) -> None:
    found = differences(one, other)
    for text, whose in ((one, "translation"), (other, "reference")):
        mine = "".join(it.text for it in found if it.whose in (whose, "both"))
        assert mine.replace(" ", "").casefold() == text.replace(" ", "").casefold()
