"""The page Context, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ctxlearn import corpus, manifest, packs, settings
from ctxlearn.corrections import Corrections
from tests.tiny import change, copy_of_tiny
from tests.ui.pages import labelled, opened, pressed, shown, texts
from tests.ui.test_translate_page import html

SONNET = "anthropic/claude-sonnet-4-5"


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return copy_of_tiny(tmp_path / "corpora")


def prices(limit: int) -> None:
    """Set up a hosted model with round prices and a limit; its family makes 1.1 tokens of one of ours."""
    text = (
        f'[models."{SONNET}".price]\ninput = 10.0\noutput = 50.0\ncached = 1.0\nmax_input_tokens = {limit}\n'
        f'[models."{SONNET}"]\nretention = "none"\n'
    )
    (settings.read().folder() / "settings.toml").write_text(text, encoding="utf-8")


def tab(name: str, page: AppTest | None = None) -> AppTest:
    page = page or opened("context")
    page.session_state["context-below"] = name
    return shown(page)


def pack() -> packs.Pack:
    return packs.open_pack(settings.read().packs, manifest.open_corpus("toy"))


def test_it_says_what_a_model_reads_by_section_with_tokens_and_shares() -> None:
    page = opened("context")
    it = pack()
    assert {metric.label: metric.value for metric in page.metric}["Tokens"] == f"{it.tokens:,}"
    dictionary = it.sections[0]
    cells = "".join(
        f'<td class="ctx-right">{cell}</td>'
        for cell in (dictionary.records, dictionary.tokens, f"{dictionary.tokens / it.tokens:.1%}", 0)
    )
    assert f"<td>Dictionary</td>{cells}" in html(page)
    assert it.fingerprint[:12] in texts(page)


def test_it_says_what_the_context_costs_a_hosted_model_cold_and_cached() -> None:
    prices(limit=1_000_000)
    found = html(opened("context"))
    tokens = round(pack().tokens * 1.1)
    assert f"<td>{SONNET}</td>" in found
    assert f'<td class="ctx-right">{tokens:,}</td><td class="ctx-right">1,000,000</td>' in found
    assert f"${tokens * 10e-6:.2g}</td>" in found
    assert f"${tokens * 1e-6:.2g}</td>" in found


@pytest.mark.parametrize(("limit", "said"), [(900, "is left for sentences"), (700, "it does not fit")])
def test_a_context_that_hardly_fits_or_does_not_is_said_before_anything_is_asked(limit: int, said: str) -> None:
    prices(limit)
    page = opened("context")
    assert said in "".join(it.value for it in [*page.warning, *page.error])
    if limit == 900:
        return
    page = pressed(page, "Limit the context to")
    assert not page.error
    assert int({it.label: it.value for it in page.metric}["Left out"]) > 0
    assert "a context of your own" in texts(page)
    page = pressed(page, "Read all again")
    assert {it.label: it.value for it in page.metric}["Left out"] == "0"


def test_sections_can_be_dropped_reordered_and_limited_and_what_changes_is_seen_first() -> None:
    prices(limit=1_000_000)
    page = opened("context")
    whole = pack()
    labelled(page.checkbox, "Grammar").uncheck()
    places = [it for it in page.number_input if it.label == "Place"]
    places[0].set_value(2)
    places[1].set_value(1)
    limits = [it for it in page.number_input if it.label.startswith("Most tokens (0")]
    limits[0].set_value(150)
    page = pressed(page, "See what changes")
    chosen = ("examples", "dictionary:150", "text")
    then = packs.open_pack(settings.read().packs, manifest.open_corpus("toy"), sections=chosen)
    changed = {it.label: it for it in page.metric if it.delta}
    assert changed["Tokens"].value == f"{then.tokens:,}"
    assert changed["Tokens"].delta == f"{then.tokens - whole.tokens:+,}"
    assert any("sonnet" in label for label in changed)
    assert whole.fingerprint[:12] in texts(page)  # nothing is used yet
    page = pressed(page, "Use this in this tab")
    assert then.fingerprint[:12] in texts(page)
    assert [it.value for it in page.checkbox] == [True, True, True, False, False]
    page = pressed(page, "Read all of the books again")
    assert whole.fingerprint[:12] in texts(page)


def test_a_search_finds_records_with_their_place_and_says_when_there_is_none() -> None:
    page = tab("Search")
    page.text_input(key="context-search").set_value("HOUND")
    found = html(shown(page))
    assert "tari | n | dog | hound" in found
    assert "dictionary.tsv:2" in found
    page.text_input(key="context-search").set_value("nothing like it")
    assert "Nothing that has this in it" in texts(shown(page))


def test_the_text_shown_is_exactly_what_a_model_reads() -> None:
    page = tab("Exact text")
    assert page.code[-1].value == pack().prefix.rstrip("\n")
    labelled(page.selectbox, "Section").set_value("examples")
    assert shown(page).code[-1].value.splitlines()[0] in pack().prefix


def test_two_packs_are_compared_record_by_record(toy: Path) -> None:
    assert "no other pack of this language yet" in texts(tab("Differences"))
    change(toy / "sentences.tsv", "Pokin tarike kesu.", "Pokin molake kesu.")
    page = tab("Differences")
    said = texts(page)
    assert "1 came" in said
    assert "1 went" in said
    assert "Pokin molake kesu. | The man sees a dog." in said


def test_each_source_has_its_policy_and_what_leaks_is_listed(toy: Path) -> None:
    found = html(tab("Sources"))
    assert "<td>sentences</td><td>parallel</td><td>no-retention</td><td>not said</td>" in found
    assert "<td>dev (held out)</td>" in found
    assert "No record was taken out" in texts(tab("Taken out"))
    change(toy / "grammar.md", "# Verbs", "Tamin hulora selu.\n\n# Verbs")
    page = tab("Taken out")
    assert "1 record taken out" in texts(page)
    assert "<td>dev:d2</td>" in html(page)


def test_the_next_pack_takes_the_accepted_corrections_in(toy: Path) -> None:
    it = manifest.open_corpus("toy")
    with Corrections(settings.read().ledger, it.folder) as kept:
        made = kept.propose(it, corpus.read(it).tests, ("Pokin zorbu kesu.", "The man drinks tea."), "Anna")
        kept.accept(made.id, ())
    page = opened("context")
    assert "1 accepted correction stands after the context" in texts(page)
    before = pack().fingerprint
    page = pressed(page, "Pack anew with them")
    assert "accepted correction" not in texts(page)
    assert pack().fingerprint != before
    assert "Pokin zorbu kesu. | The man drinks tea." in pack().prefix


def test_a_language_without_books_says_where_they_come_in(toy: Path) -> None:
    text = (toy / "corpus.toml").read_text(encoding="utf-8")
    (toy / "corpus.toml").write_text(text[: text.index("[[source]]")], encoding="utf-8")
    assert "the page Corpora takes them" in texts(opened("context", corpus="toy"))
