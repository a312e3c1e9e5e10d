"""What corpus.toml may say, and that every fault in it is named with its file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn import manifest
from ctxlearn.data import Direction, Language
from ctxlearn.errors import CtxlearnError, FormatError, UsageError
from ctxlearn.manifest import Corpus, Origin
from tests.tiny import TINY, copy_of_tiny

GOOD = """\
[language]
name = "Toy"
code = "qaa"

[contact]
name = "English"
code = "eng"

[[source]]
id = "words"
kind = "dictionary"
path = "words.tsv"
policy = "open"

[[source]]
kind = "grammar"
path = "grammar"

[[test]]
name = "dev"
ids = "dev.ids"
source = "words"
"""
LINES = GOOD.split("\n")


def parse(tmp_path: Path, text: str | bytes) -> Corpus:
    file = tmp_path / "corpus.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return manifest.parse(file)


def test_every_field_is_read(tmp_path: Path) -> None:
    corpus = parse(
        tmp_path,
        GOOD.replace(
            'policy = "open"',
            'policy = "open"\nformat = "table"\nlicence = "CC0"\ncite = "Me 2020"\nmember = "a.tsv"\n'
            'password_env = "P"\ntables = ["entries"]\nonly = ["keep.ids"]\n'
            'exclude = ["/drop.ids"]\nheadwords = "eng"\n'
            'columns = { gloss = "Bedeutung" }\n'
            f'origin = [{{ path = "cldf/x.csv", url = "https://example.org/x", sha256 = "{"A" * 64}" }}]',
        ),
    )
    assert (corpus.language, corpus.contact) == (Language("Toy", "qaa"), Language("English", "eng"))
    words, grammar = corpus.sources
    assert (words.id, words.kind, words.path, words.format, words.policy) == (
        "words",
        "dictionary",
        tmp_path / "words.tsv",
        "table",
        "open",
    )
    assert (words.licence, words.cite, words.member, words.password_env) == ("CC0", "Me 2020", "a.tsv", "P")
    assert (words.tables, words.only, words.exclude) == (("entries",), (tmp_path / "keep.ids",), (Path("/drop.ids"),))
    assert (words.headwords, words.columns) == ("eng", {"gloss": "Bedeutung"})
    assert words.origin == (Origin("cldf/x.csv", "https://example.org/x", "a" * 64),)
    assert (grammar.id, grammar.policy) == ("grammar", "local-only")
    assert [(test.name, test.ids, test.source, test.policy) for test in corpus.tests] == [
        ("dev", tmp_path / "dev.ids", "words", "local-only")
    ]
    assert corpus.directions == (Direction("qaa", "eng"), Direction("eng", "qaa"))
    assert corpus.name == tmp_path.name


FAULTS = {  # what is replaced by what; the line, and what is said
    "an unknown table": (
        "[[test]]",
        "[[tests]]",
        19,
        "'tests' is not a field here; the known ones are",
    ),
    "an unknown field": ('id = "words"', 'title = "words"', 10, "source 'words.tsv': 'title' is not a field here"),
    "a field of another table": ('name = "English"', 'path = "x"', 6, "[contact] 'path' is not a field here"),
    "no language": ("[language]", "[other]", 1, "'other' is not a field here"),
    "no contact name": ('name = "English"\n', "", 5, "[contact]: 'name' is missing"),
    "an empty name": ('name = "Toy"', 'name = " "', 2, "[language]: name is empty"),
    "a code with a blank": ('"qaa"', '"q a"', 3, "[language]: code = 'q a'; expected a language tag such as kgv"),
    "one code twice": ('"qaa"', '"eng"', 7, "the two languages have the same code"),
    "a number for a text": ('"Toy"', "7", 2, "[language]: name = 7; expected a text in quotes"),
    "single brackets": ('[[test]]\nname = "dev"', '[test]\nname = "dev"', 19, "expected [[test]] with double brackets"),
    "no kind": ('kind = "grammar"\n', "", 15, "source 'grammar': 'kind' is missing"),
    "an unknown kind": (
        'kind = "grammar"',
        'kind = "grammer"',
        16,
        "kind = 'grammer'; expected one of dictionary, grammar",
    ),
    "an unknown policy": ('"open"', '"free"', 13, "policy = 'free'; expected one of open, no-retention, local-only"),
    "an unknown format": ('policy = "open"', 'format = "odt"', 13, "source 'words': format = 'odt'; expected one of "),
    "no path": ('path = "grammar"\n', "", 15, "source 2: 'path' is missing"),
    "an empty path": ('path = "grammar"', 'path = ""', 17, "source 2: path is empty"),
    "a path with NUL": ('path = "grammar"', 'path = "gram\\u0000mar"', 17, "expected a text without NUL"),
    "a text for a list": ('policy = "open"', 'only = "keep.ids"', 13, "only = 'keep.ids'; expected a list of texts"),
    "a list for a mapping": ('policy = "open"', 'columns = ["a"]', 13, 'expected { our_name = "Their_Name" }'),
    "other headwords": (
        'policy = "open"',
        'headwords = "deu"',
        13,
        "headwords = 'deu'; expected qaa or eng",
    ),
    "one id twice": ('path = "grammar"', 'path = "grammar"\nid = "words"', 18, "source 'words' stands twice"),
    "a test of no source": (
        'source = "words"',
        'source = "wrods"',
        22,
        "no source has the id 'wrods'; the known",
    ),
    "a test with both": (
        'source = "words"',
        'path = "dev.tsv"',
        19,
        "'dev': expected either path, or ids and source",
    ),
    "a test with neither": ('ids = "dev.ids"\n', "", 19, "'dev': expected either path, or ids and source"),
    "a nameless test": ('name = "dev"\n', "", 19, "test 1: 'name' is missing"),
    "no TOML": ('id = "words"', "id = words", 10, "invalid value"),
    "a key twice": ('id = "words"', 'id = "a"\nid = "b"', 11, "cannot overwrite a value"),
    "an open text": ('source = "words"\n', 'source = """words', 22, "unterminated string"),
}


@pytest.mark.parametrize(("old", "new", "line", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(FormatError) as caught:
        parse(tmp_path, GOOD.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path}/corpus.toml:{line}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ""])
def test_an_origin_cannot_lead_out_of_the_corpus(tmp_path: Path, path: str) -> None:
    origin = f'[[source.origin]]\npath = "{path}"\nurl = "http://x"\nsha256 = "{"0" * 64}"\n'
    with pytest.raises(FormatError, match=r"corpus\.toml:\d+: source 'grammar', origin: path = .* leads out of"):
        parse(tmp_path, GOOD.replace("[[test]]", origin + "[[test]]"))


def test_a_checksum_that_is_none_is_named(tmp_path: Path) -> None:
    origin = '[[source.origin]]\npath = "x"\nurl = "http://x"\nsha256 = "12ab"\n'
    with pytest.raises(FormatError, match=r"corpus\.toml:22: .*sha256 = '12ab'; expected 64 hexadecimal digits"):
        parse(tmp_path, GOOD.replace("[[test]]", origin + "[[test]]"))


def test_the_line_is_shown_with_a_caret_under_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        parse(tmp_path, GOOD.replace('policy = "open"', 'policy = "free"'))
    assert str(caught.value).split("\n")[1:] == ['    policy = "free"', "    ^"]


def test_a_file_that_is_not_utf8_is_named_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"corpus\.toml:2: not UTF-8"):
        parse(tmp_path, GOOD.encode().replace(b"Toy", b"T\xfcy"))


def test_lists_in_lists_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="within one another"):
        parse(tmp_path, f"a = {'[' * 100_000}")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    assert parse(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).language.code == "qaa"


@settings(max_examples=300)
@given(
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["delete", "double", "swap"]),
    st.sampled_from(["", "=", "[", '"', "1", "name = []", "code = {}", "x.y = 1", "[[source]]", "source = [1]"]),
)
def test_whatever_happens_to_a_line_it_reads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, number: int, how: str, put: str
) -> None:
    line = {"delete": [put], "double": [LINES[number], LINES[number]], "swap": [LINES[number][::-1], put]}[how]
    file = tmp_path_factory.getbasetemp() / "corpus.toml"
    file.write_bytes("\n".join([*LINES[:number], *line, *LINES[number + 1 :]]).encode())
    try:
        manifest.parse(file)
    except FormatError as error:
        assert re.match(rf"{re.escape(str(file))}:\d+: ", str(error))


# -- finding a corpus


def test_a_corpus_is_found_by_its_folder_below_corpora_or_among_the_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_of_tiny(tmp_path / "corpora")
    assert manifest.find(str(TINY)) == TINY
    assert manifest.find("toy") == Path("corpora/toy")
    assert manifest.find("tarivel") == manifest.BUNDLED / "tarivel"
    assert {"toy", "tarivel"} <= set(manifest.known())


def test_a_folder_of_that_name_comes_before_the_bundled_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copy_of_tiny(tmp_path, "tarivel")
    assert manifest.open_corpus("tarivel").language.name == "Toy"


def test_a_folder_without_corpus_toml_is_told_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{tmp_path}: no corpus.toml; `ctxlearn init {tmp_path}` makes one"):
        manifest.find(str(tmp_path))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"corpus 'tarivle': no such folder, and none of the known ones \(.*tarivel"):
        manifest.find("tarivle")


@pytest.mark.parametrize("name", ["", "a\x00b", "/dev/null", "~"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(CtxlearnError):
        manifest.open_corpus(name)
