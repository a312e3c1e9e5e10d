"""The command line itself: help, exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctxlearn import __version__
from ctxlearn.commands import COMMANDS
from tests.tiny import DATA, PATIENCE, ROOT, TINY, called, change, copy_of_tiny, environment, main, started

Capture = pytest.CaptureFixture[str]
DOCS = ROOT / "docs" / "cli.md"  # `make docs` writes it from the parsers, with lines of 100 characters


def shown(capsys: Capture, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = main(capsys, *arguments, "--help")
    assert (code, err) == (0, "")
    return out


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="argparse lays its help out anew")
@pytest.mark.parametrize("name", ["ctxlearn", *COMMANDS])
def test_every_help_is_what_the_documentation_says(capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    title, arguments = ("ctxlearn", []) if name == "ctxlearn" else (f"ctxlearn {name}", [name])
    page = DOCS.read_text(encoding="utf-8")
    assert f"\n## {title}\n\n```\n{shown(capsys, monkeypatch, *arguments)}```\n" in page, "`make docs` writes it anew"


def test_every_command_says_what_it_does_in_the_general_help(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    out = shown(capsys, monkeypatch)
    for name, about in COMMANDS.items():
        assert name in out
        assert about in " ".join(out.split())


def test_the_help_imports_no_model_and_no_reader() -> None:
    program = (
        "import sys; from ctxlearn import cli\ntry: cli.main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True)
    heavy = {"ctxlearn.formats", "ctxlearn.models", "tiktoken", "numba", "sacrebleu", "litellm", "sqlite3", "json"}
    assert heavy.isdisjoint(run.stderr.split())


def test_a_translation_from_a_stored_pack_imports_no_reader_and_no_tokenizer(shared_home: Path) -> None:
    arguments = ["translate", str(TINY), "--model", "copy", "--to", "eng", "Tari"]
    assert called(*arguments)[0] == 0
    program = f"import sys; from ctxlearn import cli\ncli.main({arguments!r})\nprint(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True)
    heavy = {"ctxlearn.formats.latex", "ctxlearn.formats.cldf", "ctxlearn.context", "tiktoken", "sacrebleu", "litellm"}
    assert heavy.isdisjoint(run.stderr.split())


def test_version_and_module_call() -> None:
    assert called("--version") == (0, f"ctxlearn {__version__}\n", "")


def test_no_command_shows_the_help_and_is_exit_code_2(capsys: Capture) -> None:
    code, out, err = main(capsys)
    assert (code, out) == (2, "")
    assert "commands:" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nosuch"], 2),
        (["translate"], 2),
        (["pack", "tests/data/corpus", "--nosuch"], 2),
        (["pack", "nosuch"], 2),
        (["pack", "tests/data/corpus", "--model", "gpt"], 2),
        (["pack", "tests/data/corpus", "--budget", "-5"], 2),
        (["pack", "tests/data/corpus", "--budget", "7"], 1),
        (["translate", "tests/data/corpus", "--to", "deu", "x"], 2),
        (["translate", "tests/data/corpus", "--json", "--tsv", "x"], 2),
        (["translate", "tests/data/corpus", "--model", "copy", "--to", "eng", "соб"], 3),
        (["check", "tests/data/corpus"], 0),
        (["score", "tests/data/corpus/dev.tsv", "tests/data/corpus/sentences.tsv", "--lang", "eng"], 2),
        (["runs", "drop"], 2),
        (["forget", "nosuch"], 2),
        (["doctor"], 0),
    ],
)
def test_exit_codes_are_those_of_the_design(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    monkeypatch.chdir(DATA.parents[1])
    got, out, err = main(capsys, *arguments)
    assert got == code
    assert bool(err) == (code != 0)
    assert not (out and code == 2)


def test_check_is_exit_code_4_when_something_leaks_or_is_broken(capsys: Capture, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    change(toy / "grammar.md", "# Verbs", "Tamin hulora selu.\n\n# Verbs")
    code, out, _ = main(capsys, "check", toy)
    assert code == 4
    assert "records that hold a held-out sentence, which are never packed: 1\n  grammar.md:" in out
    assert "dev:d2 (qaa, contained)" in out
    code, out, _ = main(capsys, "check", toy, "--json")
    assert code == 4
    assert json.loads(out)["leaks"]["removed"] == 1
    broken = copy_of_tiny(tmp_path, "broken")
    change(broken / "sentences.tsv", "s20\tWani lasulu fitama.\t", "s20\tWani lasulu fitama. ")
    code, out, _ = main(capsys, "check", broken)
    assert code == 4
    assert "sentences.tsv:21: expected 3 tab-separated fields, found 2" in out


def test_check_counts_everything(capsys: Capture) -> None:
    code, out, err = main(capsys, "check", TINY)
    assert (code, err) == (0, "")
    assert "dictionary (dictionary, open): 24 entries, 29 senses, 2 examples" in out
    assert "test dev: 4 sentence pairs held out (open)" in out
    assert "no held-out sentence stands in the sources" in out
    printed = json.loads(main(capsys, "check", TINY, "--json")[1])
    assert printed["policy"] == "no-retention"
    assert [source["id"] for source in printed["sources"]] == ["dictionary", "sentences", "grammar"]
    assert printed["tests"][0]["n"] == 4
    assert printed["broken"] == 0


def test_pack_writes_exactly_what_a_model_reads(capsys: Capture, tmp_path: Path) -> None:
    target = tmp_path / "context.txt"
    code, out, _ = main(capsys, "pack", TINY, "--out", target, "--json")
    printed = json.loads(out)
    assert target.read_bytes() == (DATA / "corpus.prefix.txt").read_bytes()
    assert [name for name in printed if name not in ("policy", "problems")] == [
        *("fingerprint", "tokens", "budget", "sections", "leaks", "seconds")
    ]
    assert sum(section["records"] for section in printed["sections"]) == 55
    code, out, err = main(capsys, "pack", TINY, "--out", "-")
    assert (code, out) == (0, target.read_text(encoding="utf-8"))
    assert err.startswith("section")


def test_score_gives_the_same_json_as_evaluate(capsys: Capture, tmp_path: Path) -> None:
    for name, text in {"hyp": "The dog eats.\nNo.\n", "ref": "The dog eats.\nYes.\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    hyp, ref = tmp_path / "hyp", tmp_path / "ref"
    code, out, _ = main(capsys, "score", hyp, ref, ref, "--lang", "eng", "--json")
    printed = json.loads(out)
    assert (code, printed["n"]) == (0, 2)
    assert list(printed["scores"]) == ["bleu", "chrf", "chrf++", "ter"]
    assert set(printed["scores"]["chrf"]) == {"value", "low", "high", "signature"}
    assert "nrefs:2" in printed["scores"]["chrf"]["signature"]
    assert "chrF++" in main(capsys, "score", hyp, ref, "--lang", "eng")[1]


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    with started("pack", TINY, "--out", "-", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
        assert process.stderr is not None
        assert b"Traceback" not in (said := process.stderr.read())
        assert b"Exception ignored" not in said
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="no such locales")
def test_what_is_written_into_a_pipe_is_utf8_whatever_the_locale_says() -> None:
    latin = environment(LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    arguments = ("translate", TINY, "--model", "copy", "--to", "eng")
    code, out, _ = called(*arguments, stdin="Ñoño “ŋa”\n".encode(), env=latin)
    assert (code, out) == (0, "Ñoño “ŋa”\n")


@pytest.mark.skipif(os.name == "nt", reason="descriptors are closed in another way there")
def test_closed_streams_do_no_harm() -> None:
    shell = f'"$0" -m ctxlearn translate {TINY} --model copy --to eng "$@"'
    for streams, arguments, code in (("<&-", [], 2), (">&-", ["Tari"], 0), ("2>&-", ["Tari"], 0)):
        run = subprocess.run(
            ["sh", "-c", f"{shell} {streams}", sys.executable, *arguments],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == code, run.stderr
        assert "Traceback" not in run.stderr


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals there")
def test_at_a_terminal_one_types_a_sentence_and_reads_its_translation() -> None:
    import pty

    theirs, ours = pty.openpty()
    arguments = ["translate", str(TINY), "--model", "copy"]
    with started(*arguments, stdin=ours, stdout=ours, stderr=subprocess.PIPE) as process:
        os.close(ours)
        os.write(theirs, b"Pokin tarike kesu.\n\nThe man sees.\nNi vedake kesu.\n\x04")
        code = process.wait(timeout=PATIENCE)
        assert process.stderr is not None
        said = process.stderr.read().decode()
    screen = os.read(theirs, 10_000).decode()
    os.close(theirs)
    assert code == 0
    assert screen.count("Pokin tarike kesu.") >= 2  # the terminal's echo, and the translation
    assert said.replace("> ", "").splitlines() == [
        "ctxlearn: Toy (qaa) – English (eng); type a sentence, Ctrl-D ends",
        "ctxlearn: translating qaa-eng; --to qaa goes the other way",
        "ctxlearn: translating eng-qaa; --to eng goes the other way",
        "",
    ]
