"""The journey with a hosted model, in a browser: what it costs is seen before and after, and nobody pays more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ctxlearn.history import History
from ctxlearn.models import prices
from ctxlearn.settings import Settings
from tests.hosting import answer, translated
from tests.standins import StandIn, price_from_row
from tests.tiny import change, copy_of_tiny
from tests.ui.serving import Served, served
from tests.ui.tabs import Tab, translate

MODEL = "openai/gpt-4.1"
SENTENCES = ("Pokin tarike kesu.", "Mola gona.", "Nanin hulora kesu.")


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    price = price_from_row(prices._map()[prices._key(MODEL) or ""], 0.0)
    with StandIn("openai", answer, price=price) as it:
        yield it


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served app whose owner has a key; litellm is loaded there once for all the tests."""
    folder = tmp_path_factory.mktemp("office")
    change(copy_of_tiny(folder / "corpora") / "corpus.toml", 'policy = "no-retention"', 'policy = "open"')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "key")
        with served(folder) as it:
            yield it


@pytest.fixture
def office(building: Served, provider: StandIn) -> Served:
    """The served app with nothing translated yet, and a server of its owner's in the settings."""
    provider.reset()
    text = f'[models."{MODEL}"]\napi_base = "{provider.url}/v1"\n'
    (Settings(building.home).folder() / "settings.toml").write_text(text, encoding="utf-8")
    with History(Settings(building.home).ledger) as history:
        history.remove(it.id for it in history.list())
    return building


def choose_model(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("combobox", name="Model").fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def test_a_hosted_model_is_chosen_asked_and_paid_for_once(office: Served, provider: StandIn, tab: Tab) -> None:
    page = tab(office.address)
    choose_model(page, MODEL)
    expect(page.get_by_text(f"tokens to {MODEL}: $")).to_be_visible()  # the price before
    result = page.locator(".st-key-result .ctx-text")
    for sentence in SENTENCES[:2]:
        translate(page, sentence)
        expect(result).to_have_text(translated(sentence))
    expect(page.get_by_text("tokens read, cached:")).to_contain_text("$0.")  # and the one after
    assert provider.counters()["by_kind"]["generate"] == 2
    translate(page, SENTENCES[0])
    expect(result).to_have_text(translated(SENTENCES[0]))
    assert provider.counters()["by_kind"]["generate"] == 2  # it had been answered before
    with History(Settings(office.home).ledger) as history:
        again, *paid = history.list()
    assert again.cost_usd == 0.0
    provider.clock(advance=7200)
    assert sum(it.cost_usd or 0.0 for it in paid) == pytest.approx(provider.counters()["bill_usd"]["total"], rel=0.01)


def test_the_cap_of_the_settings_is_kept_and_said_in_words(office: Served, provider: StandIn, tab: Tab) -> None:
    with (office.home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write("[spending]\ncap = 0.01\n")
    page = tab(office.address)
    choose_model(page, MODEL)
    expect(page.get_by_text(f"tokens to {MODEL}: $")).to_be_visible()
    translate(page, SENTENCES[2])
    expect(page.get_by_text("would pass the spending cap of settings.toml")).to_be_visible()
    assert provider.counters()["requests"] == 0


def test_of_books_that_are_too_large_for_a_model_it_reads_what_fits_and_the_page_says_so(
    office: Served, provider: StandIn, tab: Tab
) -> None:
    with (office.home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(f'[models."{MODEL}".price]\nmax_input_tokens = 1400\ninput = 2\noutput = 8\ncached = 0.5\n')
    page = tab(office.address)
    choose_model(page, MODEL)
    expect(page.get_by_text(f"{MODEL} cannot read all: ")).to_be_visible()
    translate(page, SENTENCES[0])
    expect(page.locator(".st-key-result .ctx-text")).to_have_text(translated(SENTENCES[0]))
