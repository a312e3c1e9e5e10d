"""The table of formats: which reader a source gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctxlearn import formats
from ctxlearn.data import Kind
from ctxlearn.errors import CorpusError, FormatError

DATA = Path(__file__).parent / "data"
LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"


def test_each_format_stands_under_its_own_name() -> None:
    assert all(form.name == name for name, form in formats.FORMATS.items())
    assert formats.get("cldf").name == "cldf"


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(CorpusError, match="no format 'docx'; the known ones are cldf, latex, markdown, table"):
        formats.get("docx")


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("cldf", "dictionary", "cldf"),
        ("cldf/lexicon-metadata.json", "dictionary", "cldf"),
        ("table/dictionary.tsv", "dictionary", "table"),
        ("table/pairs.csv", "parallel", "table"),
        ("table/pairs.jsonl", "parallel", "table"),
        ("table/words.json", "dictionary", "table"),
        ("markdown/grammar", "grammar", "markdown"),
        ("markdown/grammar/01-nouns.md", "grammar", "markdown"),
        ("markdown/story.txt", "text", "markdown"),
    ],
)
def test_a_source_is_recognised(path: str, kind: Kind, name: str) -> None:
    assert formats.recognise(DATA / path, kind).name == name


def test_the_member_of_a_zip_decides(tmp_path: Path) -> None:
    path = tmp_path / "books.zip"
    path.write_bytes(b"PK")
    assert formats.recognise(path, "parallel").name == "table"
    assert formats.recognise(path, "parallel", "pairs.json").name == "table"
    assert formats.recognise(path, "grammar", "deep/grammar.md").name == "markdown"


def test_a_file_that_nobody_reads_is_an_error_that_lists_the_known_endings(tmp_path: Path) -> None:
    path = tmp_path / "notes.odt"
    path.touch()
    with pytest.raises(FormatError, match=r"notes\.odt: no reader for '\.odt'; the known ones are .*\.csv, .*\.md, "):
        formats.recognise(path, "grammar")
    with pytest.raises(FormatError, match="no reader for this folder"):
        formats.recognise(tmp_path, "grammar")


def test_a_file_of_the_wrong_kind_is_told_what_its_reader_gives() -> None:
    with pytest.raises(FormatError, match="the table reader gives dictionary or parallel or text, not 'grammar'"):
        formats.recognise(DATA / "table" / "pairs.csv", "grammar")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no such file or folder"):
        formats.recognise(tmp_path / "nosuch.csv", "parallel")


@pytest.mark.real
@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("kalamang/dictionary-cldf", "dictionary", "cldf"),
        ("kalamang/grammar-latex", "grammar", "latex"),
        ("japhug/grammar-latex", "grammar", "latex"),
        ("kalamang/splits/mtob-wordlist.json", "dictionary", "table"),
        ("zhuang/zhuang-train.zip", "parallel", "table"),
    ],
)
def test_real_sources_are_recognised(path: str, kind: Kind, name: str) -> None:
    assert formats.recognise(LANGUAGES / path, kind).name == name
