"""The app as a whole: every page opens, and only for whom it may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from streamlit import config
from streamlit.testing.v1 import AppTest

from ctxlearn.commands.ui import check_address
from ctxlearn.errors import UsageError
from tests.ui.serving import Served


def test_every_page_opens_in_a_browser(server: Served, tab: Callable[..., Page]) -> None:
    page = tab(server.address)
    titles = ["Translate", "Context", "Corpora", "Evaluate", "Runs", "Settings & keys"]
    for title in titles:
        page.get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
        expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_server_that_others_can_reach_shows_nothing_without_a_login(app: AppTest) -> None:
    config.set_option("server.address", "0.0.0.0")
    app.run()
    assert not app.exception
    assert "asks nobody who they are" in app.error[0].value
    assert not app.title


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_an_address_that_others_can_reach_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="nobody would have to log in"):
        check_address(address)
    check_address(address, anyone=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_login(address: str) -> None:
    check_address(address)
