"""A system against a held-out test set: its scores, the floors beside them, and the run in the ledger.

A run that was cut off is taken up where it stopped: what its ledger holds of it is not asked again, and all scores are
computed from all segments at the end, so that they are those of a run that nothing disturbed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import scoring
from ctxlearn import costs, coverage, slices
from ctxlearn.corpus import TestSet
from ctxlearn.corrections import Tail
from ctxlearn.costs import Budget
from ctxlearn.coverage import Books, Word
from ctxlearn.data import Direction, Policy, Segment
from ctxlearn.errors import CtxlearnError, StoreError
from ctxlearn.evidence import Evidence
from ctxlearn.human import Written
from ctxlearn.leaks import Leak
from ctxlearn.manifest import Corpus
from ctxlearn.models import FLOORS, Hosting, open_model
from ctxlearn.models.base import Prefix
from ctxlearn.packs import Pack
from ctxlearn.runs import Ledger, Run, RunSegment, Totals
from ctxlearn.settings import Settings
from ctxlearn.translate import Hypothesis, System
from ctxlearn.versions import versions
from scoring.base import Measurement, Score, draw

FLOOR_METRICS = ("bleu", "chrf", "chrf++")
RESAMPLES, SEED = 1000, 12345


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to be made: a test set, a direction and a model over a packed context.

    With `written`, these translations are measured instead of a model's, and the context serves the floors and the
    coverage only. `sampling` is what a hosted model is told beside the question; `tail` are the corrections that are
    read after the context, as they are to translate.
    """

    corpus: Corpus
    pack: Pack
    test: TestSet
    direction: Direction
    model: str
    sections: tuple[str, ...] = ()
    limit: int | None = None
    written: Written | None = None
    sampling: Mapping[str, float] = field(default_factory=dict)
    tail: Tail = field(default_factory=Tail)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Those of all that a model is sent."""
        return (self.pack.policy, self.test.policy, *self.tail.policies)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The test's segments, or the first `limit` of them."""
        return self.test.segments(self.direction)[: self.limit]

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """The leaks of this test that were taken out of the context."""
        return tuple(leak for leak in self.pack.leaks if leak.test == self.test.name)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is made: with how many threads of this machine, how a hosted model is asked, and for how much money.

    A `fresh` one leaves runs that were cut off as they are. With `repeated` it is one of several of the same system,
    and no stored answer of another one serves it. With `normalised`, the scores of the texts in one orthography are
    entered after the raw ones.
    """

    threads: int = 1
    hosting: Hosting | None = None
    budget: Budget | None = None
    fresh: bool = False
    repeated: bool = False
    normalised: bool = False


def _nobody(*_: object) -> None:
    """Be told, and do nothing."""


def evaluate(
    plan: Plan,
    settings: Settings,
    ledger: Ledger,
    manner: Manner | None = None,
    *,
    resumed: Callable[[Run, int], object] = _nobody,
    advance: Callable[[int], object] = _nobody,
) -> Run:
    """Translate a test set, score it and enter the run; `advance` is told how many segments more are done.

    The newest run that was begun alike and cut off is taken up, and `resumed` is told which, and how many of its
    segments are done. An interrupted run keeps its finished segments in the ledger, marked as interrupted.
    """
    manner = manner or Manner()
    with _opened(plan, settings, manner) as (system, cost_usd):
        work = _Work(plan, system, ledger, manner, cost_usd)
        if work.done:
            resumed(work.run, len(work.done))
            advance(len(work.done))
        try:
            work.translate(advance)
            work.finish(settings)
        except KeyboardInterrupt:
            work.give_up(ledger.interrupt)
            raise
        except (CtxlearnError, OSError):
            with suppress(StoreError):  # the ledger itself may be what failed; what ended the run is said first
                work.give_up(ledger.fail)
            raise
    return ledger.show(work.run.id)


Cost = Callable[[], float | None]


@contextmanager
def _opened(plan: Plan, settings: Settings, manner: Manner) -> Iterator[tuple[System | Written, Cost]]:
    """Open the system of a plan, and what says what it has cost since."""
    if plan.written is not None:
        yield plan.written, lambda: None  # what it cost is not known here
        return
    asked = (manner.hosting, manner.budget)
    with costs.opened(plan.model, settings, plan.policies, *asked, threads=manner.threads) as opened:
        system = System(opened.model, plan.pack, plan.direction, tail=plan.tail, sampling=plan.sampling)
        yield system, lambda: opened.cost_usd


class _Work:
    """One run while it is made: begun in the ledger, or taken up, when this is made."""

    def __init__(self, plan: Plan, system: System | Written, ledger: Ledger, manner: Manner, cost: Cost) -> None:
        self.plan = plan
        self.system = system
        self.ledger = ledger
        self.normalised = manner.normalised
        self._start = time.perf_counter()
        self._cost = cost
        self.segments = plan.segments
        self.run, self.done = self._begin(manner.fresh)
        self._before = Totals(self.run.usage, self.run.cost_usd, self.run.seconds or 0.0)
        if manner.repeated and isinstance(system, System):
            system.sample = self.run.id
        self._words = self._look_up()

    def _begin(self, fresh: bool) -> tuple[Run, list[Hypothesis]]:
        prefix, begun = self.system.prefix, self._begun()
        found = None if fresh else self.ledger.resume(begun, prefix.fingerprint)
        if found is not None:
            return found, [_hypothesis(it) for it in self.ledger.segments(found.id)]
        summaries = [] if self.plan.written else [_summary(it) for it in self.plan.pack.sections]
        return self.ledger.show(self.ledger.begin(begun, prefix, summaries)), []

    def _begun(self) -> Run:
        plan = self.plan
        packed = plan.sections or tuple(it.name for it in plan.pack.sections if it.records)
        return Run(
            corpus=plan.corpus.name,
            corpus_path=str(plan.corpus.folder.resolve()),
            test=plan.test.name,
            test_hash=plan.test.sha256,
            direction=str(plan.direction),
            model=plan.model,
            sections=() if plan.written else packed,
            system=self.system.signature,
            parameters=self.system.parameters,
            n=len(self.segments),
            versions=versions(plan.model),
            cost_usd=0.0,
        )

    def _look_up(self) -> list[tuple[Word, ...]]:
        pack, code = self.plan.pack, self.plan.direction.source
        evidence = Evidence(pack.language, pack.contact, self.plan.tail.after(pack.records))
        prefix = Prefix(pack.prefix, pack.tokens, pack.fingerprint)
        books = Books(evidence, code, coverage.pieces(prefix, self.plan.direction))
        return [books.words(it.source) for it in self.segments]

    def so_far(self) -> Totals:
        """Return what the run took up to now, before it was cut off included."""
        before, cost = self._before, self._cost()
        known = cost is not None and before.cost_usd is not None
        return Totals(
            before.usage + self.system.usage,
            before.cost_usd + cost if known else None,  # type: ignore[operator]  # as `known` says
            round(before.seconds + time.perf_counter() - self._start, 3),
        )

    def translate(self, advance: Callable[[int], object]) -> None:
        """Translate what is left, and enter it batch by batch."""
        for hypotheses in self.system.translate(self.segments[len(self.done) :]):
            self.ledger.enter_segments(self.run.id, self._rows(hypotheses), self.so_far())
            self.done += hypotheses
            advance(len(hypotheses))

    def _rows(self, hypotheses: Sequence[Hypothesis]) -> list[RunSegment]:
        first = len(self.done)
        references = [it.references for it in self.segments[first : first + len(hypotheses)]]
        values = scoring.sentence_scores([it.text for it in hypotheses], references)
        return [
            RunSegment(
                position=first + number,
                id=it.id,
                source=it.source,
                references=references[number],
                hypothesis=it.text,
                alternatives=it.alternatives,
                problem=it.problem,
                confidence=it.confidence,
                score=values[number],
                usage=it.usage,
                coverage=coverage.counts(self._words[first + number]),
                model=it.model,
                attempts=it.attempts,
            )
            for number, it in enumerate(hypotheses)
        ]

    def finish(self, settings: Settings) -> None:
        """Score all segments, and enter the scores, all at once."""
        texts, references = [it.text for it in self.done], [it.references for it in self.segments]
        target = self.plan.direction.target
        measured = scoring.measure(texts, references, target)
        more = scoring.normalised_score(texts, references, target) if self.normalised else ()
        found = {**coverage.total(self._words), "slices": slices.slices(self._words, measured, SEED)}
        floors = _floors(self.plan, settings)
        totals = self.so_far()
        self.ledger.finish(
            self.run.id,
            (*_scores(measured), *more),
            failed=sum(it.problem is not None for it in self.done),
            usage=totals.usage,
            cost_usd=totals.cost_usd,
            seconds=totals.seconds,
            leaks=_leaks(self.plan.leaks),
            coverage=found,
            floors=floors,
        )

    def give_up(self, mark: Callable[[str], object]) -> None:
        """Enter what the run took until now, and mark it."""
        self.ledger.enter_segments(self.run.id, [], self.so_far())
        mark(self.run.id)


def _hypothesis(it: RunSegment) -> Hypothesis:
    return Hypothesis(
        it.id, it.source, it.hypothesis, it.confidence, it.alternatives, it.problem, it.model, it.attempts, it.usage
    )


def _scores(measured: Sequence[Measurement]) -> tuple[Score, ...]:
    draws = draw(len(measured[0].statistics), RESAMPLES, SEED)
    return tuple(it.score(draws, SEED) for it in measured)


def _floors(plan: Plan, settings: Settings) -> dict[str, dict[str, float]]:
    """Return what the floors score on the same segments; a floor is not measured against itself."""
    return {name: _floor(name, plan, settings) for name in FLOORS if name != plan.model}


def _floor(name: str, plan: Plan, settings: Settings) -> dict[str, float]:
    system = System(open_model(name, settings), plan.pack, plan.direction, tail=plan.tail)
    segments = plan.segments
    texts = [it.text for hypotheses in system.translate(segments) for it in hypotheses]
    references = [segment.references for segment in segments]
    scores = scoring.score(texts, references, plan.direction.target, FLOOR_METRICS, bootstrap=0)
    return {score.metric: score.value for score in scores}


def _leaks(found: Sequence[Leak]) -> dict[str, object]:
    items = [
        {"test_id": it.test_id, "side": it.side, "kind": it.kind, "section": it.section, "record": it.record}
        for it in found
    ]
    return {"removed": len({(it.section, it.record, it.place) for it in found}), "items": items}


def _summary(section: object) -> Mapping[str, object]:
    return {name: getattr(section, name) for name in section.__slots__}  # type: ignore[attr-defined]  # a slotted record
