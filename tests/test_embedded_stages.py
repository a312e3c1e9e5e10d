"""The stages of the embedded model against their plain definitions, on inputs small enough to try everything."""

from __future__ import annotations

import ast
import importlib
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sacrebleu.metrics.chrf import CHRF

from ctxlearn.models.embedded import arrays, classes, consensus, decode, ngrams, orientations, phrases, regression
from ctxlearn.models.embedded.align import Text, align, gridded, grow, numbered

Bits = NDArray[np.bool_]
LETTERS = {letter: number for number, letter in enumerate("abcde")}


def text(*sentences: str) -> Text:
    return numbered([list(sentence) for sentence in sentences], LETTERS)


# -- compiled loops ---------------------------------------------------------------------------------------------------

LOADED = """
import sys
import numpy as np
from ctxlearn.models.embedded import arrays
words = np.array([1, 2], np.int32)
print(arrays.hashed(words, 0, 2), "numba.np.linalg" in sys.modules)
print(arrays.compiled(lambda words: arrays.hashed(np.sort(words), 0, 2))(words))
"""


def test_what_was_compiled_before_is_loaded_without_a_compiler_and_one_is_ready_when_it_is_needed() -> None:
    found = arrays.hashed(np.array([1, 2], np.int32), 0, 2)
    run = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    assert run.stdout == f"{found} False\n{found}\n"


def test_a_loop_is_compiled_anew_when_a_file_changed_that_is_compiled_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "counting.py").write_text("def loop(number):\n    return number + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    loop = importlib.import_module("counting").loop

    def hits() -> int:
        made: Any = arrays.compiled(loop)
        assert made(1) == 2
        return sum(made.stats.cache_hits.values())

    assert [hits(), hits()] == [0, 1]
    monkeypatch.setattr(arrays, "_stamps", lambda: ((0, 0),))
    assert hits() == 0


# -- alignment --------------------------------------------------------------------------------------------------------


@st.composite
def grids(draw: st.DrawFn, many: int) -> list[Bits]:
    size, length = draw(st.integers(0, 6)), draw(st.integers(0, 6))
    cells = st.lists(st.booleans(), min_size=size * length, max_size=size * length)
    return [np.array(draw(cells), np.bool_).reshape(size, length) for _ in range(many)]


@given(grids(2))
def test_links_are_what_both_ways_say_and_what_grows_from_it(ways: list[Bits]) -> None:
    forward, backward = ways
    links = np.zeros_like(forward)
    grow(forward, backward, links)
    either, both = forward | backward, forward & backward
    rows, columns = (np.atleast_1d(links.any(side)) for side in (1, 0))
    assert (links >= both).all() and (links <= either).all()
    for i, j in np.argwhere(either & ~links):
        assert rows[i] or columns[j]  # nothing that is free on both sides is left out
        beside = both[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2].any()
        assert not beside or (rows[i] and columns[j])  # and no neighbour of what is sure that is free on one


def test_links_grow_from_neighbour_to_neighbour() -> None:
    forward, backward = np.eye(3, dtype=np.bool_), np.zeros((3, 3), np.bool_)
    backward[0, 0] = backward[0, 1] = backward[1, 2] = True
    links = np.zeros_like(forward)
    grow(forward, backward, links)
    assert np.argwhere(links).tolist() == [[0, 0], [0, 1], [1, 1], [1, 2], [2, 2]]


def test_pairs_of_words_are_numbered_in_the_order_of_the_cells() -> None:
    words = np.random.default_rng(1).integers(0, 60, 900).astype(np.int32)  # more pairs than the table begins with
    one = Text(words, np.arange(0, 901, 9), 60)
    types = gridded(one, one._replace(words=words[::-1])).types
    cells = [(a, b) for at in range(0, 900, 9) for a in words[at : at + 9] for b in words[::-1][at : at + 9]]
    numbers: dict[tuple[int, int], int] = {}
    assert types.tolist() == [numbers.setdefault(cell, len(numbers)) for cell in cells]
    assert len(numbers) > 1024


@pytest.mark.parametrize("kind", ["hmm", "ibm1"])
def test_alignment_finds_a_reversed_language(kind: str) -> None:
    sentences = ["".join(letters) for letters in permutations("abcde", 3)]
    source, target = text(*sentences), text(*(sentence[::-1] for sentence in sentences))
    pairs = gridded(source, target)
    links = align(source, target, pairs, kind)
    right = [np.array_equal(links[b : b + 9].reshape(3, 3), np.eye(3)[::-1]) for b in pairs.begins[:-1]]
    assert sum(right) > 0.9 * len(right)
    assert np.array_equal(links, align(source, target, pairs, kind))


@given(st.lists(st.tuples(st.text("abcde", max_size=4), st.text("abcde", max_size=4)), max_size=8))
def test_any_pairs_can_be_aligned(pairs: list[tuple[str, str]]) -> None:
    source, target = text(*(one for one, _ in pairs)), text(*(other for _, other in pairs))
    found = gridded(source, target)
    assert len(align(source, target, found)) == found.begins[-1] == sum(len(one) * len(other) for one, other in pairs)


# -- phrases ----------------------------------------------------------------------------------------------------------


def consistent(links: Bits) -> Iterator[tuple[int, int, int, int]]:
    """Yield every two runs with a link between them and none that leaves them (Koehn et al. 2003)."""
    size, length = links.shape
    for start in range(size):
        for end in range(start + 1, min(size, start + 8) + 1):
            for first in range(length):
                for last in range(first + 1, min(length, first + 10) + 1):
                    inside = links[start:end, first:last].sum()
                    if inside and inside == links[start:end].sum() == links[:, first:last].sum():
                        yield start, end, first, last


@given(grids(1))
def test_phrase_pairs_are_all_consistent_ones_and_the_whole(made: list[Bits]) -> None:
    (links,) = made
    size, length = links.shape
    begins, others, cells = (np.array([0, end], np.int64) for end in (size, length, size * length))
    found = [tuple(run[1:]) for run in phrases.extract(begins, others, cells, links.ravel())]
    expected = {*consistent(links), *([(0, size, 0, length)] if size and length else [])}
    assert len(found) == len(set(found)) and set(found) == expected


@given(grids(1))
def test_of_too_many_phrase_pairs_those_stay_that_end_in_links(made: list[Bits]) -> None:
    (links,) = made
    size, length = links.shape
    begins, others, cells = (np.array([0, end], np.int64) for end in (size, length, size * length))
    found = {tuple(run[1:]) for run in phrases.extract(begins, others, cells, links.ravel(), most=0)}
    linked = np.atleast_1d(links.any(0))
    tight = {run for run in consistent(links) if linked[run[2]] and linked[run[3] - 1]}
    assert found == {*tight, *([(0, size, 0, length)] if size and length else [])}


def blocks(links: Bits) -> set[tuple[int, int, int, int]]:
    """Return all runs of any length with a link between them and none that leaves them, and the sentence's edges."""
    size, length = links.shape
    found = {(0, 0, 0, 0), (size, size, length, length)}
    for start, first in product(range(size), range(length)):
        for end, last in product(range(start + 1, size + 1), range(first + 1, length + 1)):
            inside = links[start:end, first:last].sum()
            if inside and inside == links[start:end].sum() == links[:, first:last].sum():
                found.add((start, end, first, last))
    return found


@given(grids(1))
def test_an_orientation_is_how_a_phrase_lies_to_any_block_before_it_and_behind(made: list[Bits]) -> None:
    (links,) = made
    size, length = links.shape
    runs = np.array([[0, *run] for run in consistent(links)], np.int32).reshape(-1, 5)
    begins, others, cells = (np.array([0, end], np.int64) for end in (size, length, size * length))
    found = orientations.orientations(runs, begins, others, cells, links.ravel())
    every = blocks(links)
    ends, begun = {(end, last) for _, end, _, last in every}, {(start, first) for start, _, first, _ in every}
    swapped = {(start, last) for start, _, _, last in every}, {(end, first) for _, end, first, _ in every}
    for (_, start, end, first, last), (before, after) in zip(runs.tolist(), found.tolist(), strict=True):
        assert before == (0 if (start, first) in ends else 1 if (end, first) in swapped[0] else 2)
        assert after == (0 if (end, last) in begun else 1 if (start, last) in swapped[1] else 2)


def learned(
    source: Sequence[str], target: Sequence[str]
) -> tuple[Text, phrases.Table, ngrams.LanguageModel, classes.ClassModel]:
    one, other = text(*source), text(*target)
    pairs = gridded(one, other)
    table = phrases.table(one, other, pairs, align(one, other, pairs), np.zeros(len(source)))
    return one, table, ngrams.learn(other), classes.learn(other)


SOURCES = ["ab", "ba", "cab", "dea", "bd", "ec", "aed", "cbe", "abc", "dab"]
TARGETS = ["xy", "yx", "yxz", "vwx", "yv", "zw", "wxv", "wyz", "zyx", "xyv"]
SOURCE, TABLE, MODEL, CLASSED = learned(SOURCES, [word.translate(str.maketrans("xyzvw", "abcde")) for word in TARGETS])


def test_a_phrase_pairs_orientations_are_probabilities() -> None:
    chances = np.exp(TABLE.orientations.reshape(-1, 2, 3)).sum(2)
    assert np.allclose(chances, 1, atol=1e-5)


def test_translations_of_a_phrase_share_less_than_one() -> None:
    chances = np.exp(TABLE.parts[:, 0])
    of_phrase = np.add.reduceat(chances, TABLE.begins[:-1])
    assert (of_phrase > 0).all() and (of_phrase < 1).all()


# -- the language model -----------------------------------------------------------------------------------------------


class PlainModel:
    """Modified Kneser-Ney by its definition, with dictionaries (Chen and Goodman 1998, section 3)."""

    def __init__(self, sentences: Sequence[str], order: int) -> None:
        seen: Counter[str] = Counter()
        for sentence in sentences:
            padded = f"<{sentence}>"
            for end in range(1, len(padded) + 1):
                for size in range(1, min(order, end) + 1):
                    seen[padded[end - size : end]] += 1
        before = Counter(gram[1:] for gram in seen if len(gram) > 1)
        self._counts = {g: n if len(g) == order or g[0] == "<" else before[g] for g, n in seen.items()}
        self._counts.pop("<", None)
        self._words = len({gram for gram in seen if len(gram) == 1})

    def probability(self, word: str, history: str) -> float:
        """Return the probability of a word after a history."""
        size = len(history) + 1
        level = [n for gram, n in self._counts.items() if len(gram) == size]
        after = {gram: n for gram, n in self._counts.items() if len(gram) == size and gram[:-1] == history}
        lower = self.probability(word, history[1:]) if history else 1 / (self._words + 1)
        if not after:
            return lower
        taken = self._taken(level)
        total, left = sum(after.values()), sum(taken[min(n, 3)] for n in after.values())
        own = self._counts.get(history + word, 0)
        return (own - taken[min(own, 3)] + left * lower) / total

    @staticmethod
    def _taken(counts: Sequence[int]) -> list[float]:
        one, two, three, four = (max(1, counts.count(n)) for n in (1, 2, 3, 4))
        base = one / (one + 2 * two)
        found = [1 - 2 * base * two / one, 2 - 3 * base * three / two, 3 - 4 * base * four / three]
        return [0.0, *(min(0.95 * n, max(0.1, value)) for n, value in enumerate(found, start=1))]


def follow(model: ngrams.LanguageModel, history: str) -> int:
    state = model.start
    for letter in history:
        _, state = ngrams.step(model, state, LETTERS[letter])
    return int(state)


@given(st.lists(st.text("abcd", max_size=6), max_size=20), st.text("abcde", max_size=4), st.integers(2, 4))
def test_the_language_model_is_kneser_and_neys(sentences: list[str], history: str, order: int) -> None:
    model = ngrams.learn(text(*sentences), order)
    plain = PlainModel(sentences, order)
    state = follow(model, history)
    for letter, number in {**LETTERS, ">": 6}.items():
        chance, _ = ngrams.step(model, state, number)
        assert chance == pytest.approx(math.log(plain.probability(letter, f"<{history}"[1 - order :])), abs=1e-4)


@given(st.lists(st.text("abcde", max_size=6), max_size=20), st.text("abcde", max_size=4))
def test_the_probabilities_after_any_history_add_up_to_one(sentences: list[str], history: str) -> None:
    model = ngrams.learn(text(*sentences))
    state = follow(model, history)
    seen = {LETTERS[letter] for line in sentences for letter in line} | ({5, 6} if sentences else set())
    words = [*sorted(seen), 99]  # the last one was never seen
    assert sum(math.exp(ngrams.step(model, state, word)[0]) for word in words) == pytest.approx(1, abs=1e-4)


# -- classes ----------------------------------------------------------------------------------------------------------


def information(sentences: Sequence[NDArray[np.int64]], found: Sequence[int]) -> float:
    """Return what the classes make likely: the sum of n log n over classes beside pieces, less that over classes."""
    beside: Counter[tuple[str, int, int]] = Counter()
    sizes: Counter[int] = Counter()
    for sentence in sentences:
        padded = [-1, *sentence.tolist(), -1]
        for before, piece, behind in zip(padded, padded[1:], padded[2:], strict=False):
            beside.update([("before", before, found[piece]), ("behind", behind, found[piece])])
            sizes[found[piece]] += 1
    return sum(n * math.log(n) for n in beside.values()) - 2 * sum(n * math.log(n) for n in sizes.values())


@given(st.lists(st.text("abcde", min_size=1, max_size=6), min_size=1, max_size=20))
def test_no_piece_fits_another_class_better(lines: list[str]) -> None:
    sentences = [np.array([LETTERS[letter] for letter in line], np.int64) for line in lines]
    with mock.patch.object(classes, "ROUNDS", 100):
        found = classes.cluster(text(*lines), 2)
    assert set(found.tolist()) <= {0, 1}
    best = information(sentences, found.tolist())
    for piece, other in product(range(5), range(2)):
        moved = found.copy()
        moved[piece] = other
        assert information(sentences, moved.tolist()) <= best + 1e-6


def test_what_stands_between_the_same_neighbours_is_one_class() -> None:
    lines = [subject + verb + thing for subject in "abc" for verb in "def" for thing in "ghi"]
    found = classes.cluster(numbered(lines, {letter: n for n, letter in enumerate("abcdefghi")}), 3).tolist()
    assert [len({*found[at : at + 3]}) for at in (0, 3, 6)] == [1, 1, 1] and len(set(found)) == 3


def test_a_piece_without_a_class_is_unseen() -> None:
    chance, state = classes.step_class(CLASSED, CLASSED.model.start, 99)
    assert chance < math.log(0.2) and state == 0


# -- decoding ---------------------------------------------------------------------------------------------------------


def segmentations(length: int) -> Iterator[list[tuple[int, int]]]:
    """Yield every way to cut a sentence into phrases."""
    if length == 0:
        yield []
    for start in range(max(0, length - phrases.LONGEST), length):
        for before in segmentations(start):
            yield [*before, (start, length)]


def choices(span: tuple[int, int], ranges: NDArray[np.int64]) -> list[int]:
    """Return the options of a span; -1 less its place for a piece that is taken over."""
    start, end = span
    first, behind = ranges[start, end - start - 1]
    return [*range(first, behind)] or ([-1 - start] if end - start == 1 else [])


def orientation(covered: set[int], last: tuple[int, int], span: tuple[int, int]) -> tuple[int, int]:
    """Return how a span stands to what is covered before it, and the last one to what is covered after it."""
    (start, end), (last_start, last_end) = span, last
    way, between = (0, range(last_end, start)) if start >= last_end else (1, range(end, last_start))
    return way if covered >= set(between) else 2, way if covered.isdisjoint(between) else 2


def derivations(
    length: int, ranges: NDArray[np.int64], options: decode.Options, costs: decode.Costs
) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Yield the score and the options of every segmentation, in every order, with every choice."""

    def followed(pieces: Sequence[int], states: tuple[int, int]) -> tuple[float, tuple[int, int]]:
        score, (state, class_state) = 0.0, states
        for piece in pieces:
            chance, state = ngrams.step(MODEL, state, piece)
            of_class, class_state = classes.step_class(CLASSED, class_state, piece)
            score += costs.language_model * chance + costs.class_model * of_class
        return score, (state, class_state)

    def extend(
        left: Sequence[tuple[int, int]], last: tuple[int, int], states: tuple[int, int], score: float, made: list[int]
    ) -> Iterator[tuple[float, tuple[int, ...]]]:
        covered = set(range(length)) - {piece for span in left for piece in range(*span)}
        if not left:
            ends = ngrams.step(MODEL, states[0], MODEL.kinds - 1)[0]
            ends_classes = ngrams.step(CLASSED.model, states[1], CLASSED.model.kinds - 1)[0]
            yield score + costs.language_model * ends + costs.class_model * ends_classes, tuple(made)
        for span in left:
            before, after = orientation(covered, last, span)
            for option in choices(span, ranges):
                total, reached = score - costs.jump * abs(span[0] - last[1]) + costs.unknown, (0, 0)
                if option >= 0:
                    said = options.words[options.starts[option] : options.starts[option] + options.sizes[option]]
                    chances, reached = followed(said.tolist(), states)
                    total += float(options.scores[option] + options.facing[option, before]) - costs.unknown + chances
                if made and made[-1] >= 0:
                    total += float(options.facing[made[-1], 3 + after])
                yield from extend([other for other in left if other != span], span, reached, total, [*made, option])

    for spans in segmentations(length):
        yield from extend(spans, (-1, 0), (MODEL.start, CLASSED.model.start), 0.0, [])


def weighed(**changed: float) -> tuple[decode.Options, decode.Costs]:
    weights = phrases.Weights(**changed)
    options = decode.options(TABLE, MODEL, CLASSED, weights, 3, *arrays.table(TABLE.sources))
    return options, decode.Costs(weights.language_model, weights.jump, weights.unknown, 5000, weights.class_model)


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, -1]), min_size=1, max_size=4))
def test_the_n_best_are_the_best_of_all_that_there_are(pieces: list[int]) -> None:
    # With these, two hypotheses that are taken for one differ in what is to come.
    options, costs = weighed(before=0.0, after=0.0, class_model=0.0)
    source = np.array(pieces, np.int32)
    ranges = decode.spans(source, options.slots, options.places, options.begins)
    got, scores, found = decode.search(source, ranges, options, MODEL, CLASSED, costs, 10)
    every = sorted(derivations(len(source), ranges, options, costs), key=lambda made: -made[0])
    assert got == min(10, len(every))
    assert scores[:got] == pytest.approx([score for score, _ in every[:got]], abs=1e-3)
    told = [tuple(int(option) for option in row if option > -1 - len(source)) for row in found[:got]]
    for made, score in zip(told, scores, strict=False):
        assert any(score == pytest.approx(other, abs=1e-3) for other, options_of in every if options_of == made)
    if len(set(pieces)) == len(pieces):  # else the same options in other places are another derivation
        assert len(set(told)) == got


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, -1]), min_size=1, max_size=4))
def test_the_best_one_is_worth_what_all_its_parts_are(pieces: list[int]) -> None:
    options, costs = weighed()
    source = np.array(pieces, np.int32)
    ranges = decode.spans(source, options.slots, options.places, options.begins)
    _, scores, found = decode.search(source, ranges, options, MODEL, CLASSED, costs, 1)
    told = tuple(int(option) for option in found[0] if option > -1 - len(source))
    every = list(derivations(len(source), ranges, options, costs))
    assert scores[0] <= max(score for score, _ in every) + 1e-3
    assert any(score == pytest.approx(scores[0], abs=1e-3) for score, options_of in every if options_of == told)


def test_a_wider_beam_finds_nothing_worse() -> None:
    options, costs = weighed()
    for word in ["abcdeabcde", "edcbaedcbaabc", "a" * 12]:
        source = np.array([LETTERS[letter] for letter in word], np.int32)
        ranges = decode.spans(source, options.slots, options.places, options.begins)
        best = [
            decode.search(source, ranges, options, MODEL, CLASSED, costs._replace(beam=beam), 5)
            for beam in (1, 10, 1000)
        ]
        assert all(got and (np.diff(scores[:got]) <= 1e-9).all() for got, scores, _ in best)
        assert best[1][0] == best[2][0]
        assert best[0][1][0] <= best[2][1][0] + 1e-6


# -- consensus --------------------------------------------------------------------------------------------------------


@given(st.lists(st.text("ab cé字", max_size=12), min_size=1, max_size=5, unique=True), st.data())
def test_expected_chrf_is_sacrebleus_where_there_is_one_other(texts: list[str], data: st.DataObject) -> None:
    reference = data.draw(st.text("ab cé字", min_size=1, max_size=12).filter(str.strip))
    pool = [*(one for one in texts if one != reference), reference]
    found = consensus.expected_chrf(pool, [0.0] * (len(pool) - 1) + [1.0])
    chrf = CHRF(eps_smoothing=False)
    exact = [chrf.sentence_score(one, [reference]).score / 100 for one in pool]
    sizes = [min(6, len("".join(one.split()))) for one in pool]
    # Sizes that only the reference has count as missed, as they do where chrF is of more sentences than one.
    missed = [min(size / sizes[-1], 1.0) for size in sizes]
    assert found == pytest.approx([score * share for score, share in zip(exact, missed, strict=True)], abs=1e-6)


@pytest.mark.parametrize(
    ("word", "doubts"), [("7", ()), ("x", ()), ("7", [(-0.8, ("mill", "river", "stone", "bridge"))])]
)
def test_no_edit_takes_out_a_number_or_what_all_candidates_have(
    word: str, doubts: Sequence[tuple[float, consensus.Words]]
) -> None:
    pool = [
        (-0.3, ("bridge", "stone", "river", word, "mill")),
        (0.0, ("bridge", word, "stone", "river", "mill")),
        (0.0, ("bridge", "stone", word, "river", "mill")),
        *doubts,
    ]
    assert word in consensus.ranked([pool])[0][1]
    assert word in consensus.ranked([pool], 4)[0][1]


def test_what_is_short_does_not_win_by_it() -> None:
    pool = [(0.0, ("我", "去")), (0.0, ("我", "去", "稻", "种", "播")), (0.0, ("我", "去", "掉", "稻", "种"))]
    assert len(consensus.ranked([pool], 4)[0][1]) > 2


CANDIDATES = st.tuples(st.floats(-20, 0), st.lists(st.sampled_from(["ab", "b", "cé", "字"]), max_size=4).map(tuple))


NEIGHBOURS = st.lists(st.tuples(st.floats(-1, 1), CANDIDATES.map(lambda it: it[1])), max_size=4).map(
    lambda nearest: regression.Neighbours({word: weight for weight, words in nearest for word in words}, nearest)
)


@given(st.lists(st.lists(CANDIDATES, min_size=1, max_size=4), max_size=3), NEIGHBOURS)
def test_consensus_ranks_each_candidate_once_best_first(
    lists: list[list[tuple[float, consensus.Words]]], neighbours: regression.Neighbours
) -> None:
    ranked = consensus.ranked(lists, neighbours=neighbours)
    assert sorted(words for _, words in ranked) == sorted({words for found in lists for _, words in found})
    assert all(0 <= expected <= 1 + 1e-9 for expected, _ in ranked)


@given(st.lists(st.lists(CANDIDATES, min_size=1, max_size=4), min_size=1, max_size=3), st.integers(1, 4))
def test_edits_stay_with_the_candidates_words_and_lose_no_candidate(
    lists: list[list[tuple[float, consensus.Words]]], edits: int
) -> None:
    plain, edited = consensus.ranked(lists), consensus.ranked(lists, edits)
    assert edited[-len(plain) :] == plain
    assert len(edited) - len(plain) in (0, 1)
    assert set(edited[0][1]) <= {word for _, words in plain for word in words}


WITH_SIGNS = st.lists(st.sampled_from(["ab", "b", ",", "("]), min_size=1, max_size=5).map(tuple)


@given(st.lists(st.lists(st.tuples(st.floats(-3, 0), WITH_SIGNS), min_size=1, max_size=4), min_size=1, max_size=3))
def test_an_edit_begins_and_ends_as_some_candidate_does(lists: list[list[tuple[float, consensus.Words]]]) -> None:
    edited = consensus.ranked(lists, 4)[0][1]
    candidates = [words for found in lists for _, words in found]
    assert edited[0] in {words[0] for words in candidates}
    assert edited[-1] in {words[-1] for words in candidates}


def test_consensus_prefers_what_most_lists_are_like() -> None:
    alike = [[(0.0, tuple(text.split()))] for text in ("the dog sleeps", "the dog sleeps here", "a bird")]
    assert consensus.ranked(alike)[0][1][:2] == ("the", "dog")


@pytest.mark.parametrize(("texts", "best"), [(("dd", "bbd", "cdd"), "cdd"), (("字字", "不不字", "这字字"), "字字")])
def test_recall_and_longer_ngrams_count_less_where_characters_are_words(texts: tuple[str, ...], best: str) -> None:
    assert consensus.ranked([[(0.0, tuple(text))] for text in texts])[0][1] == tuple(best)


def test_an_edit_joins_what_two_candidates_have_right() -> None:
    texts = ("the dogs sleep here", "the dog sleeps there", "a dog sleeps there", "the dog sleep there")
    lists = [[(0.0, tuple(text.split()))] for text in texts[:1] + texts[2:]]
    best = consensus.ranked(lists, 4)[0][1]
    assert " ".join(best) not in texts[:1] + texts[2:]
    assert consensus.ranked(lists)[0][0] < consensus.ranked(lists, 4)[0][0]


def test_the_nearest_sentences_decide_between_words_that_are_as_probable() -> None:
    lists = [[(0.0, ("a", "dog", "sleeps")), (0.0, ("a", "bird", "sleeps"))]]
    for word in ("dog", "bird"):
        neighbours = regression.Neighbours({"the": 0.8, word: 0.8}, [(0.8, ("the", word))])
        assert consensus.ranked(lists, neighbours=neighbours)[0][1] == ("a", word, "sleeps")


# -- regression -------------------------------------------------------------------------------------------------------


def features(words: Sequence[str]) -> set[tuple[str, ...]]:
    pairs = {("two", one, other) for one, other in zip(("", *words), (*words, ""), strict=True)}
    letters = {tuple(f"<{word}>"[at : at + 4]) for word in words for at in range(len(word) - 1)}
    return {("one", word) for word in words} | pairs | letters


SAID = st.lists(st.sampled_from(["a", "ab", "abc", "abcd", "bcd", "cé字d"]), min_size=1, max_size=4).map(tuple)


@given(st.lists(SAID, min_size=1, max_size=6), SAID, st.integers(1, 6))
def test_neighbours_have_the_weights_of_kernel_ridge_regression(
    sources: list[tuple[str, ...]], words: tuple[str, ...], most: int
) -> None:
    counts = Counter(feature for source in sources for feature in features(source))
    rarity = {feature: math.log(len(sources) / count) for feature, count in counts.items() if count > 1}

    def vector(text: Sequence[str]) -> NDArray[np.float64]:
        found = np.array([rarity[feature] if feature in features(text) else 0.0 for feature in rarity])
        return found / max(float(np.sqrt((found**2).sum())), 1e-9)

    kernel = np.array([vector(source) for source in sources])
    likeness = kernel @ vector(words)
    examples, said = regression.learn(sources, sources)
    chosen, weights = regression.alike(examples, words, most)
    assert len(chosen) == min(most, int((likeness > 1e-9).sum()))
    assert sorted(likeness[chosen]) == pytest.approx(sorted(likeness)[len(sources) - len(chosen) :], abs=1e-5)
    exact = np.linalg.solve(kernel[chosen] @ kernel[chosen].T + np.eye(len(chosen)), likeness[chosen])
    assert weights == pytest.approx(exact, abs=1e-4)
    found = regression.neighbours(examples, said, words, most, [*said, "never said"])
    told = [(weight, sources[place]) for place, weight in zip(chosen, weights, strict=True)]
    assert sorted(found.nearest) == sorted(told)
    for word in [*said, "never said"]:
        assert found.said[word] == pytest.approx(sum(weight for weight, target in told if word in target))


# -- what learning depends on -----------------------------------------------------------------------------------------


def imported(module: str) -> set[str]:
    """Return the modules of the embedded model that one of them imports."""
    package = "ctxlearn.models.embedded"
    tree = ast.parse(Path(arrays.__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{package}."):
            found.add(node.module.removeprefix(f"{package}."))
    return found


def test_what_was_learned_by_other_code_is_learned_again() -> None:
    reached, waiting = {"learn"}, ["learn"]
    while waiting:
        new = imported(waiting.pop()) - reached
        reached |= new
        waiting += new
    assert reached == set(importlib.import_module("ctxlearn.models.embedded.learn")._LEARNS)
