"""Journeys of a person in a browser: her books come in, scores come out, and long work goes on without her."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from ctxlearn import manifest
from ctxlearn.jobs import Jobs
from ctxlearn.settings import Settings
from tests.tiny import PATIENCE, copy_of_tiny
from tests.ui.serving import Served
from tests.ui.tabs import Tab, open_page, press, reach, translate

WORDS = """headword	part_of_speech	gloss	example	translation
tikana	n	dog	Tikana sulo.	The dog sleeps.
morewa	n	house; <b>hut</b>	Morewa bakor.	The house is big.
<i>sulo</i>	v	*sleep*
bakor	adj	big
"""


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=option, exact=True).click()


def upload(page: Page, name: str, content: str) -> None:
    file = FilePayload(name=name, mimeType="text/plain", buffer=content.encode())
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(file)


def jobs(page: Page, state: str) -> Locator:
    """Return the jobs on a page that are in that state; the name of its icon stands before it."""
    return page.locator("[class*=st-key-job-]").get_by_text(re.compile(rf"(^|[\W_]){state}\s*$"))


def done(server: Served) -> int:
    """Return how many sentences the newest job of a server has done."""
    with Jobs(Settings(server.home)) as found:
        return found.list()[0].done


def test_a_dictionary_is_uploaded_seen_in_the_context_and_translated_with(server: Served, tab: Tab) -> None:
    page = tab(f"{server.address}/corpora")
    page.get_by_text("New language").click()
    page.get_by_role("textbox", name="Language", exact=True).fill("Nimboran")
    page.get_by_role("textbox", name="Its code").fill("nir")
    press(page.get_by_role("button", name="Make it"))
    expect(page.get_by_text("Nimboran is made")).to_be_visible()
    expect(page.get_by_text("There is no book yet.")).to_be_visible()  # the end of the page is the new language's too
    upload(page, "../<img src=x onerror=alert(1)>.tsv", WORDS)
    expect(page.get_by_text("read as dictionary")).to_be_visible()
    expect(page.get_by_text("<b>hut</b>").first).to_be_visible()  # a text, not a tag
    assert page.locator("main i, main b, main img[src=x]").count() == 0
    press(page.get_by_role("button", name="Add it"))
    expect(page.get_by_text("is added as")).to_be_visible()
    (source,) = manifest.open_corpus(str(server.folder / "corpora" / "nimboran")).sources
    assert re.fullmatch(
        r"uploads/[0-9a-f]{16}\.tsv", source.path.relative_to(server.folder / "corpora/nimboran").as_posix()
    )

    open_page(page, "Context")
    expect(page.get_by_text("Dictionary").first).to_be_visible()

    open_page(page, "Translate")
    translate(page, "tikana bakor", "Nimboran")
    expect(page.locator(".st-key-result .ctx-text")).to_contain_text("og")
    page.locator("summary", has_text="tikana").first.click()
    expect(page.locator("details[open] .ctx-records", has_text="tikana | n | dog")).to_be_visible()


def test_an_evaluation_is_started_seen_in_the_trend_and_compared(server: Served, tab: Tab) -> None:
    copy_of_tiny(server.folder / "corpora")
    page = tab(f"{server.address}/evaluate")
    choose(page, "Language", "Toy (toy)")
    for number in (1, 2):
        if number > 1:
            page.get_by_text("New run", exact=True).click()
        press(page.get_by_role("button", name="Start"))
        expect(jobs(page, "done")).to_have_count(number)
        expect(page.get_by_text("No run yet")).to_have_count(0)  # the page follows its list of jobs
    expect(page.get_by_text("chrF (higher is better)")).to_be_visible()
    open_page(page, "Runs")
    expect(page.get_by_text("embedded: 2 runs, chrF")).to_be_visible()
    expect(
        page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    ).to_be_visible()
    expect(page.get_by_text("no difference can be told", exact=False).first).to_be_visible()


def test_a_long_job_goes_on_when_the_page_is_reloaded_and_the_tab_is_closed(server: Served, tab: Tab) -> None:
    corpus = copy_of_tiny(server.folder / "corpora")
    rows = "".join(f"{number}\tTari mola {number}\tHe is a dog {number}\n" for number in range(10_000))
    (corpus / "dev.tsv").write_text(f"id\tqaa\teng\n{rows}", encoding="utf-8")
    page = tab(f"{server.address}/evaluate")
    choose(page, "Language", "Toy (toy)")
    press(page.get_by_role("button", name="Start"))
    progress = page.get_by_text(re.compile(r"[\d,]+ of 20,000 sentences"))
    expect(progress).to_be_visible()
    page.reload()
    choose(page, "Language", "Toy (toy)")
    expect(progress).to_be_visible()
    press(page.get_by_role("button", name="Pause"))
    expect(jobs(page, "paused")).to_be_visible()
    press(page.get_by_role("button", name="Resume"))
    expect(jobs(page, "running")).to_be_visible()
    expect(progress).to_be_visible()
    page.context.close()
    before = done(server)
    again = tab(f"{server.address}/evaluate")
    choose(again, "Language", "Toy (toy)")
    expect(jobs(again, "running")).to_be_visible()
    end = time.monotonic() + PATIENCE
    while done(server) <= before and time.monotonic() < end:
        time.sleep(0.1)
    assert done(server) > before
    press(again.get_by_role("button", name="Cancel"))
    expect(jobs(again, "cancelled")).to_be_visible()


def test_a_page_can_be_used_by_keyboard_alone(server: Served, tab: Tab) -> None:
    page = tab(f"{server.address}/settings")
    toggle = page.get_by_role("switch", name="Nothing leaves this machine").or_(
        page.get_by_role("checkbox", name="Nothing leaves this machine")
    )
    reach(page, toggle)
    page.keyboard.press("Space")
    reach(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert "local_only = true" in (Path(server.home) / "settings.toml").read_text(encoding="utf-8")
