"""What the embedded model reads off glosses: where morphemes stand, what they are linked to, how words part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxlearn.data import Direction, Example, Language
from ctxlearn.models.embedded import subwords
from ctxlearn.models.embedded.align import Text, align, gridded, numbered
from ctxlearn.models.embedded.anchors import NO_ANCHORS, Anchors, anchors
from ctxlearn.models.embedded.glossed import Line, Morpheme, line, parted, placed
from ctxlearn.models.embedded.material import gather
from ctxlearn.render import Reading

WORDS = st.lists(st.text("abcdéŋ'.,-=", min_size=1, max_size=6), max_size=8)


def links(
    words: Sequence[str], glossed: Line, translation: Sequence[str], *, turned: bool = False
) -> set[tuple[str, str]]:
    """Return which letters of a sentence and its translation are linked."""
    one, other = "".join(words), "".join(translation)
    rows = anchors({0: placed(words, glossed)}, [translation], turned=turned).rows.tolist()
    spans = [(row[3:], row[1:3]) if turned else (row[1:3], row[3:]) for row in rows]
    return {(one[slice(*own)], other[slice(*meant)]) for own, meant in spans}


def sides(*pairs: tuple[str, str]) -> tuple[Text, Text]:
    letters = {letter: number for number, letter in enumerate("abcdexyz")}
    one, other = (numbered([list(pair[side]) for pair in pairs], letters) for side in (0, 1))
    return one, other


@given(WORDS, st.lists(st.tuples(st.text("abcd-='.", max_size=6), st.text("abG.-=3", max_size=6)), max_size=8))
def test_morphemes_stand_in_the_sentence_one_behind_the_other(words: list[str], glossed: list[tuple[str, str]]) -> None:
    found = placed(words, glossed)
    ends = [0, *(it.end for it in found)]
    assert all(before <= it.begin < it.end for before, it in zip(ends, found, strict=False))
    assert ends[-1] <= len("".join(words))


@given(st.lists(st.lists(st.sampled_from(("ka", "at", "ruo", "n")), min_size=1, max_size=4), min_size=1, max_size=6))
def test_a_word_is_parted_as_it_was_glossed(words: list[list[str]]) -> None:
    sentence = ["".join(parts) for parts in words]
    found = placed(sentence, [("-".join(parts), "-".join("X" for _ in parts)) for parts in words])
    for word, parts in parted([(sentence, found)]).items():
        assert "".join(parts) == word
        assert list(parts) in words


def test_most_sentences_say_how_a_word_is_parted() -> None:
    ways = [Morpheme(0, 2, ()), Morpheme(2, 4, ())], [Morpheme(0, 4, ())]
    assert parted([(["kaat"], ways[0]), (["kaat"], ways[1]), (["kaat"], ways[0])]) == {"kaat": ("ka", "at")}


def test_a_word_that_is_not_spelled_as_it_was_analysed_stays_whole() -> None:
    found = placed(["esaun", "ra"], [("esun=a", "father=FOC"), ("ra", "go")])
    assert found == [Morpheme(0, 5, ("father", "FOC")), Morpheme(5, 7, ("go",))]
    assert parted([(["esaun", "ra"], found)]) == {"esaun": ("esaun",), "ra": ("ra",)}


def test_words_that_only_one_line_has_are_left_out() -> None:
    found = placed(["ka", "mera", "ra"], [("ka", "2SG"), ("ra", "go")])
    assert [(it.begin, it.end) for it in found] == [(0, 2), (6, 8)]


def test_an_example_without_a_gloss_for_each_word_tells_nothing() -> None:
    assert line(Example("ka ra", "You go.", analyzed_words=("ka", "ra"), glosses=("2SG",))) == ()


@pytest.mark.parametrize("turned", [False, True])
def test_a_morpheme_is_linked_to_the_word_that_its_gloss_is(turned: bool) -> None:
    glossed = [("bal=at", "dog=OBJ"), ("kome", "see")]
    assert {("bal", "dogs"), ("kome", "sees")} <= links(
        ["balat", "kome"], glossed, ["she", "sees", "dogs"], turned=turned
    )


def test_a_category_is_linked_by_the_company_it_keeps() -> None:
    book = [
        (["balat", "kome"], [("bal=at", "dog=OBJ"), ("kome-n", "see-3SG")], ["she", "sees", "dogs"]),
        (["ran"], [("ra-n", "go-3SG")], ["she", "goes"]),
        (["nan"], [("na-n", "drink-3SG")], ["she", "drinks"]),
    ]
    glossed = {n: placed(words, it) for n, (words, it, _) in enumerate(book)}
    rows = anchors(glossed, [translation for *_, translation in book], turned=False).rows.tolist()
    assert [1, 2, 3, 0, 3] in rows  # the n of "ran" and "she"
    assert [2, 2, 3, 0, 3] in rows


def test_nothing_is_told_of_an_example_beyond_all_measure() -> None:
    words = ["ra"] * 5000
    assert not len(anchors({0: placed(words, [("ra", "go")] * 5000)}, [["go"] * 5000], turned=False).rows)
    assert placed(words, [("ra", "go")] * 4999) == []


@pytest.mark.parametrize(("gloss", "translation"), [("go", ["…"]), ("-", ["goes"]), ("", [])])
def test_nothing_is_told_where_a_gloss_or_a_translation_has_no_word(gloss: str, translation: list[str]) -> None:
    assert links(["ra"], [("ra", gloss)], translation) == set()


def test_what_glosses_tell_decides_between_links_that_are_as_probable() -> None:
    one, other = sides(*[("ab", "xy"), ("cd", "zx")] * 3)
    grids = gridded(one, other)
    told = Anchors(np.array([[0, 0, 1, 1, 2], [0, 1, 2, 0, 1]]))
    prior = told.prior(one, other, grids.begins, np.ones(8, np.int64), np.ones(8, np.int64))
    assert align(one, other, grids, prior=prior)[:4].tolist() == [False, True, True, False]


def test_a_piece_is_told_of_if_it_has_more_than_half_of_its_letters_in_a_morpheme() -> None:
    one, other = sides(("abc", "x"))
    sizes = np.array([1, 2, 3, 1, 1, 1, 1, 1])  # a, bb, ccc
    told = Anchors(np.array([[0, 0, 2, 0, 1]]))
    prior = told.prior(one, other, gridded(one, other).begins, sizes, np.ones(8, np.int64))
    assert (prior > 1).tolist() == [True, False, False]
    assert not len(NO_ANCHORS.prior(one, other, gridded(one, other).begins, sizes, sizes))


def test_no_piece_is_learned_across_morphemes() -> None:
    stems = [one + vowel + other for one in "klmnprst" for vowel in "aio" for other in "klmn"]
    parts = {stem + "eta": (stem, "eta") for stem in stems}
    by = subwords.learn(dict.fromkeys(parts, 3), 150, parts)
    assert all(by.cut([word])[-1] == "eta" for word in parts)


def test_both_directions_read_the_same_glosses() -> None:
    example = Example("balat kome", "She sees dogs.", analyzed_words=("bal=at", "kome"), glosses=("dog=OBJ", "see"))
    book = Reading(Language("Tok", "tok"), Language("English", "eng"), (), (example, Example("ra", "Go.")), ())
    one, other = (gather(book, Direction(*codes)) for codes in (("tok", "eng"), ("eng", "tok")))
    assert one.lines == {("balat kome", "She sees dogs."): (("bal=at", "dog=OBJ"), ("kome", "see"))}
    assert other.lines == {pair[::-1]: found for pair, found in one.lines.items()}
    assert other.turned and not one.turned
