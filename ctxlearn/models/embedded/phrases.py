"""The phrase table: what runs of source pieces were translated as, and one score for each (Koehn et al. 2003)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ctxlearn.models.embedded.align import Links

Phrase = tuple[str, ...]
LONGEST = 6  # pieces of a source phrase
_LONGEST_TARGET = 8
_LEAST = 1e-4  # a lexical probability is never less


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a score is worth; `language_model` and `jump` are the decoder's.

    Tuned once, together, on packed pairs held out of three languages (200 of Kalamang, 100 of Zhuang, 200 of the
    bundled one), both ways, for chrF plus half of BLEU.
    """

    forward: float = 0.15
    backward: float = 0.32
    lexical_forward: float = 0.22
    lexical_backward: float = 0.24
    phrase: float = -0.55
    word: float = 1.2
    language_model: float = 0.385
    jump: float = 0.46
    discount: float = 0.5


@dataclass(frozen=True, slots=True)
class Feature:
    """The parts of a phrase pair's score, as logarithms."""

    forward: float
    backward: float
    lexical_forward: float
    lexical_backward: float
    words: int


Table = Mapping[Phrase, Mapping[Phrase, Feature]]


def extract(source: Sequence[str], target: Sequence[str], links: Links) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start, end, start, end) of every pair of runs whose links stay inside; ends are exclusive.

    Unaligned words at the edges of the target run may belong to it or not.
    """
    aligned = {j for _, j in links}
    by_source: list[list[int]] = [[] for _ in source]
    by_target: list[list[int]] = [[] for _ in target]
    for i, j in links:
        by_source[i].append(j)
        by_target[j].append(i)
    for start in range(len(source)):
        low, high = len(target), -1
        for end in range(start + 1, min(start + LONGEST, len(source)) + 1):
            for j in by_source[end - 1]:
                low, high = min(low, j), max(high, j)
            if high < low or high - low >= _LONGEST_TARGET:
                continue
            if any(not start <= i < end for j in range(low, high + 1) for i in by_target[j]):
                continue
            first = low
            while True:
                last = high
                while last - first < _LONGEST_TARGET:
                    yield start, end, first, last + 1
                    last += 1
                    if last >= len(target) or last in aligned:
                        break
                first -= 1
                if first < 0 or first in aligned:
                    break


@dataclass(slots=True)
class Counts:
    """Phrase pairs with how often each was seen, and the word translation probabilities of the links."""

    pairs: dict[tuple[Phrase, Phrase], float]
    inner: dict[tuple[Phrase, Phrase], Links]
    given_source: dict[tuple[str, str], float]
    given_target: dict[tuple[str, str], float]


def count(source: Sequence[Sequence[str]], target: Sequence[Sequence[str]], links: Sequence[Links]) -> Counts:
    """Count the phrase pairs and the links of all sentence pairs."""
    pairs: dict[tuple[Phrase, Phrase], float] = {}
    inner: dict[tuple[Phrase, Phrase], Counter[Links]] = {}
    joint: Counter[tuple[str, str]] = Counter()
    for one, other, linked in zip(source, target, links, strict=True):
        _count_links(one, other, linked, joint)
        runs = list(extract(one, other, linked))
        whole = (0, len(one), 0, len(other))
        if len(one) <= LONGEST and len(other) <= _LONGEST_TARGET and whole not in runs:
            runs.append(whole)  # a short pair, such as a dictionary's, is a phrase pair even where no word was linked
        for start, end, first, last in runs:
            pair = (tuple(one[start:end]), tuple(other[first:last]))
            pairs[pair] = pairs.get(pair, 0.0) + 1.0
            inside = frozenset((i - start, j - first) for i, j in linked if start <= i < end and first <= j < last)
            inner.setdefault(pair, Counter())[inside] += 1
    best = {pair: max(seen.items(), key=lambda item: (item[1], sorted(item[0])))[0] for pair, seen in inner.items()}
    return Counts(pairs, best, _conditional(joint, 0), _conditional(joint, 1))


def _count_links(source: Sequence[str], target: Sequence[str], links: Links, joint: Counter[tuple[str, str]]) -> None:
    for i, j in links:
        joint[source[i], target[j]] += 1
    linked_source, linked_target = {i for i, _ in links}, {j for _, j in links}
    joint.update((word, "") for i, word in enumerate(source) if i not in linked_source)
    joint.update(("", word) for j, word in enumerate(target) if j not in linked_target)


def _conditional(joint: Counter[tuple[str, str]], side: int) -> dict[tuple[str, str], float]:
    totals: Counter[str] = Counter()
    for pair, seen in joint.items():
        totals[pair[side]] += seen
    return {pair: seen / totals[pair[side]] for pair, seen in joint.items()}


def table(counts: Counts, discount: float) -> dict[Phrase, dict[Phrase, Feature]]:
    """Return the parts of the score of every phrase pair."""
    of_source: dict[Phrase, float] = {}
    of_target: dict[Phrase, float] = {}
    for (source, target), seen in counts.pairs.items():
        of_source[source] = of_source.get(source, 0.0) + seen
        of_target[target] = of_target.get(target, 0.0) + seen
    made: dict[Phrase, dict[Phrase, Feature]] = {}
    for (source, target), seen in counts.pairs.items():
        inner = counts.inner[source, target]
        made.setdefault(source, {})[target] = Feature(
            math.log((seen - discount) / of_source[source]),
            math.log((seen - discount) / of_target[target]),
            _lexical(source, target, inner, counts.given_source, 0),
            _lexical(source, target, inner, counts.given_target, 1),
            len(target),
        )
    return made


def _lexical(
    source: Phrase, target: Phrase, inner: Links, probability: Mapping[tuple[str, str], float], given: int
) -> float:
    """Return the logarithm of how probable the words of one side are, each from the words it is linked to."""
    to_score, other = (target, source) if given == 0 else (source, target)
    linked: list[list[str]] = [[] for _ in to_score]
    for i, j in inner:
        linked[j if given == 0 else i].append(other[i if given == 0 else j])
    total = 0.0
    for word, partners in zip(to_score, linked, strict=True):
        pairs = [((partner, word) if given == 0 else (word, partner)) for partner in sorted(partners) or [""]]
        total += math.log(max(_LEAST, sum(probability.get(pair, 0.0) for pair in pairs) / len(pairs)))
    return total


def score(feature: Feature, weights: Weights) -> float:
    """Return the weighted sum of the parts."""
    return (
        weights.forward * feature.forward
        + weights.backward * feature.backward
        + weights.lexical_forward * feature.lexical_forward
        + weights.lexical_backward * feature.lexical_backward
        + weights.phrase
        + weights.word * feature.words
    )


def best(
    features: Table, weights: Weights, most: int, fluency: Callable[[Phrase], float]
) -> Iterator[tuple[Phrase, Phrase, float]]:
    """Yield the best `most` translations of every source phrase with their scores.

    `fluency`, the language model's logarithm for a phrase by itself, counts in the choice, not in the score.
    """
    for source, options in features.items():
        scored = [(target, score(feature, weights)) for target, feature in options.items()]
        if len(scored) > most:
            ranked = [(-found - weights.language_model * fluency(target), target, found) for target, found in scored]
            scored = [(target, found) for _, target, found in sorted(ranked)[:most]]
        yield from ((source, target, found) for target, found in scored)
