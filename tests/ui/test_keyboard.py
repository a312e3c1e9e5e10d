"""What a page is for, done with the keys alone; and every field and button has a name that can be read out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.tiny import called, copy_of_tiny, environment
from tests.ui.serving import Served, served
from tests.ui.tabs import DRAWN, PAGES, Tab, reach, whole

# The fields and buttons of a page, one of each kind, on which nobody can see that the focus is there: they, and what
# they stand in, look the same without it.
_HIDES_FOCUS = (
    f"async main => {{ const drawn = {DRAWN};"
    """
  const styles = element => {
    const found = [];
    for (let it = element, up = 0; it && up < 4; it = it.parentElement, up++) {
      const style = getComputedStyle(it);
      found.push([style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color].join());
    }
    return found.join(';');
  };
  const kinds = new Map();
  for (const it of main.querySelectorAll('button, input:not([type=file]), textarea, summary'))
    if (it.checkVisibility({visibilityProperty: true}) && !it.disabled && it.tabIndex >= 0)
      kinds.set(it.closest('[data-testid]').dataset.testid + it.tagName, it);
  const hidden = [];
  for (const it of kinds.values()) {
    it.focus();
    await drawn();
    const focused = styles(it);
    it.blur();
    await drawn();
    if (focused === styles(it)) hidden.push(it.outerHTML.slice(0, 200));
  }
  return kinds.size ? hidden : ['there is nothing to reach'];
}"""
)
_NAMELESS = """() => [...document.querySelectorAll('input, textarea, select, button, [role=combobox], [role=switch]')]
  .filter(it => it.checkVisibility({visibilityProperty: true}) && it.getAttribute('aria-hidden') !== 'true')
  .filter(it => it.type !== 'file' && !it.closest('[aria-hidden=true]'))
  .filter(it => ![it.ariaLabel, it.title, it.textContent, ...[...(it.labels ?? [])].map(one => one.textContent),
    ...(it.getAttribute('aria-labelledby') ?? '').split(' ').map(id => document.getElementById(id)?.textContent)]
    .some(name => name?.trim()))
  .map(it => it.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("desk")
    copy_of_tiny(folder / "corpora")
    for direction in ("qaa-eng", "eng-qaa"):
        home = environment(CTXLEARN_HOME=str(folder / "state"))
        code, _, said = called("evaluate", "toy", "--direction", direction, cwd=folder, env=home)
        assert code == 0, said
    with served(folder) as it:
        yield it


def test_context_a_record_is_searched_for(desk: Served, tab: Tab) -> None:
    page = tab(f"{desk.address}/context")
    reach(page, page.get_by_role("tab", name="Arrange"))
    page.keyboard.press("ArrowRight")
    reach(page, page.get_by_label("Search in the records"))
    page.keyboard.type("dog")
    page.keyboard.press("Enter")
    expect(page.locator(".ctx-records li", has_text="tari").first).to_be_visible()


def test_corpora_a_language_is_made(desk: Served, tab: Tab) -> None:
    page = tab(f"{desk.address}/corpora")
    reach(page, page.locator("summary", has_text="New language"))
    page.keyboard.press("Enter")
    for label, text in (("Language", "Zorban"), ("Its code", "zor")):
        reach(page, page.get_by_role("textbox", name=label, exact=True))
        page.keyboard.type(text)
    reach(page, page.get_by_role("button", name="Make it"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Zorban is made")).to_be_visible()


def test_evaluate_a_run_is_started(desk: Served, tab: Tab) -> None:
    page = tab(f"{desk.address}/evaluate")
    reach(page, page.get_by_role("combobox", name="Language"))
    page.keyboard.type("toy")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Only those with")).to_be_visible()
    reach(page, page.locator("summary", has_text="New run"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("button", name="Start"))
    page.keyboard.press("Enter")
    expect(page.locator("[class*=st-key-job-]").first).to_be_visible()


def test_runs_another_score_is_seen(desk: Served, tab: Tab) -> None:
    page = tab(f"{desk.address}/runs")
    reach(page, page.get_by_role("combobox", name="Score"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^embedded: .*(BLEU|chrF\+\+|TER) \d"))).to_be_visible()


def test_the_focus_can_be_seen_and_everything_has_a_name(desk: Served, tab: Tab) -> None:
    page = tab(f"{desk.address}/settings")  # the last of them, so that each is another one than the one before
    found = {}
    for name in PAGES:
        reach(page, page.get_by_role("link", name=name))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()
        whole(page, name)
        page.keyboard.press("Tab")  # keys are used: that is when the focus is shown
        found[name] = (page.evaluate(_NAMELESS), page.get_by_test_id("stMain").evaluate(_HIDES_FOCUS))
    assert found == dict.fromkeys(PAGES, ([], []))
