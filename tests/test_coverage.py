"""How many of a text's words stand in the books, as they are and by parts, and scores sliced by that and by length."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from ctxlearn.coverage import PLACES, WAYS, Books, Word, counts, pieces, share, total
from ctxlearn.data import Direction
from ctxlearn.models.base import Prefix
from ctxlearn.models.embedded.subwords import START, Subwords
from ctxlearn.runs import Ledger
from ctxlearn.slices import COVERAGE, LENGTH, METRICS, slices
from tests.test_evidence import INDEX
from tests.tiny import TINY, main

Capture = pytest.CaptureFixture[str]


class Cut(Subwords):
    """Cuts words where it is told to: `tari-ke` is two pieces, the first of which begins the word."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self._told = {word.replace("-", ""): (START + word).split("-") for word in words}

    def cut(self, sentence: Iterable[str]) -> list[str]:
        return [piece for word in sentence for piece in self._told.get(word, [START + word])]


def words(text: str, *cuts: str, code: str = "qaa") -> tuple[Word, ...]:
    return Books(INDEX, code, Cut(*cuts)).words(text)


def found(text: str, *cuts: str, code: str = "qaa") -> list[tuple[str, list[str], list[str]]]:
    return [(it.form, sorted(it.surface), sorted(it.parts)) for it in words(text, *cuts, code=code)]


def test_a_form_is_looked_for_in_the_dictionary_and_in_the_examples() -> None:
    assert found("Tare TARIN mola kumora xyz") == [
        ("tare", ["dictionary", "either"], ["dictionary", "either"]),
        ("tarin", ["either", "examples"], ["either", "examples"]),
        ("mola", ["dictionary", "either"], ["dictionary", "either"]),  # in the examples only with an ending
        ("kumora", ["either", "examples"], ["either", "examples"]),  # in a glossed example of the grammar
        ("xyz", [], []),
    ]


def test_in_the_other_direction_the_words_of_glosses_and_translations_count() -> None:
    assert [where for _, where, _ in found("The dog drinks water", code="eng")] == [
        ["either", "examples"],
        ["dictionary", "either", "examples"],
        [],
        ["dictionary", "either"],
    ]


def test_a_morpheme_of_a_glossed_example_is_a_form_of_the_examples() -> None:
    assert found("kumo") == [("kumo", ["either", "examples"], ["either", "examples"])]


@pytest.mark.parametrize(
    ("cut", "places"),
    [
        ("tari-ke", ["dictionary", "either"]),  # a known stem and an ending
        ("xa-tari", ["dictionary", "either"]),  # a prefix and a known stem
        ("ta-ri-ke", ["dictionary", "either"]),  # the model cuts finer than the dictionary
        ("mola-xyzxyz", []),  # less than half of the word
        ("la-mk", []),  # no piece ends where the stem does
        ("lam-xyz", ["dictionary", "either"]),
        ("ni-mola-xy", []),  # the stem stands at neither end
    ],
)
def test_by_parts_a_word_is_known_by_a_stem_between_two_pieces_that_is_half_of_it(cut: str, places: list[str]) -> None:
    assert found(cut.replace("-", ""), cut) == [(cut.replace("-", ""), [], places)]


def test_a_word_that_the_model_does_not_cut_is_not_known_by_parts() -> None:
    assert found("tarike") == [("tarike", [], [])]


def test_the_shares_of_all_places_are_those_of_the_evidence() -> None:
    texts = ["Tari, tari! Xyz mola.", "Abc."]
    shown: Any = total([words(text) for text in texts])
    assert (shown["types"], shown["tokens"]) == INDEX.coverage(texts, "qaa") == (0.5, 0.6)
    assert shown["n"] == {"types": 4, "tokens": 5}
    assert shown["surface"]["tokens"] == {"dictionary": 0.6, "examples": 0.0, "either": 0.6}


def test_of_no_words_none_is_missing() -> None:
    shown: Any = total([()])
    assert shown["types"] == shown["tokens"] == share(()) == 1.0


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["tari", "tarin", "tarike", "mola", "xyz", "kumora", "suma"]), max_size=8))
def test_parts_find_no_less_than_the_surface_and_either_no_less_than_one_place(sentence: list[str]) -> None:
    it: Any = counts(words(" ".join(sentence), "tari-ke"))
    assert it["tokens"] == len(sentence)
    for way in WAYS:
        assert max(it[way]["dictionary"], it[way]["examples"]) <= it[way]["either"] <= it["tokens"]
    assert all(it["surface"][place] <= it["parts"][place] for place in PLACES)


def test_the_pieces_are_those_of_the_source_language(tmp_path: Path) -> None:
    lines = "".join(f"mi{a}{b}ka so{b}{a} | the {a}{b} walks\n" for a in "aeiou" for b in "bdfglmnprst")
    prefix = Prefix(f"# Toy (qaa) and English (eng)\n\n# Examples\n{lines}", 900, "f")
    out, back = (pieces(prefix, direction) for direction in (Direction("qaa", "eng"), Direction("eng", "qaa")))
    assert len(out.cut(["miabka"])) < len(back.cut(["miabka"]))


# -- slices


def word(known: bool) -> Word:
    where = frozenset(["examples", "either"] if known else [])
    return Word("w", where, where)


def sentence(known: int, unknown: int) -> tuple[Word, ...]:
    return tuple([word(True)] * known + [word(False)] * unknown)


def sliced(of: Sequence[tuple[Word, ...]]) -> Any:
    hypotheses = [f"the dog number {n} sees the {'bird' if n % 3 else 'fish'} at home" for n in range(len(of))]
    references = [(f"the dog number {n} saw the {'bird' if n % 2 else 'fish'} at home",) for n in range(len(of))]
    return slices(of, scoring.measure(hypotheses, references, "eng")), hypotheses, references


def test_segments_are_sliced_by_coverage_and_by_length() -> None:
    of = [sentence(0, 4), sentence(1, 1), sentence(3, 1), sentence(4, 0), sentence(9, 1), sentence(25, 0), ()]
    found, *_ = sliced(of)
    assert [(it["slice"], it["n"]) for it in found["coverage"]] == [
        ("under 50 %", 1),
        ("50 – 74 %", 1),
        ("75 – 99 %", 2),
        ("100 %", 3),
    ]
    assert [(it["slice"], it["n"]) for it in found["length"]] == [
        ("1 – 4 words", 5),
        ("10 – 19 words", 1),
        ("20 words and more", 1),
    ]


def test_a_slice_has_the_scores_of_its_segments_alone() -> None:
    of = [sentence(4, 0), sentence(0, 4), sentence(4, 0), sentence(4, 4), sentence(4, 0), sentence(6, 0)]
    found, hypotheses, references = sliced(of)
    (whole,) = (it for it in found["coverage"] if it["slice"] == "100 %")
    members = [0, 2, 4, 5]
    scores = scoring.score([hypotheses[n] for n in members], [references[n] for n in members], "eng", METRICS)
    assert {it.metric: it.value for it in scores} == {name: it["value"] for name, it in whole["scores"].items()}
    (chrf,) = (it for it in scores if it.metric == "chrf")
    assert whole["scores"]["chrf"] == {
        "value": chrf.value,
        "low": chrf.low,
        "high": chrf.high,
        "signature": chrf.signature,
    }
    assert whole["scores"]["bleu"]["low"] is None
    assert "bs:" not in whole["scores"]["bleu"]["signature"]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6))
@settings(max_examples=15)
def test_every_segment_is_in_one_slice_of_each_kind(of: list[tuple[int, int]]) -> None:
    found, *_ = sliced([sentence(*it) for it in of])
    for kind, parts in (("coverage", COVERAGE), ("length", LENGTH)):
        assert sum(it["n"] for it in found[kind]) == len(of)
        assert {it["slice"] for it in found[kind]} <= {name for name, _ in parts}


# -- in a run


def test_a_run_says_what_is_covered_in_total_and_of_each_segment(capsys: Capture, home: Path) -> None:
    code, out, _ = main(capsys, "evaluate", TINY, "--model", "copy", "--direction", "qaa-eng", "--json")
    assert code == 0
    (run,) = json.loads(out)["runs"]
    coverage = run["coverage"]
    assert [it["id"] for it in coverage["segments"]] == ["d1", "d2", "d3", "d4"]
    assert coverage["segments"][3] == {
        "id": "d4",
        "tokens": 3,
        "surface": {"dictionary": 1, "examples": 3, "either": 3},
        "parts": coverage["segments"][3]["parts"],
    }
    tokens = sum(it["tokens"] for it in coverage["segments"])
    assert coverage["n"]["tokens"] == tokens
    known = sum(it["surface"]["either"] for it in coverage["segments"])
    assert coverage["tokens"] == coverage["surface"]["tokens"]["either"] == round(known / tokens, 4)
    assert sum(it["n"] for it in coverage["slices"]["length"]) == 4
    with Ledger(home / "ledger.sqlite") as ledger:
        stored = ledger.segments(run["run"])
        assert [{"id": it.id, **(it.coverage or {})} for it in stored] == coverage["segments"]
        assert ledger.show(run["run"]).coverage == {k: v for k, v in coverage.items() if k != "segments"}


def test_coverage_and_slices_are_shown_to_a_person_in_three_lines(capsys: Capture, home: Path) -> None:
    _, out, _ = main(capsys, "evaluate", TINY, "--model", "copy", "--direction", "qaa-eng")
    lines = out.splitlines()
    (known,) = (line for line in lines if line.startswith("words of the source known: "))
    assert "% in the dictionary, " in known
    assert any(line.startswith("chrF by coverage: ") and "(n=" in line for line in lines)
    assert any(line.startswith("chrF by length: 1 – 4 words ") for line in lines)
