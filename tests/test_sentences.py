"""Files of sentences: lines, tables, workbooks, and what comes back beside them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from ctxlearn import sentences
from ctxlearn.errors import FormatError, UsageError
from ctxlearn.models.base import Problem
from ctxlearn.sentences import Sentences
from ctxlearn.translate import Hypothesis
from tests.tiny import TINY, main

Capture = pytest.CaptureFixture[str]


def answered(texts: list[str]) -> list[Hypothesis]:
    return [Hypothesis(str(number), text, text.upper(), 0.5) for number, text in enumerate(texts)]


def again(it: Sentences, column: str) -> Sentences:
    """Return what is read from the file with its translations."""
    return sentences.read(it.name, it.translated(answered(it.texts(column)), "model:x"))


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.create_sheet("more")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_text_gives_a_line_for_a_line() -> None:
    it = sentences.read("letter.txt", "\ufeffma he\r\n\r\nka\tto\r\n".encode())
    assert (it.kind, it.texts()) == ("txt", ["ma he", "", "ka\tto"])
    assert it.translated(answered(it.texts()), "s") == b"MA HE\n\nKA TO\n"


def test_a_workbook_is_known_by_its_content_whatever_it_is_called() -> None:
    data = workbook(["id", "kala"], [1, "ma he"])
    assert sentences.read("letter.txt", data).kind == "xlsx"


def test_a_table_keeps_its_cells_and_says_whose_the_translations_are() -> None:
    data = b'id\tkala\ttranslation\n1\tma "he"\t"a ""b"""\n2\t"ka\t\n\n3\t=at\n'
    it = sentences.read("in.tsv", data)
    assert it.texts("kala") == ['ma "he"', '"ka', "=at"]
    found = again(it, "kala")
    assert found.header == ("id", "kala", "translation", "translation 2", "confidence", "problem", "translated by")
    assert [row[:3] for row in found.rows] == [("1", 'ma "he"', 'a "b"'), ("2", '"ka', ""), ("3", "=at", "")]
    assert found.rows[0][3:] == ('MA "HE"', "0.5", "", "machine (model:x)")


cells = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(cells, cells), min_size=1), st.sampled_from([",", ";"]))
def test_a_csv_comes_back_cell_by_cell_with_the_delimiter_it_had(rows: list[tuple[str, str]], delimiter: str) -> None:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    text = "".join(sentences._line(row, delimiter) for row in [("kala", "b"), *rows])
    found = again(sentences.read("in.csv", text.encode()), "kala")
    assert found.delimiter == delimiter
    assert [row[:2] for row in found.rows] == filled


def test_a_workbook_keeps_all_else_that_is_in_it() -> None:
    data = workbook(["id", "kala"], [1, "ma he"], [None], [2, "ka"], [None, None, None, "far"])
    it = sentences.read("in.xlsx", data)
    assert it.texts("kala") == ["ma he", "", "ka", ""]
    book = load_workbook(io.BytesIO(it.translated(answered(it.texts("kala")), "model:x")))
    assert book.sheetnames == ["Sheet", "more"]
    rows = [list(row) for row in book.worksheets[0].values]
    assert rows[0] == ["id", "kala", None, None, *sentences.ADDED]
    assert rows[1] == [1, "ma he", None, None, "MA HE", 0.5, None, "machine (model:x)"]
    assert rows[2] == [None] * 8
    assert rows[4][3] == "far"


def test_a_formula_is_read_as_its_result_and_stays_a_formula_and_an_affix_stays_a_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["kala", "n"])
    sheet.append(["=at", "=1+1"])
    sheet["A2"].data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    it = sentences.read("in.xlsx", stream.getvalue())
    assert it.texts("kala") == ["=at"]
    out = load_workbook(io.BytesIO(it.translated(answered(["=at"]), "s"))).worksheets[0]
    assert (out["A2"].data_type, out["B2"].data_type) == ("s", "f")
    assert (out["C2"].value, out["C2"].data_type) == ("=AT", "s")


def test_a_segment_that_failed_says_so_in_its_row() -> None:
    it = sentences.read("in.csv", b"kala\nma\n")
    failed = Hypothesis("1", "ma", "", problem=Problem("refused", "it would not"))
    assert it.translated([failed], "s").decode().splitlines()[1] == "ma,,,refused: it would not,machine (s)"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"ma\nhe \xff", "a.txt:2: byte 0xff is not UTF-8"),
        ("a.txt", b"ma\0", "holds NUL"),
        ("a.csv", b'kala,b\nma,"he\n', "a.csv:2: a quote that opens on this line is not closed"),
        ("a.tsv", b"kala\tb\nma\the\tto\n", "a.tsv:2: expected 2 cells, found 3"),
        ("a.xlsx", b"PK\x03\x04nothing", "not a workbook that can be read"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(name: str, data: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        sentences.read(name, data)


def test_a_zip_bomb_and_a_zip_of_something_else_are_not_opened() -> None:
    for name, said in (("xl/workbook.xml", "zip bomb"), ("other", "not a workbook")):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, b"0" * 50_000_000)
        with pytest.raises(FormatError, match=said):
            sentences.read("a.xlsx", stream.getvalue())


def test_a_broken_workbook_is_an_error_in_words() -> None:
    data = workbook(["id", "kala"], [1, "ma he"])
    for cut in range(0, len(data), 97):
        broken = data[:cut] + bytes(20) + data[cut + 20 :]
        try:
            sentences.read("a.xlsx", broken)
        except FormatError:
            continue


def test_a_column_must_be_named_unless_there_is_one_alone() -> None:
    it = sentences.read("in.csv", b"id,kala\n1,ma\n")
    with pytest.raises(UsageError, match="which column is to be translated\\?; the columns are 'id', 'kala'"):
        it.texts()
    with pytest.raises(UsageError, match="no column 'x'"):
        it.texts("x")
    assert sentences.read("in.csv", b"kala\nma\n").texts() == ["ma"]


def test_the_command_translates_a_column_and_goes_on_where_it_stopped(tmp_path: Path, capsys: Capture) -> None:
    table, target = tmp_path / "in.tsv", tmp_path / "out.tsv"
    table.write_text("id\tkala\n1\tPokin tarike kesu.\n2\t\n", encoding="utf-8")
    arguments = ("translate", TINY, "--to", "eng", "-i", table, "-o", target, "--column", "kala")
    assert main(capsys, *arguments)[0] == 0
    rows = target.read_text(encoding="utf-8").splitlines()
    assert rows[1].startswith("1\tPokin tarike kesu.\tThe man sees a dog.\t")
    assert rows[2] == "2\t\t\t\t\t"
    assert not (tmp_path / "out.tsv.part").exists()
    code, _, err = main(capsys, *arguments[:-1], "nosuch")
    assert (code, "the columns are 'id', 'kala'" in err) == (2, True)
    assert main(capsys, "translate", TINY, "--column", "kala", "Tari")[0] == 2
