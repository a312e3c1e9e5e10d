"""Significance: sacrebleu's own paired tests are the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest

from scoring import METRICS, ScoringError
from scoring.base import Measurement
from scoring.means import Means
from scoring.significance import Difference, compare, outcomes
from tests.test_scoring import garbled, sentences

REFERENCES = sentences(80, seed=1)
FIRST = [*garbled(REFERENCES, seed=2)[:-1], ""]
SECOND = garbled(REFERENCES, seed=3)
ORACLES: dict[str, tuple[str, Any]] = {
    "bleu": ("BLEU", BLEU(force=True)),
    "chrf": ("chrF2", CHRF()),
    "chrf++": ("chrF2++", CHRF(word_order=2)),
    "ter": ("TER", TER()),
}


def measured(name: str, hypotheses: list[str], references: list[str] = REFERENCES) -> Measurement:
    return Measurement(METRICS[name], hypotheses, [(each,) for each in references], "13a")


def oracle(kind: str, name: str, first: list[str], second: list[str], references: list[str], samples: int) -> float:
    shown, metric = ORACLES[name]
    named: list[tuple[str, Sequence[str]]] = [("first", first), ("second", second)]
    _, scores = PairedTest(named, {shown: metric}, [references], test_type=kind, n_samples=samples)()
    result = scores[shown][1]
    assert not isinstance(result, str) and result.p_value is not None
    return result.p_value


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("count", [8, 80])
def test_p_values_are_those_of_sacrebleu(name: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SACREBLEU_SEED", raising=False)
    first, second, references = FIRST[-count:], SECOND[-count:], REFERENCES[-count:]
    found = compare(
        name, measured(name, first, references), measured(name, second, references), resamples=300, trials=500
    )
    assert found.p_bootstrap == oracle("bs", name, first, second, references, 300)
    assert found.p_randomisation == oracle("ar", name, first, second, references, 500)


def test_another_seed_draws_other_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    found = compare("bleu", measured("bleu", FIRST), measured("bleu", SECOND), resamples=300, trials=500, seed=7)
    assert found.p_bootstrap == oracle("bs", "bleu", FIRST, SECOND, REFERENCES, 300)
    assert found.p_randomisation == oracle("ar", "bleu", FIRST, SECOND, REFERENCES, 500)


def test_a_system_does_not_differ_from_itself() -> None:
    same = compare("chrf", measured("chrf", FIRST), measured("chrf", FIRST))
    assert (same.difference, same.low, same.high) == (0, 0, 0)
    assert not same.told


def test_a_difference_as_large_as_the_scale_is_told_and_its_interval_holds_it() -> None:
    found = compare("chrf", measured("chrf", ["x"] * 80), measured("chrf", REFERENCES), trials=500)
    assert found.told and found.low <= found.difference <= found.high and found.gain > 90


def test_two_systems_that_are_equally_poor_are_not_told_apart() -> None:
    assert not compare("chrf", measured("chrf", FIRST), measured("chrf", SECOND), trials=2000).told


def test_changing_places_turns_the_difference_around() -> None:
    there = compare("chrf", measured("chrf", FIRST), measured("chrf", SECOND), trials=200)
    back = compare("chrf", measured("chrf", SECOND), measured("chrf", FIRST), trials=200)
    assert (back.difference, back.low, back.high) == pytest.approx((-there.difference, -there.high, -there.low))
    assert back.p_bootstrap == there.p_bootstrap
    assert back.p_randomisation == pytest.approx(there.p_randomisation, abs=0.01)


def test_where_lower_is_better_a_fall_is_a_gain() -> None:
    found = compare(
        "ter", measured("ter", FIRST), measured("ter", REFERENCES), lower_is_better=True, resamples=100, trials=100
    )
    assert found.difference < 0 < found.gain
    assert outcomes([50.0, 10.0], [20.0, 30.0], lower_is_better=True) == ("win", "loss")


@pytest.mark.parametrize(
    ("low", "high", "p", "told"),
    [(0.1, 2, 0.01, True), (-0.1, 2, 0.01, False), (0.1, 2, 0.2, False), (-2, -1, 0.01, True)],
)
def test_a_difference_is_told_when_interval_and_coins_agree(low: float, high: float, p: float, told: bool) -> None:
    assert Difference("chrf", 40, 41, 1, low, high, 0.01, p).told is told


def test_means_of_outside_scores_are_compared_as_every_metric_is() -> None:
    worse = Means("COMET", [0.1 * (n % 7) for n in range(80)], "file:a.tsv")
    better = Means("COMET", [0.1 * (n % 7) + 0.05 * (n % 3) for n in range(80)], "file:b.tsv")
    found = compare("COMET", worse, better, trials=1000)
    assert found.told and found.difference == pytest.approx(0.05 * sum(n % 3 for n in range(80)) / 80)


def test_two_sets_of_segments_are_not_compared() -> None:
    with pytest.raises(ScoringError, match="80 segments and 79"):
        compare("chrf", measured("chrf", FIRST), measured("chrf", SECOND[1:], REFERENCES[1:]))
