"""What a run says of the code that made it."""

from __future__ import annotations

from ctxlearn import __version__
from ctxlearn.versions import versions


def test_versions_name_this_program_and_the_packages_that_decide_numbers() -> None:
    found = versions("embedded")
    assert found["ctxlearn"] == __version__
    assert {"code", "sacrebleu", "numba", "sentencepiece"} <= found.keys()


def test_the_code_of_a_run_is_that_of_its_model() -> None:
    names = ("embedded", "copy", "human:A", "anthropic/claude-opus-5")
    assert len({versions(name)["code"] for name in names}) == len(names)
    assert versions("copy") == versions("nearest")
    assert versions("human:A") == versions("human:B")
