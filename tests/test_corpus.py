"""Sources are read as corpus.toml says, and held-out sets are taken out of them whole."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ctxlearn import context
from ctxlearn.data import Direction
from ctxlearn.errors import CorpusError, FormatError, SettingsError
from ctxlearn.manifest import open_corpus
from tests.tiny import change, contents, copy_of_tiny

HELD_OUT_IDS = '[[test]]\nname = "ids"\nids = "held.ids"\nsource = "sentences"\n'


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return copy_of_tiny(tmp_path)


def add(toy: Path, text: str, **files: str) -> None:
    """Append to corpus.toml and write files whose names have `_` for the dot."""
    with (toy / "corpus.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}")
    for name, content in files.items():
        (toy / name.replace("_", ".")).write_bytes(content.encode())


def ids(toy: Path, source: int) -> list[str]:
    material = contents(toy).parts[source].material
    return [record.id for records in (material.entries, material.examples, material.blocks) for record in records]


def refused(toy: Path) -> str:
    with pytest.raises((CorpusError, SettingsError)) as caught:
        contents(toy)
    return str(caught.value)


def test_every_source_is_a_part_in_reading_order(toy: Path) -> None:
    parts = contents(toy).parts
    assert [part.source.id for part in parts] == ["dictionary", "sentences", "grammar"]
    assert [(len(p.material.entries), len(p.material.examples), len(p.material.blocks)) for p in parts] == [
        (24, 2, 0),
        (0, 20, 0),
        (0, 0, 9),
    ]


# -- only and exclude


def test_only_keeps_the_records_whose_ids_are_listed(toy: Path) -> None:
    change(toy / "corpus.toml", 'path = "sentences.tsv"', 'path = "sentences.tsv"\nonly = ["keep.ids"]')
    add(toy, "", keep_ids="# the first ones\ns1\n\n s3 \r\ns1\n")
    assert ids(toy, 1) == ["s1", "s3"]
    assert contents(toy).parts[1].excluded == 18


def test_exclude_leaves_out_the_records_whose_ids_are_listed(toy: Path) -> None:
    change(toy / "corpus.toml", 'path = "sentences.tsv"', 'path = "sentences.tsv"\nexclude = ["drop.ids"]')
    add(toy, "", drop_ids="s1\ns3\n")
    assert ids(toy, 1)[:2] == ["s2", "s4"]
    assert contents(toy).parts[1].excluded == 2


def test_an_id_that_no_record_has_is_reported(toy: Path) -> None:
    change(toy / "corpus.toml", 'path = "sentences.tsv"', 'path = "sentences.tsv"\nexclude = ["drop.ids"]')
    add(toy, "", drop_ids="s1\nnone-such\n")
    (omission,) = contents(toy).parts[1].material.report.left_out
    assert (omission.what, omission.why) == ("none-such", "no record of source 'sentences' has this id")
    assert contents(toy).broken == 1


def test_only_applies_to_the_tables_that_are_named(toy: Path) -> None:
    more = 'tables = ["examples"]\nonly = ["k.ids"]'
    change(toy / "corpus.toml", 'path = "dictionary.tsv"', f'path = "dictionary.tsv"\n{more}')
    (lasulu,) = [it.id for it in contents().parts[0].material.examples if it.primary_text == "Lasulu piti."]
    add(toy, "", k_ids=f"{lasulu}\n")
    part = contents(toy).parts[0]
    assert [example.id for example in part.material.examples] == [lasulu]
    assert len(part.material.entries) == 24


def test_only_applies_to_all_records_of_a_json_table_that_is_named(toy: Path) -> None:
    rows = {"ke": [{"id": "a", "headword": "ma", "gloss": "he"}, {"id": "b", "headword": "ka", "gloss": "you"}]}
    add(
        toy,
        '[[source]]\nkind = "dictionary"\npath = "words.json"\ntables = ["ke"]\nonly = ["k.ids"]\n',
        words_json=json.dumps(rows),
        k_ids="b\n",
    )
    assert ids(toy, 3) == ["b"]


@pytest.mark.parametrize("what", ["only", "exclude"])
def test_a_list_of_ids_that_is_not_there_is_named(toy: Path, what: str) -> None:
    change(toy / "corpus.toml", 'path = "sentences.tsv"', f'path = "sentences.tsv"\n{what} = ["none.ids"]')
    assert refused(toy) == f"{toy}/none.ids: No such file or directory; expected a file of record ids, one a line"


def test_a_list_of_ids_that_is_not_utf8_is_named_with_the_line(toy: Path) -> None:
    change(toy / "corpus.toml", 'path = "sentences.tsv"', 'path = "sentences.tsv"\nonly = ["k.ids"]')
    (toy / "k.ids").write_bytes(b"s1\ns\xff\n")
    with pytest.raises(FormatError, match=r"k\.ids:2: not UTF-8"):
        contents(toy)


# -- test sets


def test_a_test_set_of_ids_is_taken_out_of_its_source(toy: Path) -> None:
    add(toy, HELD_OUT_IDS, held_ids="s7\ns2\n")
    read = contents(toy)
    test = next(test for test in read.tests if test.name == "ids")
    assert [item.id for item in test.items] == ["s7", "s2"]
    assert test.items[1].texts == {"qaa": ("Nanin molake suma.",), "eng": ("The woman eats fish.",)}
    assert not {"s2", "s7"} & set(ids(toy, 1))
    assert read.parts[1].held_out == 2
    assert "Nanin molake suma" not in context.pack(read, len).prefix


def test_two_test_sets_may_share_records(toy: Path) -> None:
    more = HELD_OUT_IDS.replace('"ids"', '"more"').replace("held.ids", "more.ids")
    add(toy, HELD_OUT_IDS + more, held_ids="s1\ns2\n", more_ids="s2\ns3\n")
    read = contents(toy)
    assert [[item.id for item in test.items] for test in read.tests[1:]] == [["s1", "s2"], ["s2", "s3"]]
    assert read.parts[1].held_out == 3


def test_a_glossed_example_of_a_grammar_can_be_held_out_by_its_id(toy: Path) -> None:
    blocks = contents(toy).parts[2].material.blocks
    (held,) = [block.id for block in blocks if block.example and block.example.number == "(2)"]
    add(toy, HELD_OUT_IDS.replace('"sentences"', '"grammar"'), held_ids=held)
    assert contents(toy).tests[1].items[0].texts["eng"] == ("The birds went to the house.",)
    assert "went to the house" not in context.pack(contents(toy), len).prefix


def test_ids_that_do_not_exist_are_counted_and_named(toy: Path) -> None:
    add(toy, HELD_OUT_IDS, held_ids="s1\n" + "".join(f"x{n}\n" for n in range(7)))
    assert refused(toy) == (
        f"{toy}/held.ids: 7 of 8 ids are not sentence pairs of source 'sentences' (x0, x1, x2, x3, x4 …); "
        "take them out of the list or fix the source"
    )


def test_the_id_of_an_entry_is_no_sentence_pair(toy: Path) -> None:
    entry = contents(toy).parts[0].material.entries[0].id
    add(toy, HELD_OUT_IDS.replace('"sentences"', '"dictionary"'), held_ids=entry)
    assert "1 of 1 ids are not sentence pairs of source 'dictionary'" in refused(toy)


def test_an_empty_list_of_ids_is_refused(toy: Path) -> None:
    add(toy, HELD_OUT_IDS, held_ids="# none yet\n")
    assert "held.ids: the test set 'ids' is empty" in refused(toy)


def test_a_test_file_may_have_several_references(toy: Path) -> None:
    (dev,) = contents(toy).tests
    segments = dev.segments(Direction("qaa", "eng"))
    assert [len(segment.references) for segment in segments] == [1, 2, 1, 1]
    assert segments[1].references == ("The child sleeps in the house.", "A child is sleeping at home.")
    assert dev.segments(Direction("eng", "qaa"))[1].source == "The child sleeps in the house."


def test_a_test_set_without_ids_counts_its_rows(toy: Path) -> None:
    add(
        toy, '[[test]]\nname = "csv"\npath = "t.csv"\ncolumns = { qaa = "Toy" }\n', t_csv="Toy,eng\nTa tari.,You dog.\n"
    )
    assert [item.id for item in contents(toy).tests[1].items] == ["1"]


def test_the_hash_of_a_test_set_changes_with_its_texts_and_not_with_its_name(toy: Path) -> None:
    before = contents(toy).tests[0].sha256
    change(toy / "corpus.toml", 'name = "dev"', 'name = "other"')
    assert contents(toy).tests[0].sha256 == before
    change(toy / "dev.tsv", "I saw a dog.", "I saw the dog.")
    assert contents(toy).tests[0].sha256 != before


BROKEN_TESTS: dict[str, tuple[Callable[[str], str], str]] = {
    "an empty reference": (
        lambda text: text.replace("Birds fly in the sun.", " "),
        "dev.tsv: 'd3' has no text in 'eng'; a test set needs a column 'eng'",
    ),
    "no column of a language": (lambda text: text.replace("qaa", "toy"), "'d1' has no text in 'qaa'; a test set needs"),
    "an id twice": (lambda text: text.replace("d4", "d3"), "dev.tsv: the id 'd3' stands twice in the test set 'dev'"),
    "a short row": (lambda text: text.replace("d3\t", "d3 "), "dev.tsv:4: expected 4 tab-separated fields, found 3"),
    "no row": (lambda text: text.split("\n")[0], "dev.tsv: the test set 'dev' is empty"),
    "nothing": (lambda _: "", "dev.tsv: no header row"),
}


@pytest.mark.parametrize(("broken", "said"), BROKEN_TESTS.values(), ids=BROKEN_TESTS)
def test_a_test_set_is_read_whole_or_not_at_all(toy: Path, broken: Callable[[str], str], said: str) -> None:
    file = toy / "dev.tsv"
    file.write_bytes(broken(file.read_text(encoding="utf-8")).encode())
    assert said in refused(toy)


def test_a_test_file_that_is_not_there_is_named(toy: Path) -> None:
    (toy / "dev.tsv").unlink()
    assert refused(toy) == f"{toy}/dev.tsv: not there; expected the test set 'dev'"


# -- sources that cannot be read


def test_a_source_that_is_not_there_is_named_and_fetched_when_it_has_an_origin(toy: Path) -> None:
    (toy / "grammar.md").unlink()
    assert refused(toy) == f"{toy}/corpus.toml: source 'grammar': {toy}/grammar.md is not there"
    origin = f'\norigin = [{{ path = "grammar.md", url = "http://x", sha256 = "{"0" * 64}" }}]'
    change(toy / "corpus.toml", 'path = "grammar.md"', f'path = "grammar.md"{origin}')
    assert refused(toy).endswith("is not there; `ctxlearn get toy` fetches it")


def test_a_format_that_cannot_hold_the_kind_is_refused(toy: Path) -> None:
    change(toy / "corpus.toml", 'path = "grammar.md"', 'path = "grammar.md"\nformat = "table"')
    assert refused(toy) == f"{toy}/corpus.toml: source 'grammar': the format table cannot hold a grammar"


def test_a_corpus_without_a_source_is_told_how_to_add_one(toy: Path) -> None:
    text = (toy / "corpus.toml").read_text(encoding="utf-8")
    (toy / "corpus.toml").write_text(text.split("[[source]]", 1)[0], encoding="utf-8")
    assert refused(toy) == f"{toy}/corpus.toml: no [[source]]; `ctxlearn add {toy} FILE` adds one"


def test_an_empty_dictionary_beside_other_sources_is_reported_as_broken(toy: Path) -> None:
    (toy / "dictionary.tsv").write_text("headword\tgloss\n", encoding="utf-8")
    read = contents(toy)
    (omission,) = read.parts[0].material.report.left_out
    assert omission.place == f"{toy}/dictionary.tsv"
    assert "is it empty?" in omission.why
    assert read.broken == 1


def test_a_corpus_in_which_no_record_is_readable_names_the_first_line_at_fault(toy: Path) -> None:
    text = (toy / "corpus.toml").read_text(encoding="utf-8")
    head, dictionary, *_ = text.split("[[source]]")
    (toy / "corpus.toml").write_text(f"{head}[[source]]{dictionary}", encoding="utf-8")
    (toy / "dictionary.tsv").write_text("headword\tgloss\nma\nka\n", encoding="utf-8")
    assert refused(toy).split("\n") == [
        "dictionary.tsv:2: expected 2 tab-separated fields, found 1: 'ma'",
        f"{toy}/corpus.toml: not one record was read from its sources; there is nothing to learn from",
    ]


def test_an_encrypted_source_asks_for_its_password_by_the_name_of_its_variable(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(toy / "words.zip", "w") as archive:
        archive.writestr("words.tsv", "headword\tgloss\nma\the\n")
    add(toy, '[[source]]\nkind = "dictionary"\npath = "words.zip"\nmember = "words.tsv"\npassword_env = "TOY_WORD"\n')
    assert "TOY_WORD is not set; set it to the password: TOY_WORD=… ctxlearn …" in refused(toy)
    monkeypatch.setenv("TOY_WORD", "secret")
    assert len(ids(toy, 3)) == 1


def test_places_are_shown_relative_to_the_corpus(toy: Path) -> None:
    read = contents(toy)
    assert read.parts[1].material.examples[0].place == "sentences.tsv:2"
    assert read.corpus == open_corpus(str(toy))
