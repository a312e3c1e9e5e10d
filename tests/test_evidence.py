"""Which records speak of a word, and whether exactly that form is attested."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn.data import Block, Direction, Entry, Example, Language, Record, Sense
from ctxlearn.evidence import Evidence, Found, TokenEvidence, fold, search, tokens

TOY, ENGLISH, CHINESE = Language("Toy", "qaa"), Language("English", "eng"), Language("Chinese", "zho")
OUT = Direction("qaa", "eng")


def entry(headword: str, *senses: str, language: str = "qaa", variants: tuple[str, ...] = ()) -> Entry:
    meanings = tuple(map(Sense, senses))
    return Entry(headword, meanings, "n", variants, language=language, id=headword, place="words.tsv:2")


GLOSSED = Example("Kumora.", "On a stone.", ("kumo-ra",), ("stone-LOC",), number="(4)")
SECTIONS: dict[str, Sequence[Record]] = {
    "dictionary": [
        entry("tari", "dog", "hound", variants=("tare",)),
        entry("mola", "fish"),
        entry("lam", "run"),
        entry("water", "veda", language="eng"),
    ],
    "examples": [
        Example("Tarin molake suma, wani.", "Yesterday a big dog ate the fish.", id="x1", place="pairs.tsv:2"),
        Example("Tarin suma.", "The dog eats.", id="x2", place="pairs.tsv:3"),
    ],
    "grammar": [
        Block("Of *-ke*, *mola* and `hulo`; mina is a word of English here.", id="b1", place="g.md:3"),
        Block(example=GLOSSED, id="b2", place="g.md:7"),
    ],
}
INDEX = Evidence(TOY, ENGLISH, SECTIONS)


def of(word: str, code: str = "qaa") -> TokenEvidence:
    (found,) = INDEX.of(word, code, "source")
    return found


def where(found: Sequence[Found]) -> list[tuple[str, str]]:
    return [(it.section, it.id) for it in found]


def test_a_headword_is_attested_and_its_entry_shown_as_it_is_packed() -> None:
    found = of("Tari")
    assert found.attested
    assert found.records[0] == Found("dictionary", "tari", "tari | n | dog | hound | ~ tare", "words.tsv:2")


def test_another_form_of_a_headword_is_attested() -> None:
    assert of("tare").attested


def test_a_form_of_a_sentence_is_attested_and_its_stem_leads_to_the_entry() -> None:
    found = of("tarin")
    assert found.attested
    assert where(found.records) == [("dictionary", "tari"), ("examples", "x2"), ("examples", "x1")]


def test_a_form_that_stands_nowhere_is_not_attested_though_its_stem_is() -> None:
    found = of("molara")
    assert not found.attested
    assert where(found.records) == [("dictionary", "mola")]


@pytest.mark.parametrize("word", ["zzz", "molarakelume", "lamlamlam"])
def test_a_word_of_which_less_than_half_is_known_has_no_evidence(word: str) -> None:
    assert of(word) == TokenEvidence(word, "source", False, ())


def test_a_morpheme_of_a_glossed_example_is_attested() -> None:
    found = of("kumo")
    assert found.attested
    assert where(found.records) == [("grammar", "b2")]
    assert found.records[0].text == "(4) Kumora. | On a stone."


def test_prose_speaks_of_what_it_sets_off_as_a_form_and_attests_nothing() -> None:
    assert ("grammar", "b1") in where(of("mola").records)
    assert where(of("hulo").records) == [("grammar", "b1")]
    assert not of("hulo").attested
    assert of("mina").records == ()


def test_the_contact_language_has_evidence_of_its_own() -> None:
    assert where(of("dog", "eng").records) == [("dictionary", "tari"), ("examples", "x2"), ("examples", "x1")]
    assert not of("dog").attested


def test_an_entry_whose_headword_is_in_the_contact_language_serves_the_right_sides() -> None:
    assert where(of("veda").records) == where(of("water", "eng").records) == [("dictionary", "water")]


def test_each_form_is_shown_once_in_the_order_of_the_sentence_source_before_target() -> None:
    found = INDEX.for_pair("Tari mola tari", "dog fish", OUT)
    assert [(it.token, it.side) for it in found] == [
        ("Tari", "source"),
        ("mola", "source"),
        ("tari", "source"),
        ("dog", "target"),
        ("fish", "target"),
    ]


def test_case_and_the_kind_of_apostrophe_make_no_difference() -> None:
    assert fold("Mo’LA") == fold("mo'la") == fold("moʼla")


def test_coverage_is_the_share_of_types_and_of_tokens_that_are_attested() -> None:
    assert INDEX.coverage(["Tari, tari! Xyz mola.", "Abc."], "qaa") == (2 / 4, 3 / 5)
    assert INDEX.coverage([], "qaa") == INDEX.coverage([" … "], "qaa") == (1.0, 1.0)


def test_a_script_without_blanks_is_cut_by_the_longest_known_words() -> None:
    index = Evidence(TOY, CHINESE, {"dictionary": [entry("tari", "狗"), entry("gan", "咳嗽"), entry("ti", "咳")]})
    assert [it.token for it in index.of("狗咳嗽了。", "zho", "source")] == ["狗", "咳嗽", "了"]
    assert [it.attested for it in index.of("狗咳嗽了。", "zho", "source")] == [True, True, False]


def test_punctuation_and_marks_are_no_words() -> None:
    assert tokens("«Ma», he'a mu-mu -- … 3 °!") == ["Ma", "he'a", "mu-mu", "3"]


def test_a_word_of_a_megabyte_is_looked_up_at_once() -> None:
    assert of("tari" * 250_000).records == ()


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_whatever_is_asked_is_answered_word_by_word(text: str) -> None:
    found = INDEX.of(text, "qaa", "source")
    assert [it.token for it in found] == list(dict.fromkeys(tokens(text)))
    types, share = INDEX.coverage([text], "qaa")
    assert 0 <= types <= 1
    assert 0 <= share <= 1


def test_vowel_signs_stay_with_their_letters_in_every_script() -> None:
    assert tokens("किताब अच्छी है।") == ["किताब", "अच्छी", "है"]
    assert tokens("กินข้าว", {"กิน"}) == ["กิน", "ข้", "า", "ว"]
    assert tokens("กินข้าว", {"กิน", "ข้าว"}) == ["กิน", "ข้าว"]


def test_figures_and_letters_in_a_text_without_blanks_stay_whole() -> None:
    assert tokens("我2016年去OK店", {"店", "年去"}) == ["我", "2016", "年去", "OK", "店"]


def test_a_search_finds_records_by_any_part_of_their_text_or_headings() -> None:
    sections: dict[str, tuple[Record, ...]] = {
        "dictionary": (Entry("Wara", (Sense("bread"),), id="e1", place="d:1"),),
        "grammar": (Block("A paragraph.", headings=("Verbs of BREAD",), place="g:1"), Block("Another one.")),
    }
    assert [(it.section, it.text, it.place) for it in search(sections, "bread")] == [
        ("dictionary", "Wara |  | bread", "d:1"),
        ("grammar", "A paragraph.", "g:1"),
    ]
    assert not list(search(sections, "br.ad"))
