"""Comparing runs: what may be compared, what is said, and what outside scores do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from ctxlearn import outside
from ctxlearn.cli import main
from ctxlearn.compare import compare
from ctxlearn.errors import FormatError, UsageError
from ctxlearn.runs import Ledger, RunSegment
from ctxlearn.settings import read
from scoring.orthography import normalise
from tests.ledgers import entered
from tests.test_scoring import garbled, sentences

TEXTS = sentences(50, seed=11)
REFERENCES = [(text,) for text in TEXTS]
POOR, OTHER = ([text or "x" for text in garbled(TEXTS, seed)] for seed in (12, 13))
BETTER = [text if number % 3 else garble for number, (text, garble) in enumerate(zip(TEXTS, OTHER, strict=True))]


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    with Ledger(read().ledger) as opened:
        yield opened


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


# -- what is said -----------------------------------------------------------------------------------------------------


def test_a_better_run_is_named_with_effect_interval_and_p(ledger: Ledger) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, BETTER, REFERENCES)
    found = compare(ledger, first, second, trials=1000)
    numbers = r"\d+\.\d chrF \(95 %: \d+\.\d – \d+\.\d, p = 0\.0\d\d\)"
    assert re.fullmatch(rf"run {second} is better by {numbers}", found.sentence)
    back = compare(ledger, second, first, trials=1000)
    assert back.sentence == found.sentence
    assert (back.wins, back.ties, back.losses) == (found.losses, found.ties, found.wins)
    assert found.wins + found.ties + found.losses == 50


def test_two_runs_that_noise_could_have_made_are_not_told_apart(ledger: Ledger) -> None:
    found = compare(ledger, entered(ledger, POOR, REFERENCES), entered(ledger, OTHER, REFERENCES), trials=1000)
    assert found.sentence.startswith("no difference can be told from 50 sentences (chrF ")


def test_metrics_that_do_not_agree_are_named(ledger: Ledger) -> None:
    # A longer text holds more of the reference's letters, and more that it does not: chrF rises, TER as well.
    longer = [f"{text} {text}" if number % 2 else text for number, text in enumerate(POOR)]
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, longer, REFERENCES)
    found = compare(ledger, first, second, ("chrf", "ter"), trials=1000)
    assert found.sentence.endswith(f"; by TER, run {first} is better")


def test_scores_are_those_that_were_recorded(ledger: Ledger) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, OTHER, REFERENCES)
    found = compare(ledger, first, second, trials=100)
    for run_id, values in ((first, "first"), (second, "second")):
        recorded = {score.metric: score.value for score in ledger.show(run_id).scores}
        assert {it.metric: getattr(it, values) for it in found.differences if it.metric != "ter"} == recorded
    assert found.remarks == ()


def test_the_segments_that_changed_most_come_first(ledger: Ledger) -> None:
    changed = [*TEXTS]
    changed[7], changed[3] = "x", changed[3].removesuffix(".")
    first, second = entered(ledger, TEXTS, REFERENCES), entered(ledger, changed, REFERENCES)
    found = compare(ledger, first, second, ("chrf",), trials=100)
    assert [it.id for it in found.changes[:2]] == ["d7", "d3"]
    assert (found.wins, found.ties, found.losses) == (0, 48, 2)
    assert found.changes[0].second == "x" and found.changes[0].references == REFERENCES[7]


def test_a_text_that_scores_otherwise_than_recorded_is_told(ledger: Ledger) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, OTHER, REFERENCES)
    with ledger._store.writing() as connection:
        query = "UPDATE score SET value = 12.5, signature = 'old' WHERE run = ? AND metric = 'chrf'"
        connection.execute(query, (first,))
    remarks = "\n".join(compare(ledger, first, second, ("chrf",), trials=100).remarks)
    assert f"run {first} was recorded with chrF 12.50" in remarks
    assert "recorded under different signatures, old and" in remarks


def test_failed_segments_count_as_empty_and_are_told(ledger: Ledger) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, ["", *POOR[1:]], REFERENCES)
    found = compare(ledger, first, second, ("chrf",), trials=100)
    assert found.remarks == (f"1 of 50 segments of run {second} failed and count as empty",)


# -- what may be compared ---------------------------------------------------------------------------------------------


def test_runs_that_mean_different_things_are_not_compared(ledger: Ledger) -> None:
    base = entered(ledger, POOR, REFERENCES)
    others = {
        "different directions": entered(ledger, POOR, REFERENCES, direction="eng-qaa"),
        r"different test sets: dev \((ab12cd34|ffff)\) and dev \(": entered(ledger, POOR, REFERENCES, test_hash="ffff"),
        "different numbers of segments: (50 and 20|20 and 50)": entered(ledger, POOR[:20], REFERENCES[:20]),
        "is (running|interrupted); only finished runs": entered(ledger, POOR, REFERENCES, scored=False),
        "differ in segment 1": entered(ledger, POOR, [("another",), *REFERENCES[1:]]),
    }
    for said, other in others.items():
        for pair in ((base, other), (other, base)):
            with pytest.raises(UsageError, match=said):
                compare(ledger, *pair)
    with pytest.raises(UsageError, match="with itself"):
        compare(ledger, base, base[:-1])
    with pytest.raises(UsageError, match="no run 'x'"):
        compare(ledger, base, "x")
    with pytest.raises(UsageError, match=r"metric 'BLEURT': run .* has no such scores; it has bleu, chrf"):
        compare(ledger, base, entered(ledger, OTHER, REFERENCES), ("BLEURT",))


# -- one orthography --------------------------------------------------------------------------------------------------


def test_spelling_alone_makes_no_difference_in_one_orthography(ledger: Ledger) -> None:
    references = [(f"ma'a {text}",) for text in TEXTS]
    ours, theirs = [f"ma'a {text}" for text in POOR], [f"Ma’a  {text.upper()}" for text in POOR]
    first, second = entered(ledger, ours, references), entered(ledger, theirs, references)
    raw = compare(ledger, first, second, ("chrf",), trials=500).differences[0]
    normalised = compare(ledger, first, second, ("chrf",), normalised=True, trials=500)
    assert raw.told and raw.difference < -20
    assert (normalised.differences[0].metric, normalised.differences[0].difference) == ("chrf-norm", 0)
    assert (normalised.wins, normalised.ties, normalised.losses) == (0, 50, 0)


def test_a_normalised_score_is_that_of_the_normalised_texts_and_says_so() -> None:
    texts, references = ["Ma’a  TORA", "ʻE"], [("ma'a tora",), ("'e", "e")]
    found = scoring.normalised_score(texts, references, "eng", ("chrf", "ter"), bootstrap=0)
    assert [it.metric for it in found] == ["chrf-norm", "ter-norm"]
    assert [it.value for it in found] == [pytest.approx(100), 0]
    assert all(it.signature.endswith("|orth:nfkc+casefold+marks.1") for it in found)


@given(st.text())
@settings(max_examples=200)
def test_to_normalise_twice_is_to_normalise_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


# -- outside scores ---------------------------------------------------------------------------------------------------

SEGMENTS = tuple(RunSegment(n, f"d{n}", "s", ("r",), "h") for n in range(3))


def scores_of(text: str, segments: Sequence[RunSegment] = SEGMENTS) -> tuple[float, ...]:
    return outside.read(text.encode(), Path("comet.tsv"), segments, "COMET")


@pytest.mark.parametrize(
    "text",
    [
        "0.5\n-1\n2e-3\n",
        "\ufeff0.5\r\n-1\r\n2e-3",
        "d2\t2e-3\nd0\t0.5\nd1\t-1\n",
        "id\tCOMET\nd1\t-1\nd0\t0.5\nd2\t2e-3\n",
        "position\thypothesis\tscore\n1\th\t-1\n0\th\t0.5\n2\th\t2e-3\n",
        "system\tcomet\na\t0.5\na\t-1\na\t2e-3\n",
    ],
)
def test_outside_scores_are_read_by_order_id_or_position(text: str) -> None:
    assert scores_of(text) == (0.5, -1.0, 0.002)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"comet.tsv: no scores; expected 3"),
        ("0.5\n1\n", r"no score for 1 of 3 segments, the first of them 'd2'"),
        ("0.5\n1\n2\n3\n", r"4 scores, and the run has 3 segments"),
        ("0.5\nx\n2\n", r"comet.tsv:2: expected a number, found 'x'"),
        ("0.5\nnan\n2\n", r"expected a number, found 'nan'"),
        ("d0\t1\nd0\t2\nd1\t1\n", r"comet.tsv:2: a second score for the same segment"),
        ("d0\t1\nd9\t2\nd1\t1\n", r"the run has no segment of id 'd9'"),
        ("id\tBLEURT\nd0\t1\n", r"comet.tsv:1: expected a score, or the name of a column 'COMET' or 'score'"),
        ("a\tb\t1\n", r"3 columns and no names"),
        ("position\tscore\n7\t1\n", r"no segment of position '7'"),
    ],
)
def test_outside_scores_that_do_not_fit_are_refused_with_their_line(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        scores_of(text)


def test_outside_scores_that_are_no_text_are_refused() -> None:
    with pytest.raises(FormatError, match=r"comet\.tsv:2: not UTF-8"):
        outside.read(b"1\n\xff\n", Path("comet.tsv"), SEGMENTS, "COMET")


@given(st.text(alphabet="d012\t\n .-eEx", max_size=30))
@settings(max_examples=300)
def test_any_file_of_scores_is_read_or_refused(text: str) -> None:
    with suppress(FormatError):
        assert len(scores_of(text)) == 3


def test_outside_scores_stand_beside_the_others_and_are_compared(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, OTHER, REFERENCES)
    for run_id, more in ((first, 0.0), (second, 0.1)):
        file = tmp_path / f"{more}.tsv"
        file.write_text("".join(f"d{n}\t{0.01 * n + more}\n" for n in range(50)), encoding="utf-8")
        assert run("runs", "import-scores", run_id, file, "--metric", "COMET") == 0
    assert capsys.readouterr().out.startswith("COMET 0.245 (95 %: 0.2")
    score = ledger.show(second).scores[-1]
    assert (score.metric, round(score.value, 6)) == ("COMET", 0.345)
    origin = r"file:0\.1\.tsv\|sha256:[0-9a-f]{12}"
    assert re.fullmatch(rf"mean-of-segments\|n:50\|bs:1000\|seed:12345\|{origin}", score.signature)
    found = compare(ledger, first, second, ("COMET",), trials=500)
    assert found.differences[0].told and found.remarks == ()
    assert run("runs", "show", first, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["segments"][3]["COMET"], shown["scores"]["COMET"]["value"]) == (0.03, pytest.approx(0.245))


def test_scores_imported_again_replace_the_first(ledger: Ledger, tmp_path: Path) -> None:
    run_id = entered(ledger, POOR[:3], REFERENCES[:3])
    for text in ("1\n2\n3\n", "4\n5\n6\n"):
        (tmp_path / "s.tsv").write_text(text, encoding="utf-8")
        outside.enter(ledger, run_id, "COMET", tmp_path / "s.tsv")
    assert ledger.outside_scores(run_id) == {"COMET": (4.0, 5.0, 6.0)}
    assert [score.value for score in ledger.show(run_id).scores if score.metric == "COMET"] == [5.0]


def test_no_imported_score_takes_the_name_of_one_computed_here(ledger: Ledger, tmp_path: Path) -> None:
    run_id = entered(ledger, POOR[:3], REFERENCES[:3])
    for name in ("bleu", "chrF", "chrf-norm"):
        with pytest.raises(UsageError, match="is computed here"):
            outside.enter(ledger, run_id, name, tmp_path / "s.tsv")
    with pytest.raises(UsageError, match=r"s\.tsv: No such file"):
        outside.enter(ledger, run_id, "COMET", tmp_path / "s.tsv")


# -- tags and removal -------------------------------------------------------------------------------------------------


def test_tags_are_added_once_and_taken_off(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = entered(ledger, POOR[:3], REFERENCES[:3], tags=("first",))
    assert run("runs", "tag", run_id, "paper", "first", "paper") == 0
    assert ledger.show(run_id).tags == ("first", "paper")
    assert run("runs", "tag", run_id, "first", "--remove") == 0
    assert ledger.show(run_id).tags == ("paper",)
    assert run("runs", "tag", run_id, "two\nlines") == 2
    assert run("runs", "tag", run_id) == 2
    capsys.readouterr()
    run("runs")
    assert capsys.readouterr().out.splitlines()[1].endswith("done    paper")


def test_a_run_is_deleted_with_its_texts_and_the_context_that_nobody_else_read(ledger: Ledger, home: Path) -> None:
    kept = entered(ledger, POOR[:3], REFERENCES[:3], context="shared")
    gone = entered(ledger, ["The-Secret-Sentence", *POOR[:2]], REFERENCES[:3], context="shared")
    alone = entered(ledger, POOR[:3], REFERENCES[:3], context="alone")
    assert run("runs", "rm", gone, alone, gone) == 0
    assert [it.id for it in ledger.list()] == [kept]
    assert ledger.context("shared").text == "the context shared"
    with pytest.raises(UsageError):
        ledger.context("alone")
    for file in home.iterdir():
        if file.is_file():
            assert b"The-Secret-Sentence" not in file.read_bytes()


def test_nothing_is_deleted_when_one_of_the_runs_is_unknown_or_goes_on(ledger: Ledger) -> None:
    run_id = entered(ledger, POOR[:3], REFERENCES[:3])
    going_on = entered(ledger, POOR[:3], REFERENCES[:3], scored=False)
    assert run("runs", "rm", run_id, "nosuch") == 2
    assert run("runs", "rm", going_on) == 2
    assert len(ledger.list()) == 2


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_prints_sentence_table_and_segments(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, BETTER, REFERENCES)
    assert run("compare", first, second, "--segments", 2, "--trials", 200) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"run {second} is better by ") and "changed most:" in out
    assert (out.count("  first  "), err) == (3, "")  # the head of the table and two segments
    assert run("compare", first, second, "--json", "--trials", 200, "--metric", "chrf", "--segments", 1) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["metrics"]["chrf"]["told"] is True and shown["signature"] == "bs:1000|ar:200|seed:12345"
    assert list(shown["changed"][0]) == ["id", "source", "references", "first", "second", "first_score", "second_score"]


def test_what_cannot_be_compared_is_a_wrong_question(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    first = entered(ledger, POOR, REFERENCES)
    second = entered(ledger, POOR, REFERENCES, test_hash="other")
    assert run("compare", first, second) == 2
    assert "different test sets" in capsys.readouterr().err
    assert run("compare", first, first, "--seed", -1) == 2


def test_a_signature_that_differs_is_warned_of_on_stderr(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = entered(ledger, POOR, REFERENCES), entered(ledger, OTHER, REFERENCES)
    old = replace(ledger.show(first).scores[1], signature="nrefs:1|version:2.5.0")
    with ledger._store.writing() as connection:
        connection.execute("UPDATE score SET signature = ? WHERE run = ? AND metric = 'chrf'", (old.signature, first))
    assert run("compare", first, second, "--trials", 100) == 0
    assert "chrf was recorded under different signatures, nrefs:1|version:2.5.0 and" in capsys.readouterr().err
