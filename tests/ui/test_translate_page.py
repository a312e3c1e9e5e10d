"""The page Translate, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ctxlearn import manifest, settings
from ctxlearn.corrections import Corrections
from ctxlearn.history import History, Translated
from tests.tiny import change, copy_of_tiny
from tests.ui.pages import labelled, opened, pressed, shown, texts

SENTENCE, TRANSLATION = "Pokin tarike kesu.", "The man sees a dog."


@pytest.fixture(autouse=True)
def _empty_place(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return copy_of_tiny(tmp_path / "corpora")


def html(page: AppTest) -> str:
    """Return all HTML of a page but its style."""
    return "\n".join(it.proto.body for it in page.get("html") if "<style>" not in it.proto.body)


def translated(text: str, page: AppTest | None = None) -> AppTest:
    """Return the page after a text was typed and Translate pressed."""
    page = page or opened("translate")
    page.text_area(key="draft").set_value(text)
    return pressed(page, "Translate")


def history() -> tuple[Translated, ...]:
    with History(settings.read().ledger) as it:
        return it.list()


# -- the first start --------------------------------------------------------------------------------------------------


def test_with_nothing_set_up_one_click_translates_the_sample_language() -> None:
    page = opened("translate")
    assert "Nothing is set up yet" in texts(page)
    page = pressed(page, "The old woman is sleeping")
    assert "gen tina" in html(page).lower()
    assert page.text_area(key="draft").value == "The old woman is sleeping."
    assert "Nothing is set up yet" not in texts(page)
    assert "Nothing is set up yet" not in texts(opened("translate"))


def test_a_person_with_a_language_of_her_own_begins_with_it(toy: Path) -> None:
    page = opened("translate")
    assert "Nothing is set up yet" not in texts(page)
    assert page.selectbox(key="corpus").value == "toy"


def test_a_new_tab_begins_with_what_was_translated_last(toy: Path) -> None:
    page = opened("translate")
    page.selectbox(key="direction-toy").set_value("eng-qaa")
    page.selectbox(key="model").set_value("word-for-word")
    translated("The man sees a dog.", shown(page))
    again = opened("translate")
    assert again.selectbox(key="corpus").value == "toy"
    assert again.selectbox(key="direction-toy").value == "eng-qaa"
    assert again.selectbox(key="model").value == "word-for-word"
    assert again.text_area(key="draft").value == ""  # a draft is its own tab's


# -- the result -------------------------------------------------------------------------------------------------------


def test_a_translation_comes_with_what_speaks_for_it_and_what_it_took(toy: Path) -> None:
    page = translated("Pokin zorbu tarike kesu.")
    said, shown_html = texts(page), html(page)
    assert "Machine translation by embedded\\, checked by nobody" in said
    assert "Confidence" in said
    assert "4 words; 1 of them not in this form in the books." in said
    assert "\\$0\\.00" in said
    assert "model\\:embedded" in said
    assert "tari | n | dog | hound" in shown_html  # the evidence
    assert "dictionary.tsv:2" in shown_html
    assert "<span>Pokin</span><small>man-ERG</small>" in shown_html  # the gloss line
    assert 'class="ctx-unattested"><b dir="auto" lang="qaa">zorbu</b>' in shown_html
    (entered,) = history()
    assert (entered.source, entered.model, entered.cost_usd) == ("Pokin zorbu tarike kesu.", "embedded", 0.0)


def test_what_is_typed_is_shown_as_text_whatever_marks_stand_in_it(toy: Path) -> None:
    page = translated("<img src=x onerror=alert(1)> *Tari* [a](http://x) :smile: kesu.")
    shown_html = html(page)
    assert "<img" not in shown_html
    assert "&lt;" in shown_html
    page.text_area(key="draft").set_value("**other**")
    assert "<img" not in html(shown(page))


def test_several_lines_stay_several_lines(toy: Path) -> None:
    page = translated(f"{SENTENCE}\n\nMola gona.")
    assert f"{TRANSLATION}\n\nThe fish is big." in html(page)
    assert history()[0].alternatives == ()


def test_an_alternative_can_stand_in_place_of_the_first(toy: Path) -> None:
    page = translated("Lasulu tarike kesu.")
    first = history()[0]
    assert first.alternatives
    page.button(key="use-0").click()
    page = shown(page)
    assert f'lang="eng">{first.alternatives[0].text}</p>' in html(page)
    assert "the first choice" in html(page)


def test_an_earlier_result_is_said_to_be_of_an_earlier_text(toy: Path) -> None:
    page = translated(SENTENCE)
    assert "earlier text" not in texts(page)
    page.text_area(key="draft").set_value("Mola gona.")
    assert "Of an earlier text" in texts(shown(page))


def test_swap_goes_on_with_the_result_and_clear_empties_both_sides(toy: Path) -> None:
    page = pressed(translated(SENTENCE), "Swap")
    assert page.text_area(key="draft").value == TRANSLATION
    assert page.selectbox(key="direction-toy").value == "eng-qaa"
    page = pressed(pressed(page, "Translate"), "Clear")
    assert page.text_area(key="draft").value == ""
    assert "The translation appears here" in texts(page)


def test_a_text_in_the_other_language_offers_the_other_direction(toy: Path) -> None:
    page = translated("The man sees a dog.")
    page.button(key="other-way").click()
    page = shown(page)
    assert page.selectbox(key="direction-toy").value == "eng-qaa"
    assert history()[0].direction == "eng-qaa"
    assert not [it for it in page.button if it.key == "other-way"]


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_an_empty_text_and_a_wrong_script_are_said_in_words(toy: Path) -> None:
    page = translated("  ")
    assert "there is nothing to translate yet" in page.error[0].value
    page = translated("собака", page)
    assert "wrong\\-script" in page.warning[0].value
    assert history() == ()


def test_broken_books_are_said_in_words_with_file_and_line(toy: Path) -> None:
    (toy / "corpus.toml").write_text('[language]\nname = "T', encoding="utf-8")
    page = opened("translate")
    assert "corpus\\.toml\\:2" in page.error[0].value


def test_books_that_are_not_there_are_named_and_a_language_without_any_says_what_to_do(toy: Path) -> None:
    (toy / "grammar.md").unlink()
    page = opened("translate", corpus="toy")
    assert "The books of Toy are not here (grammar.md, for one)" in texts(page).replace("\\", "")
    text = (toy / "corpus.toml").read_text(encoding="utf-8")
    (toy / "corpus.toml").write_text(text[: text.index("[[source]]")], encoding="utf-8")
    assert "Toy has no books yet" in texts(opened("translate"))


def test_a_hosted_model_that_the_policy_refuses_is_not_offered_and_it_is_said_why(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-not-to-be-seen"  # of nobody
    monkeypatch.setenv("ANTHROPIC_API_KEY", secret)
    change(toy / "corpus.toml", 'policy = "no-retention"', 'policy = "local-only"')
    page = opened("translate")
    assert not [it for it in page.selectbox(key="model").options if "/" in it]
    assert "Not offered\\: anthropic\\/" in texts(page)
    assert "local\\-only and may not leave this machine" in texts(page)
    assert secret not in texts(page) + html(page)
    change(toy / "corpus.toml", 'policy = "local-only"', 'policy = "open"')
    assert [it for it in opened("translate").selectbox(key="model").options if it.startswith("anthropic/")]


def test_a_hosted_model_without_a_key_says_so_where_it_was_asked(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    here = settings.read().folder()
    (here / "settings.toml").write_text('[models."openai/gpt-5"]\nretention = "none"\n', encoding="utf-8")
    page = opened("translate")
    page.selectbox(key="model").set_value("openai/gpt-5")
    page = translated(SENTENCE, shown(page))
    assert "no API key" in page.error[0].value
    assert history() == ()


# -- corrections ------------------------------------------------------------------------------------------------------


def corrected(page: AppTest, text: str, button: str) -> AppTest:
    """Fill the form of a correction and press one of its buttons."""
    labelled(page.text_area, "What it should be").set_value(text)
    labelled(page.text_input, "Who says so").set_value("Anna")
    return pressed(page, button)


def test_a_correction_counts_at_once_when_it_is_accepted(toy: Path) -> None:
    page = corrected(translated("Pokin zorbu kesu."), "The man drinks tea.", "Correct now")
    with Corrections(settings.read().ledger, toy) as kept:
        (made,) = kept.list()
    assert (made.author, made.status, made.primary_text) == ("Anna", "accepted", "Pokin zorbu kesu.")
    assert made.machine
    assert "model:embedded|dir:qaa-eng" in made.system
    assert 'lang="eng">The man drinks tea.</p>' in html(page)
    assert "As Anna corrected it" in texts(page)
    assert "checked by nobody" not in texts(page)
    assert "corrected by Anna" in html(page)


def test_a_proposal_waits_until_it_is_accepted(toy: Path) -> None:
    page = corrected(translated("Pokin zorbu kesu."), "The man drinks tea.", "Propose")
    assert "The man drinks tea." not in html(pressed(page, "Translate"))
    page.session_state["below"] = "Corrections"
    page = pressed(shown(page), "Accept")
    assert "accepted; by Anna" in texts(page).replace("\\", "")
    assert 'lang="eng">The man drinks tea.</p>' in html(pressed(page, "Translate"))
    page = pressed(page, "Reject")
    assert "The man drinks tea." not in html(pressed(page, "Translate"))


def test_a_held_out_sentence_cannot_be_corrected_and_it_is_said_why(toy: Path) -> None:
    page = corrected(translated("Tamin hulora selu."), "The child sleeps.", "Correct now")
    assert "is held out" in page.error[0].value
    with Corrections(settings.read().ledger, toy) as kept:
        assert kept.list() == ()


# -- history and files ------------------------------------------------------------------------------------------------


def test_the_history_lists_what_was_translated_and_a_search_narrows_it(toy: Path) -> None:
    page = translated("Mola gona.", translated(SENTENCE))
    page.session_state["below"] = "History"
    page = shown(page)
    assert list(page.dataframe[0].value["text"]) == ["Mola gona.", SENTENCE]
    page.text_input(key="history-search").set_value("POKIN")
    assert list(shown(page).dataframe[0].value["text"]) == [SENTENCE]
    page.text_input(key="history-search").set_value("nothing like it")
    assert "Nothing that has this in it" in texts(shown(page))


def test_a_table_that_is_sent_shows_its_columns_and_what_cannot_be_read_is_named(toy: Path) -> None:
    page = opened("translate")
    page.session_state["below"] = "Whole file"
    page = shown(page)
    page.file_uploader(key="document").upload("letter.csv", f"id,qaa\n1,{SENTENCE}\n2,\n".encode(), "text/csv")
    page = shown(page)
    assert page.selectbox(key="column").value == "qaa"
    assert "1 sentence, Toy → English" in texts(page)
    page.file_uploader(key="document").upload("letter.csv", b'qaa\n"never closed\n', "text/csv")
    assert "letter\\.csv\\:2" in shown(page).error[0].value


def test_a_language_of_the_same_name_as_the_sample_is_the_visitors_own(tmp_path: Path) -> None:
    copy_of_tiny(tmp_path / "corpora", "tarivel")
    page = opened("translate")
    assert manifest.open_corpus("tarivel").language.name == "Toy"
    assert "Nothing is set up yet" not in texts(page)
