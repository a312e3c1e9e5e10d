"""Pictures of scores: in the terminal with plain characters, and as PNG or SVG.

matplotlib is imported when a picture is drawn (0.5 s), and never its pyplot, which keeps figures alive.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import scoring
from ctxlearn.errors import UsageError
from ctxlearn.runs import Run
from ctxlearn.trend import MARKS, Series
from scoring.base import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 10  # rows of a terminal's plot
WIDEST_STEP = 4  # columns between two runs
PANELS = 20
_SHAPES = "osD^vPX*"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe and Ito's


# -- in the terminal --------------------------------------------------------------------------------------------------


def terminal(series: Series, width: int = 80) -> str:
    """Return a series as rows of characters: ● a score, │ its interval, ▲ where something changed.

    The runs stand in their order, not at their times; where they are more than columns, several share one.
    """
    low, high = _range([point.score for point in series.points])
    margin = max(len(_tick(low, high)), len(_tick(high, high)), *map(len, MARKS)) + 1
    columns = _columns(len(series.points), max(8, width - margin - 2))
    grid = _grid(series, columns, low, high)
    labels = {row: _tick(low + (high - low) * row / (HEIGHT - 1), high) for row in (0, (HEIGHT - 1) // 2, HEIGHT - 1)}
    lines = [f"{labels.get(row, ''):>{margin}} ┤{''.join(grid[row])}" for row in reversed(range(HEIGHT))]
    lines.append(f"{'':>{margin}} └{'─' * (columns[-1] + 1)}")
    lines += [f"{kind:>{margin}}  {row}" for kind in MARKS if "▲" in (row := _mark_row(series, columns, kind))]
    return "\n".join(line.rstrip() for line in lines)


def _columns(runs: int, width: int) -> list[int]:
    step = min(WIDEST_STEP, max(1, width // runs))
    return [n * step if runs <= width else n * width // runs for n in range(runs)]


def _grid(series: Series, columns: Sequence[int], low: float, high: float) -> list[list[str]]:
    """Return the rows, the lowest first; points are drawn last, so that no interval hides one."""
    grid = [[" "] * (columns[-1] + 1) for _ in range(HEIGHT)]
    for point, column in zip(series.points, columns, strict=True):
        bottom, _, top = _bounds(point.score)
        for row in range(_row(bottom, low, high), _row(top, low, high) + 1):
            grid[row][column] = "│"
    for point, column in zip(series.points, columns, strict=True):
        grid[_row(point.score.value, low, high)][column] = "●"
    return grid


def _mark_row(series: Series, columns: Sequence[int], kind: str) -> str:
    row = [" "] * (columns[-1] + 1)
    for point, column in zip(series.points, columns, strict=True):
        if any(mark.kind == kind for mark in point.marks):
            row[column] = "▲"
    return "".join(row)


def _row(value: float, low: float, high: float) -> int:
    return round((value - low) / (high - low) * (HEIGHT - 1))


def _tick(value: float, high: float) -> str:
    """Return a number of an axis that ends at `high`: imported scores may run from 0 to 1."""
    return f"{value:.1f}" if abs(high) >= 1.5 else f"{value:.3f}"


def _range(scores: Sequence[Score]) -> tuple[float, float]:
    """Return the bounds of an axis that holds all scores and intervals, and is never of no length."""
    values = [value for it in scores for value in _bounds(it)]
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def bars(runs: Sequence[Run], metric: str, labels: Sequence[str], width: int = 40) -> str:
    """Return runs as rows of characters, one below the other: ● a score, ─ its interval."""
    scores = [next((it for it in run.scores if it.metric == metric), None) for run in runs]
    low, high = _range([it for it in scores if it is not None])
    widest = max(map(len, labels))
    lines = [f"{scoring.title(metric):>{widest}}  {_tick(low, high):<{width - 6}}{_tick(high, high):>6}"]
    for label, it in zip(labels, scores, strict=True):
        lines.append(f"{label:>{widest}}  {_bar(it, low, high, width)}".rstrip())
    return "\n".join(lines)


def _bar(score: Score | None, low: float, high: float, width: int) -> str:
    if score is None:
        return ""
    row = [" "] * width
    at = [round((value - low) / (high - low) * (width - 1)) for value in _bounds(score)]
    row[at[0] : at[2] + 1] = "─" * (at[2] + 1 - at[0])
    row[at[1]] = "●"
    return "".join(row)


def _bounds(score: Score) -> tuple[float, float, float]:
    """Return the interval's lower bound, the score, and the upper bound; without an interval all are the score."""
    low = score.value if score.low is None else score.low
    high = score.value if score.high is None else score.high
    return low, score.value, high


# -- as a file --------------------------------------------------------------------------------------------------------


def trend_png(series: Sequence[Series]) -> bytes:
    """Return the series as PNG: a panel for each test set and direction, a line for each model.

    Raises UsageError when there are more panels than one can look at.
    """
    panels = list(dict.fromkeys(each.panel for each in series))
    if not panels or len(panels) > PANELS:
        raise UsageError(
            f"{len(panels)} test sets and directions to plot; expected 1 to {PANELS}; "
            "choose with CORPUS, --test, --direction"
        )
    figure = _figure(9, 3.4 * len(panels))
    for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        _trend_panel(axes, [each for each in series if each.panel == panel])
    return _drawn(figure, "png")


def _trend_panel(axes: Axes, series: Sequence[Series]) -> None:
    panel, metric = series[0].panel, series[0].metric
    places = _places(series)
    for number, each in enumerate(series):
        columns = [places[point.run.id] for point in each.points]
        values = [point.score.value for point in each.points]
        bars = [_arms(point.score) for point in each.points]
        axes.errorbar(
            columns,
            values,
            yerr=[[low for low, _ in bars], [high for _, high in bars]],
            label=each.model,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_SHAPES[number % len(_SHAPES)],
            markersize=4,
            linewidth=1,
            elinewidth=0.6,
        )
        for point, column, value in zip(each.points, columns, values, strict=True):
            letters = "".join(mark.kind[0] for mark in point.marks if mark.kind != "signature")
            axes.annotate(letters, (column, value), (0, 7), textcoords="offset points", fontsize=7, ha="center")
    axes.set_title(_plain(f"{panel.corpus}  {panel.test}  {panel.direction}  ({panel.n} segments)"), fontsize=10)
    axes.set_ylabel(_plain(scoring.title(metric)))
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    begun = _begun(series)
    shown = range(0, len(places), max(1, len(places) // 8))
    axes.set_xticks(shown, [begun[number] for number in shown], fontsize=8)
    axes.set_xlabel("runs in their order; letters: changed context, sections, prompt, model, version", fontsize=8)


def _begun(series: Sequence[Series]) -> list[str]:
    """Return when the runs began, in order: their dates, or their times where all are of one day."""
    times = sorted(point.run.started for each in series for point in each.points)
    one_day = len({time[:10] for time in times}) == 1
    return [time[5:16].replace("T", " ") if one_day else time[:10] for time in times]


def _places(series: Sequence[Series]) -> dict[str, int]:
    """Return where each run stands: in order, not by the clock, for runs come in clusters."""
    runs = [(point.run.started, place, point.run.id) for each in series for place, point in enumerate(each.points)]
    return {run_id: place for place, (_, _, run_id) in enumerate(sorted(runs))}


def runs_svg(runs: Sequence[Run], metric: str, labels: Sequence[str]) -> bytes:
    """Return runs as SVG: each one's score with its interval, the first on top."""
    return _drawn(_runs_figure(runs, metric, labels), "svg")


def _runs_figure(runs: Sequence[Run], metric: str, labels: Sequence[str]) -> Figure:
    figure = _figure(7, 0.8 + 0.35 * len(runs))
    axes = figure.subplots()
    for row, run in enumerate(runs):
        score = next((it for it in run.scores if it.metric == metric), None)
        if score is not None:
            low, high = _arms(score)
            axes.errorbar([score.value], [row], xerr=[[low], [high]], fmt="o", color=_COLOURS[0], capsize=3)
    axes.set_yticks(range(len(runs)), [_plain(label) for label in labels], fontsize=8)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.set_xlabel(f"{_plain(scoring.title(metric))}, 95 % interval")
    axes.grid(axis="x", alpha=0.3)
    return figure


def _arms(score: Score) -> tuple[float, float]:
    """Return how far the interval reaches below and above the score, which it need not hold."""
    low, value, high = _bounds(score)
    return max(0.0, value - low), max(0.0, high - value)


def _plain(text: str) -> str:
    """Return a text that matplotlib does not read as a formula."""
    return text.replace("$", r"\$")


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, math.ceil(height * 10) / 10), layout="constrained")


def _drawn(figure: Figure, kind: Literal["png", "svg"]) -> bytes:
    """Return the figure's bytes, equal for equal figures."""
    import matplotlib as mpl

    stream = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "ctxlearn"}):
        figure.savefig(stream, format=kind, dpi=130, metadata=metadata)
    return stream.getvalue()
