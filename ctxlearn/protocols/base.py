"""What a published protocol is: how a benchmark scores, what it lets a model read, what others have reached on it.

A number of another system stands beside one's own only with where it comes from. Nothing here knows a corpus or model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ctxlearn.data import Direction
from ctxlearn.errors import UsageError
from scoring.base import Measurement, Metric, Score, draw
from scoring.base import check as check_texts
from scoring.tokenizers import choose

How = Literal["reported", "digitised", "measured"]

HOW: Mapping[How, str] = {
    "reported": "stands in the publication",
    "digitised": "read off a published figure, within 0.1",
    "measured": "measured by this project from released data with the benchmark's scorer",
}

RESAMPLES = 1000
SEED = 12345


@dataclass(frozen=True, slots=True)
class Published:
    """One system's score on a benchmark: the metric's value, what it had read, and where the number stands.

    `sections` are those of a context that hold what the system had read, empty for a person or a floor; `material` says
    it more exactly. `level` is empty for the whole test set.
    """

    direction: str
    system: str
    material: str
    metric: str
    value: float
    source: str
    how: How = "reported"
    sections: tuple[str, ...] = ()
    level: str = ""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A benchmark's rules.

    `sizes` are the numbers of test segments by direction, `context` says what a model may read, `metrics` come with the
    one that the publications rank by first. `spelling` is, by target language, what is spelt alike before scoring, and
    `spelt` its name in the signature. `password` is the one that the authors publish with their archive, used where
    `variable` is not set.
    """

    name: str
    title: str
    cite: str
    codes: tuple[str, str]
    context: str
    metrics: tuple[Metric, ...]
    sizes: Mapping[str, int]
    published: tuple[Published, ...]
    levels: tuple[str, ...] = ()
    spelling: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    spelt: str = ""
    variable: str = ""
    password: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A translation of a test segment, with its references and the level that the benchmark gives the segment."""

    hypothesis: str
    references: tuple[str, ...]
    level: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """The scores of one level of a test set, or of the whole (`name` empty)."""

    name: str
    n: int
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One's own scores under a protocol, and the published ones of that direction.

    `beside` are those of systems that had read the same sections, of people and of floors; `others` had read something
    else. `departures` say in what the run is not what the benchmark asks for; with any, the numbers cannot be compared.
    """

    protocol: Protocol
    direction: Direction
    levels: tuple[Level, ...]
    beside: tuple[Published, ...]
    others: tuple[Published, ...]
    departures: tuple[str, ...]


def check(protocol: Protocol, codes: tuple[str, str]) -> None:
    """Raise UsageError unless a corpus's languages are those of the benchmark."""
    if codes != protocol.codes:
        ours, theirs = " and ".join(codes), " and ".join(protocol.codes)
        raise UsageError(f"protocol {protocol.name} is for {theirs}; this corpus has {ours}")


def compare(protocol: Protocol, direction: Direction, answers: Sequence[Answer], sections: Sequence[str]) -> Comparison:
    """Return the scores of `answers` as the protocol measures, beside what others have reached.

    `sections` are those that the model read. Raises ScoringError.
    """
    read = {"grammar" if name == "glossed" else name for name in sections} - {"text"}
    ours = [it for it in protocol.published if it.direction == str(direction)]
    beside = tuple(it for it in ours if not it.sections or set(it.sections) == read)
    return Comparison(
        protocol,
        direction,
        tuple(_levels(protocol, direction, answers)),
        beside,
        tuple(it for it in ours if it not in beside),
        tuple(_departures(protocol, direction, answers, sections)),
    )


def _levels(protocol: Protocol, direction: Direction, answers: Sequence[Answer]) -> Iterator[Level]:
    yield _level("", protocol, direction, answers)
    for name in protocol.levels:
        of_level = [answer for answer in answers if answer.level == name]
        if of_level:
            yield _level(name, protocol, direction, of_level)


def _level(name: str, protocol: Protocol, direction: Direction, answers: Sequence[Answer]) -> Level:
    target = direction.target
    alike = str.maketrans(dict(protocol.spelling.get(target, {})))
    hypotheses = [answer.hypothesis.translate(alike) for answer in answers]
    references = [[text.translate(alike) for text in answer.references] for answer in answers]
    check_texts(hypotheses, references)
    tokenizer = choose(target, references)
    draws = draw(len(answers), RESAMPLES, SEED)
    found = [Measurement(it, hypotheses, references, tokenizer).score(draws, SEED) for it in protocol.metrics]
    if alike:
        found = [replace(it, signature=f"{it.signature}|{protocol.spelt}") for it in found]
    return Level(name, len(answers), tuple(found))


def _departures(
    protocol: Protocol, direction: Direction, answers: Sequence[Answer], sections: Sequence[str]
) -> Iterator[str]:
    expected = protocol.sizes[str(direction)]
    if len(answers) != expected:
        yield f"{len(answers)} segments; the benchmark tests {direction} with {expected}"
    unknown = sum(answer.level not in protocol.levels for answer in answers) if protocol.levels else 0
    if unknown:
        yield f"{unknown} segments have no level of {', '.join(protocol.levels)}"
    if "text" in sections:
        yield "a text was read that the benchmark does not give"
