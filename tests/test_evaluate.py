"""A system against a held-out set: scores, floors, leaks and coverage, entered in the ledger whatever happens."""

from __future__ import annotations

import json
import math
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import scoring
from ctxlearn import manifest, packs, settings
from ctxlearn.data import Direction
from ctxlearn.errors import ModelError
from ctxlearn.evaluate import FLOOR_METRICS, Plan, evaluate
from ctxlearn.models import MODELS
from ctxlearn.models.base import Completion, Request
from ctxlearn.runs import Ledger
from tests.tiny import TINY, change, copy_of_tiny, main, started

Capture = pytest.CaptureFixture[str]
OUT = Direction("qaa", "eng")


def evaluated(capsys: Capture, *arguments: object) -> list[dict[str, Any]]:
    code, out, err = main(capsys, "evaluate", *arguments, "--json")
    assert (code, err) == (0, "")
    runs: list[dict[str, Any]] = json.loads(out)["runs"]
    return runs


def in_ledger(home: Path) -> Ledger:
    return Ledger(home / "ledger.sqlite")


def test_every_test_set_direction_and_model_is_a_run(capsys: Capture, home: Path) -> None:
    runs = evaluated(capsys, TINY, "--model", "copy", "--model", "nearest", "--sections", "dictionary,examples")
    assert [(run["test"], run["direction"], run["model"]) for run in runs] == [
        ("dev", "qaa-eng", "copy"),
        ("dev", "qaa-eng", "nearest"),
        ("dev", "eng-qaa", "copy"),
        ("dev", "eng-qaa", "nearest"),
    ]
    assert {tuple(run["sections"]) for run in runs} == {("dictionary", "examples")}
    with in_ledger(home) as ledger:
        assert [it.id for it in ledger.list()] == [run["run"] for run in reversed(runs)]
        assert {it.status for it in ledger.list()} == {"done"}


def test_a_run_says_all_that_the_design_promises(capsys: Capture, home: Path) -> None:
    (run,) = evaluated(capsys, TINY, "--model", "nearest", "--direction", "qaa-eng")
    promised = ["run", "corpus", "test", "direction", "system", "model", "sections", "n", "failed"]
    promised += ["scores", "floors", "leaks", "coverage", "usage", "cost_usd", "seconds"]
    assert [name for name in run if name in promised] == promised
    assert (run["n"], run["failed"], run["cost_usd"]) == (4, 0, 0.0)
    assert list(run["scores"]) == ["bleu", "chrf", "chrf++", "ter"]
    for score in run["scores"].values():
        assert score["low"] <= score["value"] <= score["high"]
        assert score["signature"].startswith("nrefs:")
    assert {name: set(floor) for name, floor in run["floors"].items()} == {
        "copy": set(FLOOR_METRICS),
        "word-for-word": set(FLOOR_METRICS),
    }
    assert 0 < run["coverage"]["types"] < 1
    assert run["usage"]["read"] > 0


def test_the_scores_are_those_of_the_hypotheses_in_the_ledger(capsys: Capture, home: Path) -> None:
    (run,) = evaluated(capsys, TINY, "--model", "word-for-word", "--direction", "qaa-eng")
    with in_ledger(home) as ledger:
        segments = ledger.segments(run["run"])
        prefix = ledger.context(ledger.show(run["run"]).context)
    assert [it.id for it in segments] == ["d1", "d2", "d3", "d4"]
    assert segments[1].references == ("The child sleeps in the house.", "A child is sleeping at home.")
    scores = scoring.score([it.hypothesis for it in segments], [it.references for it in segments], "eng")
    assert {it.metric: it.value for it in scores} == {name: it["value"] for name, it in run["scores"].items()}
    assert prefix.text.startswith("# Toy (qaa) and English (eng)\n")


def test_scores_in_one_orthography_stand_beside_the_raw_ones_when_asked(
    capsys: Capture, home: Path, tmp_path: Path
) -> None:
    toy = copy_of_tiny(tmp_path)
    change(toy / "dev.tsv", "Ni tarike kesuma.", "NI TARIKE KESUMA!")
    (raw,) = evaluated(capsys, toy, "--model", "copy", "--direction", "eng-qaa")
    (both,) = evaluated(capsys, toy, "--model", "copy", "--direction", "eng-qaa", "--normalise")
    assert list(both["scores"]) == [*raw["scores"], "bleu-norm", "chrf-norm", "chrf++-norm", "ter-norm"]
    assert {name: both["scores"][name] for name in raw["scores"]} == raw["scores"]
    with in_ledger(home) as ledger:
        run = ledger.show(both["run"])
        segments = ledger.segments(run.id)
    again = scoring.normalised_score([it.hypothesis for it in segments], [it.references for it in segments], "qaa")
    assert run.scores[4:] == again
    assert all(it.signature.endswith("|orth:nfkc+casefold+marks.1") for it in run.scores[4:])
    _, shown, _ = main(capsys, "runs", "show", run.id, "--normalise", "--json")
    assert list(json.loads(shown)["scores"]) == list(both["scores"])
    options = (toy, "--model", "copy", "--direction", "eng-qaa", "--fail-under", "chrf-norm=99")
    assert main(capsys, "evaluate", *options)[0] == 2
    assert main(capsys, "evaluate", *options, "--normalise")[0] == 4


def test_a_floor_scores_beside_others_what_it_scores_by_itself(capsys: Capture, home: Path) -> None:
    copy, nearest = evaluated(capsys, TINY, "--model", "copy", "--model", "nearest", "--direction", "eng-qaa")
    assert nearest["floors"]["copy"] == {name: copy["scores"][name]["value"] for name in FLOOR_METRICS}
    assert copy["floors"]["nearest"] == {name: nearest["scores"][name]["value"] for name in FLOOR_METRICS}


def test_limit_takes_the_first_segments(capsys: Capture, home: Path) -> None:
    (run,) = evaluated(capsys, TINY, "--model", "copy", "--direction", "qaa-eng", "--limit", 2)
    assert run["n"] == 2


def test_the_sentences_of_a_test_file_are_taken_out_first(capsys: Capture, home: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.tsv"
    more.write_text("qaa\teng\nWani lasulu fitama.\tThe birds flew yesterday.\nX y.\tNothing.\n", encoding="utf-8")
    (run,) = evaluated(capsys, TINY, "--model", "nearest", "--direction", "qaa-eng", "--test", more)
    assert (run["test"], run["n"], run["leaks"]["removed"]) == ("more.tsv", 2, 1)
    assert [(it["test_id"], it["side"], it["kind"], it["section"]) for it in run["leaks"]["items"]] == [
        ("1", "qaa", "contained", "examples"),
        ("1", "eng", "contained", "examples"),
    ]
    with in_ledger(home) as ledger:
        assert "fitama" not in ledger.context(ledger.show(run["run"]).context).text
    (plain,) = evaluated(capsys, TINY, "--model", "nearest", "--direction", "qaa-eng")
    assert plain["system"] != run["system"]


def test_learned_anew_with_more_threads_the_prefix_and_the_hypotheses_are_the_same(capsys: Capture, home: Path) -> None:
    runs = []
    for threads in (1, 2):
        runs += evaluated(capsys, TINY, "--model", "embedded", "--direction", "qaa-eng", "--threads", threads)
        shutil.rmtree(home / "learned")
    assert runs[0]["system"] == runs[1]["system"]
    assert runs[0]["scores"] == runs[1]["scores"]
    with in_ledger(home) as ledger:
        first, second = (tuple(it.hypothesis for it in ledger.segments(run["run"])) for run in runs)
    assert first == second


# -- thresholds and problems


def test_a_score_below_a_threshold_is_exit_code_4_and_the_run_is_kept(capsys: Capture, home: Path) -> None:
    options = (TINY, "--model", "copy", "--direction", "qaa-eng")
    code, out, err = main(capsys, "evaluate", *options, "--fail-under", "chrf=99.5")
    assert code == 4
    assert "chrF++" in out
    assert err.startswith("ctxlearn: run ")
    assert "(dev qaa-eng copy): chrf " in err
    assert err.endswith(", expected 99.5\n")
    with in_ledger(home) as ledger:
        assert [it.status for it in ledger.list()] == ["done"]
    assert main(capsys, "evaluate", *options, "--fail-under", "chrf=0", "--fail-under", "ter=1000")[0] == 0
    assert main(capsys, "evaluate", *options, "--fail-under", "ter=1")[0] == 4  # of errors fewer are better


@pytest.mark.parametrize("threshold", ["chrf", "chrf=", "chrf=nan", "bleurt=3", "=3", "chrf=inf", "chrf=3=4"])
def test_a_threshold_that_is_none_is_refused_before_any_work(capsys: Capture, home: Path, threshold: str) -> None:
    code, _, err = main(capsys, "evaluate", TINY, "--model", "copy", "--fail-under", threshold)
    assert code == 2
    assert f"--fail-under {threshold!r}: expected METRIC=X with a metric of bleu, chrf, chrf++, ter" in err
    assert not (home / "ledger.sqlite").exists()


def test_a_segment_that_fails_counts_as_empty_and_is_exit_code_3(capsys: Capture, home: Path, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    change(toy / "dev.tsv", "Ni tarike kesuma.", "Я видел собаку.")
    code, out, _ = main(capsys, "evaluate", toy, "--model", "copy", "--direction", "qaa-eng")
    assert code == 3
    assert "1 of 4 segments failed and count as empty" in out
    with in_ledger(home) as ledger:
        (run,) = ledger.list()
        assert (run.status, run.failed) == ("done", 1)
        failed = [it for it in ledger.segments(run.id) if it.problem]
    assert [(it.id, it.hypothesis) for it in failed] == [("d4", "")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--test", "tset"],
            "test 'tset': no such file, and {toy}/corpus.toml declares no such test (it",
        ),
        (["--direction", "eng-deu"], "direction 'eng-deu': expected qaa-eng or eng-qaa"),
        (["--model", "gpt"], "model 'gpt': the known ones are embedded, embedded-quick, copy, word-for-word, nearest"),
        (["--sections", "dictionary,grammer"], "section 'grammer': the known ones are dictionary, examples, grammar"),
        (["--limit", "0"], "'0' is not a whole number above 0"),
        (["--budget", "many"], "'many' is not a whole number above 0"),
    ],
)
def test_what_there_is_not_is_exit_code_2(capsys: Capture, home: Path, options: list[str], said: str) -> None:
    code, out, err = main(capsys, "evaluate", TINY, *options)
    assert (code, out) == (2, "")
    assert said.format(toy=TINY) in err


def test_a_corpus_without_a_test_set_asks_for_one(capsys: Capture, home: Path, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    text = (toy / "corpus.toml").read_text(encoding="utf-8")
    (toy / "corpus.toml").write_text(text.split("[[test]]")[0], encoding="utf-8")
    code, _, err = main(capsys, "evaluate", toy, "--model", "copy")
    assert (code, err) == (2, f"ctxlearn: {toy}/corpus.toml: no [[test]]; declare one, or give --test FILE.tsv\n")


# -- runs that do not end


class Failing:
    """A model that cannot."""

    name = "failing"

    def complete(self, request: Request) -> Completion:
        raise ModelError(f"{request.direction}: the model has gone")


def test_a_run_that_an_error_ended_is_marked_as_failed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "failing", lambda *_: Failing())
    here, corpus = settings.read(), manifest.open_corpus(str(TINY))
    pack = packs.open_pack(here.packs, corpus)
    with Ledger(here.ledger) as ledger:
        with pytest.raises(ModelError, match="the model has gone"):
            evaluate(Plan(corpus, pack, pack.tests[0], OUT, "failing"), here, ledger)
        assert [it.status for it in ledger.list()] == ["failed"]


def test_an_interrupted_run_keeps_its_segments_and_is_marked(home: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.tsv"
    rows = "".join(f"Tari {n}\tDog {n}\n" for n in range(8000))
    many.write_text(f"qaa\teng\n{rows}", encoding="utf-8")
    process = started("evaluate", TINY, "--model", "copy", "--test", many, "--direction", "qaa-eng")
    with process:
        while process.poll() is None and not entered(home):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert err == b"ctxlearn: interrupted; what was finished is kept\n"
    with in_ledger(home) as ledger:
        (run,) = ledger.list()
        assert (run.status, run.scores, run.n) == ("interrupted", (), 8000)
        assert 0 < len(ledger.segments(run.id)) < 8000


def entered(home: Path) -> bool:
    if not (home / "ledger.sqlite").exists():
        return False
    with in_ledger(home) as ledger:
        return any(ledger.segments(run.id) for run in ledger.list())


# -- what a person sees


def test_the_table_shows_intervals_floors_and_signatures(capsys: Capture, home: Path) -> None:
    _, out, _ = main(capsys, "evaluate", TINY, "--model", "nearest", "--direction", "eng-qaa")
    lines = out.splitlines()
    assert lines[0] == "corpus dev eng-qaa: 4 segments, nearest"
    assert lines[1].split() == ["score", "95", "%", "interval", "copy", "word-for-word"]
    assert [line.split()[0] for line in lines[2:6]] == ["BLEU", "chrF", "chrF++", "TER"]
    assert any(line.startswith("words of the source known: ") for line in lines)
    assert any(line.startswith("chrF: nrefs:1|") for line in lines)
    assert any(line.startswith("system: model:nearest|dir:eng-qaa|ctx:") for line in lines)


def test_runs_are_listed_and_shown_the_worst_segment_first(capsys: Capture, home: Path) -> None:
    assert main(capsys, "runs")[1] == "no runs yet; `ctxlearn evaluate CORPUS` makes one\n"
    (run,) = evaluated(capsys, TINY, "--model", "nearest", "--direction", "qaa-eng")
    _, listed, _ = main(capsys, "runs", "list")
    assert listed.splitlines()[0].split()[:4] == ["run", "started", "corpus", "test"]
    assert listed.splitlines()[1].startswith(run["run"])
    _, shown, _ = main(capsys, "runs", "show", run["run"][:-2])
    scores = [float(line.rsplit(" ", 1)[1]) for line in shown.splitlines() if line[:1] == "d" and "chrF++ " in line]
    assert len(scores) == 4
    assert scores == sorted(scores)
    assert all(math.isfinite(score) for score in scores)
    _, as_json, _ = main(capsys, "runs", "show", run["run"], "--json")
    assert [it["id"] for it in json.loads(as_json)["segments"]] == ["d1", "d2", "d3", "d4"]


def test_a_run_that_there_is_not_is_named(capsys: Capture, home: Path) -> None:
    assert main(capsys, "runs", "show", "2020")[::2] == (
        2,
        "ctxlearn: no run '2020'; `ctxlearn runs list` shows them all\n",
    )
    assert main(capsys, "runs", "show")[0] == 2


# -- a dry run --------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_run_and_enters_nothing(capsys: Capture, home: Path) -> None:
    code, out, _ = main(capsys, "evaluate", TINY, "--ablate", "--direction", "qaa-eng", "--dry-run", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["cost_usd"] == 0
    assert {"nothing", "dictionary", "retrieved only"} <= {it["name"] for it in found["plans"]}
    assert not (home / "ledger.sqlite").exists() or not in_ledger(home).list()


def test_a_dry_run_prices_a_hosted_model_and_says_when_a_price_is_unknown(
    capsys: Capture, home: Path, tmp_path: Path
) -> None:
    corpus = copy_of_tiny(tmp_path)
    change(corpus / "corpus.toml", '"no-retention"', '"open"')
    for model, known in (("anthropic/claude-sonnet-5", True), ("openai/nosuch-model", False)):
        code, out, _ = main(capsys, "evaluate", corpus, "--model", model, "--dry-run", "--json", "--repeat", 2)
        assert code == 0
        costs = [it["cost_usd"] for it in json.loads(out)["plans"]]
        assert all(it > 0 for it in costs) if known else costs == [None, None]
        assert (json.loads(out)["cost_usd"] is not None) is known


def test_a_dry_run_refuses_what_a_policy_forbids(capsys: Capture, home: Path) -> None:
    code, _, err = main(capsys, "evaluate", TINY, "--model", "anthropic/claude-sonnet-5", "--dry-run")
    assert (code, "no-retention" in err) == (6, True)
