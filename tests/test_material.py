"""What the embedded model takes out of a context to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from ctxlearn.data import Block, Direction, Entry, Example, Language, Sense
from ctxlearn.models.embedded import material, text
from ctxlearn.models.embedded.learn import learn
from ctxlearn.models.embedded.translate import Corrections
from ctxlearn.render import Reading, write_opening

TOK, ENG = Language("Tok", "tok"), Language("English", "eng")
OUT, INTO = Direction("tok", "eng"), Direction("eng", "tok")


def reading(
    entries: Iterable[Entry] = (), examples: Iterable[Example] = (), glossed: Iterable[Example] = ()
) -> Reading:
    blocks = tuple(Block("", example, ("1 Words",)) for example in glossed)
    return Reading(TOK, ENG, tuple(entries), tuple(examples), blocks)


def glossed(words: str, glosses: str, translation: str = "", judgement: str = "") -> Example:
    line = tuple(words.split())
    return Example(words.replace("-", ""), translation, line, tuple(glosses.split()), judgement)


def test_sentences_lose_what_only_a_linguist_writes() -> None:
    example = Example("[som kon∼kon] ∅te [...] ra", "‘[The man] goesᵢ there.’ (lit. ‘man one go’)")
    found = material.gather(reading(examples=[example]), OUT)
    assert found.sentences == (("som konkon te ra", "The man goes there."),)


def test_ordinary_quotations_and_brackets_stay() -> None:
    lines = ["“Yes,” he said.", '"Who?" "You (and I)."', "'Twas the men's.", "He (the elder) came."]
    found = material.gather(reading(examples=[Example(f"som {n}", line) for n, line in enumerate(lines)]), OUT)
    assert [said for _, said in found.sentences] == lines


def test_a_morphemes_gloss_is_its_translation_unless_it_names_a_category() -> None:
    examples = [
        glossed("ma-ra tu-k,", "3SG-go.away see:FACT-OBJ", "He left."),
        glossed("<pen>-ra", "pen_(foreign)-LOC"),  # it needs no translation
        glossed("*tu som", "see man", "He sees.", "*"),
        glossed("some more", "one", "It fits not."),
    ]
    found = material.gather(reading(glossed=examples), OUT).glossed
    assert found == (("ra", "go away"), ("tu", "see"), ("pen", "pen"), ("som", "man"))
    assert material.gather(reading(glossed=examples), INTO).glossed == tuple(pair[::-1] for pair in found)


def test_sentence_pairs_say_how_to_write_and_not_a_grammars_glossed_lines() -> None:
    lines = [glossed(f"som{n} ra", "man go", f"Man number {n} goes.") for n in range(200)]
    told = [Example(f"Pas{n} ra.", f"Woman number {n} goes.") for n in range(60)]
    learned = learn(material.gather(reading(examples=told, glossed=lines), INTO))
    assert learned.writing.capital and learned.marks["."] == "."
    few = learn(material.gather(reading(examples=told[:2], glossed=lines), INTO))
    assert not few.writing.capital and few.marks["."] == ""


def test_what_both_languages_write_alike_keeps_its_capital() -> None:
    pairs = [("Onin ra.", "Onin goes."), ("Me ra.", "Me he goes."), ("Pas me ra.", "Tell me to go.")]
    writing = text.study((target for _, target in pairs), text.names(pairs))
    assert writing.write(["then", "onin", "tells", "me"]) == "Then Onin tells me"


def test_a_correction_is_said_just_as_it_was_written() -> None:
    tail = "Som ra. | “He [the man] (i.e. the elder) went.”"
    corrections = Corrections.read(tail, write_opening(TOK, ENG), OUT)
    assert list(corrections.pairs.values()) == ["“He [the man] (i.e. the elder) went.”"]


def test_leads_of_citation_forms_may_go_one_by_one() -> None:
    verbs = [Entry(f"v{n}", (Sense(f"to be like{n} this"),), "v", language="tok") for n in range(12)]
    pairs = set(material.lexicon_pairs(reading([*verbs, Entry("te", (Sense("to sit"),), "n", language="tok")])))
    assert {("v3", "to be like3 this"), ("v3", "be like3 this"), ("v3", "like3 this"), ("te", "to sit")} <= pairs
    assert ("te", "sit") not in pairs  # no lead of its class
    examples = [glossed(f"q{n}", f"be.{chr(97 + n)}e:FACT") for n in range(12)]
    assert {("q3", "be de"), ("q3", "de")} <= set(material.glossed_pairs(reading(glossed=examples)))


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("to hit, to strike; to fell a tree", ["to hit", "to strike", "to fell a tree"]),
        ("crossed arms/legs", ["crossed arms", "crossed legs"]),
        ("this / that", ["this", "that"]),
        ("Gorom, Goram, island in the east", ["Gorom", "Goram"]),
        ("to close a hole, to plug", ["to close a hole"]),
        ("Te, place on the coast", ["te"]),
        ("to throw, esp. a piece of wood to get fruit out of a tree", ["to throw"]),
        ("a bird that looks like a crow and lives in the hills", []),
        ("wake.up", ["wake up"]),
        (r"we two (\textscin)\endletter", ["we two"]),
        ("/".join("abcdefghijklmnopqrstuvwxyz") * 50, []),
    ],
)
def test_a_gloss_gives_what_can_stand_in_a_sentence(description: str, expected: list[str]) -> None:
    assert list(material.glosses(Entry("te", (Sense(description),)))) == expected


KINDS = ("tree", "fish", "crab", "herb", "bird", "yam", "reed", "frog", "ant", "vine", "palm", "shell")


SIZES = ("big", "small", "long", "short", "wide", "thin", "old", "new") * 10


def explained(sentence: str, more: Sequence[Entry] = ()) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the pairs, for either direction, of a dictionary that explains its words, beside sentences with them."""
    entries = [Entry(f"nal{n:02}", (Sense(f"a sort of {kind}"),), language="tok") for n, kind in enumerate(KINDS)]
    entries += [Entry(f"por{n}", (Sense("a sort of fish"),), language="tok") for n in range(4)]
    entries += [Entry(f"ti{n}", (Sense(f"{size} thing"),), language="tok") for n, size in enumerate(SIZES)]
    said = [sentence.format(word=f"nal{n:02}", kind=kind) for n, kind in enumerate(KINDS)]
    book = reading([*entries, *more], [Example(f"Nal{n:02}ke ra.", line) for n, line in enumerate(said)])
    return set(material.lexicon_pairs(book)), set(material.lexicon_pairs(book, turned=True))


def test_what_explains_words_is_left_out_if_nobody_says_it() -> None:
    out, into = explained("We saw the {word} {kind}s.")
    assert {("nal00", "nal00 tree"), ("por1", "por1 fish")} <= out & into
    assert not any("sort of" in text for _, text in out | into)
    out, into = explained("We saw a big {kind}.")
    assert {text for word, text in out | into if word == "nal00"} == {"tree"}
    out, into = explained("It is a sort of {kind}.")
    assert ("nal00", "a sort of tree") in out & into


def test_kinds_of_something_do_not_stand_for_it() -> None:
    out, into = explained("We saw a big {kind}.")
    assert ("por1", "fish") in out and ("por1", "fish") not in into


def test_what_explains_a_headword_of_the_contact_language_is_left_out_too() -> None:
    entry = Entry("a sort of tree", (Sense("nal00"),), language="eng")
    assert explained("We saw the {word} {kind}s.", [entry]) == explained("We saw the {word} {kind}s.")


@pytest.mark.parametrize("direction", [OUT, INTO])
def test_a_word_that_no_sentence_translates_by_its_glosses_loses_them(direction: Direction) -> None:
    entries = [
        Entry("teba", (Sense("progressive"), Sense("aspect"))),
        Entry("kos", (Sense("ask"),)),
        Entry("ma", (Sense("he"),)),
    ]
    entries = [replace(entry, language="tok") for entry in entries]
    said = [Example(f"Ma v{n} teba kos.", f"She asked for it, v{n}.") for n in range(6)]
    told = material.gather(reading(entries, said), direction).lexicon
    assert {frozenset(pair) for pair in told} == {frozenset({"kos", "ask"})}
    few = material.gather(reading(entries, said[:4]), direction).lexicon
    assert len(few) == 4


def test_a_term_of_the_books_prose_is_no_translation_of_a_word_that_sentences_have() -> None:
    words = {"kin": "volitional", "kos": "ask", "por": "volitional mood"}
    entries = [Entry(word, (Sense(gloss),), language="tok") for word, gloss in words.items()]
    prose = Block("The volitional has the ask: volitional, volitional, volitional. A volitional.", None, ("1 Verbs",))
    said = tuple(Example(f"Ma kin kos v{n}.", f"She will ask v{n}.") for n in range(3))
    book = Reading(TOK, ENG, tuple(entries), said, (prose,))
    assert material.gather(book, OUT).lexicon == (("kos", "ask"), ("por", "volitional mood"))
    assert len(material.gather(book, INTO).lexicon) == 3  # who says it may mean it
    assert len(material.gather(replace(book, examples=said[:2]), OUT).lexicon) == 3


def test_no_mark_of_a_bound_form_is_learned() -> None:
    entries = [Entry("*ol", (Sense("leaf"),), language="tok"), Entry("leaf", (Sense("=ol"),), language="eng")]
    assert list(material.lexicon_pairs(reading(entries))) == [("ol", "leaf"), ("ol", "leaf")]
