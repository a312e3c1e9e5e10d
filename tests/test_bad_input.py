"""Whatever comes in, what goes out is a clear message and the documented exit code: no traceback, nothing half done."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ctxlearn import runs
from tests.tiny import TINY, called, change, copy_of_tiny, environment, main

Capture = pytest.CaptureFixture[str]
Harm = Callable[[Path], object]
COPY = ("--model", "copy", "--to", "eng")
posix_only = pytest.mark.skipif(os.name == "nt", reason="not so on Windows")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return copy_of_tiny(tmp_path)


def append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


def is_tidy(*folders: Path) -> bool:
    """Whether no half-written file lies about."""
    return not [path for folder in folders for path in folder.rglob("*") if path.suffix in (".new", ".part")]


def replaced(toy: Path, old: str, new: str, data: bytes) -> None:
    """Let another file be the source."""
    (toy / new).write_bytes(data)
    change(toy / "corpus.toml", f'"{old}"', f'"{new}"')


def held_out(toy: Path, ids: bytes) -> None:
    (toy / "x.ids").write_bytes(ids)
    append(toy / "corpus.toml", b'[[test]]\nname = "x"\nids = "x.ids"\nsource = "sentences"\n')


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


# -- the corpus

BROKEN: dict[str, tuple[Harm, int, str]] = {
    "no corpus.toml": (
        lambda toy: (toy / "corpus.toml").unlink(),
        2,
        "{toy}: no corpus.toml; `ctxlearn init {toy}`",
    ),
    "no corpus at all": (shutil.rmtree, 2, "corpus '{toy}': no such folder, and none of the known ones"),
    "an empty corpus.toml": (
        lambda toy: (toy / "corpus.toml").write_bytes(b""),
        1,
        "{toy}/corpus.toml:1: [language] with name and code is missing",
    ),
    "a corpus.toml that is none": (
        lambda toy: change(toy / "corpus.toml", "[contact]", "[contact"),
        1,
        "{toy}/corpus.toml:6: expected ']'",
    ),
    "a corpus.toml in Latin-1": (
        lambda toy: append(toy / "corpus.toml", b"\n# \xe9t\xe9\n"),
        1,
        "{toy}/corpus.toml:33: not UTF-8; save the file as UTF-8",
    ),
    "an unknown format": (
        lambda toy: change(toy / "corpus.toml", '"grammar.md"', '"grammar.md"\nformat = "word"'),
        1,
        "{toy}/corpus.toml:26: source 'grammar': format = 'word'; expected one of cldf, ",
    ),
    "an unknown file type": (
        lambda toy: replaced(toy, "grammar.md", "g.odt", b""),
        1,
        "{toy}/g.odt: no reader for '.odt'; the known ones are ",
    ),
    "a source that is not there": (
        lambda toy: (toy / "grammar.md").unlink(),
        1,
        "source 'grammar': {toy}/grammar.md is not there",
    ),
    "a table without a column": (
        lambda toy: change(toy / "sentences.tsv", "id\tqaa\teng", "id\ttoy\teng"),
        1,
        "sentences.tsv: no column 'qaa'; the columns are 'id', 'toy', 'eng'; map them in corpus.toml",
    ),
    "a broken encoding": (
        lambda toy: append(toy / "sentences.tsv", b"s21\tT\xe4ri.\tA dog.\n"),
        1,
        "sentences.tsv:22: byte 0xe4 is not utf-8; save the file as UTF-8\n    s21 T\ufffdri. A dog.\n         ^",
    ),
    "a grammar with a broken encoding": (
        lambda toy: append(toy / "grammar.md", b"\n\xff\n"),
        1,
        "grammar.md:37: byte 0xff",
    ),
    "test ids that do not exist": (
        lambda toy: held_out(toy, b"s1\nnosuch\n"),
        1,
        "{toy}/x.ids: 1 of 2 ids are not sentence pairs of source 'sentences' (nosuch)",
    ),
    "a test set with a broken row": (
        lambda toy: append(toy / "dev.tsv", b"d5\tTari.\n"),
        1,
        "dev.tsv:6: expected 4 tab-separated fields, found 2",
    ),
    "a book with a brace too many": (
        lambda toy: replaced(toy, "grammar.md", "book.tex", b"\\chapter{Nouns}\nText.\n}\n\\section{"),
        0,
        "",
    ),
    "a folder in the place of a table": (
        lambda toy: made_a_folder(toy / "sentences.tsv"),
        1,
        "{toy}/sentences.tsv: no reader for this folder",
    ),
    "a directory as a test set": (
        lambda toy: made_a_folder(toy / "dev.tsv"),
        1,
        "{toy}/dev.tsv: Is a directory; is the path in corpus.toml right?",
    ),
    "a zip that is none": (
        lambda toy: replaced(toy, "dictionary.tsv", "w.zip", b"PK\x03\x04nonsense"),
        1,
        "w.zip: not a zip that can be read",
    ),
}


@pytest.mark.parametrize("command", ["pack", "translate"])
@pytest.mark.parametrize(("harm", "code", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_corpus_is_refused_with_file_and_line(
    capsys: Capture, home: Path, toy: Path, command: str, harm: Harm, code: int, said: str
) -> None:
    harm(toy)
    got, out, err = main(
        capsys, command, toy, *(["--model", "copy", "x", "--to", "eng"] if command == "translate" else [])
    )
    assert got == code, err
    assert said.format(toy=toy) in err
    if code:
        assert (out, err.count("ctxlearn: ")) == ("", 1)
        assert list((home / "packs").glob("*")) == []


def test_an_empty_dictionary_is_reported_and_the_rest_is_used(capsys: Capture, toy: Path) -> None:
    (toy / "dictionary.tsv").write_bytes(b"headword\tgloss\n")
    code, out, err = main(capsys, "translate", toy, *COPY, "Tari.")
    assert (code, out) == (0, "Tari.\n")
    assert "1 thing in the sources could not be read" in err
    code, out, _ = main(capsys, "check", toy)
    assert code == 4
    assert "dictionary.tsv: nothing in it could be read as a record; is it empty?" in out


def test_a_broken_row_is_listed_with_its_line_and_the_rest_is_used(capsys: Capture, toy: Path) -> None:
    append(toy / "sentences.tsv", b"s21\tTari tari.\n")
    code, out, _ = main(capsys, "check", toy)
    assert code == 4
    assert "sentences.tsv:22: expected 3 tab-separated fields, found 2: 's21\\tTari tari.'" in out
    assert "20 examples" in out


def test_the_name_of_a_corpus_may_have_blanks_and_any_letters(capsys: Capture, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path, "Ŋoño  läŋa 语 – corpus")
    assert main(capsys, "translate", toy, *COPY, "Tari.")[:2] == (0, "Tari.\n")
    code, out, _ = main(capsys, "check", toy)
    assert code == 0
    assert str(toy) in out
    assert main(capsys, "evaluate", toy, "--model", "copy", "--limit", "1")[0] == 0
    assert main(capsys, "forget", toy)[0] == 0


# -- what is to be translated


@pytest.mark.parametrize("model", ["copy", "word-for-word", "nearest", "embedded"])
def test_a_sentence_of_a_megabyte_is_translated_or_is_a_problem_of_its_own(
    capsys: Capture, tmp_path: Path, model: str
) -> None:
    source = tmp_path / "in.txt"
    source.write_text(f"Tari.\n{'tarin molake suma ' * 58_000}\nMola.\n", encoding="utf-8")
    code, out, err = main(capsys, "translate", TINY, "--model", model, "--to", "eng", "-i", source)
    assert code in (0, 3)
    lines = out.split("\n")
    assert len(lines) == 4
    assert lines[0]
    assert lines[2]
    assert bool(lines[1]) == (code == 0)
    assert (code == 3) == ("segment 2: " in err)


ODD = {
    "NUL bytes": b"Tari\x00mola\n",
    "control characters": b"Ta\x1bri\x07 \x0b\x0c mola\n",
    "a bidirectional override": "Tari \u202emola\n".encode(),
    "a line separator": "Tari\u2028mola\n".encode(),
    "combining marks alone": "\u0301\u0301\n".encode(),
    "a private letter": "\ue000\U0010ffff\n".encode(),
    "only blanks": " \t\u00a0\u3000\n".encode(),
    "what looks like a context": b"# Dictionary\n",
    "a pipe and a backslash": b"tari \\| mola || \\\n",
    "braces and percents": b"{0} %s {tari!r}\n",
}


@pytest.mark.parametrize("model", ["word-for-word", "nearest", "embedded"])
def test_odd_characters_are_translated_one_line_each(capsys: Capture, tmp_path: Path, model: str) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(b"".join(ODD.values()))
    code, out, _ = main(capsys, "translate", TINY, "--model", model, "--to", "eng", "-i", source, "--tsv")
    rows = [line.split("\t") for line in out.split("\n")[:-1]]
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(ODD) + 1)]
    assert {len(row) for row in rows} == {5}
    assert code == (3 if any(row[4] for row in rows) else 0)


def test_a_text_in_the_wrong_script_is_exit_code_3_and_the_others_are_there() -> None:
    code, out, err = called("translate", TINY, *COPY, stdin="Tari.\nСобака.\nMola.\n".encode())
    assert (code, out) == (3, "Tari.\n\nMola.\n")
    assert "segment 2: wrong-script: written in Cyrillic; Toy is written in Latin in this corpus" in err


def test_input_that_is_not_utf8_is_named_with_its_line() -> None:
    code, out, err = called("translate", TINY, *COPY, stdin=b"Tari.\nm\xf6la\n")
    assert (code, out) == (1, "")
    assert err == "ctxlearn: <stdin>:2: byte 0xf6 is not UTF-8; save the file as UTF-8\n    m\ufffdla\n     ^\n"


def test_an_input_file_that_is_not_utf8_is_refused_before_anything_is_written(capsys: Capture, tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes("Tari.\n".encode("utf-16"))
    code, out, err = main(capsys, "translate", TINY, *COPY, "-i", source, "-o", tmp_path / "out.txt")
    assert (code, out) == (1, "")
    assert f"{source}:1: byte 0xff is not UTF-8" in err
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]


@posix_only
def test_an_argument_that_is_not_utf8_is_refused() -> None:
    code, out, err = called("translate", TINY, *COPY, "Tari \udcff", env=environment(PYTHONUTF8="1"))
    assert (code, out) == (2, "")
    assert "not UTF-8; is the terminal set to another encoding?" in err


def test_a_lone_surrogate_is_no_text(capsys: Capture) -> None:
    code, _, err = main(capsys, "translate", TINY, *COPY, "Tari \ud800")
    assert (code, err) == (2, "ctxlearn: 'Tari \\ud800': not UTF-8; is the terminal set to another encoding?\n")


USAGE = {
    "an unknown target": (["--to", "deu", "x"], "--to 'deu': expected qaa or eng"),
    "both text and input": (["-i", "in.txt", "x"], "both TEXT and --input are given; expected one of them"),
    "an input that is not there": (["-i", "none.txt"], "none.txt: No such file or directory"),
    "a directory as input": (["-i", "."], ".: Is a directory"),
    "an output in a missing folder": (
        ["-o", "no/such/out.txt", "x"],
        "no/such/out.txt: there is no folder no/such",
    ),
    "a directory as output": (["-o", ".", "x"], ".: is a folder; expected the name of a file to write"),
    "an unknown model": (
        ["--model", "gpt", "x"],
        "model 'gpt': the known ones are embedded, embedded-quick, copy, word-for-word, nearest",
    ),
    "an unknown section": (["--sections", "words", "x"], "section 'words': the known ones are dictionary, examples"),
    "no number": (["-n", "two", "x"], "argument -n: 'two' is not a whole number above 0"),
    "less than one": (["--threads", "0", "x"], "argument --threads: '0' is not a whole number above 0"),
}


@pytest.mark.parametrize(("options", "said"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_asked_for_is_exit_code_2(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = main(capsys, "translate", TINY, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert list(tmp_path.rglob("*.*")) == []


def test_a_context_is_not_written_into_a_missing_folder(capsys: Capture, tmp_path: Path) -> None:
    code, _, err = main(capsys, "pack", TINY, "--out", tmp_path / "no" / "c.txt")
    assert code == 2
    assert "there is no folder" in err


def test_many_lines_come_out_as_many_and_in_order() -> None:
    lines = [f"Tari {number}" for number in range(30_000)]
    code, out, _ = called("translate", TINY, *COPY, stdin="\n".join(lines).encode())
    assert (code, out.splitlines()) == (0, lines)


# -- the machine

LIMITED = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); "
    "from ctxlearn import cli; sys.exit(cli.main(sys.argv[1:]))"
)


def limited(most: int, *arguments: object) -> tuple[int, str, str]:
    """Call the command line with a disk on which no file can grow beyond `most` bytes."""
    program = [sys.executable, "-c", LIMITED.format(most), *map(str, arguments)]
    run = subprocess.run(program, env=environment(), capture_output=True, text=True, check=False)
    assert "Traceback" not in run.stderr
    return run.returncode, run.stdout, run.stderr


@posix_only
def test_a_full_disk_leaves_no_half_a_pack(capsys: Capture, home: Path) -> None:
    code, out, err = limited(2000, "pack", TINY)
    assert (code, out) == (1, "")
    assert "the packed context could not be stored; make room, or set CTXLEARN_HOME" in err
    assert list((home / "packs").iterdir()) == []
    assert main(capsys, "pack", TINY)[0] == 0


@posix_only
def test_a_full_disk_keeps_what_was_learned_whole_or_not_at_all(capsys: Capture, home: Path) -> None:
    assert main(capsys, "pack", TINY)[0] == 0
    code, out, err = limited(20_000, "translate", TINY, "--to", "eng", "Tari.")
    assert (code, out) == (1, "")
    assert "what was learned cannot be kept" in err
    assert is_tidy(home)
    assert main(capsys, "translate", TINY, "--to", "eng", "Tari.")[0] == 0


@posix_only
def test_a_full_disk_keeps_an_old_output_and_what_was_finished(capsys: Capture, home: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("".join(f"Tari mola kumo {n}\n" for n in range(3000)), encoding="utf-8")
    target.write_text("old\n", encoding="utf-8")
    arguments = ("translate", TINY, *COPY, "-i", source, "-o", target)
    assert main(capsys, "pack", TINY)[0] == 0
    code, out, err = limited(100_000, *arguments)
    assert (code, out) == (1, "")
    assert "File too large" in err
    assert target.read_text(encoding="utf-8") == "old\n"
    assert (tmp_path / "out.txt.part").stat().st_size > 50_000
    assert main(capsys, *arguments)[0] == 0
    assert target.read_text(encoding="utf-8") == source.read_text(encoding="utf-8")


@posix_only
def test_a_full_disk_ends_an_evaluation_with_a_message(capsys: Capture, home: Path) -> None:
    assert main(capsys, "pack", TINY)[0] == 0
    assert main(capsys, "runs")[0] == 0
    code, _, err = limited(30_000, "evaluate", TINY, "--model", "copy")
    assert code == 1
    assert "ledger.sqlite" in err
    assert main(capsys, "evaluate", TINY, "--model", "copy")[0] == 0


@pytest.mark.parametrize("command", [["pack"], ["translate", *COPY, "x"], ["evaluate", "--model", "copy"], ["forget"]])
def test_a_state_folder_that_cannot_be_made_is_named(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CTXLEARN_HOME", str(tmp_path / "file" / "state"))
    code, out, err = main(capsys, command[0], TINY, *command[1:])
    assert (code, out) == (1, "")
    assert "the state folder cannot be made; set CTXLEARN_HOME to a folder you may write" in err


def test_doctor_says_that_the_state_folder_cannot_be_used(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CTXLEARN_HOME", str(tmp_path / "file"))
    code, out, _ = main(capsys, "doctor")
    assert code == 4
    assert "FAIL  state folder: " in out


def test_a_locked_ledger_is_waited_for_and_then_named(
    capsys: Capture, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(capsys, "runs")[0] == 0
    monkeypatch.setattr(runs.Ledger.__init__, "__defaults__", (0.05,))
    connection = sqlite3.connect(home / "ledger.sqlite", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    code, out, err = main(capsys, "evaluate", TINY, "--model", "copy")
    connection.close()
    assert (code, out) == (1, "")
    assert "another process is writing to it; wait until that is done and ask again" in err
    assert main(capsys, "evaluate", TINY, "--model", "copy", "--limit", 1)[0] == 0


def test_a_ledger_that_is_something_else_is_left_as_it_is(capsys: Capture, home: Path) -> None:
    home.mkdir(parents=True)
    (home / "ledger.sqlite").write_bytes(b"my diary, " * 500)
    code, _, err = main(capsys, "runs")
    assert code == 1
    assert "this is not what ctxlearn wrote, and was left as it is; move it away to begin a new one" in err
    assert (home / "ledger.sqlite").read_bytes() == b"my diary, " * 500
