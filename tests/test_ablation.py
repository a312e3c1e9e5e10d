"""The standard grid of contexts, its table, and runs that are repeated."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest

from ctxlearn import ablation, corpus, manifest, packs, render, settings
from ctxlearn.ablation import Cell
from ctxlearn.data import Direction
from ctxlearn.evidence import Evidence
from ctxlearn.models import MODELS
from ctxlearn.models.base import Completion, Request, Translation, Usage
from ctxlearn.packs import Query
from ctxlearn.runs import Ledger
from tests.tiny import TINY, change, copy_of_tiny, main

Capture = pytest.CaptureFixture[str]
OUT, BACK = Direction("qaa", "eng"), Direction("eng", "qaa")
NAMES = [
    "nothing",
    "dictionary",
    "examples",
    "dictionary + examples",
    "+ half the grammar",
    "+ the grammar",
    "retrieved only",
]


def grid(folder: Path = TINY, direction: Direction = OUT) -> dict[str, Cell]:
    opened = manifest.open_corpus(str(folder))
    (test,) = corpus.read(opened).tests
    cells = ablation.grid(settings.read().packs, opened, direction, test.segments(direction))
    return {cell.name: cell for cell in cells}


def sections(cell: Cell) -> list[str]:
    return [it.name for it in cell.pack.sections if it.records]


def test_the_grid_goes_from_nothing_to_all_the_books(home: Path) -> None:
    cells = grid()
    assert [*cells] == NAMES
    assert cells["nothing"].pack.prefix == "# Toy (qaa) and English (eng)\n"
    assert [sections(cells[name]) for name in NAMES[:4]] == [
        [],
        ["dictionary"],
        ["examples"],
        ["dictionary", "examples"],
    ]
    assert sections(cells["+ half the grammar"]) == ["dictionary", "examples", "grammar", "glossed"]
    assert sections(cells["+ the grammar"]) == ["dictionary", "examples", "grammar"]
    whole = packs.open_pack(home / "packs", manifest.open_corpus(str(TINY)))
    assert cells["+ the grammar"].pack.fingerprint == whole.fingerprint


def test_half_the_grammar_is_no_more_than_half_of_its_tokens(home: Path) -> None:
    cells = grid()
    whole, half, pairs = (cells[name].pack.tokens for name in ("+ the grammar", "+ half the grammar", NAMES[3]))
    grammar = next(it.tokens for it in cells["+ the grammar"].pack.sections if it.name == "grammar")
    assert pairs < half <= whole - grammar // 2


@pytest.mark.parametrize("direction", [OUT, BACK], ids=str)
def test_retrieved_are_the_records_that_the_evidence_names_and_no_others(home: Path, direction: Direction) -> None:
    cells = grid(direction=direction)
    whole, retrieved = cells["+ the grammar"].pack, cells["retrieved only"].pack
    (test,) = retrieved.tests
    index = Evidence(whole.language, whole.contact, whole.records)
    named = {
        (it.section, it.id, it.place)
        for segment in test.segments(direction)
        for word in index.of(segment.source, direction.source, "source")
        for it in word.records
    }
    kept = {name: [(name, it.id, it.place) for it in records] for name, records in retrieved.records.items()}
    assert {it for records in kept.values() for it in records} == named
    for name, records in kept.items():
        of_whole = [(name, it.id, it.place) for it in whole.records.get(name, ())]
        assert records == [it for it in of_whole if it in named]
    assert sum(map(len, kept.values())) < sum(map(len, whole.records.values()))
    assert render.read(retrieved.prefix).entries


def test_what_is_retrieved_does_not_depend_on_the_references(home: Path, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    before = grid(toy)["retrieved only"].pack.fingerprint
    change(toy / "dev.tsv", "Birds fly in the sun.", "Stones swim below water tomorrow.")
    assert grid(toy)["retrieved only"].pack.fingerprint == before


def test_a_query_is_a_pack_of_its_own(home: Path) -> None:
    opened, place = manifest.open_corpus(str(TINY)), settings.read().packs
    place.mkdir(parents=True, exist_ok=True)
    found = [packs.open_pack(place, opened, query=Query("qaa", (text,))) for text in ("tari", "mola", "tari")]
    assert found[0].fingerprint == found[2].fingerprint != found[1].fingerprint
    assert found[0].tokens < packs.open_pack(place, opened).tokens


def test_a_corpus_without_a_grammar_has_no_rows_for_one_and_names_what_is_the_same(home: Path, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    text = (toy / "corpus.toml").read_text(encoding="utf-8")
    tables = [it for it in text.split("[[")[1:] if 'id = "grammar"' not in it and 'id = "dictionary"' not in it]
    (toy / "corpus.toml").write_text(text.split("[[")[0] + "".join(f"[[{it}" for it in tables), encoding="utf-8")
    cells = grid(toy)
    assert [(it.name, it.same_as) for it in cells.values()] == [
        ("nothing", ""),
        ("dictionary", "nothing"),
        ("examples", ""),
        ("dictionary + examples", "examples"),
        ("retrieved only", ""),
    ]


# -- the command


def ablated(capsys: Capture, *options: object) -> dict[str, Any]:
    code, out, err = main(capsys, "evaluate", TINY, "--ablate", "--direction", "qaa-eng", *options, "--json")
    assert (code, err) == (0, "")
    shown: dict[str, Any] = json.loads(out)
    return shown


def test_an_ablation_is_a_run_for_each_cell(capsys: Capture, home: Path) -> None:
    shown = ablated(capsys, "--model", "word-for-word")
    (table,) = shown["ablation"]
    assert (table["test"], table["direction"], table["n"]) == ("dev", "qaa-eng", 4)
    assert [it["cell"] for it in table["cells"]] == NAMES
    runs = {it["run"]: it for it in shown["runs"]}
    for cell in table["cells"]:
        run = runs[cell["run"]]
        assert run["tags"] == [f"ablation: {cell['cell']}"]
        assert f"|tok:{cell['tokens']}|" in run["system"]
        assert [run[name] for name in ("scores", "floors", "cost_usd", "sections")] == [
            cell[name] for name in ("scores", "floors", "cost_usd", "sections")
        ]
    with Ledger(home / "ledger.sqlite") as ledger:
        assert len({run.test_hash for run in ledger.list()}) == 1


def test_nothing_in_the_context_scores_what_copying_does(capsys: Capture, home: Path) -> None:
    first, *_ = ablated(capsys, "--model", "embedded", "--limit", 2)["ablation"][0]["cells"]
    assert first["scores"]["chrf"]["value"] == first["floors"]["copy"]["chrf"]
    assert first["tokens"] < 20


def test_the_table_has_floors_intervals_tokens_price_and_a_person(capsys: Capture, home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The women ate fish.\nA child sleeps.\nBirds fly.\nI saw.\n", encoding="utf-8")
    options = ["--model", "word-for-word", "--human", tmp_path / "a.txt", "--name", "Learner A"]
    code, out, _ = main(capsys, "evaluate", TINY, "--ablate", "--direction", "qaa-eng", *options)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "corpus dev qaa-eng: 4 segments, word-for-word, human:Learner A"
    assert lines[1].split()[:5] == ["context", "tokens", "chrF", "BLEU", "chrF++"]
    assert lines[1].endswith("run")
    assert "copy chrF" in lines[1]
    rows = {line.split("  ")[0]: line for line in lines[2:10]}
    assert [*rows] == [*NAMES, "human:Learner A"]
    assert all(" – " in row for row in rows.values())
    assert "$0.00" in rows["+ the grammar"]
    assert "unknown" in rows["human:Learner A"]
    assert any(line.startswith("chrF: nrefs:var|bs:1000|") for line in lines)


def test_rows_that_fail_say_so(capsys: Capture, home: Path) -> None:
    options = ["--direction", "qaa-eng", "--model", "nearest"]
    code, out, _ = main(capsys, "evaluate", TINY, "--ablate", *options)
    assert code == 3
    assert "nothing: 4 of 4 segments failed and count as empty\n" in out


@pytest.mark.parametrize("option", [["--sections", "dictionary"], ["--budget", "300"]])
def test_the_grid_has_sections_and_budgets_of_its_own(capsys: Capture, home: Path, option: list[str]) -> None:
    code, _, err = main(capsys, "evaluate", TINY, "--ablate", *option)
    assert code == 2
    assert "--ablate has sections and budgets of its own" in err


def test_nothing_can_be_asked_for_by_name(capsys: Capture, home: Path) -> None:
    options = ["--direction", "qaa-eng", "--model", "copy", "--json"]
    code, out, _ = main(capsys, "evaluate", TINY, "--sections", "nothing", *options)
    assert code == 0
    (run,) = json.loads(out)["runs"]
    assert (run["sections"], run["coverage"]["types"]) == (["nothing"], 0.0)
    assert main(capsys, "evaluate", TINY, "--sections", "nothing,dictionary", *options)[0] == 2


# -- repeated


class Sampling:
    """A model that answers each asking of the same thing otherwise."""

    name = "sampling"

    def __init__(self) -> None:
        self.askings: dict[str, int] = {}
        self.numbers = count()

    def complete(self, request: Request) -> Completion:
        assert request.sample
        number = self.askings.setdefault(request.sample, next(self.numbers))
        answers = tuple(Translation(it.id, ["the dog", "the fish sleeps", "I"][number % 3]) for it in request.segments)
        return Completion(answers, Usage())


def repeated(capsys: Capture, *options: object) -> dict[str, Any]:
    asked = ["evaluate", TINY, "--direction", "qaa-eng", "--repeat", 3, *options, "--json"]
    code, out, _ = main(capsys, *asked)
    assert code == 0
    shown: dict[str, Any] = json.loads(out)
    return shown


def test_runs_that_are_repeated_say_how_far_they_spread(
    capsys: Capture, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Sampling()
    monkeypatch.setitem(MODELS, "sampling", lambda *_: model)
    shown = repeated(capsys, "--model", "sampling")
    (spread,) = shown["repeats"]
    assert spread["runs"] == [run["run"] for run in shown["runs"]] == [*model.askings]
    assert not spread["same_translations"]
    for metric, found in spread["scores"].items():
        values = [run["scores"][metric]["value"] for run in shown["runs"]]
        assert found == {"mean": fmean(values), "sd": stdev(values), "least": min(values), "most": max(values)}
    assert spread["scores"]["chrf"]["sd"] > 0


def test_a_deterministic_model_says_so(capsys: Capture, home: Path) -> None:
    (spread,) = repeated(capsys, "--model", "nearest")["repeats"]
    assert spread["same_translations"]
    assert {it["sd"] for it in spread["scores"].values()} == {0.0}
    _, out, _ = main(capsys, "evaluate", TINY, "--direction", "qaa-eng", "--repeat", 2, "--model", "nearest")
    assert "2 runs   mean    sd   least – most\n" in out
    assert "every run gave the same translations; nearest is deterministic\n" in out


def test_an_ablation_can_be_repeated(capsys: Capture, home: Path) -> None:
    options = ["--direction", "qaa-eng", "--repeat", 2, "--model", "word-for-word"]
    code, out, _ = main(capsys, "evaluate", TINY, "--ablate", *options)
    assert code == 0
    below = out[out.index("chrF of 2 runs") :].splitlines()
    assert [line.split("  ")[0] for line in below[1:8]] == NAMES
    with Ledger(home / "ledger.sqlite") as ledger:
        assert len(ledger.list()) == 2 * len(NAMES)
