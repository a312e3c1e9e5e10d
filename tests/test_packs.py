"""A stored pack is the context once more; it is packed anew when anything changed, and forgotten without a trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ctxlearn import context, formats, manifest, packs, tokens
from ctxlearn.corpus import Item, TestSet
from ctxlearn.packs import Pack
from tests.tiny import change, contents, copy_of_tiny, environment, main

Capture = pytest.CaptureFixture[str]

FORGOTTEN = (
    "2 packed contexts, what was learned from them, 2 runs, 0 jobs, 0 translations, 0 corrections, 0 answers and "
    "0 objects at providers deleted"
)
SENTENCE = "Nanin kumo gonake kesu"  # of the tiny corpus


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return copy_of_tiny(tmp_path)


@pytest.fixture
def store(home: Path) -> Path:
    folder = home / "packs"
    folder.mkdir(parents=True)
    return folder


def opened(
    store: Path, toy: Path, *, budget: int | None = None, sections: Sequence[str] = (), tests: Sequence[TestSet] = ()
) -> Pack:
    return packs.open_pack(store, manifest.open_corpus(str(toy)), budget=budget, sections=sections, tests=tests)


def kept(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir())


def traces(folder: Path, text: str) -> list[Path]:
    """Which files below a folder hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_pack_says_what_the_context_says(store: Path, toy: Path) -> None:
    it, made = opened(store, toy, budget=700), context.pack(contents(toy), tokens.counter(), budget=700)
    assert (it.prefix, it.fingerprint, it.tokens) == (made.prefix, made.fingerprint, made.tokens)
    assert it.records == {section.name: section.records for section in made.sections}
    assert it.tests == contents(toy).tests
    assert [(s.name, s.records, s.tokens, s.left_out) for s in it.sections] == [
        (s.name, len(s.records), s.tokens, s.left_out) for s in made.sections
    ]
    assert (it.policy, it.budget, it.leaks, it.removed) == (made.policy, 700, made.leaks, made.removed)
    assert {"tari", "wani"} <= it.vocabulary["qaa"]
    assert {"dog", "yesterday"} <= it.vocabulary["eng"]


def test_a_second_start_reads_no_source_with_a_reader(store: Path, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(store, toy)
    monkeypatch.setattr(formats, "FORMATS", {})  # nothing could be read any more
    assert opened(store, toy).folder == first.folder
    assert len(kept(store)) == 1


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("corpus.toml", "# A tiny language", "# A small language"),
        ("dictionary.tsv", "hound", "cur"),
        ("sentences.tsv", "Hulo piti.", "Hulo gona."),
        ("grammar.md", "Places take", "A place takes"),
        ("dev.tsv", "I saw a dog.", "I saw the dog."),
    ],
)
def test_a_change_of_any_file_gives_a_new_pack(store: Path, toy: Path, file: str, old: str, new: str) -> None:
    before = opened(store, toy)
    change(toy / file, old, new)
    assert opened(store, toy).folder != before.folder


def test_a_new_file_in_a_source_s_folder_gives_a_new_pack(store: Path, toy: Path) -> None:
    (toy / "book").mkdir()
    (toy / "grammar.md").rename(toy / "book" / "grammar.md")
    change(toy / "corpus.toml", '"grammar.md"', '"book"')
    before = opened(store, toy)
    (toy / "book" / "more.md").write_text("# More\n\nThere is more to say.\n", encoding="utf-8")
    assert "There is more to say." in opened(store, toy).prefix
    assert "There is more to say." not in before.prefix


def test_another_option_gives_another_pack(store: Path, toy: Path) -> None:
    further = TestSet("more", (Item("m1", {"qaa": ("Wani lasulu fitama.",), "eng": ("Yesterday the birds flew.",)}),))
    it = [
        opened(store, toy),
        opened(store, toy, budget=700),
        opened(store, toy, sections=("dictionary",)),
        opened(store, toy, tests=[further]),
    ]
    assert len({pack.folder for pack in it}) == 4
    assert [leak.test_id for leak in it[3].leaks] == ["m1"]
    assert "fitama" in it[0].prefix
    assert "fitama" not in it[3].prefix


@pytest.mark.parametrize("name", ["pack.json", "prefix.txt", "records.json", "vocabulary.json", "tests.json"])
@pytest.mark.parametrize("how", ["cut", "changed", "gone"])
def test_a_damaged_pack_is_packed_anew(store: Path, toy: Path, name: str, how: str) -> None:
    good = opened(store, toy)
    file = good.folder / name
    data = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(
            data[: len(data) // 2] if how == "cut" else data.replace(b"tari", b"tore").replace(b'{"', b"{")
        )
    again = opened(store, toy)
    assert file.read_bytes() == data or name == "pack.json"
    assert (again.prefix, again.records, again.tests) == (good.prefix, good.records, good.tests)
    assert kept(store) == [good.folder.name]


def test_a_file_in_the_place_of_a_pack_is_replaced(store: Path, toy: Path) -> None:
    folder = opened(store, toy).folder
    packs.delete(Pack(folder), learned=False)
    folder.write_bytes(b"not a folder")
    assert opened(store, toy).prefix


def test_processes_that_pack_the_same_at_once_all_get_it(store: Path, toy: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from ctxlearn import manifest, packs\n"
        "input(); print(packs.open_pack(Path(sys.argv[1]), manifest.open_corpus(sys.argv[2])).prefix, end='')"
    )
    command = [sys.executable, "-c", program, str(store), str(toy)]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe) for _ in range(3)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    seen = {process.communicate()[0] for process in running}
    assert seen == {opened(store, toy).prefix.encode()}
    assert [process.returncode for process in running] == [0] * 3
    assert len(kept(store)) == 1


@pytest.mark.skipif(os.name == "nt", reason="there are no such modes")
def test_the_state_folder_and_its_packs_are_for_their_owner_only(capsys: Capture, toy: Path, home: Path) -> None:
    assert main(capsys, "pack", toy)[0] == 0
    (pack,) = (home / "packs").iterdir()
    assert [oct(folder.stat().st_mode & 0o777) for folder in (home, home / "packs", pack)] == ["0o700"] * 3


def test_the_oldest_packs_of_a_corpus_are_deleted_with_what_was_learned(
    store: Path, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "KEPT", 2)
    other = opened(store, copy_of_tiny(tmp_path, "other"), budget=650)
    made = [opened(store, toy, budget=budget) for budget in (700, 650, 600)]
    assert kept(store) == sorted(pack.folder.name for pack in (other, *made[1:]))


def test_sweeping_deletes_what_no_pack_speaks_for_and_nothing_else(store: Path, toy: Path) -> None:
    good = opened(store, toy)
    learned = store.parent / "learned"
    for folder in (store / ".new-x", store / "damaged", learned / f"{good.fingerprint}-1", learned / f"{'0' * 64}-1"):
        folder.mkdir(parents=True)
        (folder / "prefix.txt").write_text(SENTENCE, encoding="utf-8")
    packs.sweep(store)
    assert kept(store) == [good.folder.name]
    assert [path.name for path in learned.iterdir()] == [f"{good.fingerprint}-1"]


# -- forget


def used(capsys: Capture, toy: Path) -> None:
    """Leave every kind of trace of a corpus."""
    assert main(capsys, "evaluate", toy, "--model", "nearest")[0] == 0
    assert main(capsys, "translate", toy, "--to", "eng", "Ni vedake kesu.")[0] == 0
    assert main(capsys, "pack", toy, "--budget", "700")[0] == 0


def test_forget_leaves_no_sentence_of_a_corpus_and_keeps_the_others(
    capsys: Capture, toy: Path, tmp_path: Path, home: Path
) -> None:
    other = copy_of_tiny(tmp_path, "other")
    change(other / "sentences.tsv", SENTENCE, "Nanin rako gonake kesu")
    used(capsys, toy)
    assert main(capsys, "pack", other)[0] == 0
    store = home / "packs"
    (store / ".new-killed").mkdir()
    (store / ".new-killed" / "prefix.txt").write_text(f"{SENTENCE}.", encoding="utf-8")
    assert traces(home, SENTENCE)
    assert traces(home, "Tamin hulora selu")  # of the test set, in the ledger
    code, out, _ = main(capsys, "forget", toy)
    assert (code, out) == (0, f"{toy}: {FORGOTTEN}\n")
    assert traces(home, SENTENCE) == []
    assert [path.parent.parent for path in traces(home, "Tamin hulora selu")] == [store]  # the other corpus's
    assert len(packs.of_corpus(store, other)) == 1
    assert list((home / "learned").iterdir()) == []
    assert (toy / "corpus.toml").is_file()


def test_what_two_corpora_have_both_learned_from_stays_until_both_are_forgotten(
    capsys: Capture, toy: Path, tmp_path: Path, home: Path
) -> None:
    twin = copy_of_tiny(tmp_path, "twin")
    for folder in (toy, twin):
        assert main(capsys, "pack", folder)[0] == 0
    (fingerprint,) = {pack.fingerprint for pack in packs.of_corpus(home / "packs", toy)}
    learned = home / "learned" / f"{fingerprint}-1"
    learned.mkdir(parents=True)
    assert main(capsys, "forget", toy)[0] == 0
    assert learned.is_dir()
    assert main(capsys, "forget", twin)[0] == 0
    assert not learned.exists()


def test_a_corpus_whose_folder_is_gone_can_still_be_forgotten(capsys: Capture, toy: Path, home: Path) -> None:
    assert main(capsys, "pack", toy)[0] == 0
    toy.rename(toy.with_name("moved"))
    code, out, _ = main(capsys, "forget", toy, "--json")
    nothing = dict.fromkeys(("runs", "jobs", "translations", "corrections", "answers", "provider"), 0)
    assert (code, json.loads(out)) == (0, {"corpus": str(toy), "packs": 1, **nothing})
    assert traces(home, SENTENCE) == []


def test_forgetting_a_corpus_that_was_never_there_is_said(capsys: Capture) -> None:
    code, out, err = main(capsys, "forget", "nosuch")
    assert (code, out) == (2, "")
    assert "corpus 'nosuch': no such folder" in err
    assert "nothing of" in err
