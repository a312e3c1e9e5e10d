from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn import cli, corpus, manifest, manifest_writing
from ctxlearn.commands import report
from ctxlearn.data import Language, clean
from ctxlearn.errors import CorpusError
from ctxlearn.formats.base import Omission, Report

LANGUAGES = Path(__file__).parents[2] / "shared" / "languages"
ROOT = Path(__file__).parents[1]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path


@pytest.fixture
def foo() -> Path:
    """A corpus `foo` below ./corpora, of foo and English, with no source."""
    assert cli.main(["init", "foo", "--name", "Foo", "--code", "foo"]) == 0
    return Path("corpora/foo")


def write(path: str | Path, text: str) -> str:
    """Write a file, with its folder, and return its name."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode())
    return str(path)


def words(path: str | Path = "corpora/foo/words.tsv", header: str = "headword\tgloss") -> str:
    return write(path, f"{header}\nma\the; she\nka\tyou\n")


# -- init -------------------------------------------------------------------------------------------------------------


def test_init_makes_a_corpus_that_opens(capsys: Capture) -> None:
    assert cli.main(["init", "kalamang", "--name", "Kalamang", "--code", "kgv"]) == 0
    made = manifest.open_corpus("kalamang")
    assert (made.folder, made.language, made.contact) == (
        Path("corpora/kalamang"),
        Language("Kalamang", "kgv"),
        Language("English", "eng"),
    )
    assert "next: ctxlearn add kalamang" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "folder"), [("foo", "corpora/foo"), ("sub/foo", "sub/foo"), ("./foo", "foo"), (".", ".")]
)
def test_a_name_is_made_below_corpora_and_a_path_where_it_says(name: str, folder: str) -> None:
    assert cli.main(["init", name, "--code", "foo"]) == 0
    assert manifest.parse(Path(folder) / manifest.FILE).language.code == "foo"


def test_both_languages_can_be_named() -> None:
    options = ["--name", "Zhuang", "--code", "za", "--contact-name", "Chinese", "--contact-code", "zh-Hans"]
    assert cli.main(["init", "zhuang", *options]) == 0
    assert manifest.open_corpus("zhuang").codes == ("za", "zh-Hans")


def test_init_never_replaces_a_corpus(foo: Path, capsys: Capture) -> None:
    before = (foo / manifest.FILE).read_bytes()
    assert cli.main(["init", "foo", "--code", "bar"]) == 2
    assert "there already" in capsys.readouterr().err
    assert (foo / manifest.FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "--code is missing"),
        (["--code", "not a code"], "expected a language tag"),
        (["--code", "eng"], "the two languages have the same code"),
        (["--code", "foo", "--contact-name", "Malay"], "go together"),
        (["--code", "foo", "--name", "\udcff"], "cannot be written"),
    ],
)
def test_what_init_cannot_use_makes_no_folder(options: list[str], problem: str, capsys: Capture) -> None:
    assert cli.main(["init", "foo", *options]) in (1, 2)
    assert problem in capsys.readouterr().err
    assert not Path("corpora").exists()


def test_at_a_terminal_init_asks_for_what_is_not_given() -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminal there")
    ours, theirs = pty.openpty()
    os.write(ours, b"Kalamang\nkgv\n\n\n")
    command = [sys.executable, "-m", "ctxlearn", "init", "kalamang"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environment, check=False)
    shown = os.read(ours, 4096).decode()
    assert done.returncode == 0
    assert "the language its books are written in [English]" in shown
    made = manifest.open_corpus("kalamang")
    assert (made.language, made.contact) == (Language("Kalamang", "kgv"), Language("English", "eng"))


@settings(max_examples=60)
@given(st.text(min_size=1), st.text(min_size=1))
def test_any_name_is_written_so_that_it_reads_back(name: str, contact: str) -> None:
    data = tomllib.loads(manifest_writing.new(Language(name, "foo"), Language(contact, "eng")))
    assert (data["language"]["name"], data["contact"]["name"]) == (clean(name), clean(contact))


@settings(max_examples=60)
@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1), st.lists(st.text(), min_size=1))
def test_any_field_is_written_so_that_it_reads_back(columns: dict[str, str], tables: list[str]) -> None:
    text = manifest_writing.table("source", {"path": "x", "id": "", "columns": columns, "tables": tables})
    assert tomllib.loads(text) == {"source": [{"path": "x", "columns": columns, "tables": tables}]}


# -- add: sources -----------------------------------------------------------------------------------------------------


def test_an_added_source_reads(foo: Path, capsys: Capture) -> None:
    before = (foo / manifest.FILE).read_bytes()
    options = ["--policy", "open", "--licence", "CC BY 4.0", "--cite", 'Visser "2020"']
    assert cli.main(["add", "foo", words(), *options]) == 0
    after = (foo / manifest.FILE).read_bytes()
    assert after.startswith(before)
    opened = manifest.open_corpus("foo")
    (source,) = opened.sources
    assert (source.id, source.kind, source.format, source.policy) == ("words", "dictionary", "table", "open")
    assert (source.licence, source.cite) == ("CC BY 4.0", 'Visser "2020"')
    assert len(corpus.read(opened).parts[0].material.entries) == 2
    out = capsys.readouterr().out
    assert "words (dictionary, open): 2 entries, 3 senses, 0 examples" in out
    assert "ma |  | he | she" in out
    assert "local-only" not in out


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.tsv", "headword\tgloss\nma\the\n", "dictionary"),
        ("a.csv", "id,foo,eng\n1,Ma he.,He goes.\n", "parallel"),
        ("a.jsonl", '{"foo": "Ma he.", "eng": "He goes."}\n', "parallel"),
        ("a.json", '{"ma": "he", "ka": "you"}', "dictionary"),
        ("a.tsv", "foo\nMa he.\n", "text"),
        ("a.md", "# Nouns\n\nNouns come first.\n", "grammar"),
        ("a.tex", "\\chapter{Nouns}\n\nNouns come first.\n", "grammar"),
    ],
)
def test_the_kind_is_guessed_from_format_and_columns(
    foo: Path, name: str, text: str, kind: str, capsys: Capture
) -> None:
    assert cli.main(["add", "foo", write(foo / name, text)]) == 0
    assert manifest.open_corpus("foo").sources[0].kind == kind
    assert f"{kind} is a guess; --kind says otherwise" in capsys.readouterr().out


def test_the_kind_that_is_given_is_no_guess(foo: Path, capsys: Capture) -> None:
    assert cli.main(["add", "foo", write("story.md", "Once upon a time.\n"), "--kind", "text"]) == 0
    assert manifest.open_corpus("foo").sources[0].kind == "text"
    assert "guess" not in capsys.readouterr().out


def test_without_a_policy_a_source_is_local_only_and_that_is_said(foo: Path, capsys: Capture) -> None:
    assert cli.main(["add", "foo", words()]) == 0
    assert manifest.open_corpus("foo").sources[0].policy == "local-only"
    assert "no --policy was given" in capsys.readouterr().out


def test_what_was_left_out_is_shown_with_its_line(foo: Path, capsys: Capture) -> None:
    assert cli.main(["add", "foo", write(foo / "words.tsv", "headword\tgloss\nma\the\n\tyou\nka\n")]) == 0
    out = capsys.readouterr().out
    assert "left out: 2" in out
    assert "words.tsv:3: no headword" in out
    assert "words.tsv:4: expected 2 tab-separated fields, found 1" in out


def test_columns_of_other_names_are_mapped(foo: Path) -> None:
    mapped = ["--column", "headword=word", "--column", "gloss=meaning in English"]
    assert cli.main(["add", "foo", words(header="word\tmeaning in English"), *mapped]) == 0
    opened = manifest.open_corpus("foo")
    assert opened.sources[0].columns == {"headword": "word", "gloss": "meaning in English"}
    assert len(corpus.read(opened).parts[0].material.entries) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "--column OURS=THEIRS"),
        (["--kind", "dictionary"], "no column 'headword'; the columns are 'word', 'meaning'"),
        (["--column", "headword=Wort", "--column", "gloss=meaning"], "'word', 'meaning'"),
        (["--column", "headword"], "expected OURS=THEIRS"),
        (["--format", "latex", "--kind", "dictionary"], "the format latex holds grammar or text"),
        (["--format", "nosuch"], "no format 'nosuch'"),
        (["--kind", "grammar"], "not 'grammar'"),
        (["--password-env", "NOSUCH_VARIABLE"], "NOSUCH_VARIABLE is not set"),
    ],
)
def test_a_file_that_cannot_be_read_so_leaves_corpus_toml_alone(
    foo: Path, options: list[str], problem: str, capsys: Capture
) -> None:
    before = (foo / manifest.FILE).read_bytes()
    assert cli.main(["add", "foo", words(header="word\tmeaning"), *options]) in (1, 2)
    assert problem in capsys.readouterr().err
    assert (foo / manifest.FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.tsv", b"headword\tgloss\nma\t\xff\n", "a.tsv:2: byte 0xff is not utf-8"),
        ("a.tsv", b"headword\tgloss\n", "no record could be read"),
        ("a.tsv", b"", "no header row"),
        ("a.odt", b"PK", "no reader for '.odt'"),
        ("a.json", b'{"ma": ', "not JSON"),
        ("a.zip", b"PK", "not a zip"),
        ("a.md", b"", "nothing was added"),
    ],
)
def test_a_broken_file_is_told_and_not_added(foo: Path, name: str, data: bytes, problem: str, capsys: Capture) -> None:
    (foo / name).write_bytes(data)
    assert cli.main(["add", "foo", str(foo / name)]) == 1
    assert problem in capsys.readouterr().err
    assert manifest.open_corpus("foo").sources == ()


def test_of_several_files_all_are_added_or_none(foo: Path, capsys: Capture) -> None:
    pairs = write(foo / "pairs.tsv", "foo\teng\nMa he.\tHe goes.\n")
    assert cli.main(["add", "foo", words(), pairs, "nosuch.tsv"]) == 2
    assert "nosuch.tsv: no such file" in capsys.readouterr().err
    assert manifest.open_corpus("foo").sources == ()
    assert cli.main(["add", "foo", words(), pairs]) == 0
    assert [(it.id, it.kind) for it in manifest.open_corpus("foo").sources] == [
        ("words", "dictionary"),
        ("pairs", "parallel"),
    ]


def test_a_source_is_added_once(foo: Path, capsys: Capture) -> None:
    assert cli.main(["add", "foo", words()]) == 0
    assert cli.main(["add", "foo", str(Path(words()).absolute())]) == 2
    assert "stands in corpora/foo/corpus.toml already" in capsys.readouterr().err


def test_ids_are_unique(foo: Path, capsys: Capture) -> None:
    assert cli.main(["add", "foo", words(), words(foo / "more" / "words.tsv")]) == 0
    assert [it.id for it in manifest.open_corpus("foo").sources] == ["words", "words.tsv"]
    assert cli.main(["add", "foo", words(foo / "again" / "words.tsv")]) == 2
    assert "give another with --id" in capsys.readouterr().err
    assert cli.main(["add", "foo", words(foo / "again" / "words.tsv"), "--id", "words"]) == 1
    assert "stands twice" in capsys.readouterr().err
    assert cli.main(["add", "foo", words(foo / "again" / "words.tsv"), "--id", "third"]) == 0


def test_a_path_is_written_relative_to_the_corpus_where_it_can_be(foo: Path, here: Path) -> None:
    beside, elsewhere = words("beside.tsv"), str(Path(words("elsewhere.tsv")).absolute())
    assert cli.main(["add", "foo", words(foo / "in" / "side.tsv"), beside, elsewhere]) == 0
    data = tomllib.loads((foo / manifest.FILE).read_text())
    assert [it["path"] for it in data["source"]] == ["in/side.tsv", "../../beside.tsv", elsewhere]
    assert len(corpus.read(manifest.open_corpus("foo")).parts) == 3


def test_a_member_of_an_encrypted_zip_is_added_by_the_name_of_its_password(
    foo: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with zipfile.ZipFile(foo / "all.zip", "w") as archive:
        archive.writestr("words.tsv", "headword\tgloss\nma\the\n")
        archive.writestr("notes.txt", "none")
    assert cli.main(["add", "foo", str(foo / "all.zip")]) == 1
    assert "which of its files? it holds words.tsv, notes.txt" in capsys.readouterr().err
    monkeypatch.setenv("ZIP_PASSWORD", "secret")
    options = ["--member", "words.tsv", "--password-env", "ZIP_PASSWORD"]
    assert cli.main(["add", "foo", str(foo / "all.zip"), *options]) == 0
    text = (foo / manifest.FILE).read_text()
    assert 'password_env = "ZIP_PASSWORD"' in text
    assert "secret" not in text


# -- add: test sets ---------------------------------------------------------------------------------------------------


def test_a_test_set_is_added_under_its_name(foo: Path, capsys: Capture) -> None:
    pairs = write(foo / "held.tsv", "id\tfoo\tEnglish\n7\tMa he.\tHe goes.\n")
    assert cli.main(["add", "foo", pairs, "--test", "dev", "--column", "eng=English", "--policy", "open"]) == 0
    assert cli.main(["add", "foo", words()]) == 0
    (test,) = corpus.read(manifest.open_corpus("foo")).tests
    assert (test.name, test.policy, test.items[0].id) == ("dev", "open", "7")
    assert "dev (test set, open): 1 sentence" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("foo\teng\nMa he.\t\n", [], "has no text in 'eng'"),
        ("foo\teng\n", [], "is empty"),
        ("foo\teng\nMa he.\tHe goes.\n", ["--licence", "CC0-1.0"], "--licence is not for a test set"),
        ("foo\teng\nMa he.\tHe goes.\n", ["--id", "x"], "--id is not for a test set"),
    ],
)
def test_a_test_set_that_cannot_be_used_is_not_added(
    foo: Path, text: str, options: list[str], problem: str, capsys: Capture
) -> None:
    assert cli.main(["add", "foo", write(foo / "dev.tsv", text), "--test", "dev", *options]) in (1, 2)
    assert problem in capsys.readouterr().err
    assert manifest.open_corpus("foo").tests == ()


# -- add: corpus.toml is a person's file ------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "{newline}", "{newline}# mine, keep it"])
def test_all_that_stood_in_corpus_toml_stays_byte_for_byte(foo: Path, newline: str, end: str) -> None:
    lines = ["\ufeff# Grüße", "[language]", 'name="Foo"', "code = 'foo'  # mine", "[contact]", 'name="E"', 'code="eng"']
    before = (newline.join(lines) + end.format(newline=newline)).encode()
    (foo / manifest.FILE).write_bytes(before)
    assert cli.main(["add", "foo", words()]) == 0
    after = (foo / manifest.FILE).read_bytes()
    assert after.startswith(before)
    assert (b"\r\n" in after) == (newline == "\r\n")
    assert not re.search(rb"(?<!\r)\n", after) or newline == "\n"


def test_a_corpus_toml_that_cannot_grow_at_its_end_stays_as_it_is(foo: Path, capsys: Capture) -> None:
    head = '[language]\nname = "Foo"\ncode = "foo"\n[contact]\nname = "English"\ncode = "eng"\n'
    before = 'source = [{kind = "text", path = "a.md"}]\n' + head
    (foo / manifest.FILE).write_text(before)
    assert cli.main(["add", "foo", words()]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert (foo / manifest.FILE).read_text() == before


def test_a_linked_corpus_toml_stays_a_link(foo: Path) -> None:
    real = (foo / manifest.FILE).rename("real.toml")
    (foo / manifest.FILE).symlink_to(real.resolve())
    assert cli.main(["add", "foo", words()]) == 0
    assert (foo / manifest.FILE).is_symlink()
    assert "words.tsv" in real.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no file-size limit there")
def test_on_a_full_disk_corpus_toml_is_as_it_was(foo: Path) -> None:
    before = (foo / manifest.FILE).read_bytes()
    name = words()
    limited = (
        "import resource, sys; from ctxlearn import cli, render, leaks, formats; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)}, {len(before)})); sys.exit(cli.main(sys.argv[1:]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", limited, "add", "foo", name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert (foo / manifest.FILE).read_bytes() == before
    assert not list(foo.glob("*.part"))


def test_a_dry_run_writes_nothing(foo: Path, capsys: Capture) -> None:
    before = (foo / manifest.FILE).read_bytes()
    assert cli.main(["add", "foo", words(), "--dry-run"]) == 0
    assert "would be added to" in capsys.readouterr().out
    assert (foo / manifest.FILE).read_bytes() == before


def test_add_says_all_in_one_object(foo: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert cli.main(["add", "foo", words(), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (added,) = found["added"]
    assert (found["corpus"], found["written"], added["table"], added["id"]) == ("foo", True, "source", "words")
    assert added["read"] == {"entries": 2, "senses": 3, "examples": 0}
    assert added["fields"]["path"] == "words.tsv"


def test_add_without_a_corpus_says_how_to_start_one(capsys: Capture) -> None:
    Path("empty").mkdir()
    assert cli.main(["add", "empty", words("w.tsv")]) == 2
    assert "`ctxlearn init empty` makes one" in capsys.readouterr().err


# -- the import report ------------------------------------------------------------------------------------------------


def test_a_long_list_of_omissions_is_cut_and_counted() -> None:
    omissions = tuple(Omission(f"a.tsv:{number}", "x", "no gloss") for number in range(1, 333))
    lines = report.details(Report({}, omissions, ("a remark",)))
    assert lines[0] == "  left out: 332"
    assert lines[1] == "    a.tsv:1: no gloss: 'x'"
    assert lines[-2:] == ["    … and 312 more", "  note: a remark"]
    assert len(lines) == 1 + 20 + 2


def test_what_is_left_out_on_purpose_is_told_apart_from_what_is_broken() -> None:
    omissions = (Omission("a.tex:1", "", "a title page", deliberate=True), Omission("a.tex:9", "\\gll x", "broken off"))
    assert report.details(Report({}, omissions)) == [
        "  left out: 1",
        "    a.tex:9: broken off: '\\\\gll x'",
        "  left out on purpose: 1",
        "    a.tex:1: a title page",
    ]


@pytest.mark.real
def test_the_books_of_kalamang_are_added_as_what_they_are(here: Path) -> None:
    assert cli.main(["init", "kalamang", "--code", "kgv"]) == 0
    books = [str(LANGUAGES / "kalamang" / name) for name in ("dictionary-cldf", "grammar-latex")]
    assert cli.main(["add", "kalamang", *books]) == 0
    assert [(it.kind, it.format) for it in manifest.open_corpus("kalamang").sources] == [
        ("dictionary", "cldf"),
        ("grammar", "latex"),
    ]


# -- changing what is said of a source --------------------------------------------------------------------------------

TWO = """\
[language]
name = "Toy"
code = "qaa"
[contact]
name = "English"
code = "eng"

# the first
[[source]]
id = "one"
kind = "dictionary"
path = "one.tsv"   # by hand
licence = "none"

[[source.origin]]
path = "one.tsv"
url = "https://example.org"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[[source]]
id = "two"
kind = "text"
path = "two.tsv"
"""


def test_a_source_is_changed_and_all_other_lines_stay(here: Path) -> None:
    path = Path(write("toy/corpus.toml", TWO))
    manifest_writing.change(path, "two", {"path": "uploads/a.tsv", "policy": "open"})
    assert path.read_text() == TWO.replace('"two.tsv"', '"uploads/a.tsv"') + 'policy = "open"\n'
    manifest_writing.change(path, "one", {"licence": 'CC "BY" 4.0'})
    one = manifest.parse(path).sources[0]
    assert (one.licence, one.origin[0].path) == ('CC "BY" 4.0', "one.tsv")


def test_a_corpus_toml_that_cannot_be_changed_safely_stays_as_it_is(here: Path) -> None:
    text = TWO[: TWO.index("# the first")]
    text = f'source = [ {{id = "one", kind = "text", path = "x"}} ]\n{text}'
    path = Path(write("toy/corpus.toml", text))
    with pytest.raises(CorpusError, match="by hand"):
        manifest_writing.change(path, "one", {"licence": "CC0"})
    assert path.read_text() == text


# -- corpora/README.md ------------------------------------------------------------------------------------------------


def test_the_fields_in_the_readme_are_those_that_corpus_toml_may_have() -> None:
    text = (ROOT / "corpora" / "README.md").read_text()
    for title, record in (("### `[[source]]`", manifest.Source), ("### `[[test]]`", manifest.Test)):
        section = text.split(title)[1].split("\n##")[0]
        rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
        assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(record.__slots__)


def test_the_example_in_the_readme_is_a_corpus(here: Path) -> None:
    text = (ROOT / "corpora" / "README.md").read_text()
    toml, words_tsv, dev = re.findall(r"```(?:toml)?\n(.*?)```", text.split("This is the whole")[1], re.DOTALL)[:3]
    write("ainu/corpus.toml", toml)
    write("ainu/words.tsv", words_tsv)
    write("ainu/dev.tsv", dev)
    write("ainu/sentences.csv", "Ainu,English\nCikap ek.,The bird came.\n")
    contents = corpus.read(manifest.open_corpus("./ainu"))
    assert [len(part.material.entries) + len(part.material.examples) for part in contents.parts] == [2, 1]
    assert contents.tests[0].items[0].texts["eng"] == ("The dog came.", "A dog came.")
