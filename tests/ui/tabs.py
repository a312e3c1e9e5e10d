"""A tab of a real browser, and what must be waited for in it, so that a test holds on a busy machine too.

Two rules. A button is pressed when the run that shows it has ended: of two presses that reach a server that stands
still, Streamlit takes up the second alone, and a run that is ending can take the press of the next one for its own. And
what is looked at as it stands, colours or the focus, is looked at when the tab is `still`.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

Tab = Callable[..., Page]
PAGES = {  # and what stands on each when all of it is there and the language is the tiny one
    "Translate": "Text in Toy",
    "Context": "What it takes each model, in every request",
    "Corpora": "Read everything",
    "Evaluate": "Only those with",
    "Runs": "Two runs side by side",
    "Settings & keys": "This machine",
}

# What is to be drawn is drawn, and transitions and fading are brought to their ends; what turns for ever has none.
DRAWN = """async () => {
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  for (const it of document.getAnimations())
    if (it.effect?.getComputedTiming().endTime !== Infinity) it.finish();
  await drawn();
}"""
_MOST_STOPS = 60  # of the Tab key, before one gives up
_IS_FOCUSED = "it => it === document.activeElement || it.contains(document.activeElement)"


def still(page: Page) -> None:
    """Wait until the run that brought what was seen last has ended, and nothing moves any more.

    Only after something was seen that the last press has brought: one that has not reached the server is not waited
    for.
    """
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # a part that is being loaded
    page.evaluate(DRAWN)


def press(button: Locator) -> None:
    """Press a button when the run that shows it has ended."""
    expect(button).to_be_visible()
    still(button.page)
    button.click()


def translate(page: Page, text: str, language: str = "Toy") -> None:
    """Type a text and press Ctrl+Enter, as people do."""
    expect(page.get_by_role("button", name="Translate")).to_be_visible()
    still(page)
    box = page.get_by_label(f"Text in {language}")
    box.fill(text)
    box.press("Control+Enter")


def open_page(page: Page, name: str) -> None:
    """Go to another page and wait until it is there."""
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()


def whole(page: Page, name: str) -> None:
    """Wait until all of that page is there and it changes no more."""
    expect(page.get_by_text(PAGES[name], exact=True).first).to_be_attached()
    still(page)


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is where it is wanted."""
    expect(wanted).to_be_visible()
    still(page)
    for _ in range(_MOST_STOPS):
        if wanted.evaluate(_IS_FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{_MOST_STOPS} times Tab did not lead to {wanted}")
