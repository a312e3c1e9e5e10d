"""Translations that somebody made, read from a file and measured as a system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import scoring
from ctxlearn import human
from ctxlearn.data import Direction, Segment
from ctxlearn.errors import FormatError, UsageError
from ctxlearn.human import Written
from ctxlearn.runs import Ledger
from tests.tiny import TINY, called, copy_of_tiny, main

Capture = pytest.CaptureFixture[str]
OUT = Direction("qaa", "eng")
SEGMENTS = (Segment("d1", "Wani.", ("Yesterday.",)), Segment("d2", "Tari.", ("A dog.",)))
TEXTS = {"d1": "In the past.", "d2": "The dog"}


def read(path: Path, content: str, name: str = "Learner A") -> Written:
    path.write_text(content, encoding="utf-8")
    return human.read(path, name, SEGMENTS, OUT)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "In the past.\nThe dog\n"),
        ("a.eng", "\ufeffIn the past.\r\n  The   dog"),
        ("a.tsv", "id\ttranslation\nd2\tThe dog\nd1\tIn the past.\n"),
        ("a.tsv", "translation\nIn the past.\nThe dog\n"),
        ("a.tsv", "d2\tThe dog\nd1\tIn the past.\n"),
        ("a.csv", 'id,qaa,eng\nd2,Tari.,"The dog"\nd1,Wani.,In the past.\n'),
        ("a.jsonl", '{"id": "d2", "hypothesis": "The dog"}\n{"id": "d1", "hypothesis": "In the past."}\n'),
        ("a.tsv", "id\thypothesis\nd1\tIn the past.\nd3\tof another set\nd2\tThe dog\n"),
    ],
)
def test_translations_are_read_by_id_or_in_their_order(tmp_path: Path, name: str, content: str) -> None:
    written = read(tmp_path / name, content)
    assert written.texts == TEXTS
    assert [it.text for it in next(written.translate(SEGMENTS))] == ["In the past.", "The dog"]


def test_the_signature_names_the_person_the_direction_and_the_file(tmp_path: Path) -> None:
    one, other = (read(tmp_path / "a.txt", f"In the past.\n{text}\n") for text in ("The dog", "A dog"))
    assert one.name == "human:Learner A"
    assert one.signature == f"model:human:Learner A|dir:qaa-eng|file:{one.sha256[:8]}"
    assert one.signature != other.signature


def test_what_is_empty_has_failed(tmp_path: Path) -> None:
    written = read(tmp_path / "a.txt", "\nThe dog\n")
    ((first, second),) = written.translate(SEGMENTS)
    assert (first.text, first.problem and first.problem.kind, second.problem) == ("", "missing", None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "In the past.\n", "expected 2 translations, one for each segment, found 1"),
        ("a.txt", "1\n2\n3\n", "expected 2 translations, one for each segment, found 3"),
        ("a.txt", "", "expected 2 translations, one for each segment, found 0"),
        ("a.tsv", "id\ttranslation\nd1\tx\n", "no translation of 1 of 2 segments, the first of them 'd2'"),
        ("a.tsv", "id\ttranslation\nd1\tx\nd1\ty\nd2\tz\n", "a second translation of segment 'd1'"),
        ("a.tsv", "id\ttext\nd1\tx\nd2\ty\n", "no column of translations (hypothesis or translation or eng)"),
        ("a.tsv", "id\ttranslation\nd1\tx\td\td\nd2\ty\n", "translations are read whole or not at all"),
        ("a.tsv", "", "no header row"),
    ],
)
def test_a_file_that_does_not_fit_the_test_set_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path / name, content)
    assert said in str(caught.value)


def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"fine\n\xff\n")
    with pytest.raises(FormatError, match=r"a\.txt:2: byte 0xff is not utf-8"):
        human.read(tmp_path / "a.txt", "A", SEGMENTS, OUT)


@pytest.mark.parametrize("name", ["", " ", "a|b", "a\nb"])
def test_a_name_that_would_break_the_signature_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="expected a word or some"):
        read(tmp_path / "a.txt", "x\ny\n", name)


# -- as a run

ANSWERS = ["The women ate fish.", "The child sleeps.", "Birds fly.", "I saw a dog."]


def answers(folder: Path) -> Path:
    path = folder / "learner.txt"
    path.write_text("\n".join(ANSWERS) + "\n", encoding="utf-8")
    return path


def test_a_person_is_scored_as_a_system_is(capsys: Capture, home: Path, tmp_path: Path) -> None:
    asked = ["evaluate", TINY, "--direction", "qaa-eng", "--json"]
    _, out, _ = main(capsys, *asked, "--model", "copy", "--human", answers(tmp_path), "--name", "Learner A")
    model, person = json.loads(out)["runs"]
    assert (person["model"], person["sections"], person["cost_usd"]) == ("human:Learner A", [], None)
    assert person["coverage"]["segments"] == model["coverage"]["segments"]
    assert set(person["floors"]) == {"copy", "word-for-word", "nearest"}
    with Ledger(home / "ledger.sqlite") as ledger:
        run = ledger.show(person["run"])
        references = [it.references for it in ledger.segments(run.id)]
        assert [it.hypothesis for it in ledger.segments(run.id)] == ANSWERS
        assert ledger.context(run.context).text == ""
    assert run.scores == scoring.score(ANSWERS, references, "eng")
    code, out, _ = main(capsys, "compare", model["run"], person["run"])
    assert code == 0
    assert "human:Learner A" in out


def test_a_file_alone_asks_no_model_and_is_named_by_itself(capsys: Capture, home: Path, tmp_path: Path) -> None:
    code, out, _ = main(capsys, "evaluate", TINY, "--direction", "qaa-eng", "--human", answers(tmp_path))
    assert code == 0
    assert out.startswith("corpus dev qaa-eng: 4 segments, human:learner\n")
    assert not (home / "learned").exists() or not any((home / "learned").iterdir())


def test_which_test_set_a_file_is_of_has_to_be_plain(capsys: Capture, home: Path, tmp_path: Path) -> None:
    code, _, err = main(capsys, "evaluate", TINY, "--human", answers(tmp_path))
    assert code == 2
    assert "say which by --test and --direction: dev qaa-eng, dev eng-qaa" in err
    options = ["--direction", "qaa-eng", "--human", answers(tmp_path)]
    code, _, err = main(capsys, "evaluate", TINY, *options, "--name", "A", "--name", "B")
    assert (code, err) == (2, "ctxlearn: 2 names by --name, and 1 files by --human\n")
    assert main(capsys, "evaluate", TINY, "--direction", "qaa-eng", "--human", tmp_path / "nosuch")[0] == 2


def test_what_another_call_exported_can_be_entered(capsys: Capture, home: Path, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    code, out, _ = called("translate", toy, "--to", "eng", "--model", "nearest", *["Wani.", "Tari.", "Ni.", "Ta."])
    assert code == 0
    (tmp_path / "other.txt").write_text(out, encoding="utf-8")
    options = ["--direction", "qaa-eng", "--human", tmp_path / "other.txt", "--name", "nearest, elsewhere"]
    assert main(capsys, "evaluate", toy, *options)[0] == 0
