"""What settings of the model make of pairs held out, what that is worth, and whether one is better than another.

A setting is all numbers that count after learning, by name. What it made is kept, so that a search that was broken off
goes on where it ended.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded.held import Held, put
from benchmarks.embedded.ideas import changed
from benchmarks.embedded.split import measured, translated
from ctxlearn.data import Segment
from ctxlearn.models.embedded import consensus
from ctxlearn.models.embedded.candidates import WHOLE, Effort
from ctxlearn.models.embedded.learn import WEIGHTS
from ctxlearn.models.embedded.phrases import Weights
from scoring.base import Measurement, draw, interval
from scoring.significance import RESAMPLES

METRICS = {"chrf": 0.5, "chrf++": 0.5, "bleu": 0.4}  # what a point is worth; BLEU varies most by chance
WEIGHED = tuple(asdict(WEIGHTS))
CONSTANTS = {"sharpness": "consensus._SHARPNESS", "choosing": "consensus._CHOOSING"}
# Where each number of a setting stands, below ctxlearn/models/embedded.
PLACES = {
    **{name: f"phrases.py, Weights.{name}" for name in WEIGHED},
    **{name: constant.replace(".", ".py, ") for name, constant in CONSTANTS.items()},
    **{name: f"candidates.py, WHOLE.{name}" for name in Effort._fields},
}

Setting = Mapping[str, float]
Scores = Mapping[str, Measurement]
Array = NDArray[np.float64]


def as_it_is() -> dict[str, float]:
    """Return the setting of the model as it is."""
    constants = {"sharpness": consensus._SHARPNESS, "choosing": consensus._CHOOSING}
    return {**asdict(WEIGHTS), **constants, **WHOLE._asdict()}


def worth(values: Mapping[str, Any]) -> Any:
    """Return what scores are worth together, numbers or arrays of them.

    >>> worth({"chrf": 50.0, "chrf++": 46.0, "bleu": 10.0})
    52.0
    """
    return sum(weight * values[metric] for metric, weight in METRICS.items())


def shares(held: Sequence[Held]) -> Array:
    """Return what each set counts in the mean of all: the corpora weigh alike, and in each one its sets do."""
    corpora = [it.corpus for it in held]
    return np.array([1 / corpora.count(corpus) / len(set(corpora)) for corpus in corpora])


class Trials:
    """Settings tried on one half of each set of pairs held out; what they made is kept in a folder if one is given."""

    def __init__(
        self, held: Sequence[Held], segments: Sequence[Sequence[Segment]], threads: int, keep: Path | None
    ) -> None:
        self.held = held
        self.segments = segments
        self._threads = threads
        self._keep = keep
        self._about = f"{_code()} {[(it.corpus, it.known, str(it.direction)) for it in held]} {segments}"
        self._made: dict[str, list[list[str]]] = {}

    def worth(self, setting: Setting) -> float:
        """Return what a setting is worth, the corpora weighing alike."""
        each = [worth({name: it.value() for name, it in scores.items()}) for scores in self.scores(setting)]
        return float(shares(self.held) @ each)

    def scores(self, setting: Setting) -> list[Scores]:
        """Return the scores of each set."""
        made = self._translations(setting)
        return [
            measured(texts, segments, it.direction)
            for it, segments, texts in zip(self.held, self.segments, made, strict=True)
        ]

    def _translations(self, setting: Setting) -> list[list[str]]:
        trial = hashlib.sha256(f"{self._about} {sorted(setting.items())}".encode()).hexdigest()[:16]
        path = self._keep / f"{trial}.json" if self._keep else None
        if trial not in self._made:
            there = path is not None and path.exists()
            self._made[trial] = json.loads(path.read_bytes()) if path and there else self._translated(setting)
            if path and not there:
                put(path, json.dumps(self._made[trial]).encode())
        return self._made[trial]

    def _translated(self, setting: Setting) -> list[list[str]]:
        weights = Weights(**{name: setting[name] for name in WEIGHED})
        effort = Effort(*(int(setting[name]) for name in Effort._fields))
        constants = {constant: setting[name] for name, constant in CONSTANTS.items()}

        def translations(of: Held, segments: Sequence[Segment]) -> list[str]:
            return translated(of.weighed(weights), effort, segments)

        with changed({"candidates.WEIGHTS": weights, **constants}), ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(translations, self.held, self.segments))


def _code() -> str:
    """Return a hash of the model's code, by which what was tried with another one is not taken for tried."""
    digest = hashlib.sha256()
    for path in sorted(Path(consensus.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Gain:
    """What another setting gains: scores before and after, and the difference in worth with its 95 % interval."""

    name: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    difference: float
    low: float
    high: float


def gains(trials: Trials, old: Setting, new: Setting) -> Iterator[Gain]:
    """Yield what `new` gains over `old` by paired bootstrap: each direction, each corpus, then the mean of the corpora.

    Both directions of a corpus are resampled alike, for their sentences are the same.
    """
    before, after = trials.scores(old), trials.scores(new)
    draws = [draw(len(it), RESAMPLES, _seed(it)) for it in trials.segments]
    changes = np.array(
        [
            worth(_resampled(scores, draws)) - worth(_resampled(others, draws))
            for scores, others, draws in zip(after, before, draws, strict=True)
        ]
    )
    share = shares(trials.held)
    for name, members in _groups(trials.held):
        by = share * members / (share @ members)
        low, high = interval((by @ changes).tolist())
        values = [{it: float(by @ [scores[it].value() for scores in of]) for it in METRICS} for of in (before, after)]
        yield Gain(name, values[0], values[1], worth(values[1]) - worth(values[0]), low, high)


def _groups(held: Sequence[Held]) -> Iterator[tuple[str, Array]]:
    """Yield a name and which sets belong to it."""
    names = [f"{it.corpus} {it.direction}" for it in held]
    corpora = [it.corpus for it in held]
    for of in (names, corpora):
        for name in dict.fromkeys(of):
            yield name, np.array([float(it == name) for it in of])
    yield "mean", np.ones(len(held))


def _resampled(scores: Scores, draws: NDArray[np.int64]) -> dict[str, Array]:
    return {metric: np.array(it.resampled(draws)) for metric, it in scores.items()}


def _seed(segments: Sequence[Segment]) -> int:
    return zlib.crc32(" ".join(it.id for it in segments).encode())
