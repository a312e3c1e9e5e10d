"""Markdown and plain text: blocks under their headings, interlinear examples wherever they are written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctxlearn.data import Block, Example, Language, clean
from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats import markdown
from ctxlearn.formats.base import Options
from ctxlearn.formats.glossed import read_example
from tests.mutations import Mutation, mutations, read_or_refuse

DATA = Path(__file__).parent / "data" / "markdown"
LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"
GRAMMAR = Options(Language("Trial", "trl"), Language("English", "eng"), DATA, kind="grammar")
TEXT = replace(GRAMMAR, kind="text")

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def blocks_of(text: str, folder: Path, name: str = "page.md") -> tuple[Block, ...]:
    path = folder / name
    path.write_text(text, "utf-8")
    return markdown.read(path, replace(GRAMMAR, root=folder)).blocks


def examples_of(text: str, folder: Path) -> list[Example]:
    return [block.example for block in blocks_of(text, folder) if block.example]


def test_a_folder_is_read_in_the_order_of_names_and_blocks_are_numbered_by_file() -> None:
    blocks = markdown.read(DATA / "grammar", GRAMMAR).blocks
    assert [block.id for block in blocks] == [f"01-nouns:{n:04}" for n in range(1, 9)] + [
        f"02-verbs:{n:04}" for n in range(1, 5)
    ]
    assert blocks[0].place == "grammar/01-nouns.md:7"
    assert blocks[-1].place == "grammar/02-verbs.md:16"


def test_blocks_stand_under_the_headings_above_them() -> None:
    blocks = {block.id: block.headings for block in markdown.read(DATA / "grammar", GRAMMAR).blocks}
    assert blocks["01-nouns:0001"] == ("Nouns",)
    assert blocks["01-nouns:0002"] == ("Nouns", "Case")
    assert blocks["02-verbs:0001"] == ("Verbs", "Mood")


def test_what_was_read_is_counted_and_uneven_glosses_are_remarked() -> None:
    report = markdown.read(DATA / "grammar", GRAMMAR).report
    assert dict(report.read) == {"headings": 4, "paragraphs": 5, "examples": 6, "tables": 1}
    [remark] = report.remarks
    assert remark.endswith("unequal numbers of words and glosses: grammar/02-verbs.md:6 (3 and 2)")


def test_prose_is_one_line_without_link_targets_hard_breaks_and_comments() -> None:
    first = markdown.read(DATA / "grammar", GRAMMAR).blocks[0]
    assert first.text == "A noun is a *word* that takes case. See (1) and me@example.org."


def test_tables_and_lists_keep_their_lines() -> None:
    texts = {block.id: block.text for block in markdown.read(DATA / "grammar", GRAMMAR).blocks}
    assert texts["01-nouns:0006"] == "| case | ending |\n|------|--------|\n| ergative | `-n` |\n| accusative | `-ke` |"
    assert texts["01-nouns:0007"] == "- first item that goes on\n- second item"
    assert texts["01-nouns:0008"] == "To be or not to be, says the book."


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    text = "> (3) tari-n mola-ke\n> dog-ERG fish-ACC\n> 'The dog eats the fish.'\n"
    [block] = blocks_of(text, tmp_path)
    assert block.text == ""
    assert block.example == Example(
        "tarin molake",
        "The dog eats the fish.",
        ("tari-n", "mola-ke"),
        ("dog-ERG", "fish-ACC"),
        number="(3)",
        id="page:0001",
        place="page.md:1",
    )


@pytest.mark.parametrize(
    "text",
    [
        "> Tarin kesu.\n> tari-n kesu\n> dog-ERG see\n> 'The dog sees.'",
        "> Tarin kesu.  \n> tari-n kesu  \n> dog-ERG see  \n> ‘The dog sees.’",
        "> Tarin kesu.\\\n> tari-n kesu\\\n> dog-ERG see\\\n> “The dog sees.”",
        '```\nTarin kesu.\ntari-n kesu\ndog-ERG see\n"The dog sees."\n```',
        "~~~ex\nTarin kesu.\ntari-n  kesu\ndog-ERG see\n«The dog sees.»\n~~~",
        "As in:\n\n    Tarin kesu.\n    tari-n  kesu\n    dog-ERG see\n    'The dog\n    sees.'",
        "> *Tarin kesu.*\n> *tari-n kesu*\n> dog-[erg]{.smallcaps} see\n> 'The dog sees.'",
        "> | Tarin kesu.\n> | tari-n kesu\n> | dog-ERG see\n> | 'The dog sees.'",
        "(7) Tarin kesu.\ntari-n kesu\ndog-ERG see\n'The dog sees.'",
    ],
)
def test_an_example_may_be_quoted_fenced_set_in_or_numbered(text: str, tmp_path: Path) -> None:
    [example] = examples_of(text, tmp_path)
    assert (example.primary_text, example.translated_text) == ("Tarin kesu.", "The dog sees.")
    assert (example.analyzed_words, example.glosses) == (("tari-n", "kesu"), ("dog-ERG", "see"))


def test_sub_examples_carry_the_number_above_and_judgements_their_mark(tmp_path: Path) -> None:
    text = "> (4) a. Tari kesu.\n> 'The dog sees.' [tale 12]\n> b. *kesu tari\n> see dog\n> 'Sees the dog' (tape 3)\n"
    first, second = examples_of(text, tmp_path)
    assert (first.number, first.source, first.judgement, first.analyzed_words) == ("(4a)", "tale 12", "", ())
    assert (second.number, second.source, second.judgement, second.primary_text) == ("(4b)", "tape 3", "*", "kesu tari")


def test_glosses_with_blanks_are_told_apart_by_tabs_or_two_blanks(tmp_path: Path) -> None:
    [example] = examples_of("```\nmola  ninu\nfish  hear now\n'It hears the fish now.'\n```", tmp_path)
    assert example.glosses == ("fish", "hear_now")


def test_a_long_example_may_go_on_below(tmp_path: Path) -> None:
    [example] = examples_of("> (1) tari-n\n> dog-ERG\n> mola kesu\n> fish see\n> 'The dog sees the fish.'", tmp_path)
    assert example.analyzed_words == ("tari-n", "mola", "kesu")
    assert example.glosses == ("dog-ERG", "fish", "see")


def test_numbers_of_pandoc_are_counted_over_all_files_and_resolved(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("(@) Tari.\n'A dog.'\n\nSee (@later), (@nosuch) and me@later.org.\n", "utf-8")
    (tmp_path / "b.md").write_text("> (@later) Mola.\n> 'A fish.'\n", "utf-8")
    blocks = markdown.read(tmp_path, GRAMMAR).blocks
    assert [block.example.number for block in blocks if block.example] == ["(1)", "(2)"]
    assert blocks[1].text == "See (2), (@nosuch) and me@later.org."


@pytest.mark.parametrize(
    "text",
    [
        "> She said, and\n> it was so, that\n> 'all is well'",
        "(1) is a number\n'and' this is not an example",
        "Words (12) in\n'quotes' are prose.",
        "> tari-n kesu\n> dog-ERG see",
        "> 'The dog sees.'",
    ],
)
def test_what_has_not_the_lines_of_an_example_is_text(text: str, tmp_path: Path) -> None:
    [block] = blocks_of(text, tmp_path)
    assert block.example is None
    assert block.text


def test_text_around_an_example_in_a_quote_is_kept(tmp_path: Path) -> None:
    blocks = blocks_of("> Heard on the beach:\n>\n> (1) Tari kesu.\n> 'The dog sees.'\n>\n> Then silence.", tmp_path)
    assert [block.text or (block.example and block.example.number) for block in blocks] == [
        "Heard on the beach:",
        "(1)",
        "Then silence.",
    ]
    assert [block.place for block in blocks] == ["page.md:1", "page.md:3", "page.md:6"]


def test_a_plain_text_is_paragraphs_without_marks() -> None:
    blocks = markdown.read(DATA / "story.txt", TEXT).blocks
    assert [(b.text, b.id, b.place) for b in blocks] == [
        ("Tari kesu mola ninu.", "story:0001", "story.txt:1"),
        ("Ninu.", "story:0002", "story.txt:5"),
    ]


def test_a_plain_text_without_blank_lines_is_read_by_line() -> None:
    assert [block.text for block in markdown.read(DATA / "lines.txt", TEXT).blocks] == ["# Tari kesu.", "Mola ninu."]


def test_a_plain_grammar_has_headings_and_examples(tmp_path: Path) -> None:
    blocks = blocks_of(
        "Nouns\n=====\n\n(1) tari-n kesu\n    dog-ERG see\n    'The dog sees.'\n", tmp_path, "grammar.txt"
    )
    assert [(b.headings, b.example.number if b.example else "") for b in blocks] == [(("Nouns",), "(1)")]


def test_an_open_fence_or_comment_ends_with_the_text(tmp_path: Path) -> None:
    assert [b.text for b in blocks_of("```\ncode\nmore", tmp_path)] == ["code\nmore"]
    assert [b.text for b in blocks_of("<!-- open\nstill text", tmp_path)] == ["<!-- open still text"]


def test_a_folder_without_texts_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"expected a folder with \.md"):
        markdown.read(tmp_path, GRAMMAR)
    with pytest.raises(CorpusError, match=r"nosuch\.md"):
        markdown.read(tmp_path / "nosuch.md", GRAMMAR)


words = st.text(st.sampled_from("tarimolkesunŋ"), min_size=1, max_size=6)


@settings(max_examples=100)
@given(pairs=st.lists(st.tuples(words, words), min_size=1, max_size=8), meant=words, source=words)
def test_words_and_glosses_come_back_as_they_were_written(
    pairs: list[tuple[str, str]], meant: str, source: str
) -> None:
    lines = [" ".join(word for word, _ in pairs), " ".join(gloss for _, gloss in pairs), f"‘{meant}’ [{source}]"]
    example = read_example(lines, "(1)")
    assert example is not None
    assert tuple(zip(example.analyzed_words, example.glosses, strict=True)) == tuple(pairs)
    assert (example.translated_text, example.source) == (meant, source)


@settings(same_folder, max_examples=200)
@given(
    lines=st.lists(
        st.sampled_from(
            [
                "",
                "> ",
                "# a",
                "===",
                "---",
                "```",
                "    b",
                "- c",
                "| d | e |",
                "|-|-|",
                "> (1) f",
                "> g-H",
                "> 'i'",
                "<!--",
                "-->",
                "(@) j",
            ]
        ),
        max_size=14,
    )
)
def test_texts_of_blocks_are_clean_and_no_line_is_read_twice(lines: list[str], tmp_path: Path) -> None:
    blocks = blocks_of("\n".join(lines), tmp_path)
    assert all((block.text == "") != (block.example is None) for block in blocks)
    for block in blocks:
        assert all(line == clean(line) != "" for line in block.text.split("\n") if block.text)
    places = [int(block.place.rpartition(":")[2]) for block in blocks]
    assert places == sorted(set(places))


@settings(same_folder, max_examples=150)
@given(name=st.sampled_from(["grammar/01-nouns.md", "grammar/02-verbs.md", "story.txt"]), mutate=mutations())
def test_a_broken_text_gives_records_or_an_error_made_on_purpose(name: str, mutate: Mutation, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_bytes(mutate((DATA / name).read_bytes()))
    read_or_refuse(markdown.FORMAT, path, replace(GRAMMAR, root=tmp_path))


@pytest.mark.real
@settings(same_folder, max_examples=5)
@given(mutate=mutations())
def test_a_chapter_of_a_real_book_read_as_plain_text_gives_records(mutate: Mutation, tmp_path: Path) -> None:
    path = tmp_path / "09.txt"
    path.write_bytes(mutate((LANGUAGES / "kalamang" / "grammar-latex" / "chapters" / "09Possessive.tex").read_bytes()))
    read_or_refuse(markdown.FORMAT, path, replace(GRAMMAR, root=tmp_path))
