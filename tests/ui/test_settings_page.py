"""The Settings page: what may leave this machine, what may be spent, and no key is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctxlearn import settings
from ctxlearn.settings import Cap
from tests.ui.pages import labelled, opened, pressed, texts

SECRET = "sk-very-secret-3141592"


def test_limits_are_saved_and_hold_for_every_process(home: Path) -> None:
    page = opened("settings")
    labelled(page.toggle, "Nothing leaves").set_value(True)
    labelled(page.number_input, "Spending cap").set_value(12.5)
    labelled(page.selectbox, "The cap is for").set_value("day")
    pressed(page, "Save")
    assert "Saved" in page.success[0].value
    assert (settings.read().local_only, settings.read().cap) == (True, Cap(12.5, "day"))
    labelled(page.number_input, "Spending cap").set_value(0.0)
    pressed(page, "Save")
    assert settings.read().cap is None


def test_a_key_is_said_to_be_there_and_never_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    page = opened("settings")
    said = texts(page)
    assert "ANTHROPIC_API_KEY is set" in said
    assert SECRET not in said
    assert SECRET not in str(page)


def test_the_environment_alone_decides_when_it_says_local_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXLEARN_LOCAL_ONLY", "1")
    page = opened("settings")
    assert labelled(page.toggle, "Nothing leaves").value is True
    assert labelled(page.toggle, "Nothing leaves").disabled
    pressed(page, "Save")
    assert not settings.in_file(home / settings.FILE).local_only


def test_settings_that_cannot_be_read_are_an_error_in_words(home: Path) -> None:
    home.mkdir()
    (home / settings.FILE).write_text("local_only = 3\n")
    page = opened("settings")
    assert "expected true or false" in page.error[0].value


def test_the_page_says_where_everything_is_and_what_works(home: Path) -> None:
    page = opened("settings")
    assert str(home / "ledger.sqlite") in texts(page).replace("\\", "")
    pressed(page, "Check what works")
    assert any(it.value.startswith("✓ embedded model") for it in page.text)
