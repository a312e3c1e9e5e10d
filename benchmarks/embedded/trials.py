"""What settings of the model make of pairs held out, what that is worth, and whether one is better than another.

A setting is all numbers that count after learning, by name. What it made is kept, so that a search that was broken off
goes on where it ended.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded.held import Held, put
from benchmarks.embedded.ideas import changed
from benchmarks.embedded.split import measured, translated
from ctxlearn.data import Direction, Segment
from ctxlearn.models.embedded import consensus
from ctxlearn.models.embedded.candidates import WHOLE, Effort
from ctxlearn.models.embedded.learn import WEIGHTS
from ctxlearn.models.embedded.phrases import Weights
from scoring.base import Measurement, draw, interval
from scoring.significance import RESAMPLES

METRICS = {"chrf": 0.5, "chrf++": 0.5, "bleu": 0.4}  # what a point is worth; BLEU varies most by chance
WEIGHED = tuple(asdict(WEIGHTS))
CONSTANTS = {
    "sharpness": "consensus._SHARPNESS",
    "choosing": "consensus._CHOOSING",
    "trust": "consensus._MOST_TRUST",
}
# Where each number of a setting stands, below ctxlearn/models/embedded.
PLACES = {
    **{name: f"phrases.py, Weights.{name}" for name in WEIGHED},
    **{name: constant.replace(".", ".py, ") for name, constant in CONSTANTS.items()},
    **{name: f"candidates.py, WHOLE.{name}" for name in Effort._fields},
}

Setting = Mapping[str, float]
Set = tuple[str, Direction]  # the pairs held out of a corpus, one way
Scores = Mapping[str, Measurement]
Array = NDArray[np.float64]


def as_it_is() -> dict[str, float]:
    """Return the setting of the model as it is."""
    constants = {name: getattr(consensus, constant.partition(".")[2]) for name, constant in CONSTANTS.items()}
    return floats({**asdict(WEIGHTS), **constants, **WHOLE._asdict()})


def floats(setting: Setting) -> dict[str, float]:
    """Return a setting whose equal numbers are written alike."""
    return {name: float(value) for name, value in setting.items()}


def worth(values: Mapping[str, Any]) -> Any:
    """Return what scores are worth together, numbers or arrays of them.

    >>> worth({"chrf": 50.0, "chrf++": 46.0, "bleu": 10.0})
    52.0
    """
    return sum(weight * values[metric] for metric, weight in METRICS.items())


def shares(sets: Collection[Set]) -> Array:
    """Return what each set counts in the mean of all: the corpora weigh alike, and in each one its sets do."""
    corpora = [corpus for corpus, _ in sets]
    return np.array([1 / corpora.count(corpus) / len(set(corpora)) for corpus in corpora])


class Trials:
    """Settings tried on segments of each of the pairs held out; what they made is kept in a folder if one is given."""

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
        found = self.scores(setting)
        return float(shares(found) @ [worth({name: it.value() for name, it in of.items()}) for of in found.values()])

    def scores(self, setting: Setting) -> dict[Set, Scores]:
        """Return the scores of each set, its folds together."""
        texts: dict[Set, list[str]] = defaultdict(list)
        segments = self.sets()
        for it, found in zip(self.held, self._translations(setting), strict=True):
            texts[it.corpus, it.direction] += found
        return {of: measured(texts[of], segments[of], of[1]) for of in segments}

    def sets(self) -> dict[Set, list[Segment]]:
        """Return the segments of each set, its folds together."""
        found: dict[Set, list[Segment]] = defaultdict(list)
        for it, segments in zip(self.held, self.segments, strict=True):
            found[it.corpus, it.direction] += segments
        return found

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
    draws = {of: draw(len(segments), RESAMPLES, _seed(of[0], segments)) for of, segments in trials.sets().items()}
    changes = np.array([_resampled(after[of], it) - _resampled(before[of], it) for of, it in draws.items()])
    for name, members in _groups(before):
        by = shares(before) * members
        by /= by.sum()
        low, high = interval((by @ changes).tolist())
        old_scores, new_scores = (
            {metric: float(by @ [it[metric].value() for it in found.values()]) for metric in METRICS}
            for found in (before, after)
        )
        yield Gain(name, old_scores, new_scores, worth(new_scores) - worth(old_scores), low, high)


def _groups(sets: Collection[Set]) -> Iterator[tuple[str, Array]]:
    """Yield a name and which sets belong to it."""
    names, corpora = [f"{corpus} {direction}" for corpus, direction in sets], [corpus for corpus, _ in sets]
    for of in (names, corpora):
        for name in dict.fromkeys(of):
            yield name, np.array([float(it == name) for it in of])
    yield "mean", np.ones(len(sets))


def _resampled(scores: Scores, draws: NDArray[np.int64]) -> Array:
    return np.asarray(worth({metric: np.array(it.resampled(draws)) for metric, it in scores.items()}))


def _seed(corpus: str, segments: Sequence[Segment]) -> int:
    return zlib.crc32(f"{corpus} {[it.id for it in segments]}".encode())
