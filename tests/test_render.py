from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ctxlearn import render
from ctxlearn.data import Block, Entry, Example, Language, Record, Sense, clean
from ctxlearn.errors import CorpusError
from ctxlearn.igt import surface

KALAMANG, ENGLISH = Language("Kalamang", "kgv"), Language("English", "eng")

any_letters = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
tricky = st.text("|\\#>~+*?()ab =-", min_size=1, max_size=10)
texts = st.one_of(any_letters, tricky).map(clean).filter(bool)
perhaps = st.one_of(st.just(""), texts)
words = st.lists(texts.map(lambda text: text.replace(" ", "_")), max_size=4).map(tuple)
judgements = st.sampled_from(["", "*", "??", "#"])
entries = st.builds(
    Entry,
    headword=texts,
    senses=st.lists(st.builds(Sense, texts), max_size=3).map(tuple),
    part_of_speech=perhaps,
    variants=st.lists(texts, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    language=st.sampled_from(["kgv", "eng"]),
)
pairs = st.builds(Example, texts, texts, words, words, judgements)
glossed = st.one_of(
    st.builds(Example, texts, perhaps, words, words, judgements, st.sampled_from(["", "(9.2a)", "(1)"]), perhaps),
    st.builds(lambda w, g, t: Example(surface(w, g), t, w, g), words, words, perhaps).filter(
        lambda it: it.primary_text
    ),
)
paragraphs = st.lists(texts, min_size=1, max_size=3).map("\n".join)
headings = st.lists(texts, max_size=3).map(tuple)
blocks = st.one_of(
    st.builds(Block, text=paragraphs, headings=headings), st.builds(Block, example=glossed, headings=headings)
)


def section(name: str, records: list[Record]) -> str:
    """The text of a section as it stands in a whole context."""
    prefix = render.write_opening(KALAMANG, ENGLISH) + "\n" + render.write_section(name, records)
    return render.read_sections(prefix).get(name, "")


@given(st.lists(entries, max_size=4))
def test_entries_are_read_back_as_they_were_written(written: list[Record]) -> None:
    assert list(render.read_entries(section("dictionary", written))) == written


@given(st.lists(pairs, max_size=4))
def test_sentence_pairs_are_read_back_as_they_were_written(written: list[Record]) -> None:
    assert list(render.read_examples(section("examples", written))) == written


@settings(max_examples=200)
@given(st.lists(blocks, max_size=5))
@example([Block("0"), Block(example=Example("\\", ""))])
def test_blocks_are_read_back_as_they_were_written_under_their_headings(written: list[Record]) -> None:
    assert list(render.read_blocks(section("grammar", written))) == written


@given(st.text(max_size=200))
@example("\\|")
def test_whatever_stands_in_a_section_is_read_without_a_fault(text: str) -> None:
    prefix = render.write_opening(KALAMANG, ENGLISH)
    for title in render.TITLES.values():
        render.read(f"{prefix}\n# {title}\n{text}")


def test_a_context_looks_as_documented() -> None:
    words, glosses = ("ka=at", "gonggung"), ("2SG=OBJ", "call")
    called = Example("kaat gonggung", "They call.", words, glosses, "*", "(9.2a)", "narr1")
    assert (
        render.write_section(
            "dictionary", [Entry("ewun", (Sense("tree"), Sense("base")), "n", ("iwun",), ("from Malay",), "kgv")]
        )
        == "# Dictionary\n## kgv\newun | n | tree | base | ~ iwun | + from Malay\n"
    )
    assert (
        render.write_section("grammar", [Block("A word.", headings=("9 Possession",)), Block(example=called)])
        == "# Grammar\n## 9 Possession\n\nA word.\n\n##\n\n"
        "> (9.2a) * ka=at gonggung\n2SG=OBJ call\nThey call. | narr1\n\n"
    )


def test_a_text_that_is_no_context_is_refused() -> None:
    with pytest.raises(CorpusError, match="not a packed context"):
        render.read("Dear reader,\n")


def test_every_pair_of_a_context_is_found_wherever_it_stands_but_none_that_is_ill_formed() -> None:
    good, bad = Example("ma he", "he goes"), Example("he ma", "goes he", judgement="*")
    prefix = "\n".join(
        [
            render.write_opening(KALAMANG, ENGLISH),
            render.write_section("examples", [good]),
            render.write_section("grammar", [Block(example=good), Block(example=bad), Block("prose")]),
        ]
    )
    assert list(render.read(prefix).pairs()) == [good, good]
