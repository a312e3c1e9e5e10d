"""Plots on a page; what each shows stands in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

import scoring
from ctxlearn.trend import Point, Series

# Okabe and Ito's, which the colour-blind tell apart; those that are seen on white, and on black.
_ON_LIGHT = ["#0072B2", "#D55E00", "#009E73", "#A4508B", "#8A6D00", "#333333"]
_ON_DARK = ["#56B4E9", "#E69F00", "#35C79B", "#CC79A7", "#F0E442", "#DDDDDD"]


def _colours() -> list[str]:
    return _ON_DARK if st.context.theme.type == "dark" else _ON_LIGHT


def trend(found: Sequence[Series]) -> None:
    """Plot scores over time: a line for each model, a bar for each interval, a mark where something changed."""
    if not found:
        return
    metric = scoring.title(found[0].metric)
    rows = [_row(series, it) for series in found for it in series.points]
    order = [row["run"] for row in sorted(rows, key=lambda row: (str(row["begun"]), str(row["run"])))]
    models = list(dict.fromkeys(row["model"] for row in rows))
    x = {"field": "run", "type": "ordinal", "sort": order, "title": None, "axis": _AXIS}
    legend = {"orient": "top", "title": None} if len(models) > 1 else None
    colour = {"field": "model", "type": "nominal", "scale": {"domain": models, "range": _colours()}, "legend": legend}
    shape = {**colour, "scale": {"domain": models}}  # a second way to tell models apart, beside the colour
    y = {"field": "score", "type": "quantitative", "title": metric, "scale": {"zero": False}}
    tooltip = [{"field": name} for name in ("run", "begun", "model", "score", "interval", "changed")]
    spec: dict[str, Any] = {
        "height": 380,
        "layer": [
            {"mark": {"type": "rule", "opacity": 0.5, "strokeWidth": 2}, "encoding": {
                "x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}},
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, "color": colour}},
            {"mark": {"type": "point", "filled": True, "size": 70}, "encoding": {
                "x": x, "y": y, "color": colour, "shape": shape, "tooltip": tooltip}},
            {"transform": [{"filter": "datum.changed != ''"}], "mark": {
                "type": "point", "shape": "triangle-up", "size": 120, "filled": True, "color": "#888888",
                "yOffset": -4}, "encoding": {"x": x, "y": {"value": "height"}, "tooltip": tooltip}},
        ],
    }  # fmt: skip
    st.vega_lite_chart(rows, spec, alt=f"{metric} of each run, the oldest first; a table of the same stands below")
    st.caption("A bar is the 95 % interval. ▲ below a run: its context, its model, its prompt or the program changed.")


_AXIS = {"labelAngle": -40, "labelOverlap": True, "labelLimit": 120}


def _row(series: Series, it: Point) -> dict[str, object]:
    low, high = it.score.low, it.score.high
    return {
        "run": f"{it.run.started[5:16].replace('T', ' ')} {it.run.id[-6:]}",
        "begun": it.run.started,
        "model": series.model,
        "score": round(it.score.value, 2),
        "low": it.score.value if low is None else low,
        "high": it.score.value if high is None else high,
        "interval": "" if low is None or high is None else f"{low:.1f} – {high:.1f}",
        "changed": "; ".join(mark.text for mark in it.marks),
    }
