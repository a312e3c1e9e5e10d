"""CLDF: read by the metadata, the same cells as pycldf, every loss named with its line."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pycldf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctxlearn.data import Language
from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats import cldf
from ctxlearn.formats.base import Material, Options
from ctxlearn.formats.csvw import read_metadata, read_table
from tests.mutations import Mutation, mutations, read_or_refuse

DATA = Path(__file__).parent / "data" / "cldf"
LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"
KALAMANG = LANGUAGES / "kalamang" / "dictionary-cldf"
TRIAL = Options(Language("Trial", "trl"), Language("English", "eng"), DATA)
KGV = Options(Language("Kalamang", "kgv"), Language("English", "eng"), KALAMANG)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(DATA, tmp_path / "copy")


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> Options:
    """Edit the metadata of a copy, and return the options to read it with."""
    file = folder / "lexicon-metadata.json"
    metadata = json.loads(file.read_text("utf-8"))
    edit(metadata)
    file.write_text(json.dumps(metadata), "utf-8")
    return replace(TRIAL, root=folder)


def left_out(material: Material) -> dict[str, str]:
    return {omission.place: omission.why for omission in material.report.left_out}


def test_entries_are_found_by_property_whatever_files_and_columns_are_called() -> None:
    material = cldf.read(DATA, TRIAL)
    first = material.entries[0]
    assert [entry.headword for entry in material.entries] == ["tari", "mo la", "molake", "kesu"]
    assert [sense.description for sense in first.senses] == ["dog", "person who 'follows'"]
    assert (first.part_of_speech, first.variants, first.language) == ("noun", ("tali", "dari"), "trl")
    assert first.senses[0].examples == ("x1",)


def test_notes_resolve_ids_to_headwords_and_join_origin_and_etymon() -> None:
    notes = {entry.headword: entry.notes for entry in cldf.read(DATA, TRIAL).entries}
    assert notes == {
        "tari": ("scientific name: Canis familiaris", "synonyms: mo la"),
        "mo la": ("from Dutch mol",),
        "molake": ("main entry: mo la",),
        "kesu": ("etymology: *kes",),
    }


def test_morphemes_that_stand_apart_become_words() -> None:
    first = cldf.read(DATA, TRIAL).examples[0]
    assert first.analyzed_words == ("tari-n", "mola-ke", "kesu", ".")
    assert first.glosses == ("dog-ERG", "fish/prey-ACC", "see_now", ".")
    assert (first.translated_text, first.source) == ("The dog sees the fish.", "tape 4")


def test_a_judgement_before_a_sentence_is_no_part_of_it() -> None:
    third = cldf.read(DATA, TRIAL).examples[2]
    assert (third.judgement, third.primary_text) == ("*", "Kesu mola tarin.")


def test_lines_are_physical_ones_after_comments_and_cells_of_several_lines() -> None:
    material = cldf.read(DATA, TRIAL)
    assert [entry.place for entry in material.entries] == [f"lexemes.txt:{line}" for line in (3, 4, 6, 7)]
    assert [example.place for example in material.examples] == [f"sentences.csv:{line}" for line in (2, 4, 5, 7)]


def test_every_loss_is_named_with_its_line() -> None:
    assert left_out(cldf.read(DATA, TRIAL)) == {
        "sentences.csv:6": "no translation",
        "meanings.txt:2": "Synonyms: no entry of this id",
        "meanings.txt:7": "no description",
        "meanings.txt:8": "no entry 'nobody'",
        "lexemes.txt:6": "Main_Entry: no entry of this id",
        "lexemes.txt:9": "no sense",
        "lexemes.txt:10": "the id 'kesu' stood before; that entry has the senses",
    }


def test_a_repeated_id_is_kept_with_a_suffix_and_remarked() -> None:
    material = cldf.read(DATA, TRIAL)
    assert [example.id for example in material.examples] == ["x1", "x2", "x3", "x1-2"]
    assert any("'x1' at sentences.csv:7 became 'x1-2'" in remark for remark in material.report.remarks)


def test_columns_that_are_not_read_are_remarked_with_their_counts() -> None:
    remarks = cldf.read(DATA, TRIAL).report.remarks
    assert "meanings.txt: not read: 'Bedeutung' (2 cells)" in remarks


def test_another_column_can_be_read_as_the_gloss() -> None:
    material = cldf.read(DATA, replace(TRIAL, columns={"gloss": "Bedeutung"}))
    assert [entry.senses[0].description for entry in material.entries] == ["Hund", "Fisch"]


def test_a_mapped_column_that_is_not_there_is_an_error_that_lists_those_that_are() -> None:
    with pytest.raises(
        FormatError, match="no column 'Malay' for 'gloss'; the columns are 'Key', 'Meaning', 'Bedeutung'"
    ):
        cldf.read(DATA, replace(TRIAL, columns={"gloss": "Malay"}))
    with pytest.raises(FormatError, match="no field 'meaning'; the fields of CLDF are headword,"):
        cldf.read(DATA, replace(TRIAL, columns={"meaning": "Meaning"}))


def test_tables_limit_what_is_read() -> None:
    only_entries = cldf.read(DATA, replace(TRIAL, tables=("entries",)))
    only_examples = cldf.read(DATA, replace(TRIAL, tables=("examples",)))
    assert (len(only_entries.entries), len(only_entries.examples)) == (4, 0)
    assert (len(only_examples.entries), len(only_examples.examples)) == (0, 4)
    assert all(sense.examples == () for entry in only_entries.entries for sense in entry.senses)
    with pytest.raises(FormatError, match="expected 'entries' or 'examples', found 'senses'"):
        cldf.read(DATA, replace(TRIAL, tables=("senses",)))


def test_a_zipped_table_is_read_like_the_plain_one(copy: Path) -> None:
    with zipfile.ZipFile(copy / "sentences.csv.zip", "w") as archive:
        archive.write(copy / "sentences.csv", "sentences.csv")
    (copy / "sentences.csv").unlink()
    options = replace(TRIAL, root=copy)
    assert [e.primary_text for e in cldf.read(copy, options).examples] == [
        e.primary_text for e in cldf.read(DATA, TRIAL).examples
    ]


def test_a_missing_table_is_an_error(copy: Path) -> None:
    (copy / "meanings.txt").unlink()
    with pytest.raises(CorpusError, match=r"meanings\.txt"):
        cldf.read(copy, TRIAL)


def test_a_table_outside_the_data_set_is_refused(copy: Path) -> None:
    for url in ("../secret.csv", "/etc/passwd", "%2e%2e/secret.csv"):
        options = change(copy, lambda metadata, url=url: metadata["tables"][0].update(url=url))  # type: ignore[misc]
        with pytest.raises(FormatError, match="expected the url of a table in this folder"):
            cldf.read(copy, options)


def test_a_data_set_of_several_languages_gives_only_ours(copy: Path) -> None:
    languages = {"url": "l.csv", "dc:conformsTo": "http://cldf.clld.org/v1.0/terms.rdf#LanguageTable"}
    term = "http://cldf.clld.org/v1.0/terms.rdf#"
    columns = [{"name": "ID", "propertyUrl": f"{term}id"}, {"name": "ISO", "propertyUrl": f"{term}iso639P3code"}]
    dialect = {"dialect": {"delimiter": ","}}
    entry_columns = [{"name": "Lg", "propertyUrl": f"{term}languageReference"}]

    def edit(metadata: dict[str, Any]) -> None:
        metadata["tables"].append(languages | dialect | {"tableSchema": {"columns": columns}})
        schema = metadata["tables"][0]["tableSchema"]
        schema["columns"] = entry_columns + [c for c in schema["columns"] if c["name"] != "Lg"]

    options = change(copy, edit)
    (copy / "l.csv").write_text("ID,ISO\none,trl\ntwo,xyz\n", "utf-8")
    (copy / "lexemes.txt").write_text("Key;Form;Lg\ntari;tari;one\nmola;mola;two\n", "utf-8")
    material = cldf.read(copy, options)
    assert [entry.headword for entry in material.entries] == ["tari"]
    assert "lexemes.txt: 1 rows are in other languages" in material.report.remarks


def test_a_data_set_without_senses_has_its_glosses_in_the_entries(copy: Path) -> None:
    def edit(metadata: dict[str, Any]) -> None:
        del metadata["tables"][1:]

    options = change(copy, edit)
    (copy / "lexemes.txt").write_text("Key;Form;Definition\ntari;tari;dog\nmola;mola;\n", "utf-8")
    material = cldf.read(copy, options)
    assert [(entry.headword, entry.senses[0].description) for entry in material.entries] == [("tari", "dog")]
    assert left_out(material)["lexemes.txt:3"] in ("no description", "no sense")


def test_a_file_without_header_has_the_columns_of_the_metadata(copy: Path) -> None:
    def edit(metadata: dict[str, Any]) -> None:
        metadata["tables"][1]["dialect"] = {"header": False, "delimiter": "|", "quoteChar": None}

    options = change(copy, edit)
    (copy / "meanings.txt").write_text('s1|"dog"|Hund|tari||\n', "utf-8")
    material = cldf.read(copy, options)
    assert [(entry.headword, entry.senses[0].description) for entry in material.entries] == [("tari", '"dog"')]


def test_other_encodings_are_read_as_the_dialect_says(copy: Path) -> None:
    def edit(metadata: dict[str, Any]) -> None:
        metadata["tables"][1]["dialect"] = {"encoding": "latin-1"}

    options = change(copy, edit)
    (copy / "meanings.txt").write_text("Key,Meaning,Of\ns1,garçon,tari\n", "latin-1")
    assert cldf.read(copy, options).entries[0].senses[0].description == "garçon"


@pytest.mark.parametrize(
    ("dialect", "message"),
    [
        ({"delimiter": ";;"}, "its dialect cannot be read"),
        ({"quoteChar": 5}, "its dialect cannot be read"),
        ({"encoding": "klingon"}, "cannot be read as 'klingon'"),
    ],
)
def test_a_dialect_that_makes_no_sense_is_an_error(copy: Path, dialect: Mapping[str, Any], message: str) -> None:
    options = change(copy, lambda metadata: metadata.update(dialect=dialect))
    with pytest.raises(FormatError, match=message):
        cldf.read(copy, options)


def test_broken_metadata_are_shown_with_line_and_caret(copy: Path) -> None:
    (copy / "lexicon-metadata.json").write_text('{\n  "tables": [,]\n}', "utf-8")
    with pytest.raises(FormatError) as caught:
        cldf.read(copy, replace(TRIAL, root=copy))
    assert str(caught.value).startswith("lexicon-metadata.json:2: not JSON")
    assert str(caught.value).endswith("^")


def test_metadata_without_a_dictionary_are_an_error(copy: Path) -> None:
    options = change(copy, lambda metadata: metadata.update(tables=[]))
    with pytest.raises(FormatError, match="no EntryTable; it describes no table of CLDF"):
        cldf.read(copy, options)


def test_a_folder_without_metadata_is_an_error(tmp_path: Path) -> None:
    assert not cldf.recognise(tmp_path)
    with pytest.raises(FormatError, match="no metadata file of a dictionary"):
        cldf.read(tmp_path, TRIAL)


def cells_as_pycldf_reads_them(metadata: Path) -> dict[str, list[dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pycldf.Dataset.from_metadata(metadata)
        return {str(table.url): [dict(row) for row in table] for table in dataset.tables}


def assert_same_cells(metadata: Path, options: Options) -> int:
    """Compare each cell with pycldf's; a null is an empty text or list here. Returns how many were compared."""
    expected = cells_as_pycldf_reads_them(metadata)
    compared = 0
    for table in read_metadata(metadata, options):
        rows = read_table(table, options).rows
        assert len(rows) == len(expected[table.url])
        for row, theirs in zip(rows, expected[table.url], strict=True):
            for name, value in row.values.items():
                other = theirs[name]
                plain = tuple(part or "" for part in other) if isinstance(other, list) else other
                if isinstance(plain, str | tuple) or plain is None:
                    assert value == (plain or ("" if isinstance(value, str) else ()))
                    compared += 1
    return compared


@pytest.mark.real
def test_kalamang_has_the_cells_that_pycldf_reads() -> None:
    assert assert_same_cells(KALAMANG / "cldf-metadata.json", KGV) > 60_000


def test_an_unusual_dialect_has_the_cells_that_pycldf_reads(copy: Path) -> None:
    def edit(metadata: dict[str, Any]) -> None:
        columns = metadata["tables"][0]["tableSchema"]["columns"]
        metadata["tables"][0]["tableSchema"]["columns"] = [c for c in columns if not c.get("virtual")]
        del metadata["tables"][0]["tableSchema"]["primaryKey"]

    options = change(copy, edit)
    lexemes = (copy / "lexemes.txt").read_text("utf-8").replace(";;;;;;;\n", "")  # pycldf keeps a blank row
    (copy / "lexemes.txt").write_text(lexemes, "utf-8")
    assert assert_same_cells(copy / "lexicon-metadata.json", options) > 60


@pytest.mark.real
def test_kalamang_gives_all_its_entries_senses_and_examples() -> None:
    material = cldf.read(KALAMANG, KGV)
    assert dict(material.report.read) == {"entries": 2737, "senses": 2757, "examples": 1663}
    assert material.report.left_out == ()
    linked = {identifier for e in material.entries for sense in e.senses for identifier in sense.examples}
    assert linked == {example.id for example in material.examples}
    glossed = [example for example in material.examples if example.glosses]
    assert len(glossed) == 97
    assert all(len(example.analyzed_words) == len(example.glosses) for example in glossed)
    assert sum(word.count("=") for example in glossed for word in example.analyzed_words) == 92
    assert not any(word.startswith("=") for example in glossed for word in example.analyzed_words)


@pytest.mark.real
def test_kalamang_can_be_read_in_its_other_contact_language() -> None:
    columns = {"gloss": "alt_translation1", "translation": "alt_translation1"}
    material = cldf.read(KALAMANG, replace(KGV, columns=columns))
    assert dict(material.report.read)["examples"] == 1658
    assert any("'Description' (2,757 cells)" in remark for remark in material.report.remarks)


def read_mutated(source: Path, name: str, mutate: Mutation, folder: Path, options: Options) -> None:
    """Read a data set with one of its files changed."""
    copy = folder / "mutated"
    copy.mkdir(exist_ok=True)
    for file in source.iterdir():
        data = file.read_bytes()
        (copy / file.name).write_bytes(mutate(data) if file.name == name else data)
    read_or_refuse(cldf.FORMAT, copy, replace(options, root=copy))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["lexicon-metadata.json", "lexemes.txt", "meanings.txt", "sentences.csv"]), mutate=mutations()
)
def test_a_broken_data_set_gives_records_or_an_error_made_on_purpose(
    name: str, mutate: Mutation, tmp_path: Path
) -> None:
    read_mutated(DATA, name, mutate, tmp_path, TRIAL)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.lists(st.integers(0, 12), min_size=1, max_size=7), value=st.sampled_from([None, 7, "x", [], {}, [1], True])
)
def test_metadata_of_any_shape_give_records_or_an_error_made_on_purpose(
    path: list[int], value: object, tmp_path: Path
) -> None:
    def replace_within(node: Any, steps: list[int]) -> Any:
        if not steps or not isinstance(node, dict | list) or not node:
            return value
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = keys[steps[0] % len(keys)]
        node[key] = replace_within(node[key], steps[1:])
        return node

    read_mutated(
        DATA,
        "lexicon-metadata.json",
        lambda data: json.dumps(replace_within(json.loads(data), path)).encode(),
        tmp_path,
        TRIAL,
    )


@pytest.mark.real
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["cldf-metadata.json", "entries.csv", "senses.csv", "examples.csv"]), mutate=mutations())
def test_a_broken_kalamang_gives_records_or_an_error_made_on_purpose(
    name: str, mutate: Mutation, tmp_path: Path
) -> None:
    read_mutated(KALAMANG, name, mutate, tmp_path, KGV)
