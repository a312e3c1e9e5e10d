"""Files that a browser sends: refused with nothing kept when they are not what they say, never a path, never run."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxlearn import uploads
from ctxlearn.errors import CtxlearnError, FormatError, UsageError

WORDS = b"headword\tgloss\nkali\twater\n"


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["words.tsv", "../../words.tsv", "C:\\temp\\words.tsv", "/etc/words.TSV", "a\0b.tsv"])
def test_a_file_is_kept_under_its_hash_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    kept = uploads.keep(tmp_path, name, WORDS)
    assert kept.path.read_bytes() == WORDS
    assert files(tmp_path) == [f"uploads/{kept.path.name}"]
    assert kept.path.stem.isalnum()
    assert "/" not in kept.name
    assert "\\" not in kept.name


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("words.tsv", b"\x89PNG\r\n\x1a\n....", "its content is a picture"),
        ("words.csv", packed({"a.csv": WORDS}), "its content is a zip archive"),
        ("grammar.tex", b"%PDF-1.7\n", "its content is a PDF"),
        ("words.tsv", b"MZ\x90\x00", "its content is a program"),
        ("words.tsv", b"kali\x00water", "its content is something that is no text"),
        ("book.zip", b"headword\tgloss\n", "its content is text"),
        ("words.tsv", b"", "the file is empty"),
        ("run.exe", b"MZ\x90\x00", "no reader for '.exe'"),
        ("noending", WORDS, "no reader for 'noending'"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_is_refused(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        uploads.keep(tmp_path, name, content)
    assert files(tmp_path) == []


@pytest.mark.parametrize("beginning", [b"MZ", b"ID3", b"RIFF", b"GIF8"])
def test_a_word_list_may_begin_as_programs_and_pictures_do(tmp_path: Path, beginning: bytes) -> None:
    assert uploads.keep(tmp_path, "words.tsv", beginning + b"\tgloss\nkali\twater\n").path.is_file()


@pytest.mark.parametrize(
    "name",
    ["../evil.tsv", "a/../../evil.tsv", "/etc/evil.tsv", "C:/evil.tsv", "a\\..\\evil.tsv", ".ssh/evil.tsv", "con.tsv"],
)
def test_an_archive_whose_names_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with pytest.raises(UsageError, match="a member is called"):
        uploads.keep(corpus, "book.zip", packed({"fine.tsv": WORDS, name: WORDS}))
    assert files(tmp_path) == []


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="zip bomb"):
        uploads.keep(tmp_path, "book.zip", packed({"a.tsv": bytes(50 << 20)}))
    assert files(tmp_path) == []


def test_an_archive_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    content = packed({"a.tsv": b"word\n" * 100_000, "b.tsv": WORDS})
    honest = (500_000).to_bytes(4, "little")
    assert content.count(honest) == 2  # in the member's own header and in the directory
    with pytest.raises(CtxlearnError):
        uploads.keep(tmp_path, "book.zip", content.replace(honest, (100).to_bytes(4, "little")))
    assert files(tmp_path) == []


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    many = {f"{number}.tsv": b"" for number in range(uploads.MAX_MEMBERS + 1)}
    with pytest.raises(UsageError, match="2,001 files in it"):
        uploads.keep(tmp_path, "book.zip", packed(many, zipfile.ZIP_STORED))
    assert files(tmp_path) == []


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("words.tsv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UsageError, match="is a link"):
        uploads.keep(tmp_path, "book.zip", buffer.getvalue())
    assert files(tmp_path) == []


def test_a_member_whose_content_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is a program, where text was expected"):
        uploads.keep(tmp_path, "book.zip", packed({"a.tsv": WORDS, "b.tsv": b"\x7fELF\x02"}))
    assert files(tmp_path) == []


def test_of_an_archive_the_files_that_readers_know_are_kept_and_the_others_are_named(tmp_path: Path) -> None:
    kept = uploads.keep(
        tmp_path,
        "grammar.zip",
        packed({"book/main.tex": b"\\input{ch/1}", "book/ch/1.tex": b"x", "book/fig.png": b"\x89PNG", "run.sh": b"rm"}),
    )
    assert files(kept.path) == ["ch/1.tex", "main.tex"]
    assert kept.ignored == ("book/fig.png", "run.sh")


def test_an_archive_of_one_file_is_that_file(tmp_path: Path) -> None:
    kept = uploads.keep(tmp_path, "words.zip", packed({"lexicon/words.tsv": WORDS}))
    assert (kept.path.suffix, kept.path.read_bytes()) == (".tsv", WORDS)
    assert files(tmp_path) == [f"uploads/{kept.path.name}"]


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    book = packed({"main.tex": b"x", "1.tex": b"y"})
    paths = {uploads.keep(tmp_path, name, book).path for name in ("one.zip", "two.zip")}
    assert len(paths) == 1
    assert len(files(tmp_path)) == 2


@given(content=st.binary(max_size=300), name=st.text(max_size=20).map(lambda it: f"{it}.zip"))
def test_whatever_is_sent_is_kept_below_the_folder_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("sent")
    corpus = folder / "corpus"
    corpus.mkdir()
    for data in (content, b"PK\x03\x04" + content):
        try:
            assert uploads.keep(corpus, name, data).path.is_relative_to(corpus)
        except CtxlearnError:
            continue
    assert [path.name for path in folder.iterdir()] == ["corpus"]
