from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ctxlearn.data import Segment
from ctxlearn.errors import StoreError
from ctxlearn.models.base import Alternative, Completion, Problem, Request, Translation, Usage
from ctxlearn.models.cached import Answers, Keeping, Keys, Remembering
from tests.hosting import INTO_ENGLISH, book, request, sentences

BOOK = book(5)
KEYS = Keys("anthropic/claude-opus-5", None, 20)
KEPT = Translation("", "He sees.", 0.5, (Alternative("She sees.", -1.0),))


class Counting:
    """A model that says what it was asked, and has no translation of what begins with `?`."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def complete(self, request: Request) -> Completion:
        self.asked += [it.source for it in request.segments]
        return Completion(tuple(self.answer(it) for it in request.segments), Usage(read=10))

    def answer(self, segment: Segment) -> Translation:
        if segment.source.startswith("?"):
            return Translation(segment.id, "", problem=Problem("refused", "no"))
        return Translation(segment.id, segment.source.upper(), 0.5, (Alternative(segment.source, -1.0),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Answers]:
    answers = Answers(tmp_path / "answers")
    yield answers
    answers.close()


def stack(model: Counting, store: Answers) -> Remembering:
    return Remembering(Keeping(model, store, KEYS), store, KEYS)


def test_what_was_answered_is_not_asked_again(store: Answers) -> None:
    model = Counting()
    first = stack(model, store).complete(request(BOOK, sentences(3)))
    assert first.usage == Usage(read=10)
    again = stack(model, store).complete(request(BOOK, [replace(it, id=f"x{it.id}") for it in sentences(5)]))
    assert model.asked == [it.source for it in sentences(5)]
    assert [it.id for it in again.translations] == [f"xs{number}" for number in range(5)]
    assert again.translations[0] == replace(first.translations[0], id="xs0", attempts=0, usage=Usage())
    assert stack(model, store).complete(request(BOOK, sentences(5))).usage == Usage()


def test_the_same_sentence_is_asked_once(store: Answers) -> None:
    model = Counting()
    twice = [Segment("a", "ma"), Segment("b", "ta"), Segment("c", "ma"), Segment("d", "?"), Segment("e", "?")]
    answers = stack(model, store).complete(request(BOOK, twice)).translations
    assert model.asked == ["ma", "ta", "?"]
    assert [it.text for it in answers] == ["MA", "TA", "MA", "", ""]
    assert [it.id for it in answers] == ["a", "b", "c", "d", "e"]


def test_a_problem_is_never_stored(store: Answers) -> None:
    model = Counting()
    for _ in range(2):
        answer = stack(model, store).complete(request(BOOK, [Segment("a", "?ma")])).translations[0]
        assert answer.problem == Problem("refused", "no")
    assert model.asked == ["?ma", "?ma"]
    assert store.info()[0] == 0


def test_the_key_holds_all_that_can_change_an_answer_and_nothing_else() -> None:
    asked = request(BOOK, [Segment("a", "ma kelo")])
    segment = asked.segments[0]
    key = KEYS.of(asked, segment)
    same = [
        replace(asked, segments=(*sentences(3), segment)),
        replace(asked, hints={"z": "another's"}),
        replace(asked, prefix=replace(BOOK, tokens=1)),
    ]
    others = [
        replace(asked, prefix=replace(BOOK, fingerprint="0" * 64)),
        replace(asked, tail="kelo | hut"),
        replace(asked, direction=INTO_ENGLISH.reversed()),
        replace(asked, n=2),
        replace(asked, hints={"a": "kelo: hut"}),
        replace(asked, sampling={"temperature": 0.5}),
    ]
    assert {KEYS.of(it, segment) for it in same} == {key}
    assert KEYS.of(asked, Segment("z", "ma kelo")) == key
    models = [
        Keys("openai/gpt-6", None, 20),
        Keys("anthropic/claude-opus-5", "http://localhost", 20),
        Keys(*("x", None, 1)),
    ]
    found = {KEYS.of(it, segment) for it in others} | {it.of(asked, segment) for it in models}
    assert len(found - {key}) == len(others) + len(models)
    assert KEYS.of(asked, Segment("a", "ma kelo.")) != key


class Payload:
    """What pickle would run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("column", ["value", "key"])
def test_a_planted_pickle_is_never_opened(store: Answers, tmp_path: Path, column: str) -> None:
    store.keep({"a": KEPT}, context="f")
    store.close()
    trap = tmp_path / "sprung"
    with sqlite3.connect(tmp_path / "answers" / "cache.db") as connection:
        planted = pickle.dumps(Payload(trap))
        if column == "value":
            connection.execute("UPDATE Cache SET mode = 4, value = ?", [planted])
        else:
            connection.execute("UPDATE Cache SET raw = 0, key = ?", [planted])
    again = Answers(store.folder)
    assert again.find("a") is None
    assert again.info()[0] == 1
    again.forget(["f"])
    again.clear()
    again.close()
    assert not trap.exists()


@pytest.mark.parametrize(
    "planted", ["", "{", "[]", '{"text": 5}', '{"text": "", "confidence": null, "alternatives": []}']
)
def test_a_row_that_is_no_answer_is_asked_anew(store: Answers, planted: str) -> None:
    store.keep({"a": KEPT}, context="f")
    assert store.find("a") == KEPT
    store._open().set("a", planted)
    assert store.find("a") is None


def test_a_value_that_lies_in_another_file_is_not_read(store: Answers, tmp_path: Path) -> None:
    store.keep({"a": KEPT}, context="f")
    store.close()
    secret = tmp_path / "secret"
    secret.write_text('{"text": "secret", "confidence": null, "alternatives": []}')
    with sqlite3.connect(tmp_path / "answers" / "cache.db") as connection:
        connection.execute("UPDATE Cache SET mode = 3, filename = ?", [str(secret)])
    again = Answers(store.folder)
    assert again.find("a") is None
    again.close()


def test_the_folder_is_its_owners_alone_and_nothing_is_ever_evicted(store: Answers, tmp_path: Path) -> None:
    store.keep({"a": KEPT}, context="f")
    assert stat.S_IMODE((tmp_path / "answers").stat().st_mode) == 0o700
    cache = store._open()
    assert cache.eviction_policy == "none"
    assert cache.size_limit >= 2**60


def test_a_book_is_forgotten_with_its_answers(store: Answers) -> None:
    secret = replace(KEPT, text="a secret of the village")
    store.keep({"a": secret}, context="one")
    store.keep({"b": KEPT}, context="two")
    assert store.forget(["one"]) == 1
    store.close()
    assert store.find("a") is None and store.find("b") == KEPT
    assert all(b"secret of the village" not in it.read_bytes() for it in store.folder.iterdir())
    assert store.clear() == 1


def test_a_damaged_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "cache.db").write_bytes(b"no database at all, but long enough to be one" * 50)
    with pytest.raises(StoreError, match="a damaged store can be deleted"):
        Answers(tmp_path / "answers").find("a")


_WRITER = """
import sys
from pathlib import Path
from ctxlearn.models.base import Translation
from ctxlearn.models.cached import Answers
store = Answers(Path(sys.argv[1]))
for number in range(10**6):
    store.keep({f"key{number}": Translation("", f"text {number}")}, context="f")
    print(number, flush=True)
"""


def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path / "answers")], stdout=subprocess.PIPE, text=True, cwd=root
    ) as writer:
        assert writer.stdout is not None
        while (said := int(writer.stdout.readline())) < 50:
            pass
        writer.send_signal(signal.SIGKILL)
    store = Answers(tmp_path / "answers")
    assert all(store.find(f"key{number}") == Translation("", f"text {number}") for number in range(said + 1))
    store.close()
