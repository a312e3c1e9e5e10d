"""What a system translates, in which order, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctxlearn import manifest, packs, settings
from ctxlearn.data import Direction, Segment
from ctxlearn.models import open_model
from ctxlearn.models.base import Completion, Request, Translation, Usage
from ctxlearn.packs import Pack
from ctxlearn.translate import System, guess_source
from tests.tiny import TINY, called, change, copy_of_tiny, main

Capture = pytest.CaptureFixture[str]
OUT, INTO = Direction("qaa", "eng"), Direction("eng", "qaa")


class Backwards:
    """A model that answers the segments of a request in the wrong order, and says how it was asked."""

    name = "backwards"

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        answers = [Translation(it.id, it.source[::-1]) for it in reversed(request.segments)]
        return Completion(tuple(answers), Usage(read=10, cached=None, made=len(answers)))


@pytest.fixture
def pack(shared_home: Path) -> Pack:
    return packs.open_pack(settings.read().packs, manifest.open_corpus(str(TINY)))


def segments(*texts: str) -> list[Segment]:
    return [Segment(str(number), text) for number, text in enumerate(texts, 1)]


def test_the_order_is_kept_whatever_order_the_model_answers_in(pack: Pack) -> None:
    model = Backwards()
    batches = list(System(model, pack, OUT).translate(segments(*(f"tari {n}" for n in range(10))), batch=4))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [it.text for batch in batches for it in batch] == [f"{n} irat" for n in range(10)]
    assert [it.id for batch in batches for it in batch] == [str(n) for n in range(1, 11)]


def test_a_model_is_given_the_packed_context_and_nothing_but_it(pack: Pack) -> None:
    model = Backwards()
    list(System(model, pack, OUT, n=3).translate(segments("tari")))
    (request,) = model.requests
    assert (request.prefix.text, request.prefix.fingerprint) == (pack.prefix, pack.fingerprint)
    assert (request.direction, request.n, request.tail) == (OUT, 3, "")


def test_blank_segments_stay_blank_and_cost_nothing(pack: Pack) -> None:
    model = Backwards()
    ((first, second, third),) = System(model, pack, OUT).translate(segments("", "tari", " \t"))
    assert (first.text, second.text, third.text) == ("", "irat", "")
    assert [it.problem for it in (first, second, third)] == [None, None, None]
    assert [segment.source for segment in model.requests[0].segments] == ["tari"]


def test_a_text_in_another_script_is_a_problem_of_its_segment_only(pack: Pack) -> None:
    model = Backwards()
    ((good, bad, mixed),) = System(model, pack, OUT).translate(segments("tari", "собака", "tari собака"))
    assert (good.problem, mixed.problem) == (None, None)
    assert bad.problem is not None
    assert (bad.problem.kind, bad.text) == ("wrong-script", "")
    assert bad.problem.text == "written in Cyrillic; Toy is written in Latin in this corpus"
    assert len(model.requests[0].segments) == 2


def test_numbers_and_punctuation_have_no_script_to_be_wrong(pack: Pack) -> None:
    ((it,),) = System(Backwards(), pack, OUT).translate(segments("1984 – ?"))
    assert it.problem is None


def test_usage_adds_up_and_the_unknown_stays_unknown(pack: Pack) -> None:
    system = System(Backwards(), pack, OUT)
    list(system.translate(segments("a", "b", "c"), batch=2))
    assert system.usage == Usage(read=20, cached=None, made=3)


def test_the_signature_names_all_that_is_needed_to_do_it_again(pack: Pack) -> None:
    system = System(Backwards(), pack, INTO, n=2)
    assert system.signature == (f"model:backwards|dir:eng-qaa|ctx:{pack.fingerprint[:8]}|tok:{pack.tokens}|n:2|v:0.1.0")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Pokin tarike kesu.", "qaa"),
        ("The man sees a dog.", "eng"),
        ("molara", "qaa"),
        ("", "qaa"),
        ("see tari mola", "qaa"),
        ("see the mola", "eng"),
    ],
)
def test_the_language_of_a_text_is_that_of_most_of_its_words(pack: Pack, text: str, code: str) -> None:
    assert guess_source(text, pack) == code


@pytest.mark.parametrize("name", ["copy", "word-for-word", "nearest", "embedded", "embedded-quick"])
@pytest.mark.parametrize("direction", [OUT, INTO], ids=str)
def test_every_model_answers_every_segment_in_one_line(pack: Pack, name: str, direction: Direction) -> None:
    asked = segments("Tari", "the dog", "a\x00b", "x" * 3000, "\u2028?", "e\u0301\u0301", "🐟 mola")
    system = System(open_model(name, settings.read()), pack, direction)
    (answers,) = system.translate(asked)
    assert [it.id for it in answers] == [it.id for it in asked]
    assert all(it.problem is not None or name == "copy" or "\n" not in it.text for it in answers)


# -- the command


def test_the_arguments_are_translated_one_line_each(capsys: Capture) -> None:
    code, out, err = main(capsys, "translate", TINY, "--model", "copy", "--to", "eng", "Tari.", "", "mola\nkumo")
    assert (code, out, err) == (0, "Tari.\n\nmola kumo\n", "")


def test_options_may_stand_before_between_and_after_the_texts(capsys: Capture) -> None:
    for order in (
        ["--to", "eng", "--model", "copy", TINY, "tari", "mola"],
        [TINY, "--to", "eng", "tari", "--model", "copy", "mola"],
        [TINY, "tari", "mola", "--model", "copy", "--to", "eng"],
    ):
        assert main(capsys, "translate", *order) == (0, "tari\nmola\n", "")


def test_a_guessed_direction_is_said_on_stderr(capsys: Capture) -> None:
    assert main(capsys, "translate", TINY, "--model", "copy", "The man sees a dog.")[2] == (
        "ctxlearn: translating eng-qaa; --to eng goes the other way\n"
    )


def test_json_says_how_sure_each_word_is(capsys: Capture) -> None:
    printed = json.loads(main(capsys, "translate", TINY, "--to", "eng", "--json", "Tari gona.")[1])
    (result,) = printed["results"]
    said = [word["text"] for word in result["words"]]
    assert said and " ".join(said).lower() == result["hypothesis"].rstrip(".").lower()
    assert all(0 < word["confidence"] < 1 for word in result["words"])


def test_json_holds_everything_and_nothing_else_is_printed(capsys: Capture) -> None:
    code, out, err = main(
        capsys, "translate", TINY, "--model", "nearest", "--to", "eng", "-n", 2, "--evidence", "--json", "Tari gona."
    )
    printed = json.loads(out)
    assert (code, err) == (0, "")
    assert list(printed) == ["corpus", "direction", "system", "results", "usage", "cost_usd", "seconds"]
    assert (printed["corpus"], printed["direction"]) == ("corpus", "qaa-eng")
    (result,) = printed["results"]
    assert list(result) == [
        *("id", "source", "hypothesis", "confidence", "words", "problem", "alternatives", "evidence"),
        *("usage", "cost_usd"),
    ]
    assert (result["id"], result["source"], result["problem"]) == ("1", "Tari gona.", None)
    assert result["alternatives"][0].keys() == {"text", "score"}
    tari = result["evidence"][0]
    assert (tari["token"], tari["side"], tari["attested"]) == ("Tari", "source", True)
    assert tari["records"][0] == {
        "section": "dictionary",
        "id": "dictionary:1",
        "text": "tari | n | dog | hound",
        "place": "dictionary.tsv:2",
    }
    assert printed["usage"].keys() == {"read", "cached", "written", "stored_token_seconds", "made"}


def test_tsv_holds_five_columns_and_says_what_failed(capsys: Capture) -> None:
    code, out, err = main(capsys, "translate", TINY, "--model", "copy", "--to", "eng", "--tsv", "Tari", "соба\tка")
    assert code == 3
    assert [line.split("\t") for line in out.splitlines()] == [
        ["1", "Tari", "Tari", "", ""],
        ["2", "соба ка", "", "", "wrong-script: written in Cyrillic; Toy is written in Latin in this corpus"],
    ]
    assert "segment 2: wrong-script" in err


def test_evidence_marks_what_is_not_attested(capsys: Capture) -> None:
    _, out, _ = main(capsys, "translate", TINY, "--model", "copy", "--to", "eng", "--evidence", "Tari molara xyz")
    assert "    source Tari\n        dictionary: tari | n | dog | hound  [dictionary.tsv:2]\n" in out
    assert "    source molara  (not attested in this form)\n        dictionary: mola | n | fish" in out
    assert "    source xyz  (not attested in this form)\n" in out


def test_a_pipe_is_translated_line_by_line() -> None:
    code, out, err = called("translate", TINY, "--model", "copy", "--to", "eng", stdin="\ufeffTari.\r\n\nmola".encode())
    assert (code, out, err) == (0, "Tari.\n\nmola\n", "")


def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(capsys: Capture, pack: Pack) -> None:
    code, out, _ = main(capsys, "translate", TINY, "--to", "eng", "--dry-run", "Tari.", "Mola.")
    assert (code, out) == (0, f"2 segments, qaa-eng, after a context of {pack.tokens} tokens; $0.00\n")
    code, out, _ = main(capsys, "translate", TINY, "--to", "eng", "--dry-run", "--json", "Tari.")
    assert json.loads(out)["segments"] == 1


def test_what_is_broken_in_the_sources_is_mentioned(capsys: Capture, tmp_path: Path) -> None:
    toy = copy_of_tiny(tmp_path)
    change(toy / "sentences.tsv", "s20\tWani lasulu fitama.\t", "s20\tWani lasulu fitama. ")
    _, _, err = main(capsys, "translate", toy, "--model", "copy", "--to", "eng", "Tari.")
    assert err == (f"ctxlearn: 1 thing in the sources could not be read; `ctxlearn check {toy}` lists what and where\n")
