"""A score over time: what stands in one series, what is marked, and how it is drawn."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn.cli import main
from ctxlearn.errors import UsageError
from ctxlearn.plots import HEIGHT, bars, runs_svg, terminal, trend_png
from ctxlearn.runs import Ledger, Run
from ctxlearn.settings import read
from ctxlearn.trend import Panel, Point, Series, trend
from scoring import Score
from tests.ledgers import RUN, entered

TEXTS = ["the men went home", "a big canoe", "two fish"]
REFERENCES = [("the men went home",), ("the big canoe",), ("a fish",)]


def done(number: int, value: float = 40.0, low: float | None = 35.0, high: float | None = 45.0, **changes: Any) -> Run:
    scores = (Score("bleu", 5.0, None, None, "b"), Score("chrf", value, low, high, "c"))
    base = replace(RUN, id=f"r{number}", started=f"2026-01-{number:02}T10:00:00Z", status="done", scores=scores, n=3)
    return replace(base, context="f1", **changes)


def kinds(runs: list[Run]) -> list[list[str]]:
    (series,) = trend(runs[::-1])
    return [[mark.kind for mark in point.marks] for point in series.points]


# -- series and marks -------------------------------------------------------------------------------------------------


def test_runs_whose_scores_mean_the_same_stand_in_one_series_the_oldest_first() -> None:
    others = [
        done(2, corpus="o"),
        done(3, test="t"),
        done(4, test_hash="ff"),
        done(5, direction="eng-qaa"),
        done(6, n=2),
        done(7, model="copy"),
    ]
    found = trend([done(9), *others[::-1], done(1)])
    ids = [[point.run.id for point in each.points] for each in found]
    assert sorted(ids) == [["r1", "r9"], ["r2"], ["r3"], ["r4"], ["r5"], ["r6"], ["r7"]]


def test_only_finished_runs_with_the_score_are_followed() -> None:
    runs = [done(1), done(2, status="interrupted"), done(3, scores=())]
    assert [point.run.id for point in trend(runs)[0].points] == ["r1"]
    assert trend(runs, "bleu")[0].points[0].score.value == 5.0
    assert trend(runs, "ter") == ()


def test_series_are_chosen_by_test_direction_and_model() -> None:
    runs = [done(1), done(2, test="t"), done(3, direction="eng-qaa"), done(4, model="copy")]
    assert len(trend(runs)) == 4
    assert [each.panel.test for each in trend(runs, test="t")] == ["t"]
    assert [each.panel.direction for each in trend(runs, direction="eng-qaa")] == ["eng-qaa"]
    assert [each.model for each in trend(runs, model="copy", test="dev")] == ["copy"]


def test_what_changed_since_the_run_before_is_marked() -> None:
    system = "model:embedded|dir:qaa-eng|ctx:f2|tok:9|n:1|v:0.2.0"
    runs = [
        done(1),
        done(2),
        done(3, sections=("dictionary",)),
        done(4, sections=("dictionary",), system=system),
        done(5, sections=("dictionary",), system=system.replace("n:1", "n:3|temperature:0.7")),
        done(6, sections=("dictionary",), system=system, versions={"ctxlearn": "0.2.0", "sacrebleu": "2.6.0"}),
    ]
    runs[3] = replace(runs[3], context="f2")
    runs[4], runs[5] = replace(runs[4], context="f2"), replace(runs[5], context="f2")
    assert kinds(runs) == [[], [], ["sections"], ["context"], ["model"], ["model", "version"]]
    texts = [mark.text for point in trend(runs[::-1])[0].points for mark in point.marks]
    assert texts[1:3] == ["context f1 → f2", "n 1 → 3, temperature (none) → 0.7"]
    assert texts[-1] == "ctxlearn 0.1.0 → 0.2.0"


def test_another_prompt_is_marked_as_one() -> None:
    system = "model:gemini/x|dir:qaa-eng|ctx:f1|tok:9|prompt:2|n:1|v:0.1.0"
    runs = [done(1, system=system), done(2, system=system.replace("prompt:2", "prompt:3"))]
    assert kinds(runs) == [[], ["prompt"]]
    assert [mark.text for point in trend(runs[::-1])[0].points for mark in point.marks] == ["prompt 2 → 3"]


def test_another_model_behind_the_same_name_is_marked_unless_a_run_does_not_say_who_answered() -> None:
    runs = [
        done(1),
        done(2, answered_by=("gpt-2026-01",)),
        done(3, answered_by=("gpt-2026-05",)),
        done(4, answered_by=("gpt-2026-05",), parameters={"n": 1, "per_request": 20}),
    ]
    assert kinds(runs) == [[], [], ["model"], ["model"]]
    texts = [mark.text for point in trend(runs[::-1])[0].points for mark in point.marks]
    assert texts == ["answered by gpt-2026-01 → gpt-2026-05", "per request 1 → 20"]


def test_a_score_of_another_signature_is_marked() -> None:
    other = (Score("chrf", 41.0, None, None, "nrefs:1|version:3"),)
    assert kinds([done(1), done(2, scores=other)]) == [[], ["signature"]]


# -- plots ------------------------------------------------------------------------------------------------------------


def test_the_terminal_plot_shows_scores_intervals_and_marks() -> None:
    runs = [done(1, 40, 38, 42), done(2, 43, 42, 46), done(3, 36, 34, 38, sections=("grammar",))]
    plot = terminal(trend(runs[::-1])[0]).splitlines()
    assert plot == [
        "      46.0 ┤    │",
        "           ┤    │",
        "           ┤    ●",
        "           ┤│   │",
        "           ┤│",
        "      39.3 ┤●",
        "           ┤│       │",
        "           ┤        ●",
        "           ┤        │",
        "      34.0 ┤        │",
        "           └─────────",
        "  sections          ▲",
    ]


VALUES = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES, st.booleans()), min_size=1, max_size=150), st.integers(1, 120))
@settings(max_examples=150)
def test_any_series_fits_into_the_terminal(values: list[tuple[float, float, float, bool]], width: int) -> None:
    points = []
    for number, (value, one, two, bare) in enumerate(values):
        low, high = (None, None) if bare else (min(one, two), max(one, two))
        points.append(Point(done(1 + number % 28), Score("chrf", value, low, high, "c")))
    lines = terminal(Series(Panel("c", "t", "h", "d", 3), "m", "chrf", tuple(points)), width).splitlines()
    margin = lines[0].index("┤") + 1
    assert len(lines) == HEIGHT + 1 and max(map(len, lines)) <= max(width, margin + 10)
    assert sum("●" in line for line in lines) >= 1


def test_the_numbers_of_an_axis_have_as_many_decimals() -> None:
    for most, expected in ((40.0, ["40.0", "0.0"]), (0.8, ["0.800", "0.000"])):
        (series,) = trend([done(2, most, None, None), done(1, 0.0, None, None)])
        ticks = [line.split("┤")[0].strip() for line in terminal(series).splitlines() if "┤" in line]
        assert [ticks[0], ticks[HEIGHT - 1]] == expected


def test_bars_show_each_run_in_a_row() -> None:
    runs = [done(1, 40, 38, 42), done(2, 46, None, None), replace(done(3), scores=())]
    assert bars(runs, "chrf", ["one", "two", "three"], width=9).splitlines() == [
        " chrF  38.0  46.0",
        "  one  ──●──",
        "  two          ●",
        "three",
    ]


def test_the_png_is_a_picture_and_equal_for_equal_series() -> None:
    series = trend([done(3, 41, sections=("grammar",)), done(2, model="$copy_x$"), done(1)])
    picture = trend_png(series)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and min(struct.unpack(">II", picture[16:24])) > 300
    assert trend_png(series) == picture


def test_the_svg_is_equal_for_equal_runs_and_names_no_date() -> None:
    runs = [done(1), done(2)]
    picture = runs_svg(runs, "chrf", ["one", "two"])
    assert picture.startswith(b"<?xml") and b"<dc:date>" not in picture
    assert runs_svg(runs, "chrf", ["one", "two"]) == picture


def test_more_panels_than_one_can_look_at_are_refused() -> None:
    with pytest.raises(UsageError, match="21 test sets and directions to plot; expected 1 to 20"):
        trend_png(trend([done(1, test=f"t{number}") for number in range(21)]))


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    with Ledger(read().ledger) as opened:
        yield opened


def test_the_command_prints_plot_and_table_and_writes_the_png(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = entered(ledger, TEXTS, REFERENCES)
    second = entered(ledger, [*TEXTS[:2], "a fish"], REFERENCES, context="f2", tags=("better",))
    assert main(["runs", "trend", "toy", "--png", str(tmp_path / "t.png")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("toy dev (ab12cd34) qaa-eng: 3 segments, embedded, chrF\n") and err == ""
    assert "●" in out and first in out
    assert out.splitlines()[-1].startswith(second) and out.splitlines()[-1].endswith("context f1 → f2; tag better")
    assert (tmp_path / "t.png").stat().st_size > 10_000
    assert main(["runs", "trend", "--json", "--metric", "bleu"]) == 0
    points = json.loads(capsys.readouterr().out)["series"][0]["points"]
    assert [point["run"] for point in points] == [first, second]
    assert points[1]["marks"] == [{"kind": "context", "text": "context f1 → f2"}]


def test_a_trend_of_nothing_says_what_there_is(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "trend"]) == 2
    assert capsys.readouterr().err == "ctxlearn: no finished run with a chrf score fits; there are no runs\n"
    entered(ledger, TEXTS, REFERENCES)
    for arguments in (["--metric", "COMET"], ["--model", "nosuch"]):
        assert main(["runs", "trend", *arguments]) == 2
        assert "the runs have bleu, chrf, chrf++" in capsys.readouterr().err
    assert main(["runs", "trend", "one", "two"]) == 2
