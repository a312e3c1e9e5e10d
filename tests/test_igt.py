"""What morpheme marks mean, shown on the examples of the Leipzig Glossing Rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxlearn.data import Example
from ctxlearn.igt import is_pair, surface, unmarked

# https://www.eva.mpg.de/lingua/resources/glossing-rules.php, by the number of the rule
LEIPZIG = [
    (2, "Gila abur-u-n ferma hamišaluǧ güǧüna amuq’-da-č", "now they-OBL-GEN farm forever behind stay-FUT-NEG"),
    (2, "palasi=lu niuirtur=lu", "priest=and shopkeeper=and"),
    (4, "çık-mak", "come_out-INF"),
    (9, "b<um>ili", "<ACTFOC>buy"),
    (10, "yerak~rak-im", "green~ATT-M.PL"),
]
SURFACES = [
    "Gila aburun ferma hamišaluǧ güǧüna amuq’dač",
    "palasilu niuirturlu",
    "çıkmak",
    "bumili",
    "yerakrakim",
]


@pytest.mark.parametrize(
    ("words", "glosses", "plain"), [(w, g, s) for (_, w, g), s in zip(LEIPZIG, SURFACES, strict=True)]
)
def test_the_marks_of_the_leipzig_rules_are_taken_out(words: str, glosses: str, plain: str) -> None:
    assert surface(tuple(words.split()), tuple(glosses.split())) == plain


def test_a_hyphen_of_the_spelling_stays_when_the_gloss_has_no_mark() -> None:
    assert surface(("mu-mu", "ka-t"), ("slowly", "2SG-OBJ")) == "mu-mu kat"


def test_every_mark_goes_when_words_and_glosses_cannot_be_paired() -> None:
    assert surface(("mu-mu", "he"), ("slowly",)) == "mumu he"


def test_a_clitic_mark_goes_even_when_the_gloss_forgot_it() -> None:
    assert surface(("ka=at",), ("you",)) == "kaat"


def test_words_joined_by_an_underscore_come_apart_and_punctuation_closes_up() -> None:
    assert surface(("in_spite", "of", ",", "no", "!"), ("a", "b", ",", "c", "!")) == "in spite of, no!"


@given(
    st.lists(st.text("ab-=~.,_", min_size=1, max_size=6)).map(tuple), st.lists(st.text("ab-", max_size=3)).map(tuple)
)
def test_a_surface_is_one_clean_line_without_clitic_marks(words: tuple[str, ...], glosses: tuple[str, ...]) -> None:
    plain = surface(words, glosses)
    assert plain == " ".join(plain.split())
    assert not set(plain) & {"=", "_"}


def test_only_marks_between_letters_are_unmarked() -> None:
    assert unmarked("ka=at=a - <b> gong-gung=") == "kaata - <b> gonggung="


@pytest.mark.parametrize(
    ("example", "pair"),
    [
        (Example("ma he", "he goes"), True),
        (Example("ma he", "he goes", judgement="*"), False),
        (Example("ma he", ""), False),
        (Example("", "he goes"), False),
    ],
)
def test_only_what_has_both_sides_and_no_judgement_is_a_pair(example: Example, pair: bool) -> None:
    assert is_pair(example) is pair
