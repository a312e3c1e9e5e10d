"""The search for better numbers: that weighing anew is exact, that halves are apart, and that noise is not adopted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.embedded import curves, held, tuning
from benchmarks.embedded.held import Held
from benchmarks.embedded.ideas import changed
from benchmarks.embedded.split import Split, split, translated
from benchmarks.embedded.trials import PLACES, Gain, Setting, Trials, as_it_is, floats, gains
from benchmarks.embedded.tuning import Search, TimeOver, choose, hooke_jeeves
from ctxlearn.models import embedded
from ctxlearn.models.embedded.candidates import QUICK
from ctxlearn.models.embedded.learn import WEIGHTS, learn
from ctxlearn.models.embedded.material import gather
from tests.tiny import TINY

SAMPLE = "tarivel"
SEGMENTS = 12


@pytest.fixture(scope="module")
def of() -> Split:
    """A part of the sample without the pairs held out."""
    whole = split(SAMPLE)
    return replace(whole, reading=curves.part(whole.reading, 0.3))


@pytest.fixture(scope="module")
def known(of: Split) -> Held:
    return held.learned(SAMPLE, of, of.directions[0])


def trials(known: Held, half: int, keep: Path | None = None) -> Trials:
    return Trials([known], [known.halves[half][:SEGMENTS]], 1, keep)


def quick(**other: float) -> Setting:
    return floats({**as_it_is(), **QUICK._asdict(), **other})


def test_weighed_anew_is_as_if_it_had_been_learned_with_these_weights(of: Split, known: Held) -> None:
    weights = replace(WEIGHTS, phrase=-0.2, word=0.7, language_model=0.6, before=0.5)
    segments = known.halves[0][:SEGMENTS]
    with changed({"learn.WEIGHTS": weights, "candidates.WEIGHTS": weights}):
        expected = translated(learn(gather(of.reading, known.direction)), QUICK, segments)
        assert translated(known.weighed(weights), QUICK, segments) == expected
    assert translated(known.weighed(WEIGHTS), QUICK, segments) != expected


def test_every_number_of_a_setting_has_a_place_where_it_stands(known: Held) -> None:
    assert PLACES.keys() == as_it_is().keys()
    (folder,) = map(Path, embedded.__path__)
    for name, place in PLACES.items():
        file, _, constant = place.partition(", ")
        assert constant.rpartition(".")[2] in (folder / file).read_text(encoding="utf-8"), name


def test_a_sentence_is_in_the_same_half_both_ways(of: Split) -> None:
    one, other = (held.halves(of, direction) for direction in of.directions)
    for ours, theirs in zip(one, other, strict=True):
        assert [it.id for it in ours] == [it.id for it in theirs]
    ids = [it.id for half in one for it in half]
    assert sorted(ids) == sorted(it.id for it in of.tests["held"].items)
    assert min(map(len, one)) > 0.4 * len(ids)


def test_a_test_set_of_another_corpus_is_not_tuned_on(of: Split) -> None:
    pairs = of.tests["held"]
    held.refuse_tests([("one", of)])
    other = replace(of, tests={"held": replace(pairs, items=()), "dev": replace(pairs, name="dev")})
    with pytest.raises(SystemExit, match="one: a pair held out stands in the test set 'dev' of other"):
        held.refuse_tests([("one", of), ("other", other)])


def test_a_trial_that_was_made_is_not_made_again(known: Held, tmp_path: Path) -> None:
    found = trials(known, 0, tmp_path).worth(quick())
    without = replace(known, learned=replace(known.learned, views=()), tables=())  # it could not translate any more
    assert trials(without, 0, tmp_path).worth(quick()) == found != trials(without, 0).worth(quick())


def test_nothing_is_gained_by_what_changes_nothing_and_something_by_what_helps(known: Held) -> None:
    half = trials(known, 1)
    same = list(gains(half, quick(), quick()))
    assert [it.name for it in same] == [f"{SAMPLE} {known.direction}", SAMPLE, "mean"]
    assert all(it.difference == it.low == it.high == 0 for it in same)
    assert not tuning.adopted(same, [SAMPLE])
    worse = quick(language_model=-2.0, lexical_forward=-3.0, word=-20.0)
    better = list(gains(half, worse, quick()))
    assert tuning.adopted(better, [SAMPLE]) and not tuning.adopted(list(gains(half, quick(), worse)), [SAMPLE])
    assert half.worth(quick()) - half.worth(worse) == pytest.approx(better[-1].difference)


def test_what_one_language_clearly_loses_is_not_adopted() -> None:
    def gain(name: str, low: float, high: float) -> Gain:
        return Gain(name, {}, {}, (low + high) / 2, low, high)

    assert tuning.adopted([gain("a", 0.1, 2), gain("b", -1, 0.2), gain("mean", 0.1, 1)], ["a", "b"])
    assert not tuning.adopted([gain("a", 0.1, 3), gain("b", -2, -0.2), gain("mean", 0.1, 1)], ["a", "b"])


def test_the_top_is_found_and_a_gain_within_the_margin_is_none() -> None:
    top = {"jump": 0.3, "word": 0.9, "phrase": -0.8}

    def worth(setting: Setting) -> float:
        return -sum(20 * (setting[name] - value) ** 2 for name, value in top.items())

    search = Search(worth, {"jump": 0.2, "word": 1.4, "phrase": -0.4, "beam": 20}, 60)
    hooke_jeeves(search, list(top), random.Random(1))
    assert {name: search.best[name] for name in top} == pytest.approx(top, abs=0.1)
    assert search.most == worth(search.best) and search.best["beam"] == 20
    flat = Search(lambda setting: tuning.MARGIN / 2 * (setting["jump"] > 1), {"jump": 1.0}, 60)
    choose(flat, {"jump": [0.5, 1.5]})
    assert flat.best == {"jump": 1.0} and len(flat.tried) == 2


def test_values_are_tried_with_the_best_so_far_until_the_time_is_over() -> None:
    asked: list[Mapping[str, float]] = []

    def worth(setting: Setting) -> float:
        asked.append(setting)
        return setting["beam"] + setting["edits"]

    choose(Search(worth, {"beam": 1, "edits": 1}, 60), {"beam": [1, 3, 2], "edits": [4]})
    assert asked == [{"beam": 1, "edits": 1}, {"beam": 3, "edits": 1}, {"beam": 2, "edits": 1}, {"beam": 3, "edits": 4}]
    with pytest.raises(TimeOver):
        choose(Search(worth, {"beam": 1, "edits": 1}, -1), {"beam": [2]})


def test_the_report_says_what_was_tried_and_leaves_what_is_not_better(known: Held) -> None:
    searched, unseen = (trials(known, half) for half in (held.SEARCHED, held.UNSEEN))
    search = Search(searched.worth, quick(word=-3.0), 60)
    choose(search, {"word": [as_it_is()["word"]]})
    lines = list(tuning.report(search, searched, unseen))
    assert f"| word -3 → {WEIGHTS.word:g} |" in lines[2] and "better" in lines[2]
    assert any(line.startswith(f"| {SAMPLE} {known.direction} |") and "(+0.00 – +0.00)" in line for line in lines)
    assert lines[-1].endswith("leave the model as it is.")
    assert "Nothing that was tried is better." in tuning.report(Search(searched.worth, quick(), 60), searched, unseen)


def test_what_is_better_is_told_with_its_place() -> None:
    old = dict.fromkeys(PLACES, 1.0)
    lines = list(tuning.verdict(old, {**old, "jump": 1.5, "choosing": 2.0}, better=True))
    assert "- phrases.py, Weights.jump: 1 → 1.5" in lines and "- consensus.py, _CHOOSING: 1 → 2" in lines
    slower = list(tuning.verdict(old, {**old, "beam": 2.0}, better=True))
    assert any("speed" in line for line in slower) and not any("speed" in line for line in lines)


def test_a_corpus_of_too_few_pairs_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"corpus: too few sentence pairs to hold out a fold [1-6]"):
        held.held_out([str(TINY)], 7, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one", "there/one"], "two corpora of one name"),
        (["one", "--quick", "--try", "beam=2"], "--quick sets"),
        (["one", "--try", "beem=2"], "beem: the known ones are"),
        (["one", "--weights", "jump,leap"], "leap: the known ones are"),
    ],
)
def test_what_cannot_be_tried_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tuning.main(arguments)
    assert said in capsys.readouterr().err
