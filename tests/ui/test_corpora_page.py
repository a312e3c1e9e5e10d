"""The Corpora page: a language is made, books are added, mapped, changed, replaced and held out of, and all is safe."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ctxlearn import adding, corpus, manifest, packs, settings
from tests.conftest import LANGUAGES
from tests.tiny import copy_of_tiny
from tests.ui.pages import labelled, opened, over, pressed, shown, texts

WORDS = b"headword\tpart_of_speech\tgloss\nkali\tn\twater\nmola\tn\tdog\nbroken line\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with one corpus, which a new tab prefers to the bundled ones."""
    monkeypatch.chdir(tmp_path)
    copy_of_tiny(tmp_path / "corpora")
    return tmp_path


def toy() -> manifest.Corpus:
    return manifest.open_corpus("toy")


def sent(page: AppTest, name: str, content: bytes) -> AppTest:
    """Upload a file as a book to be added."""
    labelled(page.file_uploader, "Dictionaries").upload(name, content, "application/octet-stream")
    return shown(page)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_language_is_made_and_its_first_book_added(here: Path) -> None:
    page = opened("corpora")
    labelled(page.text_input, "Language").set_value("Bahasa Té'a")
    labelled(page.text_input, "Its code").set_value("tea")
    pressed(page, "Make it")
    assert "is made" in page.success[0].value
    assert labelled(page.selectbox, "Language").value == "bahasa-te-a"
    sent(page, "my words.tsv", WORDS)
    assert "read as **dictionary**" in texts(page)
    assert "my words.tsv:4" in texts(page)  # what could not be read, and where
    labelled(page.text_input, "Licence").set_value('CC "BY"')
    pressed(page, "Add it")
    made = manifest.open_corpus("bahasa-te-a")
    (source,) = made.sources
    assert (source.id, source.kind, source.policy, source.licence) == (
        "my words",
        "dictionary",
        "local-only",
        'CC "BY"',
    )
    assert source.path.parent == made.folder / "uploads"
    assert [it.headword for it in corpus.read(made).parts[0].material.entries] == ["kali", "mola"]


def test_columns_with_other_names_are_guessed_and_can_be_chosen(here: Path) -> None:
    page = sent(opened("corpora"), "list.csv", b"Toy,Meaning,Other\nkali,water,x\n")
    assert "read as **dictionary**" in texts(page)
    labelled(page.selectbox, "gloss").set_value("Other")
    shown(page)
    assert "kali : x" in texts(page) or "x" in page.code[0].value
    pressed(page, "Add it")
    assert toy().sources[-1].columns == {"headword": "Toy", "gloss": "Other"}


def test_of_several_files_each_is_added_by_itself_and_the_others_wait(here: Path) -> None:
    page = opened("corpora")
    two = [("one.tsv", WORDS, "text/plain"), ("two.tsv", b"qaa\teng\nTari kali.\tHe is water.\n", "text/plain")]
    labelled(page.file_uploader, "Dictionaries").set_value(two)
    pressed(shown(page), "Add it")
    assert toy().sources[-1].id == "one"
    assert [it.label for it in page.button if it.label == "Add it"] == ["Add it"]
    pressed(page, "Add it")
    assert [(it.id, it.kind) for it in toy().sources[-2:]] == [("one", "dictionary"), ("two", "parallel")]
    assert not [it for it in page.button if it.label == "Add it"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("words.tsv", b"\x89PNG\r\n\x1a\n", "its content is a picture"),
        ("words.tsv", b"\x7fELF\x02\x01", "its content is a program"),
        ("words.tsv", b"headword\tgloss\nk\xe9\tx\n", "is not utf-8"),
        ("words.tsv", b"one column\n", "what kind of source is it"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_not_kept(
    here: Path, name: str, content: bytes, why: str
) -> None:
    before = files(here / "corpora")
    page = sent(opened("corpora"), name, content)
    said = "\n".join(it.value for it in page.error).replace("\\", "") + texts(page).replace("\\", "")
    assert why in said
    assert not [it for it in page.button if it.label == "Add it"]
    assert files(here / "corpora") == before


def test_a_zip_bomb_and_a_name_that_leads_elsewhere_are_refused_and_nothing_is_kept(here: Path) -> None:
    before = files(here)
    for members in ({"a.tsv": bytes(30 << 20)}, {"../../evil.tsv": WORDS}):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        page = sent(opened("corpora"), "book.zip", buffer.getvalue())
        assert "nothing was kept" in page.error[0].value
        assert files(here) - before <= {"state/ledger.sqlite"}


def test_marks_in_a_book_are_shown_as_text(here: Path) -> None:
    nasty = "<script>alert(1)</script> *bold* [at](http://x) :red[no] $x$ :smile:"
    page = sent(opened("corpora"), "<b>w*.tsv", f"headword\tgloss\n{nasty}\t{nasty}\n".encode())
    assert any(nasty in it.value for it in page.code)  # code is text
    as_markdown = [it.value for kind in (page.markdown, page.caption, page.success, page.error) for it in kind]
    assert not any("<script>" in it.replace("\\<", "") or "[at](" in it or "<b>" in it for it in as_markdown)


def test_what_is_said_of_a_book_is_changed_in_its_lines_alone(here: Path) -> None:
    page = opened("corpora")
    before = toy().file.read_text(encoding="utf-8")
    labelled(page.radio, "May a hosted model").set_value("local-only")
    pressed(page, "Save")
    assert toy().sources[0].policy == "local-only"
    after = toy().file.read_text(encoding="utf-8")
    assert [line for line in after.splitlines() if line not in before.splitlines()] == ['policy = "local-only"']


def test_a_newer_version_shows_what_would_change_before_it_replaces_the_file(here: Path) -> None:
    page = opened("corpora")
    old = toy().sources[0].path.read_text(encoding="utf-8")
    new = "\n".join([*old.splitlines()[:-1], "neuword\t\tnovelty\t\t"])
    labelled(page.file_uploader, "File").upload("newer.tsv", new.encode(), "text/plain")
    shown(page)
    assert "**1** added, **1** removed" in texts(page)
    assert "novelty" in texts(page)
    assert toy().sources[0].path.name == "dictionary.tsv"
    pressed(page, "Replace it")
    assert toy().sources[0].path.read_text(encoding="utf-8") == new
    assert (here / "corpora" / "toy" / "dictionary.tsv").read_text(encoding="utf-8") == old


def test_sentences_are_held_out_by_a_seed_after_a_look(here: Path) -> None:
    page = opened("corpora")
    labelled(page.selectbox, "From").set_value("sentences")
    labelled(page.text_input, "How many").set_value("2")
    pressed(page, "Show what would be drawn")
    assert "2 of" in page.info[-1].value
    assert len(toy().tests) == 1
    pressed(page, "Hold them out")
    assert (toy().tests[-1].name, toy().tests[-1].source) == ("held-out", "sentences")
    assert len(corpus.read(toy()).tests[-1].items) == 2


def test_reading_everything_says_what_is_wrong_and_where(here: Path) -> None:
    with toy().sources[0].path.open("a", encoding="utf-8") as file:
        file.write("only one cell\n")
    page = pressed(opened("corpora"), "Check")
    lines = len(toy().sources[0].path.read_text(encoding="utf-8").splitlines())
    assert f"dictionary.tsv:{lines}" in texts(page)
    assert "1 thing in it could not be read" in texts(page)


def test_a_file_of_held_out_sentences_is_entered_as_a_test_set(here: Path) -> None:
    page = sent(opened("corpora"), "mine.tsv", b"qaa\teng\nTari kali.\tHe is water.\n")
    labelled(page.selectbox, "What it is").set_value("test set")
    shown(page)
    assert "held-out sentences" in texts(page)
    pressed(page, "Add it")
    assert (toy().tests[-1].name, toy().tests[-1].policy) == ("mine", "local-only")


def test_reading_everything_says_what_changed_since_it_was_packed(here: Path) -> None:
    packs.open_pack(settings.read().packs, toy())
    page = pressed(opened("corpora"), "Check")
    assert "Nothing changed" in page.info[-1].value
    with toy().sources[0].path.open("a", encoding="utf-8") as file:
        file.write("neuword\t\tnovelty\t\t\n")
    pressed(page, "Check")
    assert "**1** added" in texts(page)
    assert "novelty" in texts(page)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server on loopback: its address, and the folder that it serves."""
    folder = tmp_path / "site"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_published_books_are_fetched_by_a_job_which_can_be_tried_again(here: Path, site: tuple[str, Path]) -> None:
    address, served = site
    origin = {"path": "far.tsv", "url": f"{address}/far.tsv", "sha256": hashlib.sha256(WORDS).hexdigest()}
    with toy().file.open("a", encoding="utf-8") as file:
        file.write('\n[[source]]\nid = "far"\nkind = "dictionary"\npath = "far.tsv"\n[[source.origin]]\n')
        file.write("".join(f'{name} = "{value}"\n' for name, value in origin.items()))
    page = opened("corpora")
    labelled(page.selectbox, "Language").set_value("toy")
    shown(page)
    assert "far: published at 127.0.0.1" in texts(page).replace("\\", "")
    pressed(page, "Fetch them")
    job = over()
    assert (job.state, job.code) == ("failed", 1)
    assert "404" in job.log()
    (served / "far.tsv").write_bytes(WORDS)
    pressed(shown(page), "Try again")
    assert over().state == "done"
    assert toy().sources[-1].path.read_bytes() == WORDS
    assert "published at" not in texts(opened("corpora"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("folder", "kind", "counts"),
    [("dictionary-cldf", "dictionary", "2,737 entries"), ("grammar-latex", "grammar", "1,229 glossed examples")],
)
def test_the_books_of_kalamang_are_added_as_archives(here: Path, folder: str, kind: str, counts: str) -> None:
    adding.start("Kalamang", "kgv", "English", "eng")
    book = LANGUAGES / "kalamang" / folder
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(book.rglob("*")):
            archive.write(path, f"{folder}/{path.relative_to(book).as_posix()}")
    page = opened("corpora")
    labelled(page.selectbox, "Language").set_value("kalamang")
    sent(shown(page), f"{folder}.zip", buffer.getvalue())
    assert f"read as **{kind}**" in texts(page)
    assert counts in texts(page).replace("\\", "")
    pressed(page, "Add it")
    made = manifest.open_corpus("kalamang")
    assert [it.id for it in made.sources] == [folder]
    assert corpus.read(made).parts[0].material.report.read
