"""What is exported: runs with all that the ledger and the corpus know of them; and what an exporter gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import scoring
from ctxlearn import manifest
from ctxlearn.errors import CorpusError, UsageError
from ctxlearn.manifest import Source
from ctxlearn.runs import Ledger, Run, RunSegment

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Exported:
    """A run with its segments, the imported scores by metric, and the sources of its corpus.

    `sources` is None when the corpus is no longer where it was.
    """

    run: Run
    segments: tuple[RunSegment, ...]
    outside: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    sources: tuple[Source, ...] | None = None
    languages: tuple[str, str] | None = None

    @property
    def codes(self) -> tuple[str, str]:
        """The codes of the language that was translated from and of the one translated into."""
        source, _, target = self.run.direction.partition("-")
        if self.languages is not None:
            one, two = self.languages
            return (one, two) if self.run.direction == f"{one}-{two}" else (two, one)
        return source, target

    def scores(self, segment: RunSegment) -> dict[str, float]:
        """Return a segment's scores by metric: chrF++, and what was imported."""
        own = {} if segment.score is None else {"chrf++": segment.score}
        return own | {metric: values[segment.position] for metric, values in self.outside.items()}


@dataclass(frozen=True, slots=True)
class Written:
    """A file's content, and remarks on what it does not hold."""

    content: bytes
    remarks: tuple[str, ...] = ()


def gather(ledger: Ledger, run_ids: Sequence[str], *, normalised: bool = False) -> tuple[Exported, ...]:
    """Return runs for an exporter; with `normalised`, their scores in one orthography stand beside the raw ones.

    They also do when one of the runs was entered with them, so that no column is half empty.
    Raises UsageError for an unknown run, and for one named twice.
    """
    runs = [ledger.show(run_id) for run_id in run_ids]
    twice = next((run.id for number, run in enumerate(runs) if run.id in {it.id for it in runs[:number]}), None)
    if twice is not None:
        raise UsageError(f"run {twice} is named twice")
    some = any(score.metric.endswith(scoring.NORMALISED) for run in runs for score in run.scores)
    return tuple(_gathered(ledger, run, normalised or some) for run in runs)


def _gathered(ledger: Ledger, run: Run, normalised: bool) -> Exported:
    segments = ledger.segments(run.id)
    if normalised and run.status == "done":
        run = with_normalised(run, segments)
    sources, languages = _corpus(run)
    return Exported(run, segments, ledger.outside_scores(run.id), sources, languages)


def with_normalised(run: Run, segments: Sequence[RunSegment]) -> Run:
    """Return a finished run with its scores in one orthography after the raw ones. Raises UsageError."""
    there = [it.metric for it in run.scores]
    metrics = [it for it in there if it in scoring.METRICS and it + scoring.NORMALISED not in there]
    target = run.direction.rpartition("-")[2]
    try:
        more = scoring.normalised_score(
            [it.hypothesis for it in segments], [it.references for it in segments], target, metrics
        )
    except scoring.ScoringError as error:
        raise UsageError(f"run {run.id}: {error}") from error
    return replace(run, scores=(*run.scores, *more))


def _corpus(run: Run) -> tuple[tuple[Source, ...] | None, tuple[str, str] | None]:
    """Return the sources and codes of a run's corpus, if its corpus.toml is there and can be read."""
    path = Path(run.corpus_path) / manifest.FILE
    try:
        corpus = manifest.parse(path)
    except (CorpusError, UsageError, OSError):
        return None, None
    return corpus.sources, corpus.codes


def one_line(text: str) -> str:
    r"""Return a text without tabs, line breaks and other control characters; each becomes a blank.

    >>> one_line("a\tb\u2028c")
    'a b c'
    """
    return _CONTROLS.sub(" ", text)


def for_xml(text: str) -> str:
    """Return a text without the characters that no XML file may hold (https://www.w3.org/TR/xml/#charsets)."""
    return _NOT_IN_XML.sub("\ufffd", text)
