"""Two runs against each other: by how much one is better, whether that is more than noise, and on which segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import scoring
from ctxlearn.errors import UsageError
from ctxlearn.runs import Ledger, Run, RunSegment
from scoring import ter
from scoring.means import Means
from scoring.orthography import normalise
from scoring.significance import RESAMPLES, SEED, TRIALS, Difference, Measured, outcomes
from scoring.significance import compare as significance

METRICS = ("bleu", "chrf", "chrf++")
HEADLINE = "chrf"  # what the sentence speaks of when it is among the metrics
_TER_PAIRS = 300_000  # of words, in both runs: TER shifts words about, and up to here takes two seconds


@dataclass(frozen=True, slots=True)
class Change:
    """A segment as both runs have it, with their chrF++."""

    id: str
    source: str
    references: tuple[str, ...]
    first: str
    second: str
    first_score: float
    second_score: float

    @property
    def gain(self) -> float:
        """How much better the second run has it."""
        return self.second_score - self.first_score


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on one test set: differences by metric, segments won by the second, tied and lost, most changed first.

    `how` is the signature of the tests, `remarks` what a reader has to know before believing the numbers.
    """

    first: Run
    second: Run
    differences: tuple[Difference, ...]
    wins: int
    ties: int
    losses: int
    changes: tuple[Change, ...]
    remarks: tuple[str, ...]
    how: str

    @property
    def sentence(self) -> str:
        """What the numbers say, in one sentence."""
        return _sentence(self)


def compare(
    ledger: Ledger,
    first_id: str,
    second_id: str,
    metrics: Sequence[str] = (),
    *,
    normalised: bool = False,
    resamples: int = RESAMPLES,
    trials: int = TRIALS,
    seed: int = SEED,
) -> Comparison:
    """Return how the second run differs from the first, under `metrics`.

    The default is BLEU, chrF, chrF++, and TER where it is quick. A metric is one computed here or the name of
    imported scores that both runs have. With `normalised`, texts are spelt in one orthography first. Raises
    UsageError unless both runs are done, on the same segments, one way.
    """
    first, second = ledger.show(first_id), ledger.show(second_id)
    _check(first, second)
    ours, theirs = ledger.segments(first.id), ledger.segments(second.id)
    _check_segments(first, second, ours, theirs)
    if normalised:
        ours, theirs = _normalised(ours), _normalised(theirs)
    outside = (ledger.outside_scores(first.id), ledger.outside_scores(second.id))
    differences = tuple(
        significance(
            name + scoring.NORMALISED if normalised and name in scoring.METRICS else name,
            _measured(name, first, ours, outside[0]),
            _measured(name, second, theirs, outside[1]),
            lower_is_better=name in scoring.METRICS and scoring.METRICS[name].lower_is_better,
            resamples=resamples,
            trials=trials,
            seed=seed,
        )
        for name in tuple(dict.fromkeys(metrics)) or _default(first, ours, theirs)
    )
    changes = _changes(ours, theirs)
    counts = outcomes([it.first_score for it in changes], [it.second_score for it in changes])
    return Comparison(
        first,
        second,
        differences,
        wins=counts.count("win"),
        ties=counts.count("tie"),
        losses=counts.count("loss"),
        changes=tuple(sorted(changes, key=lambda it: -abs(it.gain))),
        remarks=(*_remarks(first, second), *_moved(first, second, differences)),
        how=f"bs:{resamples}|ar:{trials}|seed:{seed}",
    )


# -- what may be compared ---------------------------------------------------------------------------------------------


def _check(first: Run, second: Run) -> None:
    if first.id == second.id:
        raise UsageError(f"run {first.id} cannot be compared with itself")
    for run in (first, second):
        if run.status != "done":
            raise UsageError(f"run {run.id} is {run.status}; only finished runs can be compared")
    for what, one, two in (
        ("different directions", first.direction, second.direction),
        ("different test sets", _test(first), _test(second)),
        ("different numbers of segments", f"{first.n:,}", f"{second.n:,}"),
    ):
        if one != two:
            raise UsageError(
                f"runs {first.id} and {second.id} have {what}: {one} and {two}; "
                "a difference between them would mean nothing"
            )


def _test(run: Run) -> str:
    return f"{run.test} ({run.test_hash[:8]})" if run.test_hash else run.test


def _check_segments(first: Run, second: Run, ours: Sequence[RunSegment], theirs: Sequence[RunSegment]) -> None:
    """Raise UsageError where the segments themselves differ, whatever the hash says."""
    for one, two in zip(ours, theirs, strict=True):
        if (one.id, one.source, one.references) != (two.id, two.source, two.references):
            raise UsageError(
                f"runs {first.id} and {second.id} differ in segment {one.position + 1}: {one.id} and {two.id} have not "
                "the same source and references"
            )


def _remarks(first: Run, second: Run) -> tuple[str, ...]:
    others = {it.metric: it.signature for it in second.scores}
    differing = [it for it in first.scores if others.get(it.metric, it.signature) != it.signature]
    found = [
        f"their {it.metric} was recorded under different signatures, {it.signature} and {others[it.metric]}"
        + ("; the numbers here were computed anew for both, alike" if it.metric in scoring.METRICS else "")
        for it in differing
        if it.metric in scoring.METRICS or not _only_files_differ(it.signature, others[it.metric])
    ]
    failed = (run for run in (first, second) if run.failed)
    return (*found, *(f"{it.failed} of {it.n} segments of run {it.id} failed and count as empty" for it in failed))


def _moved(first: Run, second: Run, differences: Sequence[Difference]) -> Iterator[str]:
    """Yield where the texts do not score what was recorded: sacrebleu, or the choice of a tokenizer, has changed."""
    for it in differences:
        for run, now in ((first, it.first), (second, it.second)):
            then = next((score.value for score in run.scores if score.metric == it.metric), now)
            if abs(then - now) >= 0.005:
                name = scoring.title(it.metric)
                yield f"run {run.id} was recorded with {name} {then:.2f}, and its texts score {now:.2f} now"


def _only_files_differ(one: str, two: str) -> bool:
    """Whether imported scores were entered alike; each comes from a file of its own."""
    return one.partition("|file:")[0] == two.partition("|file:")[0]


# -- measuring --------------------------------------------------------------------------------------------------------


def _measured(name: str, run: Run, segments: Sequence[RunSegment], outside: dict[str, tuple[float, ...]]) -> Measured:
    if name in outside:
        return Means(name, outside[name], "")
    if name not in scoring.METRICS:
        known = ", ".join((*scoring.METRICS, *outside))
        raise UsageError(f"metric {name!r}: run {run.id} has no such scores; it has {known}")
    hypotheses = [it.hypothesis for it in segments]
    references = [it.references for it in segments]
    try:
        return scoring.measure(hypotheses, references, run.direction.rpartition("-")[2], (name,))[0]
    except scoring.ScoringError as error:
        raise UsageError(f"run {run.id}: {error}") from error


def _default(run: Run, ours: Sequence[RunSegment], theirs: Sequence[RunSegment]) -> tuple[str, ...]:
    both = (*ours, *theirs)
    pairs = ter.pairs([it.hypothesis for it in both], [it.references for it in both], run.direction.rpartition("-")[2])
    return (*METRICS, "ter") if pairs <= _TER_PAIRS else METRICS


def _normalised(segments: Sequence[RunSegment]) -> tuple[RunSegment, ...]:
    return tuple(
        replace(it, hypothesis=normalise(it.hypothesis), references=tuple(map(normalise, it.references)), score=None)
        for it in segments
    )


def _changes(ours: Sequence[RunSegment], theirs: Sequence[RunSegment]) -> list[Change]:
    first, second = _segment_scores(ours), _segment_scores(theirs)
    return [
        Change(one.id, one.source, one.references, one.hypothesis, two.hypothesis, first[n], second[n])
        for n, (one, two) in enumerate(zip(ours, theirs, strict=True))
    ]


def _segment_scores(segments: Sequence[RunSegment]) -> list[float]:
    """Return chrF++ by segment, computed anew unless it was entered with all of them."""
    entered = [it.score for it in segments if it.score is not None]
    if len(entered) == len(segments):
        return entered
    return [*scoring.sentence_scores([it.hypothesis for it in segments], [it.references for it in segments])]


# -- saying it --------------------------------------------------------------------------------------------------------


def _sentence(it: Comparison) -> str:
    """Return what a comparison says: which run is better and by how much, or that this cannot be told."""
    plain = {each.metric.removesuffix(scoring.NORMALISED): each for each in it.differences}
    head = plain.get(HEADLINE, it.differences[0])
    name = scoring.title(head.metric)
    p = f"p {p_value(head.p_randomisation)}"
    others = "".join(f"; {_verdict(each, it)}" for each in it.differences if _side(each) != _side(head))
    if not head.told:
        counted = f"{it.first.n:,} sentence{'' if it.first.n == 1 else 's'}"
        between = f"95 %: {signed(head.low)} – {signed(head.high)}, {p}"
        return f"no difference can be told from {counted} ({name} {signed(head.difference)}; {between}){others}"
    low, high = sorted((abs(head.low), abs(head.high)))
    between = f"95 %: {low:.1f} – {high:.1f}, {p}"
    return f"run {_better(head, it)} is better by {abs(head.difference):.1f} {name} ({between}){others}"


def _verdict(head: Difference, it: Comparison) -> str:
    name = scoring.title(head.metric)
    return f"by {name}, run {_better(head, it)} is better" if head.told else f"{name} tells no difference"


def _better(head: Difference, it: Comparison) -> str:
    return it.second.id if head.gain > 0 else it.first.id


def _side(it: Difference) -> int:
    return 0 if not it.told else 1 if it.gain > 0 else -1


def signed(value: float) -> str:
    """Return a difference with its sign.

    >>> signed(2.06), signed(-0.5), signed(-0.04), signed(0.0)
    ('+2.1', '−0.5', '0.0', '0.0')
    """
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def p_value(p: float) -> str:
    """Return a p-value to be read after the letter.

    >>> p_value(0.0234), p_value(0.0001)
    ('= 0.023', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
