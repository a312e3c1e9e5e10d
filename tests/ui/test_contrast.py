"""Every page and tab, in the light and in the dark: each text stands out from its ground as WCAG 2.2 AA asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.tiny import called, copy_of_tiny, environment
from tests.ui.contrast import Seen, faint, texts
from tests.ui.serving import Served, served
from tests.ui.tabs import PAGES, Tab, open_page, still, translate, whole

PARTS = {  # the tabs of a page, and what stands at the end of each
    "Translate": {
        "Why": "Words of the translation",
        "Whole file": "A text with a sentence a line, or a table",
        "Corrections": "1 in the tail",
        "History": "Show again",
    },
    "Context": {
        "Arrange": "See what changes",
        "Search": "Search in the records",
        "Exact text": "Download the whole text",
        "Differences": "There is no other pack of this language yet",
        "Sources": "The strictest of what is packed",
        "Taken out": "No record was taken out",
    },
}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served app in which there are runs and a correction to be seen."""
    folder = tmp_path_factory.mktemp("lived-in")
    copy_of_tiny(folder / "corpora")
    home = environment(CTXLEARN_HOME=str(folder / "state"))
    for call in (["evaluate", "toy"], ["correct", "toy", "Pokin zorbu kesu.", "The man drinks tea.", "--now"]):
        code, _, said = called(*call, cwd=folder, env=home)
        assert code == 0, said
    with served(folder) as it:
        yield it


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_every_page_stands_out(lived_in: Served, tab: Tab, scheme: str) -> None:
    page = tab(lived_in.address, color_scheme=scheme)
    translate(page, "Lasulu zorbu tarike kesu.")
    expect(page.get_by_text("Words of the translation")).to_be_visible()
    found: dict[str, list[str]] = {}
    for name in PAGES:
        if name != "Translate":  # where one is already
            open_page(page, name)
        whole(page, name)
        found[name] = faint(page)
        for part, says in PARTS.get(name, {}).items():
            page.get_by_role("tab", name=part).click()
            expect(page.get_by_role("tabpanel", name=part).get_by_text(says).first).to_be_attached()
            still(page)
            found[f"{name} {part}"] = faint(page)
    assert {where: what for where, what in found.items() if what} == {}


def test_the_measure_is_that_of_the_standard(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        '<body style="background:#fff"><p style="color:#767676">grey</p><p style="color:#777;font-size:24px">large</p>'
        '<p style="opacity:.5;color:#000">faded</p><button disabled style="color:#eee">off</button>'
        '<div style="background:#000"><p style="color:#fff">white</p></div><input aria-label="x" value="typed">'
    )
    found = {it.words: it for it in texts(page)}
    page.close()
    assert found.keys() == {"grey", "large", "faded", "white", "typed"}
    assert (round(found["grey"].ratio, 2), found["grey"].least) == (4.54, 4.5)
    assert (round(found["large"].ratio, 2), found["large"].least) == (4.48, 3)
    assert round(found["faded"].ratio, 1) == 4.0  # #000 at a half on white is #808080
    assert round(found["white"].ratio) == 21
    assert str(Seen("it", 2, 4.5)) == "2.00 (least 4.5): 'it'"
