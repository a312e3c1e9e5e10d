"""The Runs page: scores over time, two runs side by side, and what can be done with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctxlearn import settings
from ctxlearn.export import FORMATS
from ctxlearn.runs import Ledger, Run
from tests.tiny import copy_of_tiny, main
from tests.ui.pages import labelled, opened, pressed, shown, texts

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with one corpus, which a new tab prefers to the bundled ones."""
    monkeypatch.chdir(tmp_path)
    return copy_of_tiny(tmp_path / "corpora")


@pytest.fixture
def runs(here: Path, capsys: Capture) -> tuple[Run, ...]:
    """Two runs of one model over two contexts, the newest first."""
    for sections in ("dictionary", "dictionary,examples"):
        options = ("--model", "word-for-word", "--direction", "qaa-eng", "--sections", sections)
        assert main(capsys, "evaluate", here, *options)[0] == 0
    return in_ledger()


def in_ledger() -> tuple[Run, ...]:
    with Ledger(settings.read().ledger) as ledger:
        return ledger.list()


def test_without_a_run_the_page_says_how_to_make_one() -> None:
    assert "No run yet" in opened("runs").info[0].value


def test_a_trend_is_a_plot_a_sentence_and_a_table_with_what_changed(runs: tuple[Run, ...]) -> None:
    page = opened("runs")
    (chart,) = page.get("arrow_vega_lite_chart") or page.get("vega_lite_chart")
    assert chart.proto.alt.startswith("chrF of each run")
    said = texts(page)
    assert "word-for-word: 2 runs, chrF" in said
    assert "sections dictionary → dictionary+examples" in said
    labelled(page.selectbox, "Score").set_value("bleu")
    assert "word-for-word: 2 runs, BLEU" in texts(shown(page))


def test_two_runs_are_compared_in_words_with_their_p_values(runs: tuple[Run, ...]) -> None:
    page = opened("runs")
    verdicts = [it.value for kind in (page.info, page.success) for it in kind]
    assert any("difference" in it or "is better" in it for it in verdicts)
    assert "by chance alone" in texts(page)
    assert f"run {runs[0].id}" in texts(page)


def test_the_runs_of_an_ablation_are_no_part_of_the_trend_unless_wanted(
    runs: tuple[Run, ...], here: Path, capsys: Capture
) -> None:
    assert main(capsys, "evaluate", here, "--ablate", "--model", "word-for-word", "--direction", "qaa-eng")[0] == 0
    page = opened("runs")
    assert "word-for-word: 2 runs, chrF" in texts(page)
    labelled(page.toggle, "With the runs of ablations").set_value(True)
    assert "word-for-word: 2 runs, chrF" not in texts(shown(page))


def test_runs_that_cannot_be_compared_are_not_offered(here: Path, capsys: Capture) -> None:
    main(capsys, "evaluate", here, "--model", "copy")  # one a direction
    page = opened("runs")
    assert "There are none yet" in page.info[0].value


def test_chosen_runs_are_exported_tagged_and_deleted(runs: tuple[Run, ...]) -> None:
    page = opened("runs")
    labelled(page.multiselect, "Runs to export").set_value([runs[0].id])
    shown(page)
    labelled(page.text_input, "Tag").set_value("after the new dictionary")
    pressed(shown(page), "Add tag")
    assert in_ledger()[0].tags == ("after the new dictionary",)
    assert page.get("download_button")
    assert labelled(page.button, "Delete").disabled
    labelled(page.checkbox, "Yes, delete").check()
    pressed(shown(page), "Delete")
    assert [it.id for it in in_ledger()] == [runs[1].id]


def test_every_format_can_be_downloaded(runs: tuple[Run, ...]) -> None:
    page = opened("runs")
    labelled(page.multiselect, "Runs to export").set_value([runs[0].id])
    shown(page)
    for name in FORMATS:
        labelled(page.selectbox, "Format").set_value(name)
        assert not shown(page).error
        assert page.get("download_button"), name
