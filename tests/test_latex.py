"""The LaTeX reader: a small book written for these tests, and the real grammars where they are."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctxlearn.data import Block, Example, Language, clean
from ctxlearn.errors import CtxlearnError, FormatError
from ctxlearn.formats.base import Material, Options
from ctxlearn.formats.latex import FORMAT

DATA = Path(__file__).parent / "data" / "latex"
LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"
BROKEN_TEX = [
    r"{",
    r"}",
    r"\begin{exe}",
    r"\end{exe}",
    r"\ex",
    r"\gll",
    r"\\",
    r"\glt",
    "$",
    "&",
    "[",
    "]",
    "\n\n",
    "%",
]
BROKEN_TEX += [
    r"\section{",
    r"\footnote{",
    r"\newcommand{\q}{\q\q}",
    r"\q",
    r"\begin{tabular}",
    "\\",
    "\x00",
    r"\verb|",
]


def read(path: Path) -> Material:
    root = path if path.is_dir() else path.parent
    return FORMAT.read(path, Options(Language("Tovali", "tov"), Language("English", "eng"), root, kind="grammar"))


def read_text(folder: Path, text: str) -> Material:
    file = folder / "one.tex"
    file.write_text(text, encoding="utf-8")
    return read(file)


def texts(material: Material) -> list[str]:
    return [block.text for block in material.blocks if block.example is None]


def examples(material: Material) -> list[Example]:
    return [block.example for block in material.blocks if block.example is not None]


def paragraph(folder: Path, text: str) -> str:
    return "\n".join(texts(read_text(folder, text)))


@pytest.fixture(scope="module")
def book() -> Material:
    return read(DATA / "book")


def numbered(material: Material, number: str) -> Example:
    return next(example for example in examples(material) if example.number == number)


def assert_clean(material: Material) -> None:
    """What data.py promises of every record."""
    for block in material.blocks:
        assert bool(block.text) != (block.example is not None)
        assert block.id and block.place
        for heading in block.headings:
            assert heading == clean(heading)
        for line in block.text.split("\n") if block.text else ():
            assert line and line == clean(line)
        if block.example is not None:
            assert_clean_example(block.example)


def assert_clean_example(example: Example) -> None:
    for text in (example.primary_text, example.translated_text, example.source, example.number):
        assert text == clean(text)
    for word in (*example.analyzed_words, *example.glosses):
        assert word and not re.search(r"\s", word)
        assert word == unicodedata.normalize("NFC", word)


# Files and their order.


def test_a_folder_with_tex_files_and_a_tex_file_are_recognised_and_nothing_else(tmp_path: Path) -> None:
    assert FORMAT.recognise(DATA / "book")
    assert FORMAT.recognise(DATA / "expex.tex")
    assert not FORMAT.recognise(tmp_path)
    assert not FORMAT.recognise(DATA / "book" / "localbibliography.bib")


def test_chapters_come_in_the_order_of_main_tex_outside_comments(book: Material) -> None:
    files = list(dict.fromkeys(block.place.split(":")[0] for block in book.blocks))
    names = ["abbreviations", "01Sounds", "02Clauses", "Appendices"]
    assert files == [f"chapters/{name}.tex" for name in names]


def test_files_that_are_named_and_absent_are_a_remark(book: Material) -> None:
    remark = next(remark for remark in book.report.remarks if "not there" in remark)
    for name in ("localpackages.tex", "chapters/03Missing", "backmatter.tex"):
        assert name in remark
    assert "never" not in remark


def test_front_matter_but_for_abbreviations_and_word_lists_are_left_out_with_a_note(book: Material) -> None:
    left_out = {omission.what: omission for omission in book.report.left_out}
    assert left_out["front matter acknowledgments"].deliberate
    assert left_out["word list wordlist"].place == "chapters/wordlist.tex"
    assert not any("Thanks" in text or "Word list" in text for text in texts(book))
    assert texts(book)[0] == "IAM | iamitive (‘already’)\nNEG_EX | negative existential"


def test_a_folder_without_main_tex_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.tex").write_text("\\chapter{B}\n\\mac{} b", encoding="utf-8")
    (tmp_path / "a.tex").write_text("\\chapter{A}\n\\mac{} a", encoding="utf-8")
    (tmp_path / "localcommands.tex").write_text("\\newcommand{\\mac}{the}", encoding="utf-8")
    assert texts(read(tmp_path)) == ["the a", "the b"]


def test_one_chapter_alone_finds_the_macros_and_bibliography_of_its_book() -> None:
    alone = read(DATA / "book" / "chapters" / "01Sounds.tex")
    assert any("*ma* ‘house’" in text and "Delsing" in text for text in texts(alone))


def test_a_chapter_that_is_not_utf_8_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_bytes(b"\\section{A} caf\xe9")
    (tmp_path / "b.tex").write_text("fine", encoding="utf-8")
    material = read(tmp_path)
    assert texts(material) == ["fine"]
    assert [(omission.place, omission.deliberate) for omission in material.report.left_out] == [("a.tex", False)]


def test_front_matter_within_one_file_is_left_out_too(tmp_path: Path) -> None:
    source = "\\begin{document}\\frontmatter thanks \\mainmatter\\chapter{A} text \\backmatter index\\end{document}"
    assert texts(read_text(tmp_path, source)) == ["text"]


def test_a_folder_without_tex_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"no \.tex file"):
        read(tmp_path)


def test_an_input_outside_the_book_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("secret", encoding="utf-8")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "main.tex").write_text(
        "\\begin{document}\\input{../secret}\\section{A} b\\end{document}", encoding="utf-8"
    )
    assert texts(read(inner)) == ["b"]


# Headings, numbers, references.


def test_headings_are_numbered_from_the_chapter_down(book: Material) -> None:
    headings = list(dict.fromkeys(block.headings for block in book.blocks))
    assert ("1 Sounds", "1.1 Vowels of Tovali") in headings
    assert ("2 Clauses", "2.1 More", "Unnumbered") in headings
    assert ("A Texts",) in headings
    assert ("Abbreviations",) in headings


def test_ids_are_the_file_and_a_number_and_are_unique(book: Material) -> None:
    ids = [block.id for block in book.blocks]
    assert ids[1] == "01Sounds:0001"
    assert len(set(ids)) == len(ids)


def test_references_are_resolved_over_the_whole_book(book: Material) -> None:
    assert "See §1.1, Chapter 2, Table 1.1, (2.1), (2.2b), and 2.2b." in texts(book)[1]
    assert "In Chapter 1 and Appendix A." in texts(book)
    assert texts(book)[-2] == "Text after the loop kept in (2.4)."


def test_a_label_in_a_file_that_is_left_out_is_known_and_one_nowhere_is_reported(book: Material) -> None:
    assert "See Figure 1.1 and ?, §Acknowledgments." in texts(book)
    assert any("labels that are nowhere" in remark and "nowhere 1" in remark for remark in book.report.remarks)


def test_citations_are_author_and_year_with_pages(book: Material) -> None:
    both = "\n".join(texts(book))
    assert "See also Delsing (2002: 23)." in both
    assert "(Müller & van der Berg 1999; Ames et al. 2002)" in both
    assert "(see Delsing 2002: 5; Müller & van der Berg 1999) Müller & van der Berg 2002 nowhere" in both
    assert any("not in the bibliography: 1 (nowhere 1)" in remark for remark in book.report.remarks)


# Inline text.


def test_emphasis_footnotes_dashes_and_quotes_stay_in_prose(book: Material) -> None:
    assert "Tovali has few sounds, [fn: See also" in texts(book)[1]
    assert "written *a*, **ŋ** — and “so on” (" in texts(book)[1]


def test_accents_symbols_and_mathematics_become_unicode(book: Material) -> None:
    assert "It's 1SG.POSS → 5% of étê, ça, š, ö, ñ, å, ŋ, ʃɛŋ, H₂O, x²≠y, a_b." in texts(book)[1]


def test_macros_are_expanded_with_arguments_and_defaults(book: Material) -> None:
    text = next(text for text in texts(book) if text.startswith("The word"))
    assert text.startswith("The word *ma* ‘house’ is short, [low] here and [high] there; kept text stays.kept index")
    assert "*slanted* and CAPS." in text
    assert "**Note**: The end ." in texts(book)


def test_unknown_macros_keep_their_argument_and_are_listed(book: Material) -> None:
    assert any("macros not known" in remark and "\\unknownmacro 1" in remark for remark in book.report.remarks)
    assert any("\\tricky programs TeX" in remark for remark in book.report.remarks)


def test_a_macro_that_calls_itself_is_stopped_and_named(book: Material) -> None:
    assert any("\\loopy calls itself" in remark for remark in book.report.remarks)


def test_a_macro_that_doubles_itself_again_and_again_does_not_grow_without_end(tmp_path: Path) -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    chain = "".join(f"\\def\\m{one}{{x\\m{two}\\m{two}}}" for one, two in pairwise(names))
    material = read_text(tmp_path, f"{chain}\\ma\n\nafter")
    assert texts(material)[-1].endswith("after")
    assert any("many times longer" in remark for remark in material.report.remarks)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"a\footnote{b} c", "a [fn: b] c"),
        (r"\textsc{1sg}\is{x} \il{y}\ili{Zed}", "1SG Zed"),
        (r"\href{http://x}{shown} \url{http://y/a_b}", "shown http://y/a_b"),
        (r"{\bfseries b} and {\it i}", "**b** and *i*"),
        (r"\textcolor{red}{r}\hspace*{1cm}\vspace{1ex}", "r"),
        (r"a~b\ c\,d", "a b cd"),
        (r"\c{c}\v s\={a}\k{e}\.z", "çšāęż"),
        (r"$\alpha_{i} \leq \frac{1}{2}$", "αᵢ ≤1/2"),
        (r"$x$ costs \$5", "x costs $5"),
        (r"one % two", "one"),
        (r"50\% of \#1 \& co.", "50% of #1 & co."),
        (r"\foreignlanguage{german}{Wort}", "Wort"),
        (r"x\textsuperscript{h}\textsubscript{2}", "xʰ₂"),
    ],
)
def test_inline_commands(tmp_path: Path, source: str, shown: str) -> None:
    assert paragraph(tmp_path, source) == shown


# Tables, lists, figures.


def test_a_table_is_its_caption_and_its_rows(book: Material) -> None:
    assert "Table 1.1: The vowels\n| front | back\nhigh | *i* | u\nlow | | a" in texts(book)


def test_a_long_table_is_read_without_the_head_of_its_further_pages(book: Material) -> None:
    assert "Table 1.2: Long\nhead | er\none | two" in texts(book)


def test_a_list_is_one_block_of_lines(book: Material) -> None:
    assert "- first\n- second\n- a) inner" in texts(book)


def test_a_list_with_an_example_in_it_is_cut_around_it(tmp_path: Path) -> None:
    source = r"\begin{enumerate}\item one \ea \gll a\\ b\\ \glt `c' \z \item two\end{enumerate}"
    material = read_text(tmp_path, source)
    assert texts(material) == ["1. one", "2. two"]
    assert [block.example is not None for block in material.blocks] == [False, True, False]


def test_drawings_are_left_out_and_their_caption_stays(book: Material) -> None:
    assert "Figure 1.1: A map" in texts(book)
    left_out = [omission for omission in book.report.left_out if omission.what.startswith("drawing")]
    assert [omission.place for omission in left_out] == ["chapters/01Sounds.tex:32", "chapters/01Sounds.tex:33"]


# Examples.


def test_a_glossed_example_has_words_glosses_translation_source_and_number(book: Material) -> None:
    example = numbered(book, "(2.1)")
    assert example.analyzed_words == ("an", "bo", "[nerun-an]", "se", "_", "at_sea")
    assert example.glosses == ("1SG", "go", "inside-1SG.POSS", "IAM", "_", "at.sea")
    assert example.primary_text == "an bo [nerunan] se at sea"
    assert example.translated_text == "I went, and it's big."
    assert example.source == "stim7_29:09"
    assert example.place == "chapters/02Clauses.tex:6"
    assert any("labels below words" in kind and count == 1 for kind, count in book.report.read.items())


def test_sub_examples_have_letters_judgements_and_an_introduction(book: Material) -> None:
    assert "(2.2) Two of them:" in texts(book)
    starred = numbered(book, "(2.2a)")
    assert (starred.judgement, starred.translated_text, starred.source) == ("*", "He goes.", "narr1, 5")
    assert "(2.2b.i) deep" in texts(book)


def test_of_three_lines_the_first_is_what_is_said(book: Material) -> None:
    example = numbered(book, "(2.2b)")
    assert example.primary_text == "Mahe ra."
    assert example.analyzed_words == ("ma-he", "ra")
    assert example.glosses == ("3SG-go", "away")
    assert example.translated_text == "‘He went away’ (lit. ‘goes off’)"


def test_a_third_line_that_explains_an_already_glossed_example_is_kept_apart(tmp_path: Path) -> None:
    source = (
        "\\ea \\glll an koi cat=kin\\\\ Subj 4 Pred=6\\\\ \\textsc{1sg} again paint=\\textsc{vol}\\\\ \\glt `again' \\z"
    )
    material = read_text(tmp_path, source)
    assert examples(material)[0].analyzed_words == ("an", "koi", "cat=kin")
    assert examples(material)[0].glosses == ("1SG", "again", "paint=VOL")
    assert texts(material) == ["(1) further line: Subj 4 Pred=6"]


def test_a_judgement_on_the_first_word_and_an_ellipsis_without_gloss_are_understood(book: Material) -> None:
    example = numbered(book, "(2.3)")
    assert example.judgement == "?"
    assert example.analyzed_words == ("ka", "[...]", "ta")
    assert example.glosses == ("2SG", "[...]", "SG")


def test_a_sentence_without_glosses_is_a_numbered_paragraph(book: Material) -> None:
    assert "(2.4) A plain sentence (heard)" in texts(book)
    assert "(2.5) Another one" in texts(book)


def test_short_forms_and_the_books_own_environments_are_examples_too(book: Material) -> None:
    assert numbered(book, "(2.6a)").translated_text == "Yes, yes."
    assert numbered(book, "(2.7)").primary_text == "na na"
    assert numbered(book, "(77)").primary_text == "ba"


def test_footnotes_of_examples_and_examples_of_footnotes_follow_after(book: Material) -> None:
    assert "[fn: A note in an example.]" in texts(book)
    assert "A footnote with an example. [fn: Here:]" in texts(book)
    assert numbered(book, "(i)").translated_text == "Puff!"


def test_words_and_glosses_that_are_not_equally_many_are_counted(tmp_path: Path) -> None:
    material = read_text(tmp_path, "\\ea \\gll a b c\\\\ x y\\\\ \\glt `z' \\z")
    assert any("not equally many: 1 ((1) one.tex:1)" in remark for remark in material.report.remarks)


def test_a_reference_in_an_interlinear_line_stays_one_word(tmp_path: Path) -> None:
    source = "\\chapter{A}\\label{a}\\ea \\gll ma\\Cref{a} he\\ref{}\\\\ x \\ref{}\\\\ \\glt `z' \\z"
    [example] = examples(read_text(tmp_path, source))
    assert (example.analyzed_words, example.glosses) == (("maChapter_1", "he"), ("x", "_"))


def test_a_paragraph_of_nothing_but_an_empty_reference_is_no_block(tmp_path: Path) -> None:
    material = read_text(tmp_path, "\\section{\\ref{}}\n\\ref{}\n\na")
    assert_clean(material)
    assert texts(material) == ["a"]


def test_a_speaker_in_brackets_belongs_to_the_number(tmp_path: Path) -> None:
    material = read_text(tmp_path, "\\begin{exe}\\ex[A:] {\\gll a\\\\ x\\\\ \\glt `z'}\\end{exe}")
    assert (examples(material)[0].number, examples(material)[0].judgement) == ("(1 A:)", "")


def test_expex_is_read() -> None:
    first, second = examples(read(DATA / "expex.tex"))
    assert first.primary_text == "Mapare wa"
    assert (first.analyzed_words, first.glosses) == (("ma-pare", "wa"), ("3SG-come", "now"))
    assert (second.number, second.translated_text) == ("(2b)", "Who?")
    assert texts(read(DATA / "expex.tex")) == ["(2a) plain one", "See (1)."]


def test_linguex_is_read() -> None:
    first, second = examples(read(DATA / "linguex.tex"))
    assert (first.number, first.glosses, first.translated_text) == ("(1)", ("3SG", "go", "now"), "He goes now.")
    assert (second.number, second.translated_text) == ("(2b)", "Who is he?")
    assert texts(read(DATA / "linguex.tex")) == ["Before.", "(2a) one thing", "After."]


# What is broken.


def test_what_is_broken_costs_no_more_than_itself_and_is_named() -> None:
    material = read(DATA / "broken.tex")
    assert [example.translated_text for example in examples(material)] == ["He goes.", "Yes."]
    assert "All is well." in texts(material)
    assert material.blocks[-1].headings == ("1 Broken", "1.1 Recovered")
    [omission] = material.report.left_out
    assert (omission.place, omission.deliberate) == ("broken.tex:15", False)
    for line in (2, 7, 12, 18, 22):
        assert any(remark.startswith(f"broken.tex:{line}:") for remark in material.report.remarks)


@pytest.mark.parametrize(
    "source",
    [
        "{" * 3000 + "x" + "}" * 3000,
        "\\textit{" * 3000 + "x",
        "\\begin{exe}\\ex " * 500,
        "\\footnote{\\ea \\gll a\\\\ b\\\\ \\z " * 300,
        "\\begin{itemize}\\item " * 500,
        "$" * 999,
        "\\newcommand{\\a}[1]{\\textit{#1}}" + "\\a{" * 2000 + "x" + "}" * 2000,
        "{\\scshape a " * 2000,
    ],
)
def test_deep_nesting_neither_overflows_nor_hangs(tmp_path: Path, source: str) -> None:
    material = read_text(tmp_path, source + "\n\n\\section{After}\nstill here")
    assert texts(material)[-1].endswith("still here")
    assert_clean(material)


def test_the_small_books_records_are_clean(book: Material) -> None:
    assert_clean(book)


def mutations(size: int) -> st.SearchStrategy[list[tuple[str, int, int, str]]]:
    """Cuts, copies, swaps and insertions at places of a text of `size` characters."""
    place = st.integers(0, size)
    kind = st.sampled_from(["cut", "copy", "swap", "put"])
    return st.lists(st.tuples(kind, place, st.integers(1, 40), st.sampled_from(BROKEN_TEX)), min_size=1, max_size=6)


def mutated(text: str, changes: list[tuple[str, int, int, str]]) -> str:
    for kind, at, length, put in changes:
        piece = text[at : at + length]
        if kind == "cut":
            text = text[:at] + text[at + length :]
        elif kind == "copy":
            text = text[:at] + piece + text[at:]
        elif kind == "swap":
            text = text[:at] + piece[::-1] + text[at + length :]
        else:
            text = text[:at] + put + text[at:]
    return text


SMALL = "".join(
    (DATA / "book" / name).read_text(encoding="utf-8") for name in ("localcommands.tex", "chapters/01Sounds.tex")
)
SMALL += (DATA / "book" / "chapters" / "02Clauses.tex").read_text(encoding="utf-8")


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=mutations(len(SMALL)))
def test_no_mutation_of_the_small_book_breaks_the_reader(
    tmp_path: Path, changes: list[tuple[str, int, int, str]]
) -> None:
    assert_clean(read_text(tmp_path, mutated(SMALL, changes)))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.lists(st.sampled_from([*BROKEN_TEX, "a", " ", "\n", "é", "=b", r"\ea", r"\z", r"\it "]), max_size=60))
def test_no_jumble_of_tex_breaks_the_reader(tmp_path: Path, source: list[str]) -> None:
    try:
        assert_clean(read_text(tmp_path, "".join(source)))
    except CtxlearnError as error:
        assert str(error)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_text_are_an_error_with_the_line_or_a_reading(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "one.tex"
    file.write_bytes(data)
    try:
        read(file)
    except CtxlearnError as error:
        assert "one.tex:" in str(error)


# The real books.


def glosses_in(folder: Path, names: str) -> int:
    uncommented = (re.sub(r"(?<!\\)%.*", "", file.read_text(encoding="utf-8")) for file in folder.glob(names))
    return sum(len(re.findall(r"\\glll?(?![A-Za-z])", text)) for text in uncommented)


def chapter_examples(material: Material) -> list[Block]:
    return [block for block in material.blocks if block.example and re.match(r"chapters/\d", block.place)]


@pytest.mark.real
def test_kalamang_gives_its_glossed_examples_and_resolves_every_reference() -> None:
    material = read(LANGUAGES / "kalamang" / "grammar-latex")
    found = chapter_examples(material)
    assert glosses_in(LANGUAGES / "kalamang" / "grammar-latex" / "chapters", "[0-9]*.tex") == 1198
    assert len(found) >= 1190
    assert not any("labels that are nowhere" in remark for remark in material.report.remarks)
    assert sum(bool(block.example and block.example.source) for block in found) > 1000
    assert not any("\\" in block.text for block in material.blocks)
    assert_clean(material)


@pytest.mark.real
def test_japhug_gives_all_but_two_in_a_hundred_of_its_glossed_examples() -> None:
    material = read(LANGUAGES / "japhug" / "grammar-latex")
    assert len(chapter_examples(material)) >= 0.98 * glosses_in(
        LANGUAGES / "japhug" / "grammar-latex" / "chapters", "*.tex"
    )
    assert not any("labels that are nowhere" in remark for remark in material.report.remarks)
    assert_clean(material)


@pytest.mark.real
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=mutations(30_000),
    book=st.sampled_from(
        ["kalamang/grammar-latex/chapters/09Possessive.tex", "japhug/grammar-latex/chapters/4-01c.tex"]
    ),
)
def test_no_mutation_of_a_real_chapter_breaks_the_reader(
    tmp_path: Path, book: str, changes: list[tuple[str, int, int, str]]
) -> None:
    assert_clean(read_text(tmp_path, mutated((LANGUAGES / book).read_text(encoding="utf-8"), changes)))
