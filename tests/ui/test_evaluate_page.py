"""The Evaluate page: the price first, then a job of its own; scores, intervals, and the sentences behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctxlearn import settings
from ctxlearn.jobs import Jobs
from ctxlearn.runs import Ledger
from tests.tiny import change, copy_of_tiny, main
from tests.ui.pages import labelled, opened, over, pressed, shown, texts

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with one corpus, which a new tab prefers to the bundled ones."""
    monkeypatch.chdir(tmp_path)
    return copy_of_tiny(tmp_path / "corpora")


def test_a_run_is_started_and_its_scores_are_shown_with_intervals_and_signatures(here: Path) -> None:
    page = opened("evaluate")
    labelled(page.multiselect, "Models").set_value(["word-for-word"])
    labelled(page.multiselect, "Directions").set_value(["qaa-eng"])
    pressed(shown(page), "Start")
    job = over()
    assert (job.state, job.arguments[0]) == ("done", "evaluate")
    shown(page)
    with Ledger(settings.read().ledger) as ledger:
        (run,) = ledger.list()
    cards = {it.label.replace("\\", ""): it for it in page.metric}
    for score, name in zip(run.scores, ("BLEU", "chrF", "chrF++", "TER"), strict=True):
        better = "lower" if name == "TER" else "higher"
        assert cards[f"{name} ({better} is better)"].value == f"{score.value:.2f}"
        assert f"(95 %, n = {run.n})" in cards[f"{name} ({better} is better)"].delta
        assert score.signature in [it.value for it in page.code]
    assert "4 of 4 sentences" in texts(page)


def test_an_ablation_shows_what_each_part_of_the_books_is_worth(here: Path) -> None:
    page = opened("evaluate")
    labelled(page.multiselect, "Models").set_value(["copy"])
    labelled(page.multiselect, "Directions").set_value(["qaa-eng"])
    labelled(page.radio, "What they read").set_value("ablation")
    pressed(shown(page), "Start")
    assert over().state == "done"
    shown(page)
    said = texts(page)
    for name in ("nothing", "dictionary + examples", "+ the grammar", "retrieved only"):
        assert name in said


def test_a_hosted_model_is_priced_before_it_can_be_started(here: Path) -> None:
    change(here / "corpus.toml", '"no-retention"', '"open"')
    page = opened("evaluate")
    labelled(page.multiselect, "Models").set_value(["anthropic/claude-sonnet-5"])
    shown(page)
    assert not [it for it in page.button if it.label.startswith("Start")]
    pressed(page, "Estimate the price")
    start = labelled(page.button, "Start for about")
    assert "$" in start.label
    labelled(page.number_input, "How often").set_value(3)
    shown(page)  # what was estimated is no longer what is chosen
    assert not [it for it in page.button if it.label.startswith("Start")]


def test_what_a_policy_forbids_is_said_at_the_estimate(here: Path) -> None:
    page = opened("evaluate")
    labelled(page.multiselect, "Models").set_value(["anthropic/claude-sonnet-5"])
    pressed(shown(page), "Estimate the price")
    assert "no-retention" in page.error[0].value.replace("\\", "")
    with Jobs(settings.read()) as jobs:
        assert not jobs.list()


def test_why_a_job_failed_stands_beside_it_and_it_can_be_tried_again_or_deleted(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    change(here / "corpus.toml", '"no-retention"', '"open"')
    page = opened("evaluate")
    labelled(page.multiselect, "Models").set_value(["anthropic/claude-sonnet-5"])
    pressed(pressed(shown(page), "Estimate the price"), "Start for about")
    assert over().state == "failed"
    shown(page)
    assert any("ANTHROPIC_API_KEY" in it.value.replace("\\", "") for it in page.error)
    assert labelled(page.button, "Try again")
    pressed(page, "Delete")
    with Jobs(settings.read()) as jobs:
        assert not jobs.list()


def test_a_running_job_can_be_paused_resumed_and_cancelled_on_the_page(here: Path) -> None:
    rows = "".join(f"{number}\tTari mola {number}\tHe is a dog {number}\n" for number in range(30_000))
    (here / "dev.tsv").write_text(f"id\tqaa\teng\n{rows}", encoding="utf-8")
    page = opened("evaluate")
    labelled(page.multiselect, "Directions").set_value(["qaa-eng"])
    pressed(shown(page), "Start")
    pressed(page, "Pause")
    assert over().state == "paused"
    pressed(shown(page), "Resume")
    pressed(page, "Cancel")
    assert over().state == "cancelled"
    assert labelled(shown(page).button, "Delete")


def test_sentences_are_searched_filtered_and_ordered(here: Path, capsys: Capture) -> None:
    main(capsys, "evaluate", here, "--model", "copy", "--direction", "qaa-eng")
    page = opened("evaluate")
    with Ledger(settings.read().ledger) as ledger:
        segments = ledger.segments(ledger.list()[0].id)
    worst = min(segments, key=lambda it: it.score or 0)
    ids = [it.value for it in page.markdown if it.value.strip("*").replace("\\", "") in {each.id for each in segments}]
    assert ids[0].strip("*").replace("\\", "") == worst.id
    labelled(page.text_input, "Search").set_value(worst.source)
    shown(page)
    assert "1 of 4 sentences" in texts(page)


def test_marks_in_sentences_are_shown_as_text(here: Path, capsys: Capture) -> None:
    nasty = "<b>Tari</b> *mola* [x](http://x) :red[no]"
    (here / "dev.tsv").write_text(f"id\tqaa\teng\n<i>1*\t{nasty}\tHe *is* a <b>dog</b>\n", encoding="utf-8")
    assert main(capsys, "evaluate", here, "--model", "copy", "--direction", "qaa-eng")[0] == 0
    page = opened("evaluate")
    for it in page.markdown:
        assert "[x](" not in it.value
        assert ":red[no]" not in it.value
        assert "<b>" not in it.value.replace("\\<", "")


def test_a_language_without_held_out_sentences_says_what_to_do(here: Path) -> None:
    text = (here / "corpus.toml").read_text(encoding="utf-8")
    (here / "corpus.toml").write_text(text[: text.index("[[test]]")], encoding="utf-8")
    assert "holds some out" in opened("evaluate").info[0].value
