"""A system against a held-out test set: its scores, the floors beside them, and the run in the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import scoring
from ctxlearn import __version__
from ctxlearn.corpus import TestSet
from ctxlearn.data import Direction, Segment
from ctxlearn.errors import CtxlearnError, StoreError
from ctxlearn.leaks import Leak
from ctxlearn.manifest import Corpus
from ctxlearn.models import FLOORS, open_model
from ctxlearn.packs import Pack
from ctxlearn.runs import Ledger, Run, RunSegment
from ctxlearn.settings import Settings
from ctxlearn.translate import Hypothesis, System

FLOOR_METRICS = ("bleu", "chrf", "chrf++")
_PACKAGES = ("sacrebleu", "sil-thot", "sentencepiece", "tiktoken", "litellm")


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to be made: a test set, a direction and a model over a packed context."""

    corpus: Corpus
    pack: Pack
    test: TestSet
    direction: Direction
    model: str
    sections: tuple[str, ...] = ()
    limit: int | None = None

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The test's segments, or the first `limit` of them."""
        return self.test.segments(self.direction)[: self.limit]

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """The leaks of this test that were taken out of the context."""
        return tuple(leak for leak in self.pack.leaks if leak.test == self.test.name)


def evaluate(
    plan: Plan,
    settings: Settings,
    ledger: Ledger,
    *,
    threads: int = 1,
    advance: Callable[[int], object] = lambda _: None,
) -> Run:
    """Translate a test set, score it and enter the run; `advance` is told how many segments more are done.

    An interrupted run keeps its finished segments in the ledger, marked as interrupted.
    """
    start = time.perf_counter()
    system = System(open_model(plan.model, settings, threads), plan.pack, plan.direction)
    segments = plan.segments
    run_id = ledger.begin(_begun(plan, system), system.prefix, [_summary(it) for it in plan.pack.sections])
    try:
        hypotheses = _translate(system, segments, ledger, run_id, advance)
        target = plan.direction.target
        scores = scoring.score([it.text for it in hypotheses], [it.references for it in segments], target)
        ledger.finish(
            run_id,
            scores,
            failed=sum(it.problem is not None for it in hypotheses),
            usage=system.usage,
            cost_usd=0.0,  # every model that there is so far runs on this machine
            seconds=round(time.perf_counter() - start, 3),
            leaks=_leaks(plan.leaks),
            coverage=_coverage(system, segments),
            floors=_floors(plan, settings),
        )
    except KeyboardInterrupt:
        ledger.interrupt(run_id)
        raise
    except (CtxlearnError, OSError):
        with suppress(StoreError):  # the ledger itself may be what failed; what ended the run is said first
            ledger.fail(run_id)
        raise
    return ledger.show(run_id)


def _begun(plan: Plan, system: System) -> Run:
    return Run(
        corpus=plan.corpus.name,
        corpus_path=str(plan.corpus.folder.resolve()),
        test=plan.test.name,
        test_hash=plan.test.sha256,
        direction=str(plan.direction),
        model=plan.model,
        sections=plan.sections or tuple(it.name for it in plan.pack.sections if it.records),
        system=system.signature,
        context=plan.pack.fingerprint,
        n=len(plan.segments),
        versions=_versions(),
    )


def _translate(
    system: System, segments: Sequence[Segment], ledger: Ledger, run_id: str, advance: Callable[[int], object]
) -> list[Hypothesis]:
    done: list[Hypothesis] = []
    for hypotheses in system.translate(segments):
        asked = segments[len(done) : len(done) + len(hypotheses)]
        references = [segment.references for segment in asked]
        values = scoring.sentence_scores([it.text for it in hypotheses], references)
        ledger.enter_segments(
            run_id,
            [
                RunSegment(
                    position=len(done) + number,
                    id=it.id,
                    source=it.source,
                    references=references[number],
                    hypothesis=it.text,
                    alternatives=it.alternatives,
                    problem=it.problem,
                    confidence=it.confidence,
                    score=values[number],
                )
                for number, it in enumerate(hypotheses)
            ],
        )
        done += hypotheses
        advance(len(hypotheses))
    return done


def _floors(plan: Plan, settings: Settings) -> dict[str, dict[str, float]]:
    """Return what the floors score on the same segments; a floor is not measured against itself."""
    return {name: _floor(name, plan, settings) for name in FLOORS if name != plan.model}


def _floor(name: str, plan: Plan, settings: Settings) -> dict[str, float]:
    system = System(open_model(name, settings), plan.pack, plan.direction)
    segments = plan.segments
    texts = [it.text for hypotheses in system.translate(segments) for it in hypotheses]
    references = [segment.references for segment in segments]
    scores = scoring.score(texts, references, plan.direction.target, FLOOR_METRICS, bootstrap=0)
    return {score.metric: score.value for score in scores}


def _coverage(system: System, segments: Sequence[Segment]) -> dict[str, float]:
    types, tokens = system.evidence.coverage((segment.source for segment in segments), system.direction.source)
    return {"types": round(types, 4), "tokens": round(tokens, 4)}


def _leaks(found: Sequence[Leak]) -> dict[str, object]:
    items = [
        {"test_id": it.test_id, "side": it.side, "kind": it.kind, "section": it.section, "record": it.record}
        for it in found
    ]
    return {"removed": len({(it.section, it.record, it.place) for it in found}), "items": items}


def _versions() -> dict[str, str]:
    found = {"ctxlearn": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _summary(section: object) -> Mapping[str, object]:
    return {name: getattr(section, name) for name in section.__slots__}  # type: ignore[attr-defined]  # a slotted record
