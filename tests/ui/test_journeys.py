"""The main journeys, as a person makes them, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ctxlearn.history import History
from ctxlearn.settings import Settings
from tests.conftest import LANGUAGES
from tests.tiny import copy_of_tiny
from tests.ui.serving import Served, served
from tests.ui.tabs import Tab, open_page, press, reach, still, translate

SENTENCE, TRANSLATION = "Pokin tarike kesu.", "The man sees a dog."


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served app that has the tiny corpus; the tests that share it leave it as they found it."""
    folder = tmp_path_factory.mktemp("town")
    copy_of_tiny(folder / "corpora")
    with served(folder) as it:
        yield it


def translated(page: Page, text: str, language: str = "Toy") -> None:
    """Have a text translated."""
    translate(page, text, language)
    expect(page.get_by_text("Machine translation by")).to_be_visible()


def test_first_start_to_a_translation_in_one_click(server: Served, tab: Tab) -> None:
    page = tab(server.address)
    press(page.get_by_role("button", name="The old woman is sleeping."))
    expect(page.locator(".st-key-result .ctx-text")).to_contain_text("gen tina", ignore_case=True)
    expect(page.get_by_text("Nothing is set up yet")).to_have_count(0)
    # Why: a word opens on what the books say of it.
    page.locator("summary", has_text="woman").first.click()
    expect(page.locator("details[open] .ctx-records", has_text="dictionary.tsv")).to_be_visible()
    # The machine remembers; a new tab begins with this language, and with no text.
    page.reload()
    expect(page.get_by_label("Text in English")).to_have_value("")


def test_a_correction_is_what_the_next_translation_says(town: Served, tab: Tab) -> None:
    page = tab(town.address)
    translated(page, "Pokin zorbu kesu.")
    press(page.get_by_role("button", name="Correct", exact=True))
    page.get_by_label("What it should be").fill("The man drinks tea.")
    page.get_by_label("Who says so").fill("Anna")
    press(page.get_by_role("button", name="Correct now"))
    expect(page.locator(".st-key-result .ctx-text")).to_have_text("The man drinks tea.")
    expect(page.get_by_text("As Anna corrected it")).to_be_visible()
    expect(page.get_by_label("What it should be")).to_have_count(0)  # the form has closed
    # Everybody's next translation, not only this tab's.
    other = tab(town.address)
    other.get_by_label("Text in Toy").fill("Pokin zorbu kesu.")
    press(other.get_by_role("button", name="Translate"))
    expect(other.locator(".st-key-result .ctx-text")).to_have_text("The man drinks tea.")


def test_a_press_is_answered_once_whatever_is_pressed_meanwhile(server: Served, tab: Tab) -> None:
    copy_of_tiny(server.folder / "corpora")
    page = tab(server.address)
    translate(page, SENTENCE)  # the first translation: the language is learned now
    result = page.locator(".st-key-result .ctx-text")
    expect(page.get_by_text("Translating …").or_(result).first).to_be_visible()  # the server has heard of it
    for name in ("History", "Corrections", "Why"):
        page.get_by_role("tab", name=name).click()
    expect(result).to_have_text(TRANSLATION)
    expect(page.get_by_text("Words of the translation")).to_be_visible()  # what the last press brings
    still(page)  # no run is left that could answer again
    with History(Settings(server.home).ledger) as history:
        assert [it.source for it in history.list()] == [SENTENCE]


def test_the_language_that_a_tab_works_with_is_the_same_on_every_page(town: Served, tab: Tab) -> None:
    page = tab(f"{town.address}/context")
    language = page.get_by_role("combobox", name="Language")
    expect(language).to_have_value("Toy (toy)")
    for name in ("Translate", "Evaluate", "Context", "Corpora", "Translate"):
        open_page(page, name)
        expect(language.first).to_have_value("Toy (toy)")


def test_two_browsers_do_not_see_each_others_drafts(town: Served, tab: Tab) -> None:
    one, other = tab(town.address), tab(town.address)
    translated(one, SENTENCE)
    expect(one.locator(".st-key-result .ctx-text")).to_have_text(TRANSLATION)
    other.get_by_label("Text in Toy").fill("Mola gona.")
    open_page(other, "Context")
    open_page(other, "Translate")
    expect(other.get_by_label("Text in Toy")).not_to_have_value(SENTENCE)
    expect(other.locator(".st-key-result .ctx-text")).to_have_count(0)
    # One's own draft is there again when one comes back from another page.
    open_page(one, "Context")
    open_page(one, "Translate")
    expect(one.get_by_label("Text in Toy")).to_have_value(SENTENCE)
    expect(one.locator(".st-key-result .ctx-text")).to_have_text(TRANSLATION)


def test_all_can_be_done_by_the_keyboard(town: Served, tab: Tab) -> None:
    page = tab(town.address)
    reach(page, page.get_by_label("Text in Toy"))
    page.keyboard.type(SENTENCE)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".st-key-result .ctx-text")).to_have_text(TRANSLATION)
    reach(page, page.locator(".ctx-words summary").first)
    page.keyboard.press("Enter")
    expect(page.locator(".ctx-words details[open]")).to_have_count(1)


def test_what_is_copied_is_the_translation_as_it_stands(town: Served, tab: Tab) -> None:
    page = tab(town.address, permissions=["clipboard-read", "clipboard-write"])
    translated(page, SENTENCE)
    press(page.get_by_role("button", name="Copy", exact=True))
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == TRANSLATION


def test_a_file_is_translated_whole_through_a_pause_and_a_reload(town: Served, tab: Tab, tmp_path: Path) -> None:
    page = tab(town.address)
    page.get_by_role("tab", name="Whole file").click()
    letter = tmp_path / "letter.txt"
    letter.write_text(f"{SENTENCE}\n" * 6_000, encoding="utf-8")
    page.locator("input[type=file]").set_input_files(letter)
    expect(page.get_by_text("6,000 sentences, Toy → English")).to_be_visible()
    press(page.get_by_role("button", name="Translate the file"))
    job = page.locator("[class*=st-key-job-]", has_text="letter.txt, Toy → English")
    press(job.get_by_role("button", name="Pause"))
    expect(job.get_by_text("paused")).to_be_visible()
    page.reload()
    page.get_by_role("tab", name="Whole file").click()
    press(job.get_by_role("button", name="Resume"))
    with page.expect_download() as download:
        press(job.get_by_role("button", name="Download the translation"))
    assert download.value.suggested_filename == "letter.eng.machine.txt"
    assert Path(download.value.path()).read_text(encoding="utf-8") == f"{TRANSLATION}\n" * 6_000


def test_a_file_goes_on_while_nobody_looks_and_is_there_to_be_downloaded(
    town: Served, tab: Tab, tmp_path: Path
) -> None:
    page = tab(town.address)
    page.get_by_role("tab", name="Whole file").click()
    table = tmp_path / "words.csv"
    table.write_text("id,qaa\n" + "".join(f"{number},{SENTENCE}\n" for number in range(500)), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(table)
    press(page.get_by_role("button", name="Translate the file"))
    expect(page.get_by_text("words.csv, Toy → English")).to_be_visible()
    page.context.close()  # the browser is gone
    page = tab(town.address)
    page.get_by_role("tab", name="Whole file").click()
    job = page.locator("[class*=st-key-job-]", has_text="words.csv, Toy → English")
    with page.expect_download() as download:
        press(job.get_by_role("button", name="Download the translation"))
    assert download.value.suggested_filename == "words.eng.machine.csv"
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 501
    assert lines[0] == "id,qaa,translation,confidence,problem,translated by"
    assert lines[500].startswith(f"499,{SENTENCE},{TRANSLATION},")


@pytest.mark.real
def test_kalamang_from_its_real_dictionary_and_grammar_to_a_translation_with_evidence(tmp_path: Path, tab: Tab) -> None:
    source = LANGUAGES / "kalamang"
    folder = tmp_path / "corpora" / "kalamang"
    folder.mkdir(parents=True)
    books = {"dictionary": "dictionary-cldf", "grammar": "grammar-latex"}
    text = '[language]\nname = "Kalamang"\ncode = "kgv"\n[contact]\nname = "English"\ncode = "eng"\n'
    for kind, name in books.items():
        shutil.copytree(source / name, folder / name)
        text += f'[[source]]\nid = "{kind}"\nkind = "{kind}"\npath = "{name}"\npolicy = "open"\n'
    (folder / "corpus.toml").write_text(text, encoding="utf-8")
    with served(tmp_path) as it:
        page = tab(f"{it.address}/context")
        expect(page.locator(".ctx-table", has_text="Grammar").first).to_be_visible()
        page.get_by_role("link", name="Translate").click()
        translated(page, "Ma amdirat paruo.", "Kalamang")
        page.locator("summary", has_text="amdirat").first.click()
        expect(page.locator("details[open] .ctx-records", has_text="amdir | Noun | garden")).to_be_visible()
