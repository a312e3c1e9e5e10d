"""A run that is cut off at any point is taken up where it stopped, and ends with the scores of one left in peace."""

from __future__ import annotations

import json
import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ctxlearn import manifest, packs, settings
from ctxlearn.data import Direction
from ctxlearn.errors import ModelError
from ctxlearn.evaluate import Manner, Plan, evaluate
from ctxlearn.models import MODELS
from ctxlearn.models.base import Completion, Prefix, Request, Translation, Usage
from ctxlearn.runs import Ledger, Run
from tests.ledgers import RUN
from tests.tiny import TINY, main, started

Capture = pytest.CaptureFixture[str]
OUT = Direction("qaa", "eng")
N = 256
PREFIX = Prefix("the context", 3, "f1")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A test set of four batches, each sentence another."""
    names = random.Random(4)
    words = ["tari", "mola", "nani", "poki", "tami", "lasu", "hulo", "veda"]
    meant = {"tari": "dog", "mola": "fish", "nani": "woman", "poki": "man", "tami": "child", "lasu": "bird"}
    rows = [[names.choice(words) for _ in range(names.randint(2, 7))] for _ in range(N)]
    lines = [f"{' '.join(row)} {n}\t{' '.join(meant.get(it, it) for it in row)} {n}" for n, row in enumerate(rows)]
    path = tmp_path / "many.tsv"
    path.write_text("\n".join(["qaa\teng", *lines]) + "\n", encoding="utf-8")
    return path


def options(test: Path) -> list[object]:
    return ["evaluate", TINY, "--model", "copy", "--test", test, "--direction", "qaa-eng", "--json"]


def evaluated(capsys: Capture, *arguments: object) -> tuple[dict[str, Any], str]:
    code, out, err = main(capsys, *arguments)
    assert code == 0, err
    (run,) = json.loads(out)["runs"]
    return run, err


def numbers(run: dict[str, Any]) -> dict[str, Any]:
    """Return all that must not depend on whether a run was disturbed."""
    return {name: run[name] for name in ("n", "failed", "scores", "floors", "leaks", "coverage", "system", "status")}


def in_ledger(home: Path) -> tuple[Run, ...]:
    with Ledger(home / "ledger.sqlite") as ledger:
        return ledger.list()


def entered(home: Path) -> int:
    """Return how many segments of the run that goes on are in the ledger."""
    if not (home / "ledger.sqlite").exists():
        return 0
    with Ledger(home / "ledger.sqlite") as ledger:
        return max((len(ledger.segments(run.id)) for run in ledger.list() if run.status == "running"), default=0)


# -- killed


def killed_at(home: Path, test: Path, segments: int, pause: float) -> None:
    """Kill an evaluation a little after so many segments are in the ledger, unless it is quicker."""
    with started(*options(test), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and entered(home) < segments:
            time.sleep(0.005)
        time.sleep(pause)
        process.kill()
        process.communicate()


def test_killed_at_twenty_random_points_a_run_is_resumed_and_its_scores_are_the_same(
    capsys: Capture, home: Path, many: Path
) -> None:
    undisturbed, _ = evaluated(capsys, *options(many))
    (first,) = in_ledger(home)
    points = random.Random(20)
    for _ in range(20):
        killed_at(home, many, points.randrange(-63, N + 64, 32), points.uniform(0, 0.2))
        left = {run.id: run for run in in_ledger(home) if run.status != "done"}
        assert [(run.status, run.scores) for run in left.values()] in ([], [("interrupted", ())])
        done, _ = evaluated(capsys, *options(many))
        assert numbers(done) == numbers(undisturbed)
        assert done["run"] in (left or done["run"])
        assert {(run.status, run.scores) for run in in_ledger(home)} == {("done", first.scores)}


def test_a_run_may_be_killed_again_while_it_is_resumed(capsys: Capture, home: Path, many: Path) -> None:
    undisturbed, _ = evaluated(capsys, *options(many))
    for segments in (64, 128, 192):
        killed_at(home, many, segments, 0)
    last, _ = evaluated(capsys, *options(many))
    assert numbers(last) == numbers(undisturbed)
    assert {run.status for run in in_ledger(home)} == {"done"}


def test_two_processes_at_once_are_both_right(capsys: Capture, home: Path) -> None:
    asked = ["evaluate", TINY, "--model", "embedded", "--model", "nearest", "--json"]
    processes = [started(*asked) for _ in range(2)]
    answers = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    first, second = (json.loads(out)["runs"] for out, _ in answers)
    assert [numbers(run) for run in first] == [numbers(run) for run in second]
    assert len({run["run"] for run in (*first, *second)}) == 8
    assert [run.status for run in in_ledger(home)] == ["done"] * 8


# -- failed and taken up


class Fickle:
    """A model that answers two requests and then fails, until it is told to go on."""

    name = "fickle"
    at_once = 2

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = True

    def complete(self, request: Request) -> Completion:
        if self.fails and len(self.asked) >= 2:
            raise ModelError("the model has gone")
        self.asked += [it.id for it in request.segments]
        answers = tuple(Translation(it.id, f"{it.source} {request.sample}") for it in request.segments)
        return Completion(answers, Usage(read=10, made=1))


def plan_of(model: str) -> Plan:
    corpus = manifest.open_corpus(str(TINY))
    pack = packs.open_pack(settings.read().packs, corpus)
    return Plan(corpus, pack, pack.tests[0], OUT, model)


def test_what_is_done_is_not_asked_again_and_the_totals_add_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Fickle()
    monkeypatch.setitem(MODELS, "fickle", lambda *_: model)
    told: list[tuple[str, int]] = []
    plan, here = plan_of("fickle"), settings.read()
    with Ledger(here.ledger) as ledger:
        with pytest.raises(ModelError):
            evaluate(plan, here, ledger)
        (failed,) = ledger.list()
        assert (failed.status, failed.usage.read, len(ledger.segments(failed.id))) == ("failed", 10, 2)
        model.fails = False
        run = evaluate(plan, here, ledger, resumed=lambda it, done: told.append((it.id, done)))
        assert (run.id, run.status, run.usage.read, run.cost_usd) == (failed.id, "done", 20, 0.0)
        assert (run.seconds or 0) >= (failed.seconds or 0)
    assert told == [(failed.id, 2)]
    assert model.asked == ["d1", "d2", "d3", "d4"]


def test_fresh_begins_anew_and_leaves_what_was_cut_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Fickle()
    monkeypatch.setitem(MODELS, "fickle", lambda *_: model)
    plan, here = plan_of("fickle"), settings.read()
    with Ledger(here.ledger) as ledger:
        with pytest.raises(ModelError):
            evaluate(plan, here, ledger)
        model.fails = False
        run = evaluate(plan, here, ledger, Manner(fresh=True))
        assert [it.status for it in ledger.list()] == ["done", "failed"]
        assert run.id == ledger.list()[0].id
    assert model.asked == ["d1", "d2", "d1", "d2", "d3", "d4"]


def test_a_repeated_run_keeps_its_own_sample_when_it_is_resumed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Fickle()
    monkeypatch.setitem(MODELS, "fickle", lambda *_: model)
    plan, here = plan_of("fickle"), settings.read()
    with Ledger(here.ledger) as ledger:
        with pytest.raises(ModelError):
            evaluate(plan, here, ledger, Manner(repeated=True))
        model.fails = False
        run = evaluate(plan, here, ledger, Manner(repeated=True))
        assert {it.hypothesis.split()[-1] for it in ledger.segments(run.id)} == {run.id}


def test_that_a_run_goes_on_is_said_on_stderr(capsys: Capture, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Fickle()
    monkeypatch.setitem(MODELS, "fickle", lambda *_: model)
    asked = ["evaluate", TINY, "--model", "fickle", "--direction", "qaa-eng", "--json"]
    assert main(capsys, *asked)[0] == 1
    model.fails = False
    run, err = evaluated(capsys, *asked)
    expected = f"run {run['run']} was cut off; it goes on after 2 of 4 segments (--fresh would begin a new one)"
    assert err == f"ctxlearn: {expected}\n"


# -- which run is the same one


def test_the_newest_run_that_was_begun_alike_is_taken_up(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for _ in range(2):
            ledger.interrupt(ledger.begin(replace(RUN, n=3), PREFIX))
        newest, older = ledger.list()
        assert [ledger.resume(replace(RUN, n=3), "f1") for _ in range(3)] == [
            replace(newest, status="running", finished=None),
            replace(older, status="running", finished=None),
            None,
        ]


@pytest.mark.parametrize(
    "changes",
    [
        {"corpus_path": "elsewhere"},
        {"test": "test"},
        {"test_hash": "0"},
        {"direction": "eng-qaa"},
        {"model": "nearest"},
        {"system": "model:embedded|temp:1"},
        {"n": 4},
        {"versions": {"ctxlearn": "0.2.0"}},
    ],
)
def test_a_run_that_differs_in_anything_that_matters_is_not_taken_up(tmp_path: Path, changes: dict[str, Any]) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.interrupt(ledger.begin(replace(RUN, n=3), PREFIX))
        assert ledger.resume(replace(RUN, **{"n": 3, **changes}), "f1") is None
        assert ledger.resume(replace(RUN, n=3), "another context") is None


def test_a_run_that_is_done_or_that_goes_on_is_not_taken_up(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.begin(RUN, PREFIX)
        assert ledger.resume(RUN, "f1") is None
        ledger.finish(ledger.begin(RUN, PREFIX), [])
        assert ledger.resume(RUN, "f1") is None
