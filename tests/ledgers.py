"""Finished runs for tests, scored as `evaluate` scores them, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import scoring
from ctxlearn.models.base import Prefix, Problem
from ctxlearn.runs import Ledger, Run, RunSegment

RUN = Run(
    corpus="toy",
    corpus_path="nowhere/toy",
    test="dev",
    test_hash="ab12cd34ef567890",
    direction="qaa-eng",
    model="embedded",
    sections=("dictionary", "examples"),
    system="model:embedded|dir:qaa-eng|ctx:f1|tok:1200|n:1|v:0.1.0",
    n=0,
    versions={"ctxlearn": "0.1.0", "sacrebleu": "2.6.0"},
)


def entered(
    ledger: Ledger,
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    context: str = "f1",
    sources: Sequence[str] = (),
    scored: bool = True,
    metrics: Sequence[str] = ("bleu", "chrf", "chrf++"),
    leaks: dict[str, object] | None = None,
    floors: dict[str, dict[str, float]] | None = None,
    coverage: dict[str, object] | None = None,
    **changes: Any,
) -> str:
    """Enter a run with these texts and return its id; `changes` are fields of the run, unscored it stays unfinished."""
    run = replace(RUN, n=len(hypotheses), **changes)
    run_id = ledger.begin(run, Prefix(f"the context {context}", 1200, context))
    values = scoring.sentence_scores(hypotheses, references)
    ledger.enter_segments(
        run_id,
        [
            RunSegment(
                position=number,
                id=f"d{number}",
                source=sources[number] if sources else f"source {number}",
                references=tuple(references[number]),
                hypothesis=text,
                problem=None if text else Problem("refused", "will not"),
                confidence=0.5,
                score=values[number],
            )
            for number, text in enumerate(hypotheses)
        ],
    )
    if scored:
        scores = scoring.score(hypotheses, references, "eng", metrics, bootstrap=100)
        failed = sum(not text for text in hypotheses)
        ledger.finish(run_id, scores, failed=failed, seconds=1.5, leaks=leaks, floors=floors, coverage=coverage)
    return run_id
