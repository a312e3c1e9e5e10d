"""The floors read the context and nothing else."""

from __future__ import annotations

import hashlib

import pytest

from ctxlearn import render
from ctxlearn.data import Block, Direction, Entry, Example, Language, Record, Segment, Sense
from ctxlearn.errors import CorpusError, ModelError
from ctxlearn.models.base import Completion, Model, Prefix, Request
from ctxlearn.models.floors import CopyModel, NearestModel, WordForWordModel

ENTRIES = (
    Entry("tora", (Sense("house"), Sense("roof")), "n", language="qaa"),
    Entry("mili", (Sense("see"),), "v", language="qaa"),
    Entry("ken", (Sense("I"),), "pron", language="qaa"),
    Entry("sua lem", (Sense("at night"),), "adv", language="qaa"),
    Entry("pakarunga", (Sense("canoe"),), "n", language="qaa"),
)
EXAMPLES = (
    Example("Ken tora mili.", "I see the house."),
    Example("Ken sua lem mili.", "I see at night."),
    Example("Pakarunga tora.", "The canoe is a house."),
)
ENGLISH = Language("English", "eng")
THERE = Direction("qaa", "eng")
BACK = Direction("eng", "qaa")


def packed(
    entries: tuple[Entry, ...] = ENTRIES,
    examples: tuple[Example, ...] = EXAMPLES,
    blocks: tuple[Block, ...] = (),
    contact: Language = ENGLISH,
) -> Prefix:
    sections: dict[str, tuple[Record, ...]] = {"dictionary": entries, "examples": examples, "grammar": blocks}
    written = [render.write_section(name, records) for name, records in sections.items() if records]
    text = "\n".join([render.write_opening(Language("Toy", "qaa"), contact), *written])
    return Prefix(text, len(text.split()), hashlib.sha256(text.encode()).hexdigest())


def ask(
    model: Model, *sources: str, direction: Direction = THERE, prefix: Prefix | None = None, n: int = 1
) -> Completion:
    segments = tuple(Segment(f"s{number}", source) for number, source in enumerate(sources))
    return model.complete(Request(prefix or packed(), direction, segments, n=n))


def texts(completion: Completion) -> list[str]:
    return [translation.text for translation in completion.translations]


def test_copy_gives_back_the_source() -> None:
    assert texts(ask(CopyModel(), "Ken tora mili.", "")) == ["Ken tora mili.", ""]


def test_word_for_word_takes_the_first_sense_of_each_word() -> None:
    assert texts(ask(WordForWordModel(), "Ken tora mili.")) == ["I house see."]


def test_word_for_word_serves_both_directions() -> None:
    assert texts(ask(WordForWordModel(), "I see house.", direction=BACK)) == ["Ken mili tora."]


def test_word_for_word_knows_headwords_of_several_words() -> None:
    assert texts(ask(WordForWordModel(), "Ken sua lem mili.")) == ["I at night see."]


def test_word_for_word_takes_a_word_like_an_unknown_one() -> None:
    assert texts(ask(WordForWordModel(), "pakarungat")) == ["Canoe"]


def test_word_for_word_leaves_a_word_like_no_other_as_it_is() -> None:
    (translation,) = ask(WordForWordModel(), "tora xyxyxy").translations
    assert translation.text == "House xyxyxy"
    assert translation.confidence == 0.5


def test_word_for_word_finds_the_longest_words_of_a_text_without_blanks() -> None:
    entries = (
        Entry("tora", (Sense("房子"),), language="qaa"),
        Entry("mili", (Sense("看"),), language="qaa"),
        Entry("房", (Sense("kamu"),), language="zh"),
        Entry("大房子", (Sense("toratora"),), language="zh"),
    )
    examples = (Example("Tora mili.", "看房子。"), Example("Toratora mili.", "看大房子。"))
    prefix = packed(entries, examples, contact=Language("Chinese", "zh"))
    there = ask(WordForWordModel(), "看大房子。", "看房子。", direction=Direction("zh", "qaa"), prefix=prefix)
    back = ask(WordForWordModel(), "Mili tora.", direction=Direction("qaa", "zh"), prefix=prefix)
    assert texts(there) == ["Mili toratora.", "Mili tora."]
    assert texts(back) == ["看房子。"]


def test_nearest_takes_over_the_translation_of_the_most_similar_example() -> None:
    assert texts(ask(NearestModel(), "Ken sua lem milit.", "pakarunga")) == ["I see at night.", "The canoe is a house."]
    assert texts(ask(NearestModel(), "I see at night", direction=BACK)) == ["Ken sua lem mili."]


def test_nearest_takes_the_earliest_of_equally_near_examples() -> None:
    examples = (Example("Ken tora.", "first"), Example("ken tora.", "second"), Example("Mili.", "third"))
    (translation,) = ask(NearestModel(), "Ken tora.", prefix=packed(examples=examples), n=2).translations
    assert translation.text == "first"
    assert [alternative.text for alternative in translation.alternatives] == ["second"]
    assert translation.confidence == 1


def test_nearest_to_nothing_in_the_context_is_its_first_example() -> None:
    assert texts(ask(NearestModel(), "ЖЖЖ")) == ["I see the house."]


def test_nearest_reads_the_glossed_examples_of_the_grammar_too() -> None:
    block = Block(example=Example("Lem sua.", "Night at.", ("lem", "sua"), ("night", "at")), headings=("Order",))
    assert texts(ask(NearestModel(), "lem sua", prefix=packed((), (), (block,)))) == ["Night at."]


def test_nearest_says_when_the_context_holds_no_sentence_pair() -> None:
    (translation,) = ask(NearestModel(), "Ken tora.", prefix=packed(examples=())).translations
    assert translation.text == ""
    assert translation.problem is not None
    assert translation.problem.kind == "no-examples"


def test_the_floors_read_the_tail_before_the_prefix() -> None:
    tail = render.write_section("dictionary", [Entry("tora", (Sense("hut"),), language="qaa")])
    tail += render.write_section("examples", [Example("Ken tora mili.", "I spot the hut.")])
    request = Request(packed(), THERE, (Segment("s", "Ken tora mili."),), tail=tail)
    assert texts(WordForWordModel().complete(request)) == ["I hut see."]
    assert texts(NearestModel().complete(request)) == ["I spot the hut."]


def test_the_floors_count_the_prefix_as_read_and_their_words_as_made() -> None:
    prefix = packed()
    usage = ask(NearestModel(), "Ken tora mili.", "pakarunga", prefix=prefix).usage
    assert (usage.read, usage.cached, usage.made) == (prefix.tokens, 0, 9)


def test_another_context_is_read_anew() -> None:
    model = WordForWordModel()
    other = packed((Entry("tora", (Sense("cloud"),), language="qaa"),))
    assert texts(ask(model, "tora")) + texts(ask(model, "tora", prefix=other)) == ["House", "Cloud"]


@pytest.mark.parametrize("model", [WordForWordModel(), NearestModel()], ids=lambda model: str(model.name))
def test_a_direction_that_the_context_cannot_serve_is_refused(model: Model) -> None:
    with pytest.raises(ModelError, match="qaa and eng, and cannot serve qaa-deu"):
        ask(model, "tora", direction=Direction("qaa", "deu"))


def test_a_text_that_is_no_context_is_refused() -> None:
    with pytest.raises(CorpusError, match="not a packed context"):
        ask(NearestModel(), "tora", prefix=Prefix("nothing", 1, "0"))
