"""Corrections: proposed, accepted into the tail, packed; and never of a held-out sentence."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctxlearn import corpus, corrections, manifest, packs
from ctxlearn import settings as environment
from ctxlearn.corrections import Corrections, Tail
from ctxlearn.data import Direction, Example, Segment
from ctxlearn.errors import CorpusError, LeakError, UsageError
from ctxlearn.models.embedded import EmbeddedModel
from ctxlearn.models.floors import NearestModel
from ctxlearn.runs import Ledger
from ctxlearn.translate import System
from tests.tiny import PATIENCE, change, copy_of_tiny, main

Capture = pytest.CaptureFixture[str]
WRONG = ("Pokin zorbu kesu.", "The man drinks tea.")  # `zorbu` is in no book


@pytest.fixture
def toy(tmp_path: Path, home: Path) -> Path:
    return copy_of_tiny(tmp_path)


def kept(toy: Path) -> Corrections:
    return Corrections(environment.read().ledger, toy)


def accepted(toy: Path, pair: tuple[str, str] = WRONG) -> str:
    """Accept a correction and return its id."""
    it = manifest.open_corpus(str(toy))
    with kept(toy) as found:
        made = found.propose(it, corpus.read(it).tests, pair, "Anna")
        return found.accept(made.id, ()).id


def tail(toy: Path) -> Tail:
    here = environment.read()
    return corrections.tail_of(here.ledger, packs.open_pack(here.packs, manifest.open_corpus(str(toy))))


def test_a_proposal_has_its_author_and_date_and_changes_no_translation(toy: Path) -> None:
    it = manifest.open_corpus(str(toy))
    with kept(toy) as found:
        made = found.propose(it, (), WRONG, " Anna  B ", machine="The man sees.", system="model:x")
        assert (made.author, made.status, made.machine, made.system) == (
            "Anna B",
            "proposed",
            "The man sees.",
            "model:x",
        )
        assert made.proposed.endswith("Z")
        assert made.policy == "no-retention"  # the strictest of the corpus's sources
        assert found.list() == (made,)
    assert tail(toy) == Tail()


def test_an_accepted_correction_is_what_the_next_translation_says_both_ways(toy: Path) -> None:
    here = environment.read()
    pack = packs.open_pack(here.packs, manifest.open_corpus(str(toy)))
    model = EmbeddedModel(here.learned)
    out = Direction("qaa", "eng")
    before = System(model, pack, out)
    assert next(before.translate([Segment("1", WRONG[0])]))[0].text != WRONG[1]
    accepted(toy)
    after = System(model, pack, out, tail=tail(toy))
    hypothesis = next(after.translate([Segment("1", WRONG[0])]))[0]
    assert hypothesis.text == WRONG[1]
    back = System(model, pack, out.reversed(), tail=tail(toy))
    assert next(back.translate([Segment("1", WRONG[1])]))[0].text == WRONG[0]
    # The context itself is as it was, so whatever was cached of it stays valid.
    assert after.prefix == before.prefix
    assert after.usage.cached == pack.tokens
    assert "|tail:" in after.signature
    assert "|tail:" not in before.signature
    words = {one.token: one for one in after.evidence.of(WRONG[0], "qaa", "source")}
    assert words["zorbu"].attested
    assert words["zorbu"].records[0].place.startswith("corrected by Anna, ")


def test_every_model_reads_the_tail(toy: Path) -> None:
    here = environment.read()
    pack = packs.open_pack(here.packs, manifest.open_corpus(str(toy)))
    accepted(toy)
    system = System(NearestModel(), pack, Direction("qaa", "eng"), tail=tail(toy))
    assert next(system.translate([Segment("1", WRONG[0])]))[0].text == WRONG[1]


@pytest.mark.parametrize(
    "pair",
    [
        ("Tamin hulora selu.", "The mother is asleep."),  # a test's sentence
        ("tamin HULORA selu", "x"),
        ("x", "The child sleeps in the house!"),
    ],
)
def test_a_held_out_sentence_is_never_corrected(toy: Path, pair: tuple[str, str]) -> None:
    it = manifest.open_corpus(str(toy))
    with kept(toy) as found, pytest.raises(LeakError, match="is held out \\(dev:"):
        found.propose(it, corpus.read(it).tests, pair, "Anna")
    with kept(toy) as found:
        assert found.list() == ()


def test_a_short_held_out_sentence_is_known_by_being_the_whole_side(toy: Path) -> None:
    change(toy / "dev.tsv", "d2\tTamin hulora selu.", "d2\tSelu!")
    it = manifest.open_corpus(str(toy))
    tests = corpus.read(it).tests
    with pytest.raises(LeakError):
        corrections.refuse_held_out(tests, Example("selu", "x"))
    corrections.refuse_held_out(tests, Example("Selu pokin.", "The man sleeps."))


def test_what_a_test_set_holds_out_later_leaves_the_tail_and_is_named(toy: Path) -> None:
    accepted(toy)
    with (toy / "dev.tsv").open("a", encoding="utf-8") as file:
        file.write("d9\tPokin zorbu kesu.\tThe man is drinking tea.\t\n")
    found = tail(toy)
    assert found.corrections == ()
    assert [it.primary_text for it in found.held_back] == [WRONG[0]]
    with kept(toy) as again:
        it = manifest.open_corpus(str(toy))
        assert again.into_sources(it, corpus.read(it).tests) == ()


def test_at_the_next_pack_corrections_are_a_source_and_the_tail_is_empty(toy: Path, capsys: Capture) -> None:
    first, second = accepted(toy), accepted(toy, ('"Mola," pokin', 'He said "fish"'))
    code, out, err = main(capsys, "pack", toy, "--json")
    assert code == 0
    assert "2 corrections written into" in err
    it = manifest.open_corpus(str(toy))
    assert [source.id for source in it.sources][-1] == "corrections"
    assert it.sources[-1].policy == "no-retention"
    pack = packs.open_pack(environment.read().packs, it)
    assert pack.fingerprint == json.loads(out)["fingerprint"]
    pairs = {record.id: (record.primary_text, record.translated_text) for record in pack.records["examples"]}  # type: ignore[union-attr]  # this section has examples
    assert pairs[first] == WRONG
    assert pairs[second] == ('"Mola," pokin', 'He said "fish"')
    assert tail(toy) == Tail()
    third = accepted(toy, ("Mola zorbu kesu.", "The fish drinks tea."))
    assert main(capsys, "pack", toy)[0] == 0
    assert (toy / "corrections.tsv").read_text(encoding="utf-8").count("\n") == 4
    assert [source.id for source in manifest.open_corpus(str(toy)).sources].count("corrections") == 1
    with kept(toy) as found:
        assert found.show(third).status == "packed"
        with pytest.raises(UsageError, match="take it out there"):
            found.reject(third)


def test_a_file_that_is_not_ours_is_left_alone_and_the_tail_stays(toy: Path) -> None:
    accepted(toy)
    (toy / "corrections.tsv").write_text("mine\n", encoding="utf-8")
    it = manifest.open_corpus(str(toy))
    with kept(toy) as found, pytest.raises(CorpusError, match="its columns are not"):
        found.into_sources(it, ())
    assert (toy / "corrections.tsv").read_text(encoding="utf-8") == "mine\n"
    assert len(tail(toy).corrections) == 1


def test_of_two_presses_at_once_one_enters_the_correction(toy: Path) -> None:
    it, together = manifest.open_corpus(str(toy)), Barrier(4)

    def press() -> None:
        with kept(toy) as found:
            together.wait(PATIENCE)
            found.propose(it, (), WRONG, "Anna")

    presses = [Thread(target=press) for _ in range(4)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    with kept(toy) as found:
        assert len(found.list()) == 1


def test_the_same_correction_twice_is_one_and_a_rejected_one_leaves_the_tail(toy: Path) -> None:
    it = manifest.open_corpus(str(toy))
    first = accepted(toy)
    with kept(toy) as found:
        assert found.propose(it, (), WRONG, "Ben").id == first
        found.reject(first[:4])
        assert found.tail(()) == Tail()
        assert found.propose(it, (), WRONG, "Ben").id != first
        with pytest.raises(UsageError, match="there is none"):
            found.show("nosuch")


def test_a_correction_lets_nothing_out_that_its_books_keep_in(toy: Path, capsys: Capture) -> None:
    change(toy / "corpus.toml", 'policy = "no-retention"', 'policy = "local-only"')
    accepted(toy)
    code, _, err = main(capsys, "translate", toy, "--sections", "dictionary", "--model", "openai/gpt-6-sol", "Tari")
    assert code == 6
    assert "local-only" in err


def test_the_command_proposes_lists_accepts_and_rejects(toy: Path, capsys: Capture) -> None:
    assert main(capsys, "correct", toy)[1] == "no corrections\n"
    code, out, _ = main(capsys, "correct", toy, WRONG[1], WRONG[0], "--by", "Anna", "--json")
    made = json.loads(out)["corrections"][0]
    assert (code, made["primary_text"], made["status"]) == (0, WRONG[0], "proposed")  # the sides were told apart
    assert main(capsys, "correct", toy, "--accept", made["id"])[0] == 0
    code, out, _ = main(capsys, "translate", toy, "--to", "eng", WRONG[0], "--json")
    assert json.loads(out)["results"][0]["hypothesis"] == WRONG[1]
    assert "|tail:" in json.loads(out)["system"]
    assert "rejected" in main(capsys, "correct", toy, "--reject", made["id"])[1]
    assert "accepted" in main(capsys, "correct", toy, *WRONG, "--to", "eng", "--now")[1]
    assert main(capsys, "correct", toy, "alone")[0] == 2
    assert main(capsys, "correct", toy, "Tamin hulora selu.", "x")[0] == 4


def test_forget_deletes_them(toy: Path, capsys: Capture) -> None:
    accepted(toy)
    assert json.loads(main(capsys, "forget", toy, "--json")[1])["corrections"] == 1
    with kept(toy) as found:
        assert found.list() == ()
    assert WRONG[0].encode() not in environment.read().ledger.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1), st.text(min_size=1))
def test_any_pair_comes_back_from_the_file_as_it_was_said(toy: Path, primary: str, translated: str) -> None:
    (toy / "corrections.tsv").unlink(missing_ok=True)
    it = manifest.open_corpus(str(toy))
    with kept(toy) as found:
        found.forget()
        try:
            made = found.propose(it, (), (primary, translated), "Anna")
        except UsageError:
            return  # an empty side
        found.accept(made.id, ())
        found.into_sources(it, ())
        parts = corpus.read(manifest.parse(it.file)).parts
        examples = {record.id: record for part in parts for record in part.material.examples}
    assert (examples[made.id].primary_text, examples[made.id].translated_text) == (
        made.primary_text,
        made.translated_text,
    )


# -- a score ----------------------------------------------------------------------------------------------------------


def evaluated(capsys: Capture, *arguments: object) -> tuple[dict[str, Any], str]:
    """Return the one run that was made, and what was said on stderr."""
    code, out, err = main(capsys, "evaluate", *arguments, "--direction", "qaa-eng", "--json")
    assert code == 0, err
    (run,) = json.loads(out)["runs"]
    return run, err


def test_what_is_evaluated_has_read_the_corrections_that_a_translation_reads(toy: Path, capsys: Capture) -> None:
    before, _ = evaluated(capsys, toy)
    accepted(toy)
    after, _ = evaluated(capsys, toy)
    assert ("|tail:" in before["system"], "corrections" in before["parameters"]) == (False, False)
    assert ("|tail:" in after["system"], after["parameters"]["corrections"]) == (True, 1)
    translated = json.loads(main(capsys, "translate", toy, WRONG[0], "--json")[1])
    assert translated["system"] == after["system"]
    said = main(capsys, "evaluate", toy, "--direction", "qaa-eng")[1]
    assert "read after the context: 1 accepted correction, none of a held-out sentence" in said


def test_no_score_reads_a_correction_of_a_sentence_that_it_measures(toy: Path, capsys: Capture) -> None:
    name = accepted(toy)
    table = toy.parent / "more.tsv"
    table.write_text(f"id\tqaa\teng\n1\t{WRONG[0]}\t{WRONG[1]}\n2\tMola gona.\tThe fish is big.\n", encoding="utf-8")
    run, err = evaluated(capsys, toy, "--test", table)
    assert "|tail:" not in run["system"]
    assert f"correction {name} is left out: its sentence is held out now" in err
    with Ledger(environment.read().ledger) as ledger:
        made = {it.id: it.hypothesis for it in ledger.segments(run["run"])}
    assert made["1"] != WRONG[1]


def test_an_ablation_measures_the_books_alone_and_says_so(toy: Path, capsys: Capture) -> None:
    accepted(toy)
    code, out, err = main(capsys, "evaluate", toy, "--direction", "qaa-eng", "--ablate", "--json")
    assert code == 0
    assert "1 accepted correction left out: an ablation measures the books" in err
    assert not [run for run in json.loads(out)["runs"] if "|tail:" in run["system"]]


def test_an_estimate_counts_the_corrections_that_are_sent_too(toy: Path, capsys: Capture) -> None:
    change(toy / "corpus.toml", 'policy = "no-retention"', 'policy = "open"')
    asked = ["translate", toy, "--to", "eng", "--model", "openai/gpt-4.1", "--dry-run", "--json", "Mola gona."]
    before = json.loads(main(capsys, *asked)[1])
    accepted(toy)
    after = json.loads(main(capsys, *asked)[1])
    assert (before["corrections"], after["corrections"]) == (0, 1)
    assert after["tokens"]["questions"] > before["tokens"]["questions"]
    assert after["tokens"]["context"] == before["tokens"]["context"]
    local = main(capsys, "translate", toy, "--to", "eng", "--dry-run", "Mola gona.")[1]
    assert "tokens and 1 accepted correction; $0.00" in local
    priced = ["evaluate", toy, "--direction", "qaa-eng", "--model", "openai/gpt-4.1", "--dry-run", "--json"]
    assert json.loads(main(capsys, *priced)[1])["cost_usd"] > 0
