"""Tables: rows under our names from CSV, TSV, JSON and JSON Lines, and the records made of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctxlearn.data import Kind, Language
from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats import table
from ctxlearn.formats.base import Material, Options
from ctxlearn.formats.delimited import Broken, csv_rows, tsv_rows
from ctxlearn.formats.rows import rows
from tests.mutations import Mutation, mutations, read_or_refuse

DATA = Path(__file__).parent / "data" / "table"
LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"
TRIAL = Options(Language("Trial", "trl"), Language("English", "eng"), DATA)
PAIRS = replace(TRIAL, kind="parallel")
ZHUANG = Options(Language("Zhuang", "za"), Language("Chinese", "zh"), LANGUAGES, password=b"zhuangbench")

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def left_out(material: Material) -> dict[str, str]:
    return {omission.place: omission.why for omission in material.report.left_out}


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def pairs_of(path: Path, options: Options = PAIRS) -> list[tuple[str, str]]:
    material = table.read(path, replace(options, root=path.parent))
    return [(example.primary_text, example.translated_text) for example in material.examples]


def test_each_gloss_between_semicolons_is_a_sense() -> None:
    first = table.read(DATA / "dictionary.tsv", TRIAL).entries[0]
    assert [sense.description for sense in first.senses] == ["dog", "hound"]
    assert (first.headword, first.part_of_speech, first.language, first.place) == (
        "tari",
        "noun",
        "trl",
        "dictionary.tsv:2",
    )


def test_an_example_beside_an_entry_is_linked_from_its_first_sense() -> None:
    material = table.read(DATA / "dictionary.tsv", TRIAL)
    [example] = material.examples
    assert (example.id, example.primary_text, example.translated_text) == (
        "dictionary:1.1",
        "Tari kesu.",
        "The dog sees.",
    )
    assert [sense.examples for sense in material.entries[0].senses] == [("dictionary:1.1",), ()]


def test_rows_without_an_id_are_numbered_broken_ones_counted() -> None:
    assert [e.id for e in table.read(DATA / "dictionary.tsv", TRIAL).entries] == [
        "dictionary:1",
        "dictionary:2",
        "dictionary:5",
    ]


def test_broken_rows_are_left_out_and_named() -> None:
    assert left_out(table.read(DATA / "dictionary.tsv", TRIAL)) == {
        "dictionary.tsv:4": "expected 6 tab-separated fields, found 1",
        "dictionary.tsv:5": "no gloss",
        "dictionary.tsv:6": "an example without its translation",
    }
    assert left_out(table.read(DATA / "pairs.csv", PAIRS)) == {
        "pairs.csv:7": "no trl",
        "pairs.csv:8": "expected 4 semicolon-separated fields, found 2",
        "pairs.csv:9": "text after a closing quote; a quote inside a quoted cell is written twice",
    }


def test_pairs_keep_their_ids_sources_and_physical_lines() -> None:
    examples = table.read(DATA / "pairs.csv", PAIRS).examples
    assert [(e.id, e.source, e.place) for e in examples] == [
        ("p1", "tape 1", "pairs.csv:2"),
        ("p2", "tape 1", "pairs.csv:3"),
        ("p2-2", "", "pairs.csv:5"),
        ("pairs:4", "", "pairs.csv:6"),
    ]
    assert examples[1].translated_text == 'The dog sees; "the fish" hears.'


def test_json_lines_name_nested_columns_with_a_point_and_survive_half_surrogates() -> None:
    options = replace(PAIRS, columns={"trl": "translation.trl", "eng": "translation.eng"})
    material = table.read(DATA / "pairs.jsonl", options)
    assert [(e.id, e.translated_text) for e in material.examples] == [
        ("7", "The dog sees."),
        ("8.50", "The fish hears.\ufffd"),
    ]
    assert left_out(material)["pairs.jsonl:5"] == "expected an object, found a list"
    assert left_out(material)["pairs.jsonl:4"].startswith("not JSON: Unterminated string")


def test_a_word_list_keyed_by_headword_is_read_by_table_and_position() -> None:
    options = replace(TRIAL, tables=("te",), columns={"part_of_speech": "0", "gloss": "1"})
    entries = table.read(DATA / "words.json", options).entries
    assert [(e.headword, e.part_of_speech, len(e.senses), e.place) for e in entries] == [
        ("tari", "n", 2, "words.json:3"),
        ("mola", "n", 1, "words.json:4"),
    ]


def test_headwords_may_be_in_the_contact_language() -> None:
    entries = table.read(DATA / "words.json", replace(TRIAL, tables=("et",), headwords="eng")).entries
    assert [(e.headword, e.language, [s.description for s in e.senses]) for e in entries] == [
        ("dog", "eng", ["tari"]),
        ("fish", "eng", ["mola", "ninu"]),
    ]


def test_several_tables_in_one_file_must_be_chosen_from() -> None:
    with pytest.raises(FormatError, match=r"holds 'te', 'et'; name those to read in corpus.toml: tables = \[\"te\"\]"):
        table.read(DATA / "words.json", TRIAL)
    with pytest.raises(FormatError, match="no table 'nosuch'"):
        table.read(DATA / "words.json", replace(TRIAL, tables=("nosuch",)))


@pytest.mark.parametrize(
    "text",
    [
        '[{"trl": "Ninu.", "eng": "It hears."}]',
        '{"trl": ["Ninu."], "eng": ["It hears."]}',
        '{"about": "x", "data": [{"trl": "Ninu.", "eng": "It hears."}]}',
        '{"trl": "Ninu.", "eng": "It hears."}\n{"trl": "", "eng": "x"}',
    ],
)
def test_json_may_be_a_list_columns_a_named_list_or_lines(text: str, tmp_path: Path) -> None:
    assert pairs_of(write(tmp_path / "pairs.json", text)) == [("Ninu.", "It hears.")]


def test_a_list_of_meanings_is_several_senses_and_of_headwords_variants(tmp_path: Path) -> None:
    path = write(tmp_path / "d.json", '[{"headword": ["tari", "dari"], "gloss": ["dog", "a; b"]}]')
    [entry] = table.read(path, TRIAL).entries
    assert (entry.headword, entry.variants, [s.description for s in entry.senses]) == (
        "tari",
        ("dari",),
        ["dog", "a; b"],
    )


def test_a_missing_column_names_those_found_and_the_remedy(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.tsv", "kalamang\tenglish\nx\ty\n")
    with pytest.raises(FormatError) as caught:
        table.read(path, replace(PAIRS, root=tmp_path))
    assert str(caught.value) == (
        "pairs.tsv: no column 'trl'; the columns are 'kalamang', 'english'; "
        'map them in corpus.toml: columns = { trl = "…", eng = "…" }'
    )
    assert pairs_of(path, replace(PAIRS, columns={"trl": "kalamang", "eng": "english"})) == [("x", "y")]
    with pytest.raises(FormatError, match="no column 'kgv' for 'trl'"):
        table.read(path, replace(PAIRS, columns={"trl": "kgv"}))


def test_what_is_not_json_is_shown_with_line_and_caret(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.json", '[\n  {"trl": "a" "eng": "b"}\n]')
    with pytest.raises(FormatError) as caught:
        table.read(path, replace(PAIRS, root=tmp_path))
    assert str(caught.value).splitlines() == [
        "pairs.json:2: not JSON: expecting ',' delimiter",
        '      {"trl": "a" "eng": "b"}',
        " " * 18 + "^",
    ]


@pytest.mark.parametrize(
    "text", ["3", '"x"', "[" * 100_000, '{"a":' * 50_000, "1" * 5000, "[1, 2]", "{}", "[]", "null"]
)
def test_odd_json_is_refused_or_gives_nothing(text: str, tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.json", text)
    try:
        material = table.read(path, PAIRS)
    except FormatError:
        return
    assert material.examples == ()


def test_an_empty_file_has_no_header_and_a_header_alone_no_rows(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no header row"):
        table.read(write(tmp_path / "a.csv", ""), PAIRS)
    assert table.read(write(tmp_path / "b.csv", "trl,eng\n"), PAIRS).examples == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_byte_order_mark_are_recognised(delimiter: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(f"trl{delimiter}eng\r\nTari ŋé.{delimiter}The dog.\r\n", encoding)
    assert pairs_of(path) == [("Tari ŋé.", "The dog.")]


def test_bytes_that_are_no_text_are_shown_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"trl\teng\nTari\tdog\xff\n")
    with pytest.raises(FormatError, match=r"pairs\.tsv:2: byte 0xff is not utf-8"):
        table.read(path, PAIRS)


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.csv", 'trl,eng\nTari,dog\n"Mola,fish\nNinu,hear\n')
    material = table.read(path, replace(PAIRS, root=tmp_path))
    assert [e.primary_text for e in material.examples] == ["Tari", "Ninu"]
    assert left_out(material) == {"pairs.csv:3": "a quote that opens on this line is not closed"}


def test_a_cell_of_a_megabyte_is_read_in_tsv_and_named_in_csv(tmp_path: Path) -> None:
    huge = "x" * (1 << 20)
    assert pairs_of(write(tmp_path / "a.tsv", f"trl\teng\n{huge}\tdog\n")) == [(huge, "dog")]
    material = table.read(write(tmp_path / "a.csv", f"trl,eng\n{huge},dog\nTari,dog\n"), replace(PAIRS, root=tmp_path))
    assert [e.primary_text for e in material.examples] == ["Tari"]
    assert "131,072 characters" in left_out(material)["a.csv:2"]


def test_a_quote_in_tsv_is_a_quote_unless_it_closes_with_its_cell(tmp_path: Path) -> None:
    text = (
        'trl\teng\n"Tari" kesu\t"The dog" sees\n"Ha," tari.\t"Ha," the dog.\n"a\tb"\n'
        '"x ""y"""\t"p\nq"\n"one\tcell"\tz\n'
    )
    assert pairs_of(write(tmp_path / "pairs.tsv", text)) == [
        ('"Tari" kesu', '"The dog" sees'),
        ('"Ha," tari.', '"Ha," the dog.'),
        ('"a', 'b"'),
        ('x "y"', "p q"),
        ("one cell", "z"),
    ]


def test_two_lines_with_one_quote_each_stay_two_rows() -> None:
    assert [cells for _, cells in tsv_rows('a\tb\nx\t"Hello\n"y\tthere"\n')] == [
        ["a", "b"],
        ["x", '"Hello'],
        ['"y', 'there"'],
    ]


def test_columns_that_are_not_read_are_remarked() -> None:
    assert table.read(DATA / "dictionary.tsv", TRIAL).report.remarks == ("dictionary.tsv: not read: 'field' (1 cell)",)


def test_a_column_that_stands_twice_is_remarked_and_read_once(tmp_path: Path) -> None:
    material = table.read(write(tmp_path / "a.csv", "trl,eng,eng\nTari,dog,cat\n"), replace(PAIRS, root=tmp_path))
    assert material.examples[0].translated_text == "dog"
    assert material.report.remarks == ("a.csv:1: the column 'eng' stands 2 times; the first is read",)


def test_a_column_of_sentences_is_a_text(tmp_path: Path) -> None:
    path = write(tmp_path / "text.csv", "trl\nTari kesu.\n\nNinu.\n")
    blocks = table.read(path, replace(TRIAL, kind="text", root=tmp_path)).blocks
    assert [(b.text, b.id, b.place) for b in blocks] == [
        ("Tari kesu.", "text:1", "text.csv:2"),
        ("Ninu.", "text:2", "text.csv:4"),
    ]


def test_a_table_is_no_grammar() -> None:
    with pytest.raises(FormatError, match="not 'grammar'"):
        table.read(DATA / "pairs.csv", replace(TRIAL, kind="grammar"))


def test_rows_of_a_test_set_carry_every_column_under_our_names(tmp_path: Path) -> None:
    path = write(
        tmp_path / "dev.tsv", "kgv\teng\teng.2\tid\tlevel\nTari.\tA dog.\tThe dog.\tt1\teasy\nMola.\t\t\tt2\t\n"
    )
    found, report = rows(path, replace(PAIRS, root=tmp_path, columns={"trl": "kgv"}), required=("trl", "eng"))
    assert [dict(row.cells) for row in found] == [
        {"trl": "Tari.", "eng": "A dog.", "eng.2": "The dog.", "id": "t1", "level": "easy"}
    ]
    assert [(o.place, o.why) for o in report.left_out] == [("dev.tsv:3", "no eng")]
    assert dict(report.read) == {"rows": 1}


def test_a_member_of_a_zip_is_read_and_its_only_file_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "pairs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deep/pairs.tsv", "trl\teng\nTari\tdog\n")
    [example] = table.read(path, replace(PAIRS, root=tmp_path)).examples
    assert (example.id, example.place) == ("pairs:1", "pairs.zip:deep/pairs.tsv:2")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.tsv", "")
    with pytest.raises(FormatError, match=r"which of its files\? it holds deep/pairs.tsv, other.tsv"):
        table.read(path, PAIRS)
    assert pairs_of(path, replace(PAIRS, member="deep/pairs.tsv")) == [("Tari", "dog")]


def test_what_is_called_a_zip_and_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a zip that can be read"):
        table.read(write(tmp_path / "pairs.zip", "no"), PAIRS)
    with pytest.raises(CorpusError, match=r"is the path in corpus\.toml right"):
        table.read(tmp_path / "nosuch.zip", PAIRS)
    with pytest.raises(CorpusError, match=r"is the path in corpus\.toml right"):
        table.read(tmp_path / "nosuch.csv", PAIRS)


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)


def written(found: Sequence[Sequence[str]], delimiter: str) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(found)
    return file.getvalue()


@settings(max_examples=150)
@given(found=st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6), delimiter=st.sampled_from([",", ";", "\t"]))
def test_rows_that_the_csv_module_wrote_are_read_back_equal(found: list[list[str]], delimiter: str) -> None:
    assert [row for _, row in csv_rows(written(found, delimiter), {"delimiter": delimiter})] == found


@settings(max_examples=200)
@given(found=st.lists(st.tuples(cells, cells, cells), max_size=6))
def test_tsv_that_the_csv_module_wrote_is_read_back_equal(found: list[tuple[str, ...]]) -> None:
    # A cell with both a tab and a line break is the one thing that is not promised (delimited.py).
    table_rows = [("a", "b", "c"), *(tuple(cell.replace("\t", " ") for cell in row) for row in found)]
    assert [tuple(row) for _, row in tsv_rows(written(table_rows, "\t"))] == table_rows


@settings(max_examples=100)
@given(text=st.text(st.sampled_from('a"\t\n,;'), max_size=40))
def test_lines_of_any_text_only_grow(text: str) -> None:
    for found in (list(tsv_rows(text)), list(csv_rows(text, {"delimiter": ","}))):
        lines = [line for line, _ in found]
        assert lines == sorted(set(lines))
        assert all(1 <= line <= text.count("\n") + 1 for line in lines)
        assert all(isinstance(row, Broken | list) for _, row in found)


@settings(same_folder, max_examples=100)
@given(
    found=st.lists(
        st.dictionaries(st.sampled_from(["trl", "eng", "id"]), cells | st.lists(cells, max_size=3)), max_size=5
    )
)
def test_json_and_json_lines_give_the_same_rows(found: list[dict[str, object]], tmp_path: Path) -> None:
    whole = write(tmp_path / "a.json", json.dumps(found))
    lines = write(tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in found))
    assert [row.cells for row in rows(whole, PAIRS)[0]] == [row.cells for row in rows(lines, PAIRS)[0]]


@settings(same_folder, max_examples=200)
@given(name=st.sampled_from(["dictionary.tsv", "pairs.csv", "pairs.jsonl", "words.json"]), mutate=mutations())
def test_a_broken_table_gives_records_or_an_error_made_on_purpose(name: str, mutate: Mutation, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(mutate((DATA / name).read_bytes()))
    kind: Kind = "parallel" if name.startswith("pairs") else "dictionary"
    read_or_refuse(table.FORMAT, path, replace(TRIAL, root=tmp_path, kind=kind))
    read_or_refuse(table.FORMAT, path, replace(TRIAL, root=tmp_path, tables=("te", "et")))


@settings(same_folder, max_examples=200)
@given(mutate=mutations())
def test_a_broken_zip_gives_records_or_an_error_made_on_purpose(mutate: Mutation, tmp_path: Path) -> None:
    path = tmp_path / "pairs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(DATA / "pairs.csv", "pairs.csv")
    path.write_bytes(mutate(path.read_bytes()))
    read_or_refuse(table.FORMAT, path, replace(PAIRS, root=tmp_path, password=b"x"))


def test_a_member_packed_in_a_rare_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("pairs.csv", "trl,eng\n")
    with pytest.raises(FormatError, match="is not packed by deflate"):
        table.read(path, PAIRS)


@pytest.mark.real
@pytest.mark.parametrize(
    ("member", "changes", "count"),
    [
        ("dictionary_za2zh.jsonl", {"columns": {"headword": "za_word", "gloss": "zh_meanings"}}, 16_029),
        (
            "dictionary_zh2za.jsonl",
            {"columns": {"headword": "zh_word", "gloss": "za_meanings"}, "headwords": "zh"},
            13_619,
        ),
        ("parallel_corpus.json", {"kind": "parallel"}, 4_943),
    ],
)
def test_zhuang_is_read_whole_from_its_locked_zip(member: str, changes: dict[str, object], count: int) -> None:
    path = LANGUAGES / "zhuang" / "zhuang-train.zip"
    material = table.read(path, replace(ZHUANG, member=member, **changes))  # type: ignore[arg-type]
    assert len(material.entries) + len(material.examples) == count
    assert material.report.left_out == ()


@pytest.mark.real
def test_zhuang_stays_locked_without_its_password() -> None:
    path = LANGUAGES / "zhuang" / "zhuang-train.zip"
    with pytest.raises(FormatError, match="password is missing or wrong"):
        table.read(path, replace(ZHUANG, kind="parallel", member="parallel_corpus.json", password=b"no"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "columns", "headwords", "count"),
    [("ke", {"part_of_speech": "0", "gloss": "1"}, "", 2_531), ("ek", {}, "eng", 1_932)],
)
def test_the_mtob_word_list_is_read_by_a_mapping(
    name: str, columns: dict[str, str], headwords: str, count: int
) -> None:
    path = LANGUAGES / "kalamang" / "splits" / "mtob-wordlist.json"
    options = Options(Language("Kalamang", "kgv"), Language("English", "eng"), path.parent)
    material = table.read(path, replace(options, tables=(name,), columns=columns, headwords=headwords))
    assert len(material.entries) == count


@pytest.mark.real
@settings(same_folder, max_examples=15)
@given(mutate=mutations())
def test_a_broken_mtob_word_list_gives_records_or_an_error_made_on_purpose(mutate: Mutation, tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_bytes(mutate((LANGUAGES / "kalamang" / "splits" / "mtob-wordlist.json").read_bytes()))
    read_or_refuse(table.FORMAT, path, replace(TRIAL, root=tmp_path, tables=("ek",)))
