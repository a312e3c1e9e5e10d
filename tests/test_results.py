"""The measurements behind docs/results.md: that they change what they say they change, and that the page is theirs."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from benchmarks.embedded import calibration, curves, page
from benchmarks.embedded.ideas import IDEAS, Idea, changed
from benchmarks.embedded.split import split, translated, whole
from ctxlearn import leaks, render
from ctxlearn.data import Direction
from ctxlearn.models.embedded import subwords
from ctxlearn.models.embedded.candidates import QUICK, WHOLE
from ctxlearn.models.embedded.confidence import Map
from ctxlearn.models.embedded.learn import learn
from ctxlearn.models.embedded.material import gather


@pytest.mark.parametrize("idea", IDEAS, ids=lambda it: it.name)
def test_every_idea_can_be_undone_and_is_there_again_afterwards(idea: Idea) -> None:
    def now() -> list[object]:
        names = [name.split(".") for name in idea.constants]
        return [getattr(importlib.import_module(f"ctxlearn.models.embedded.{module}"), name) for module, name in names]

    before = now()
    with idea.undone():
        assert all(value != old for value, old in zip(now(), before, strict=True))
    assert now() == before


def test_an_idea_without_effect_would_be_found_out() -> None:
    reading = whole("tarivel").reading
    material = gather(reading, whole("tarivel").directions[0])
    for idea in IDEAS:
        if not idea.constants and idea.effort == WHOLE:
            less = idea.material(gather(idea.reading(reading), whole("tarivel").directions[0]))
            assert less != material, idea.name


def test_words_that_no_book_has_are_rarer_as_they_count_against_a_candidate() -> None:
    direction = Direction("eng", "qtv")
    material = gather(whole("tarivel").reading, direction)
    learned, segments = learn(material), whole("tarivel").tests["test"].segments(direction)

    def invented() -> int:
        known = {word for pair in material.pairs() for word in subwords.words(pair[1])}
        own = {word for segment in segments for word in subwords.words(segment.source)}
        made = [word for text in translated(learned, QUICK, segments) for word in subwords.words(text)]
        return sum(word not in known and word not in own for word in made)

    few = invented()
    with changed({"translate._INVENTED": 0.0}):
        assert few < invented()


def test_a_constant_that_is_no_more_is_an_error() -> None:
    with pytest.raises(AttributeError), Idea("gone", constants={"learn.GONE": 1}).undone():
        pass


def test_pairs_held_out_stand_nowhere_in_what_is_learned_and_folds_share_none() -> None:
    first, second = split("tarivel"), split("tarivel", fold=1)
    assert not leaks.find([first.tests["held"]], {"examples": first.reading.examples})
    assert not leaks.find([first.tests["held"]], {"grammar": first.reading.blocks})
    ours, theirs = ({item.id for item in of.tests["held"].items} for of in (first, second))
    assert len(ours) > 100 and not ours & theirs


def test_a_smaller_share_of_the_material_lies_within_a_larger_one() -> None:
    reading = whole("tarivel").reading
    few, more, all_of_it = (curves.part(reading, share) for share in curves.SHARES)
    assert set(few.examples) < set(more.examples) < set(all_of_it.examples)
    assert all_of_it == reading and isinstance(few, render.Reading)
    assert 0.05 < len(few.entries) / len(reading.entries) < 0.15


def test_the_map_that_made_the_truth_is_found_again() -> None:
    odds = np.linspace(-3, 3, 200)
    true = calibration.mapped(odds, Map(-0.6, 0.7))
    sample = calibration.Sample(Map(0, 1), odds, true, true)
    assert calibration.fitted([sample]) == pytest.approx((-0.6, 0.7), abs=1e-6)
    assert calibration.error(true, true) == pytest.approx(0, abs=1e-12)
    assert calibration.error(true + 0.1, true) == pytest.approx(0.1)


def test_rank_correlation_is_spearmans_with_mean_ranks_for_ties() -> None:
    one, other = np.array([1.0, 2.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])
    assert calibration.rank_correlation(one, other) == pytest.approx(np.corrcoef([1, 2.5, 2.5, 4], [1, 3, 2, 4])[0, 1])
    assert calibration.rank_correlation(one, -one) == pytest.approx(-1)


def test_the_page_is_what_the_numbers_make() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.renewed(text, page.read()) == text
