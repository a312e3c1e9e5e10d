"""A context is packed from whole records, within its budget, and equal input gives equal bytes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxlearn import context, render, tokens
from ctxlearn.context import Context
from ctxlearn.corpus import Contents
from ctxlearn.data import Block, Example, Record
from ctxlearn.errors import BudgetError, UsageError
from ctxlearn.igt import is_pair
from tests.tiny import DATA, change, contents, copy_of_tiny, environment

GOLDEN = DATA / "corpus.prefix.txt"
COUNTERS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "words": lambda text: len(text.split()),
    "bytes": lambda text: len(text.encode()),
    "o200k_base": tokens.counter(),
}


@cache
def tiny() -> Contents:
    return contents()


def packed(budget: int | None = None, sections: Sequence[str] = context.DEFAULT) -> Context:
    return context.pack(tiny(), len, budget=budget, sections=sections)


def of(it: Context, name: str) -> tuple[Record, ...]:
    return next((section.records for section in it.sections if section.name == name), ())


def test_the_context_of_the_tiny_corpus_is_what_it_always_was() -> None:
    assert packed().prefix == GOLDEN.read_bytes().decode()


def test_two_processes_with_different_hash_seeds_pack_the_same_bytes() -> None:
    program = (
        "from ctxlearn import context, tokens; from tests.tiny import contents\n"
        "print(context.pack(contents(), tokens.counter(), budget=600).fingerprint)"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env=environment(PYTHONHASHSEED=seed), capture_output=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert seen == {context.pack(tiny(), tokens.counter(), budget=600).fingerprint.encode() + b"\n"}


def test_everything_is_packed_without_a_budget_and_reads_back() -> None:
    whole = packed()
    assert {section.name: (len(section.records), section.left_out) for section in whole.sections} == {
        "dictionary": (24, 0),
        "examples": (22, 0),
        "grammar": (9, 0),
        "text": (0, 0),
    }
    reading = render.read(whole.prefix)
    assert (len(reading.entries), len(reading.examples), len(reading.blocks)) == (24, 22, 9)


@settings(max_examples=150)
@given(st.integers(60, 3200), st.sets(st.sampled_from(context.SECTIONS), min_size=1), st.sampled_from(sorted(COUNTERS)))
def test_no_budget_is_ever_exceeded_and_no_record_is_cut_or_written_twice(
    budget: int, sections: set[str], counter: str
) -> None:
    count = COUNTERS[counter]
    try:
        it = context.pack(tiny(), count, budget=budget, sections=sorted(sections))
    except BudgetError:
        return
    assert it.tokens == count(it.prefix) <= budget
    everything = packed(sections=("dictionary", "examples", "grammar"))
    known = {bare(record) for section in everything.sections for record in section.records}
    reading = render.read(it.prefix)
    everything_read: list[Record] = [*reading.entries, *reading.examples, *reading.blocks]
    found = [bare(record) for record in everything_read]
    assert set(found) <= known
    assert len(found) == len(set(found)) == sum(len(section.records) for section in it.sections)


def bare(record: Record) -> str:
    """What is written of a record, without its headings."""
    if isinstance(record, Block):
        return render.write_block(replace(record, headings=()))
    return render.write_example(record) if isinstance(record, Example) else render.write_entry(record)


@pytest.mark.parametrize("budget", [100, 700, 1300, 1500, 2000, 2200, 2500])
def test_what_does_not_fit_is_left_out_whole_and_counted(budget: int) -> None:
    it = packed(budget)
    count = {section.name: len(section.records) + section.left_out for section in it.sections}
    assert (count["dictionary"], count["examples"]) == (24, 22)
    assert count["grammar"] + count.get("glossed", 0) == 9
    for name in ("dictionary", "examples"):
        assert of(it, name) == of(packed(), name)[: len(of(it, name))]


def test_the_glossed_examples_are_packed_by_themselves_when_the_grammar_does_not_fit() -> None:
    whole = packed()
    it = packed(len(whole.prefix) - 200)
    first, rest = of(it, "grammar"), of(it, "glossed")
    assert rest
    assert first == of(whole, "grammar")[: len(first)]
    examples = [block.example for block in (*first, *rest) if isinstance(block, Block) and block.example]
    assert examples == [block.example for block in of(whole, "grammar") if isinstance(block, Block) and block.example]
    assert all(isinstance(block, Block) and not block.headings for block in rest)


def test_a_budget_that_holds_everything_leaves_nothing_out() -> None:
    assert packed(len(packed().prefix)).prefix == packed().prefix
    assert packed(len(packed().prefix) - 1).prefix != packed().prefix


def test_a_budget_without_room_for_one_record_is_refused() -> None:
    with pytest.raises(BudgetError, match="a budget of 50 tokens does not hold a single record"):
        packed(50)
    with pytest.raises(BudgetError, match="larger --budget"):
        packed(1)


def test_glossed_alone_holds_the_sentence_pairs_of_the_grammar_and_no_prose() -> None:
    it = packed(sections=("glossed",))
    assert len(of(it, "glossed")) == 3
    assert all(isinstance(block, Block) and block.example and is_pair(block.example) for block in of(it, "glossed"))
    assert "A noun takes endings" not in it.prefix


def test_glossed_beside_the_grammar_writes_nothing_twice() -> None:
    assert packed(sections=("grammar", "glossed")).prefix == packed(sections=("grammar",)).prefix


def test_an_unknown_section_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"section 'grammer': the known ones are dictionary, examples, grammar"):
        packed(sections=("grammer",))


def test_a_grammar_s_ill_formed_examples_stay_in_the_grammar_and_are_never_packed_by_themselves(tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    change(folder / "grammar.md", "> (3) nani-lu", "> (3) *nani-lu")
    read = contents(folder)
    assert "(3) * nani-lu" in context.pack(read, len).prefix
    assert "nani-lu" not in context.pack(read, len, sections=("glossed",)).prefix


def test_the_strictest_source_that_is_packed_rules_the_context() -> None:
    assert packed().policy == "no-retention"
    assert packed(sections=("grammar",)).policy == "open"
    assert packed(sections=("dictionary", "examples")).policy == "no-retention"


def test_the_fingerprint_changes_with_every_byte(tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    change(folder / "sentences.tsv", "The birds flew yesterday.", "The birds flew yesterday!")
    assert context.pack(contents(folder), len).fingerprint != packed().fingerprint


def test_sections_stand_in_the_order_asked_for_and_the_first_are_cut_last() -> None:
    there = packed(sections=("grammar", "dictionary"))
    assert [it.name for it in there.sections] == ["grammar", "dictionary"]
    assert render.read(there.prefix) == render.read(packed(sections=("dictionary", "grammar")).prefix)
    both = packed(sections=("examples", "dictionary"))
    less = packed(budget=both.tokens - 50, sections=("examples", "dictionary"))
    assert [bool(it.left_out) for it in less.sections] == [False, True]


def test_a_section_can_be_limited_by_itself() -> None:
    whole = packed()
    some = packed(sections=("dictionary:300", "examples", "grammar", "text"))
    dictionary = next(it for it in some.sections if it.name == "dictionary")
    assert dictionary.tokens <= 300
    assert dictionary.records == of(whole, "dictionary")[: len(dictionary.records)]
    assert dictionary.left_out == len(of(whole, "dictionary")) - len(dictionary.records) > 0
    assert of(some, "grammar") == of(whole, "grammar")
    for wrong in ("grammar:", "grammar:0", "grammar:x", "nosuch:5"):
        with pytest.raises(UsageError, match="section"):
            packed(sections=(wrong,))
