"""A file that was broken off is gone on with, and an output is whole or not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ctxlearn import batch
from ctxlearn.data import Direction, Segment
from ctxlearn.manifest import open_corpus
from ctxlearn.models.floors import CopyModel
from ctxlearn.packs import Pack, open_pack
from ctxlearn.settings import read
from ctxlearn.translate import System
from tests.tiny import TINY, called, main, started

Capture = pytest.CaptureFixture[str]
LINES = [f"Tari mola {number}" for number in range(20_000)]


@pytest.fixture
def pack(shared_home: Path) -> Pack:
    return open_pack(read().packs, open_corpus(str(TINY)))


@pytest.fixture
def long(tmp_path: Path) -> Path:
    file = tmp_path / "long.txt"
    file.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    return file


def arguments(source: Path, target: Path) -> list[object]:
    return ["translate", TINY, "--model", "copy", "--to", "eng", "-i", source, "-o", target]


def broken_off(source: Path, target: Path, number: signal.Signals) -> subprocess.Popen[bytes]:
    """Start to translate a file, and send a signal when some of it is done."""
    journal = target.with_name(f"{target.name}.part")
    process = started(*arguments(source, target))
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > 20_000):
        time.sleep(0.002)
    process.send_signal(number)
    return process


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_translation_broken_off_is_gone_on_with(
    capsys: Capture, long: Path, tmp_path: Path, number: signal.Signals
) -> None:
    target, journal = tmp_path / "out.txt", tmp_path / "out.txt.part"
    with broken_off(long, target, number) as process:
        out, err = process.communicate()
    assert process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    assert (out, target.exists()) == (b"", False)
    if number is signal.SIGINT:
        assert err == b"ctxlearn: interrupted; what was finished is kept\n"
    data = journal.read_bytes()
    done = data.count(b"\n") - 1
    assert 0 < done < len(LINES)
    journal.write_bytes(data.replace(b'"text": "Tari mola 0"', b'"text": "from the journal"') + b'{"id": "cut')
    assert main(capsys, *arguments(long, target)) == (0, "", "")
    assert target.read_text(encoding="utf-8").splitlines() == ["from the journal", *LINES[1:]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.txt", "out.txt"]


def test_an_old_output_stays_until_the_new_one_is_whole(long: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old\n", encoding="utf-8")
    with broken_off(long, target, signal.SIGTERM) as process:
        process.communicate()
    assert target.read_text(encoding="utf-8") == "old\n"


def journal_of(pack: Pack, path: Path, *texts: str) -> list[str]:
    system = System(CopyModel(), pack, Direction("qaa", "eng"))
    asked = [Segment(str(number), text) for number, text in enumerate(texts)]
    return [it.text for hypotheses in batch.translate(system, asked, path) for it in hypotheses]


def test_what_the_journal_holds_comes_first_and_is_not_asked_again(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "j.part"
    assert journal_of(pack, path, "a", "b", "собака") == ["a", "b", ""]
    head, first, _, third = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(third)["problem"][0] == "wrong-script"
    path.write_text("\n".join([head, first.replace('"text": "a"', '"text": "kept"'), ""]), encoding="utf-8")
    assert journal_of(pack, path, "a", "b", "собака") == ["kept", "b", ""]


@pytest.mark.parametrize("texts", [("a",), ("a", "c"), ("a", "b", "c"), ("b", "a")])
def test_the_journal_of_another_input_is_begun_anew(pack: Pack, tmp_path: Path, texts: tuple[str, ...]) -> None:
    path = tmp_path / "j.part"
    journal_of(pack, path, "a", "b")
    path.write_text(path.read_text(encoding="utf-8").replace('"text": "a"', '"text": "old"'), encoding="utf-8")
    assert journal_of(pack, path, *texts) == list(texts)


@pytest.mark.parametrize("damage", [b"", b"\n", b'{"run": "', b'{"run": "x"}\n', b'{"run": "x"}\nnonsense\n'])
def test_a_damaged_journal_is_begun_anew(pack: Pack, tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "j.part"
    path.write_bytes(damage)
    assert journal_of(pack, path, "a", "b") == ["a", "b"]


def test_a_damaged_line_within_the_journal_loses_nothing(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "j.part"
    journal_of(pack, path, "a", "b")
    path.write_bytes(path.read_bytes().replace(b'{"id": "0"', b'{"id"; "0"'))
    assert journal_of(pack, path, "a", "b") == ["a", "b"]


def test_a_file_that_is_no_journal_is_not_written_over(capsys: Capture, tmp_path: Path) -> None:
    source, mine = tmp_path / "in.txt", tmp_path / "out.txt.part"
    source.write_text("Tari\n", encoding="utf-8")
    mine.write_text("my notes\n", encoding="utf-8")
    code, _, err = main(capsys, *arguments(source, tmp_path / "out.txt"))
    assert code == 2
    assert err == (
        f"ctxlearn: {mine}: is there and is not a half-done translation; move it away, or give another --output\n"
    )
    assert mine.read_text(encoding="utf-8") == "my notes\n"


def test_a_pipe_with_an_output_file_is_kept_too(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    assert called("translate", TINY, "--model", "copy", "--to", "eng", "-o", target, stdin=b"Tari\nmola\n")[0] == 0
    assert target.read_text(encoding="utf-8") == "Tari\nmola\n"


def test_an_output_may_be_its_own_input(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "both.txt"
    file.write_text("Tari\n\nmola\n", encoding="utf-8")
    assert main(capsys, *arguments(file, file)) == (0, "", "")
    assert file.read_text(encoding="utf-8") == "Tari\n\nmola\n"


def test_json_and_tsv_can_be_written_to_a_file(capsys: Capture, tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out"
    source.write_text("Tari\n", encoding="utf-8")
    assert main(capsys, *arguments(source, target), "--json") == (0, "", "")
    assert json.loads(target.read_text(encoding="utf-8"))["results"][0]["hypothesis"] == "Tari"
    assert main(capsys, *arguments(source, target), "--tsv") == (0, "", "")
    assert target.read_text(encoding="utf-8") == "1\tTari\tTari\t\t\n"
