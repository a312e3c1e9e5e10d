"""Drawing a held-out set: whole texts, by a seed, and never more than half."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctxlearn import corpus, manifest, splitting
from ctxlearn.corpus import Contents
from ctxlearn.errors import UsageError
from tests.tiny import contents, copy_of_tiny, main

Capture = pytest.CaptureFixture[str]


def told(folder: Path, sources: list[str]) -> Contents:
    """Return the tiny corpus with a source of sentences from those places, beside its own."""
    folder.mkdir(exist_ok=True)
    copy = copy_of_tiny(folder)
    rows = [f"t{n}\tsentence number {n}\tits translation {n}\t{source}" for n, source in enumerate(sources)]
    (copy / "told.tsv").write_text("\n".join(["id\tqaa\teng\tsource", *rows, ""]), encoding="utf-8")
    with (copy / "corpus.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[source]]\nid = "told"\nkind = "parallel"\npath = "told.tsv"\npolicy = "open"\n')
    return contents(copy)


TEXTS = [f"narr{text}_{line}:05" for text in range(10) for line in range(4)]
ORDERS = {"forth": TEXTS, "back": TEXTS[::-1]}


def test_a_text_is_held_out_whole_or_not_at_all(tmp_path: Path) -> None:
    drawn = splitting.split(told(tmp_path, TEXTS), "told", 10)
    assert (drawn.by, len(drawn.texts), len(drawn.ids)) == ("text", 2, 8)
    names = {TEXTS[int(name[1:])].split("_")[0] for name in drawn.ids}
    assert names == set(drawn.texts)


def test_equal_seeds_draw_the_same_and_others_something_else(tmp_path: Path) -> None:
    found = told(tmp_path, TEXTS)
    assert splitting.split(found, "told", 8, 3) == splitting.split(found, "told", 8, 3)
    assert len({splitting.split(found, "told", 8, seed).ids for seed in range(8)}) > 1


def test_the_order_of_the_file_does_not_decide_which_texts_are_drawn(tmp_path: Path) -> None:
    drawn = [splitting.split(told(tmp_path / name, texts), "told", 8) for name, texts in ORDERS.items()]
    assert drawn[0].texts == drawn[1].texts


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        ([""] * 40, "0 of 40 pairs say which text they are from"),
        (["Fajaria Yarkuran"] * 30 + ["narr1_2"] * 10, "30 of 40 pairs have the same source, 'Fajaria Yarkuran'"),
    ],
)
def test_where_pairs_tell_no_texts_apart_single_records_are_drawn_and_that_is_said(
    tmp_path: Path, sources: list[str], why: str
) -> None:
    drawn = splitting.split(told(tmp_path, sources), "told", 10)
    assert (drawn.by, drawn.why, len(drawn.ids)) == ("record", why, 10)


def test_no_more_than_half_is_held_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="from 1 to half of them"):
        splitting.split(told(tmp_path, TEXTS), "told", 21)


def test_what_is_drawn_is_a_test_set_and_leaves_its_source(tmp_path: Path, capsys: Capture) -> None:
    folder = told(tmp_path, TEXTS).corpus.folder
    code, out, _ = main(capsys, "split", folder, "--source", "told", "--name", "held", "--size", "20%", "--json")
    assert code == 0
    ids = json.loads(out)["ids"]
    read = corpus.read(manifest.open_corpus(str(folder)))
    assert sorted(item.id for item in read.tests[-1].items) == sorted(ids)
    assert {it.id for it in read.parts[-1].material.examples}.isdisjoint(ids)
    code, _, err = main(capsys, "split", folder, "--source", "told", "--name", "held", "--size", "8")
    assert (code, "there already" in err) == (2, True)


@pytest.mark.parametrize("name", ["../held", "a/b", "", "C:x", ".hidden"])
def test_the_name_of_a_test_set_is_no_path(tmp_path: Path, capsys: Capture, name: str) -> None:
    folder = told(tmp_path, TEXTS).corpus.folder
    before = sorted(tmp_path.rglob("*"))
    assert main(capsys, "split", folder, "--source", "told", "--name", name)[0] == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_writes_nothing_and_several_sources_are_asked_about(tmp_path: Path, capsys: Capture) -> None:
    folder = told(tmp_path, TEXTS).corpus.folder
    before = (folder / "corpus.toml").read_bytes()
    assert main(capsys, "split", folder, "--source", "told", "--name", "held", "--dry-run")[0] == 0
    assert (folder / "corpus.toml").read_bytes() == before
    code, _, err = main(capsys, "split", folder)
    assert code == 2
    assert "draw from which source?" in err
