from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from ctxlearn import settings, settings_writing
from ctxlearn.errors import SettingsError
from ctxlearn.settings import Cap, ModelSettings

WHOLE = """\
model = "embedded-quick"
local_only = true

[spending]
cap = 20
per = "day"

[models."anthropic/claude-sonnet-5-5"]
retention = "none"

[models."gemini/gemini-3.8-flash"]
retention = "none"
api_base = "https://gateway.example.org"

[models."gemini/gemini-3.8-flash".price]
input = 0.75
storage = 1.0
max_input_tokens = 500_000
tiers = [ {above = 200_000, input = 1.5} ]
"""


def said(home: Path, text: str | bytes) -> settings.Settings:
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return settings.read()


def test_without_a_file_nothing_is_set(home: Path) -> None:
    assert settings.read() == settings.Settings(home)


def test_all_that_can_be_set_is_read(home: Path) -> None:
    here = said(home, WHOLE)
    assert here.local_only and here.model == "embedded-quick"
    assert here.cap == Cap(20.0, "day")
    assert here.models["anthropic/claude-sonnet-5-5"] == ModelSettings("none")
    gemini = here.models["gemini/gemini-3.8-flash"]
    assert gemini.api_base == "https://gateway.example.org"
    assert gemini.price == {"input": 0.75, "storage": 1.0, "max_input_tokens": 500_000}
    assert gemini.tiers == {200_000: {"input": 1.5}}


def test_a_cap_is_for_a_month_unless_said_otherwise(home: Path) -> None:
    assert said(home, "[spending]\ncap = 5.5\n").cap == Cap(5.5, "month")


@pytest.mark.parametrize(("value", "local"), [("1", True), ("0", False), ("", False), ("yes", True)])
def test_the_environment_can_only_make_it_stricter(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str, local: bool
) -> None:
    monkeypatch.setenv("CTXLEARN_LOCAL_ONLY", value)
    assert said(home, "").local_only is local
    assert said(home, "local_only = true").local_only


WRONG = [
    ("spendng = 3\n", 1, "'spendng' is not a setting"),
    ("[spending]\ncap = 3\n\n[spending]\ncap = 4\n", 4, "cannot declare"),
    ("local_only = 1\n", 1, "expected true or false"),
    ("\n[spending]\ncap = '3'\n", 3, "expected a number above 0"),
    ("[spending]\ncap = 0\n", 2, "expected a number above 0"),
    ("[spending]\ncap = -1\n", 2, "expected a number above 0"),
    ("[spending]\ncap = nan\n", 2, "expected a number above 0"),
    ("[spending]\ncap = inf\n", 2, "expected a number above 0"),
    ("[spending]\ncap = true\n", 2, "expected a number above 0"),
    ("[spending]\ncap = 3\nper = 'year'\n", 3, "expected one of day, month, ever"),
    ("[spending]\nper = 'day'\n", 1, "no cap"),
    ("spending = 3\n", 1, "expected a table"),
    ("models = 3\n", 1, "expected a table"),
    ("[models]\n'a/b' = 3\n", 2, "expected a table"),
    ('[models."a/b"]\nretention = "never"\n', 2, "expected one of none"),
    ('[models."a/b"]\napi_base = 3\n', 2, "expected a text"),
    ('[models."a/b"]\nretain = "none"\n', 2, "'retain' is not a setting"),
    ('[models."a/b".price]\ninput = 1\n\n[models."c/d".price]\ninput = 0\n', 5, "expected a number above 0"),
    ('[models."a/b".price]\ninputs = 1\n', 2, "'inputs' is not a setting"),
    ('[models."a/b".price]\ntiers = 1\n', 2, "expected a list"),
    ('[models."a/b".price]\ntiers = [{input = 1}]\n', 2, "no 'above'"),
    ("[spending\ncap = 3\n", 1, "expected ']'"),
    (b"# \xff\n", 1, "not UTF-8"),
    (b"a = 1\n# b\n\xfe\n", 3, "not UTF-8"),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_what_cannot_be_used_is_named_with_file_and_line(
    home: Path, text: str | bytes, line: int, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        said(home, text)
    assert str(caught.value).startswith(f"{home / 'settings.toml'}:{line}: ")
    assert message in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_said(home: Path) -> None:
    (home / "settings.toml").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        settings.read()


@limits(max_examples=150)
@given(st.text(max_size=60) | st.sampled_from([it[0] for it in WRONG if isinstance(it[0], str)]), st.text(max_size=8))
def test_no_file_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str, more: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes((text + more).encode("utf-8", "surrogatepass"))
    try:
        settings.in_file(path)
    except SettingsError as error:
        assert str(error).startswith(f"{path}:")


def test_which_variable_holds_a_key_is_told_and_never_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONE_KEY", raising=False)
    monkeypatch.setenv("TWO_KEY", "secret")
    assert settings.name_set("ONE_KEY", "TWO_KEY") == "TWO_KEY"
    assert settings.name_set("ONE_KEY") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "10.0.0.7"),
        ({"NO_PROXY": "one,two"}, "one,two,10.0.0.7"),
        ({"no_proxy": "one", "NO_PROXY": "two"}, "one,two,10.0.0.7"),
        ({"NO_PROXY": "10.0.0.7"}, "10.0.0.7"),
    ],
)
def test_a_host_is_added_to_those_that_need_no_proxy(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, str], after: str
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, before.get(name, ""))
    settings.bypass_proxies("10.0.0.7")
    assert (os.environ["no_proxy"], os.environ["NO_PROXY"]) == (after, after)


# -- what a page sets -------------------------------------------------------------------------------------------------

KEPT = """\
# mine
local_only = false  # for now

[models."gemini/x"]
retention = "none"  # agreed in May

[spending]
# we have 20 a month
cap = 20
"""


@pytest.mark.parametrize("text", ["", WHOLE, KEPT])
@pytest.mark.parametrize("local_only", [True, False])
@pytest.mark.parametrize("cap", [None, Cap(7.5, "ever"), Cap(20.0, "month")])
def test_what_a_page_sets_is_read_again_and_nothing_else_changes(
    home: Path, text: str, local_only: bool, cap: Cap | None
) -> None:
    before = said(home, text)
    settings_writing.change(home, local_only=local_only, cap=cap)
    assert settings.read() == replace(before, local_only=local_only, cap=cap)
    after = (home / "settings.toml").read_text() if (home / "settings.toml").exists() else ""
    kept = [line for line in text.splitlines() if "#" in line or "models" in line]
    assert all(line.partition("#")[2] in after for line in kept)


def test_settings_that_a_page_writes_are_for_their_owner_alone(home: Path) -> None:
    settings_writing.change(home, local_only=True, cap=None)
    assert os.name == "nt" or (home / "settings.toml").stat().st_mode & 0o777 == 0o600


def test_settings_that_cannot_be_changed_safely_stay_as_they_are(home: Path) -> None:
    text = "spending = {cap = 3}\n"
    said(home, text)
    with pytest.raises(SettingsError, match="by hand"):
        settings_writing.change(home, local_only=False, cap=Cap(5.0))
    assert (home / "settings.toml").read_text() == text
