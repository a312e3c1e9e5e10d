"""What a report says, as blocks that know no markup; markdown.py, html.py and latex.py spell them.

A report stands by itself: the scores with intervals and signatures, what the context held, the differences and whether
they can be told from noise, what the leak guard took out, the worst sentences, and whose work the sources are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import Any

import scoring
from ctxlearn import __version__
from ctxlearn.errors import UsageError
from ctxlearn.export.base import Exported
from ctxlearn.export.rows import parameters
from ctxlearn.manifest import Source
from ctxlearn.runs import Run, RunSegment, worst_first
from ctxlearn.trend import signature_parts
from scoring.base import Score
from scoring.significance import Measured, compare

WORST = 10  # sentences shown of each run
PLOTTED = ("chrf", "chrf++", "bleu", "ter")  # the first of them that all runs of a table have is drawn


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the report's title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list, each item with the name that it begins with."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the columns numbered in `right` hold numbers."""

    caption: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture of runs with their scores and intervals; `labels` name them, `text` says it for who cannot see it."""

    runs: tuple[Run, ...]
    labels: tuple[str, ...]
    metric: str
    text: str


Block = Heading | Paragraph | Items | Table | Plot


def blocks(items: Sequence[Exported]) -> tuple[Block, ...]:
    """Return a report on runs. Raises UsageError when one is not finished: half a run has no scores."""
    unfinished = next((it.run for it in items if it.run.status != "done"), None)
    if unfinished is not None:
        raise UsageError(f"run {unfinished.id} is {unfinished.status}; a report is on finished runs")
    return tuple(_blocks(items))


def _blocks(items: Sequence[Exported]) -> Iterator[Block]:
    names = ", ".join(dict.fromkeys(it.run.corpus for it in items))
    yield Heading(1, f"Translation scores: {names}")
    started = sorted(it.run.started[:10] for it in items)
    days = started[0] if started[0] == started[-1] else f"{started[0]} to {started[-1]}"
    many = f"{len(items)} runs" if len(items) > 1 else "one run"
    yield Paragraph(f"{many} of {days}; written by ctxlearn {__version__}. Intervals are 95 % bootstrap intervals.")
    for group in _groups(items):
        yield from _scores(group)
    yield from _conditions(items)
    yield from _leaks(items)
    for it in items:
        yield from _worst(it)
    yield from _sources(items)


def _groups(items: Sequence[Exported]) -> list[list[Exported]]:
    """Return the runs whose scores may stand in one table: one test set, one direction, as many segments."""
    groups: dict[tuple[object, ...], list[Exported]] = {}
    for it in items:
        run = it.run
        groups.setdefault((run.corpus, run.test, run.test_hash, run.direction, run.n), []).append(it)
    return list(groups.values())


# -- scores -----------------------------------------------------------------------------------------------------------


def _scores(group: Sequence[Exported]) -> Iterator[Block]:
    run = group[0].run
    yield Heading(2, f"{run.corpus}, {run.test}, {run.direction}")
    caption = f"Scores on {run.n:,} segments (test set {run.test_hash[:12]}), with 95 % intervals."
    metrics = list(dict.fromkeys(score.metric for it in group for score in it.run.scores))
    normalised = [metric for metric in metrics if metric.endswith(scoring.NORMALISED)]
    yield _table(group, caption, [metric for metric in metrics if metric not in normalised])
    if normalised:
        yield _table(group, f"{caption} The texts were spelt in one orthography first.", normalised)
    metric = next((name for name in PLOTTED if all(_score(it.run, name) for it in group)), None)
    if metric is not None:
        yield _plot([it.run for it in group], metric)
    yield from _slices(group)
    if len(group) > 1:
        yield _differences(group)


def _table(group: Sequence[Exported], caption: str, metrics: Sequence[str]) -> Table:
    tagged = any(it.run.tags for it in group)
    first = ("run", *(("tags",) if tagged else ()), "model", "sections")
    names = (*first, "tokens", *map(scoring.title, metrics), "failed", "USD")
    rows = [_run_row(it.run, metrics) for it in group] + _floor_rows(group[0].run, metrics)
    if tagged:
        tags = [", ".join(it.run.tags) for it in group] + [""] * (len(rows) - len(group))
        rows = [(row[0], tag, *row[1:]) for row, tag in zip(rows, tags, strict=True)]
    return Table(caption, names, tuple(rows), frozenset(range(len(first), len(names))))


def _run_row(run: Run, metrics: Sequence[str]) -> tuple[str, ...]:
    scores = (_shown(_score(run, metric)) for metric in metrics)
    cost = "unknown" if run.cost_usd is None else f"{run.cost_usd:.2f}"
    tokens = signature_parts(run.system).get("tok", "")
    shown = f"{int(tokens):,}" if tokens.isdecimal() else tokens
    return (run.id, run.model, ", ".join(run.sections), shown, *scores, str(run.failed), cost)


def _floor_rows(run: Run, metrics: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what the floors score: what needs no model. They are the first run's; all runs have the same test."""
    return [
        ("floor", name, "", "", *(f"{scores[it]:.2f}" if it in scores else "" for it in metrics), "", "")
        for name, scores in run.floors.items()
        if any(it in scores for it in metrics)
    ]


def _score(run: Run, metric: str) -> Score | None:
    return next((it for it in run.scores if it.metric == metric), None)


def _shown(score: Score | None) -> str:
    if score is None:
        return ""
    return f"{score.value:.2f} {between(score)}".strip()


def between(score: Score) -> str:
    """Return a score's interval in brackets, or nothing."""
    return f"[{score.low:.1f}, {score.high:.1f}]" if score.low is not None and score.high is not None else ""


def _plot(runs: Sequence[Run], metric: str) -> Plot:
    found = ((run, score) for run in runs if (score := _score(run, metric)) is not None)
    text = "; ".join(f"{label(run)} {score.value:.1f} {between(score)}".strip() for run, score in found)
    return Plot(tuple(runs), tuple(map(label, runs)), metric, f"{scoring.title(metric)}: {text}")


def label(run: Run) -> str:
    """Return a short name of a run for a picture."""
    return f"{run.model} ({', '.join(run.tags) or run.id})"


def _differences(group: Sequence[Exported]) -> Table:
    """Return each run's chrF less the first one's, with what the paired tests say of it."""
    first, *others = group
    before = _measured(first)
    rows = []
    for it in others:
        found = compare("chrf", before, _measured(it))
        rows.append(
            (
                it.run.id,
                f"{found.difference:+.2f}",
                f"[{found.low:+.2f}, {found.high:+.2f}]",
                f"{found.p_bootstrap:.4f}",
                f"{found.p_randomisation:.4f}",
                "yes" if found.told else "no",
            )
        )
    names = ("run", "chrF", "95 % interval", "p (bs)", "p (ar)", "told from noise")
    caption = f"Difference in chrF from run {first.run.id}; p by paired bootstrap and by approximate randomisation."
    return Table(caption, names, tuple(rows), frozenset({1, 2, 3, 4}))


def _measured(it: Exported) -> Measured:
    hypotheses = [each.hypothesis for each in it.segments]
    references = [each.references for each in it.segments]
    try:
        return scoring.measure(hypotheses, references, it.codes[1], ("chrf",))[0]
    except scoring.ScoringError as error:
        raise UsageError(f"run {it.run.id}: {error}") from error


# -- how they were made -----------------------------------------------------------------------------------------------


def _conditions(items: Sequence[Exported]) -> Iterator[Block]:
    yield Heading(2, "How the scores were made")
    for it in items:
        run = it.run
        yield Heading(3, f"Run {run.id}")
        yield Items(tuple((name, value) for name, value in _condition(run).items() if value))


def _condition(run: Run) -> Mapping[str, str]:
    return {
        "system": run.system,
        "answered by": ", ".join(run.answered_by) if set(run.answered_by) - {run.model} else "",
        "asked with": parameters(run) if run.parameters.keys() - {"n"} else "",
        "context": run.context,
        "test set": f"{run.test}, {run.test_hash}",
        "time": f"{run.started} to {run.finished}" + (f", {run.seconds:.1f} s" if run.seconds is not None else ""),
        "versions": ", ".join(f"{name} {version}" for name, version in run.versions.items()),
        "source words found in the context": _covered(run.coverage),
        "tags": ", ".join(run.tags),
        **{f"signature of {scoring.title(score.metric)}": score.signature for score in run.scores},
    }


def _covered(coverage: Mapping[str, Any]) -> str:
    if "types" not in coverage or "tokens" not in coverage:
        return ""
    found = f"{coverage['types']:.1%} of word types, {coverage['tokens']:.1%} of tokens"
    parts = coverage.get("parts", {}).get("tokens", {}).get("either")
    return found if parts is None else f"{found}; {parts:.1%} of tokens with parts of words"


def _slices(group: Sequence[Exported]) -> Iterator[Table]:
    """Yield chrF by coverage and by length of the segments, a column for each run."""
    for kind in ("coverage", "length"):
        found = {it.run.id: _by_slice(it.run.coverage, kind) for it in group}
        names = list(dict.fromkeys(name for parts in found.values() for name in parts))
        if names:
            rows = tuple((name, *(parts.get(name, "") for parts in found.values())) for name in names)
            caption = f"chrF by {'share of the source words found' if kind == 'coverage' else 'length of the source'}."
            yield Table(caption, ("segments", *found), rows, frozenset(range(1, len(found) + 1)))


def _by_slice(coverage: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return chrF with its interval, and of how many segments, by the name of a part of the test set."""
    found = {}
    for part in coverage.get("slices", {}).get(kind, ()):
        if "chrf" in part["scores"]:
            score = Score("chrf", **part["scores"]["chrf"])
            found[part["slice"]] = f"{score.value:.1f} {between(score)} (n = {part['n']:,})"
    return found


def _leaks(items: Sequence[Exported]) -> Iterator[Block]:
    yield Heading(2, "Leaks")
    yield Paragraph(
        "Before a context is packed, every record in which a sentence of the test stands, on either side, exact or "
        "nearly so, is taken out of it; the packed text is then searched again."
    )
    yield Items(tuple((f"run {it.run.id}", _leak_text(it.run)) for it in items))


def _leak_text(run: Run) -> str:
    removed = run.leaks.get("removed")
    if not isinstance(removed, int):
        return "nothing is recorded of the leak guard"
    if not removed:
        return "no record of the context held a sentence of the test"
    found = run.leaks.get("items")
    kinds: dict[str, int] = {}
    for leak in found if isinstance(found, list) else []:
        what = f"{leak.get('kind', '?')} in {leak.get('section', '?')}"
        kinds[what] = kinds.get(what, 0) + 1
    counts = ", ".join(f"{count:,} {what}" for what, count in sorted(kinds.items()))
    records = f"{removed:,} record{'' if removed == 1 else 's'}"
    return f"{records} taken out of the context" + (f" (sentences found: {counts})" if counts else "")


# -- sentences --------------------------------------------------------------------------------------------------------


def _worst(it: Exported) -> Iterator[Block]:
    scored = worst_first(each for each in it.segments if each.score is not None)
    if not scored:
        return
    shown = scored[:WORST]
    names = ("id", "chrF++", "source", "reference", "translation", *it.outside)
    rows = tuple(_worst_row(it, each) for each in shown)
    right = frozenset({1, *range(5, len(names))})
    yield Heading(2, f"Worst sentences of run {it.run.id}")
    yield Table(f"The {len(shown)} of {len(it.segments):,} segments with the lowest chrF++.", names, rows, right)


def _worst_row(it: Exported, segment: RunSegment) -> tuple[str, ...]:
    hypothesis = f"({segment.problem.kind}: {segment.problem.text})" if segment.problem else segment.hypothesis
    outside = (f"{values[segment.position]:.4g}" for values in it.outside.values())
    references = " / ".join(segment.references)
    return (segment.id, f"{segment.score or 0:.1f}", segment.source, references, hypothesis, *outside)


# -- sources ----------------------------------------------------------------------------------------------------------


def _sources(items: Sequence[Exported]) -> Iterator[Block]:
    yield Heading(2, "Sources and their licences")
    for corpus in dict.fromkeys(it.run.corpus for it in items):
        found = next((it.sources for it in items if it.run.corpus == corpus and it.sources is not None), None)
        if found is None:
            yield Paragraph(f"{corpus}: the corpus is no longer where it was, so its sources cannot be named here.")
            continue
        names = ("source", "kind", "licence", "policy", "to be cited as", "from")
        yield Table(f"Sources of {corpus}.", names, tuple(map(_source_row, found)))
    yield Paragraph(
        "Scores by sacrebleu: Matt Post (2018), A Call for Clarity in Reporting BLEU Scores, "
        "https://aclanthology.org/W18-6319. Intervals and paired tests after Koehn (2004), "
        "https://aclanthology.org/W04-3250, and Riezler and Maxwell (2005), https://aclanthology.org/W05-0908."
    )


def _source_row(it: Source) -> tuple[str, ...]:
    where = _where([*dict.fromkeys(origin.url for origin in it.origin)])
    return (it.id, it.kind, it.licence or "not stated", it.policy, it.cite or "not stated", where)


def _where(urls: Sequence[str]) -> str:
    """Return addresses as one: of many files, the folder that they have in common.

    >>> _where(["https://a.org/x/1.csv", "https://a.org/x/2.csv"]), _where(["https://a.org/1", "https://b.org/1"])
    ('https://a.org/x/ (2 files)', 'https://a.org/1, https://b.org/1')
    """
    folder = commonprefix([*urls]).rpartition("/")[0] + "/"  # noqa: RUF071  # cut at a slash
    is_folder = len(urls) > 1 and folder.count("/") > 3  # more than a scheme and a host
    return f"{folder} ({len(urls)} files)" if is_folder else ", ".join(urls)
