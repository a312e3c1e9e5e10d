"""The app under test: a page without a browser (AppTest), the app as a server, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit import config
from streamlit.testing.v1 import AppTest

from tests.tiny import PATIENCE
from tests.ui.serving import Served, chromium, served

APP = Path(__file__).parents[2] / "ui" / "app.py"


@pytest.fixture(autouse=True)
def _of_this_machine() -> Iterator[None]:
    """Let a page think that it is served to this machine alone, as the command has it."""
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


@pytest.fixture
def app() -> AppTest:
    """The app on its first page, not yet run."""
    return AppTest.from_file(str(APP), default_timeout=PATIENCE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """The app as a process of its own, with an empty state folder and no corpora but the bundled ones."""
    with served(tmp_path) as it:
        yield it


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, with patience for a busy machine."""
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        it = playwright.chromium.launch(executable_path=chromium(), args=list(BROWSER_ARGUMENTS))
        yield it
        it.close()


BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens a browser of one's own, with one tab, at an address."""
    contexts = []

    def opened(address: str, **options: object) -> Page:
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]  # Playwright checks them itself
        page = contexts[-1].new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
