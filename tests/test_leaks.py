"""Every kind of planted leak is found, and what is no leak is left alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn import context, corpus, leaks, manifest, render
from ctxlearn.corpus import Item, TestSet
from ctxlearn.data import Block, Entry, Example, Record, Sense
from ctxlearn.errors import LeakError
from tests.tiny import change, contents, copy_of_tiny

LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"

SENTENCE, MEANING = "Kariakibon ma gonggungat wele.", "Kariakibon, she called the vegetables."
SHORT, SHORT_MEANING = "Ma he ra.", "He is off."
HELD_OUT = TestSet(
    "dev",
    (
        Item("long", {"kgv": (SENTENCE,), "eng": (MEANING,)}),
        Item("short", {"kgv": (SHORT,), "eng": (SHORT_MEANING,)}),
        Item("two", {"kgv": ("Ma kos.",), "eng": ("It grows.",)}),
        Item("zho", {"kgv": ("Bo.",), "eng": ("他病得很厉害。",)}),
    ),
)
ENTRY = Entry("wele", (Sense("vegetables"),), "n", language="kgv", id="e1", place="words.tsv:2")
PAIR = Example("Ma wele nan.", "She eats.", id="x1", place="pairs.tsv:2")
GLOSSED = Example("Wele nan.", "Eat it.", ("wele", "nan"), ("vegetables", "eat"), id="g1", place="book.tex:7")


def found(record: Record, *tests: TestSet) -> list[tuple[str, str, str]]:
    """Which sides of the held-out set stand in a record, and how."""
    return [(it.test_id, it.side, it.kind) for it in leaks.find(tests or [HELD_OUT], {"examples": [record]})]


PLANTED = {
    "the exact sentence": replace(PAIR, primary_text=SENTENCE),
    "another case": replace(PAIR, primary_text=SENTENCE.upper()),
    "no punctuation": replace(PAIR, primary_text="kariakibon ma gonggungat wele"),
    "more punctuation": replace(PAIR, primary_text="«Kariakibon», ma: gonggungat… wele?!"),
    "morpheme marks": replace(PAIR, primary_text="Kariak=ibon ma gonggung-at wele"),
    "other blanks": replace(PAIR, primary_text="Kariakibon  ma\u00a0gonggungat\twele ."),
    "blanks at other places": replace(PAIR, primary_text="Karia kibon magonggung at wele."),
    "full-width letters": replace(PAIR, primary_text="Ｋａｒｉａｋｉｂｏｎ ma gonggungat wele."),
    "within a longer sentence": replace(PAIR, primary_text=f"Go dung, {SENTENCE[:-1]} me, reon."),
    "in the line of words": replace(GLOSSED, analyzed_words=("kariak=ibon", "ma", "gonggung=at", "wele")),
    "in the line of glosses": replace(GLOSSED, glosses=("kariakibon", "ma", "gonggungat", "wele")),
    "as the source of an example": replace(GLOSSED, source=SENTENCE),
    "on the wrong side": replace(PAIR, translated_text=SENTENCE),
    "in a glossed example of the grammar": Block(example=replace(GLOSSED, primary_text=SENTENCE)),
    "in a paragraph": Block("One says *Kariakibon ma gonggungat\nwele* in the morning."),
    "in a table": Block("| kariakibon | ma | gonggungat | wele |"),
    "in a definition": replace(ENTRY, senses=(Sense("as in: kariakibon ma gonggungat wele"),)),
    "in a note of an entry": replace(ENTRY, notes=(SENTENCE,)),
}


@pytest.mark.parametrize("record", PLANTED.values(), ids=PLANTED)
def test_a_planted_sentence_is_found(record: Record) -> None:
    assert [side[:2] for side in found(record)] == [("long", "kgv")]


def test_the_translation_alone_is_a_leak_of_the_other_side() -> None:
    assert found(replace(PAIR, translated_text=MEANING)) == [("long", "eng", "contained")]


def test_every_reference_of_a_test_record_is_looked_for() -> None:
    more = TestSet("dev", (Item("a", {"kgv": ("Bo.",), "eng": ("He went.", "He has gone away today.")}),))
    assert found(replace(PAIR, translated_text="he has gone away today"), more) == [("a", "eng", "contained")]


def test_more_than_half_of_the_twelve_grams_is_a_leak_and_half_of_them_is_not() -> None:
    letters = "abcdefghijklmnopqrstuvwx"  # 13 twelve-grams
    held_out = TestSet("dev", (Item("a", {"kgv": (letters,), "eng": ("x",)}),))
    seven, six = letters[: 12 + 6], letters[: 12 + 5]
    assert found(replace(PAIR, primary_text=f"{seven}!0"), held_out) == [("a", "kgv", "overlap")]
    assert found(replace(PAIR, primary_text=f"{six}!0"), held_out) == []


def test_the_shared_grams_of_one_record_count_together_and_those_of_two_do_not() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"  # 25 twelve-grams
    held_out = TestSet("dev", (Item("a", {"kgv": (letters,), "eng": ("x",)}),))
    one, two = replace(PAIR, primary_text=letters[:18]), replace(PAIR, primary_text=letters[18:])
    assert found(replace(one, translated_text=letters[18:]), held_out) == [("a", "kgv", "overlap")]
    assert leaks.find([held_out], {"examples": [one, two]}) == []


@pytest.mark.parametrize("text", ["Go dung, ma he ra, eh.", "MA HE RA", "ma=a he ra; ma he-ra ma he ra", "(ma he ra)"])
def test_three_words_of_less_than_twelve_letters_are_found_as_words(text: str) -> None:
    assert ("short", "kgv", "contained") in found(replace(PAIR, primary_text=text))


@pytest.mark.parametrize("text", ["Kama he ra.", "Ma he rap.", "ma he", "ra he ma"])
def test_a_short_sentence_is_not_found_inside_other_words(text: str) -> None:
    assert found(replace(PAIR, primary_text=text)) == []


def test_a_short_sentence_of_a_script_without_blanks_is_found_within_a_longer_one() -> None:
    assert found(replace(PAIR, translated_text="听说他病得很厉害，是吗？")) == [("zho", "eng", "contained")]
    assert found(replace(PAIR, translated_text="他病得很轻")) == []


NO_LEAKS = {
    "a headword": replace(ENTRY, headword=SENTENCE),
    "another form of a headword": replace(ENTRY, variants=(SENTENCE,)),
    "a gloss by itself": replace(ENTRY, senses=(Sense(MEANING),)),
    "a short gloss by itself": replace(ENTRY, senses=(Sense("to go"), Sense("he is off"))),
    "two words": replace(PAIR, primary_text="Ma kos.", translated_text="It grows."),
    "its words in another order": replace(PAIR, primary_text="Wele ma gonggungat kariakibon."),
    "nothing": Block(),
}


@pytest.mark.parametrize("record", NO_LEAKS.values(), ids=NO_LEAKS)
def test_what_is_no_leak_stays(record: Record) -> None:
    assert found(record) == []


def test_a_gloss_that_is_said_again_in_a_definition_is_a_leak() -> None:
    assert found(replace(ENTRY, senses=(Sense(MEANING), Sense(f"e.g. {MEANING}")))) == [("long", "eng", "contained")]
    assert found(replace(ENTRY, senses=(Sense(MEANING),), notes=(MEANING,))) == [("long", "eng", "contained")]


def test_leaks_are_listed_in_the_order_of_the_records_with_their_places() -> None:
    records = [replace(PAIR, primary_text=text, id=str(n)) for n, text in enumerate([SHORT, "no", SENTENCE])]
    listed = leaks.find([HELD_OUT], {"examples": records, "grammar": [Block(SENTENCE, id="b", place="b.md:3")]})
    assert [(it.section, it.record, it.place) for it in listed] == [
        ("examples", "0", "pairs.tsv:2"),
        ("examples", "2", "pairs.tsv:2"),
        ("grammar", "b", "b.md:3"),
    ]


# -- what packing does about them


def test_leaking_records_are_not_packed_and_the_others_are(tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    change(folder / "grammar.md", "# Verbs\n", "# Verbs\n\nThey say: *wani nanilun molake sumama!* That is all.\n")
    change(folder / "sentences.tsv", "s20\t", "s21\tMina gonara lasulu fita.\tBig birds fly in the sun.\ns20\t")
    packed = context.pack(contents(folder), len)
    assert [(it.test_id, it.side, it.place) for it in packed.leaks] == [
        ("d3", "eng", "sentences.tsv:21"),
        ("d1", "qaa", "grammar.md:31"),
    ]
    assert packed.removed == 2
    assert "s21" not in {record.id for record in packed.sections[1].records}
    assert "fly in the sun" not in packed.prefix
    assert "They say" not in packed.prefix
    assert "lasulu fitama" in packed.prefix
    assert "The past is" in packed.prefix


def test_a_heading_that_leaks_is_hidden_and_what_stands_below_it_stays(tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    change(folder / "grammar.md", "# Verbs", "# Birds fly in the sun")
    packed = context.pack(contents(folder), len)
    assert "fly in the sun" not in packed.prefix
    assert "## …\n\nThe past is" in packed.prefix
    assert [(it.test_id, it.kind, it.place) for it in packed.leaks] == [("d3", "contained", "grammar.md:31")]


def test_a_leak_that_survives_stops_everything_and_names_the_segment() -> None:
    tests = contents().tests
    prefix = render.write_opening(*[contents().corpus.language, contents().corpus.contact])
    prefix += "\n" + render.write_section("text", [Block("They said: tamin hulora selu.")])
    with pytest.raises(LeakError, match=r"held-out segment dev:d2 \(qaa\) still stands"):
        context.check(prefix, tests)


# -- against another implementation


def naive(test: TestSet, record: Record) -> set[tuple[str, str]]:
    """The rule of the design, written down a second time, slowly."""
    return {
        (item.id, code)
        for item in test.items
        for code, texts in item.texts.items()
        for text in texts
        if naive_leak(naive_text(text), [naive_text(field) for field in all_texts(record)], record)
    }


def naive_text(text: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text)).casefold()
    text = re.sub(r"(?<=\w)[-=~<>](?=\w)", "", unicodedata.normalize("NFKC", text))
    text = re.sub(r"(?<=\w)['’ʼ‘`´](?=\w)", "", text)
    return " ".join("".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in text).split())


def all_texts(record: Record) -> Iterator[str]:
    if isinstance(record, Entry):
        yield from (sense.description for sense in record.senses)
        yield from record.notes
        return
    example = record if isinstance(record, Example) else record.example
    if example is None:
        assert isinstance(record, Block)
        yield record.text
        return
    yield from (example.primary_text, example.translated_text, example.source)
    yield from (" ".join(example.analyzed_words), " ".join(example.glosses))


def naive_leak(side: str, fields: list[str], record: Record) -> bool:
    if isinstance(record, Entry):
        glosses = len(record.senses)
        fields = [field for field in fields[:glosses] if field != side] + fields[glosses:]
    if len(side.split()) >= 3 and any(f" {side} " in f" {field} " for field in fields):
        return True
    dense = side.replace(" ", "")
    grams = {dense[i : i + 12] for i in range(len(dense) - 11)}
    hits = {gram for gram in grams if any(gram in field.replace(" ", "") for field in fields)}
    return bool(grams) and len(hits) * 2 > len(grams)


words = st.sampled_from(["ma", "he", "kos", "wele", "gonggung", "kariakibon", "ka-t", "He's", "Ñ!"])
sentences = st.lists(words, min_size=1, max_size=5).map(" ".join)
records = st.one_of(
    st.builds(lambda s, t: replace(PAIR, primary_text=s, translated_text=t), sentences, sentences),
    st.builds(lambda *texts: Entry("x", tuple(map(Sense, texts))), sentences, sentences),
    st.builds(lambda *texts: Block("\n".join(texts)), sentences, sentences),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=4), records)
def test_the_index_finds_what_a_slow_search_finds(pairs: list[tuple[str, str]], record: Record) -> None:
    test = TestSet("t", tuple(Item(str(n), {"kgv": (s,), "eng": (t,)}) for n, (s, t) in enumerate(pairs)))
    assert {(it.test_id, it.side) for it in leaks.find([test], {"examples": [record]})} == naive(test, record)


@pytest.mark.real
def test_nothing_of_kalamang_s_held_out_sentences_remains(tmp_path: Path) -> None:
    kalamang = LANGUAGES / "kalamang"
    (tmp_path / "corpus.toml").write_text(
        '[language]\nname = "Kalamang"\ncode = "kgv"\n[contact]\nname = "English"\ncode = "eng"\n'
        f'[[source]]\nid = "dictionary"\nkind = "dictionary"\npath = "{kalamang}/dictionary-cldf"\n'
        f'[[source]]\nkind = "grammar"\npath = "{kalamang}/grammar-latex"\n'
        f'[[test]]\nname = "dev"\nids = "{kalamang}/splits/dev.ids"\nsource = "dictionary"\n',
        encoding="utf-8",
    )
    read = corpus.read(manifest.open_corpus(str(tmp_path)))
    packed = context.pack(read, len)
    (dev,) = read.tests
    assert len(dev.items) == 150
    assert packed.leaks
    kept = render.read(packed.prefix)
    everything: list[Record] = [*kept.entries, *kept.examples, *kept.blocks]
    assert len(everything) > 7000
    sides = {naive_text(text) for item in dev.items for texts in item.texts.values() for text in texts}
    grams = {side: grams_of(side) for side in sides}
    every_gram = set().union(*grams.values())
    for record in everything:
        fields = [f" {naive_text(text)} " for text in all_texts(record)]
        hits = {gram for field in fields for gram in grams_of(field)} & every_gram
        leaking = [side for side in sides if hits and len(grams[side] & hits) * 2 > len(grams[side])]
        assert [side for side in leaking if not (isinstance(record, Entry) and f" {side} " in fields)] == []


def grams_of(text: str) -> set[str]:
    dense = text.replace(" ", "")
    return {dense[i : i + 12] for i in range(len(dense) - 11)}
