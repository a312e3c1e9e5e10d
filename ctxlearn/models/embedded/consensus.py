"""The translation that is most like all candidates: minimum Bayes risk by chrF, and candidates put together anew.

Kumar and Byrne 2004. How like one candidate is to another is sacreBLEU's chrF without its rounding: character n-grams
up to six, blanks not counted. But one that is too short for any of a size lacks those that are expected, as it does in
the chrF of a whole test; of a sentence alone chrF skips that size, and two letters would beat a sentence. A candidate
is compared with all others at once: its expected matches are those with the expected n-grams. What the translations of
the nearest sentences say (`regression`) is counted with the candidates. The best one is then edited, a word at a time,
into what none of the lists has, as long as it becomes more like them all; precision counts more in that than in chrF,
for else words would be heaped up. Where most words are characters, n-grams up to four decide.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.arrays import Array, compiled, mixed
from ctxlearn.models.embedded.regression import Neighbours
from ctxlearn.models.embedded.text import is_number, is_word, kind

_LARGEST = 6
_SHARPNESS = 2.0  # of a list’s shares: 1 gives as much chrF and less BLEU (packed pairs of Kalamang, Japhug, Tarivel)
_BETA = 2.0  # chrF's: how many times as much recall counts as precision
_CHOOSING = 1.5  # the same where the choice is made
# In a script without blanks, where a character is as much as a word, longer n-grams say little, and precision counts
# more: 0.6 of BLEU and 0.2 of chrF more on packed pairs held out of Zhuang, into Chinese (three draws of 300).
_CHARACTERS_LARGEST, _CHARACTERS_CHOOSING = 4, 1.3
# The odds of an n-gram by its share of the candidates, as far as its words are trusted; by what the nearest sentences
# say of it; and by the views' shares one by one: a logistic map, fitted to pairs held out as the next one.
_ODDS_OF_GRAM = (1.74, 0.52, 0.64, 0.36)
_RARE, _SELDOM, _UNHEARD = 0.002, 0.02, 0.01  # of all views, of one, of the nearest sentences: less is not told apart
# The odds of a word by its share of the candidates and by what the regression says of it: a logistic map, fitted to
# pairs held out of Kalamang, Japhug and the sample language, both ways.
_ODDS = (0.67, 0.35, 0.90)
_RARELY, _HARDLY = 0.003, 0.01  # less is not told apart
_MOST_TRUST = 2.0  # how many times as probable a word may become, or as improbable
_COMMON = 32  # words tried in place of others and between them
_SURE = 0.95  # the share of the candidates that must have a word for no edit to take it out
_BEGINS, _ENDS = "", " "  # what stands before the first word and after the last: no words

Words = tuple[str, ...]
Scored = Sequence[tuple[float, Words]]
NOBODY = Neighbours({}, [])


def ranked(
    lists: Sequence[Scored], edits: int = 0, neighbours: Neighbours = NOBODY, kept: Sequence[str] = ()
) -> list[tuple[float, Words]]:
    """Return the distinct candidates of several lists of (score, words), best first, each with its expected chrF (0–1).

    A list's candidates share a weight of one by their scores, which are logarithms. The best one is edited `edits`
    times at most, and loses none of the words `kept`, no number and nothing that nearly all have; if that makes
    another, it stands first. Translations of the nearest sentences say as well how probable a word is, and which
    n-grams are expected.
    """
    views = _views(lists)
    weights = {words: sum(shares) / len(lists) for words, shares in views.items()}
    pool = list(weights)
    shares = _shares(weights)
    if pool and neighbours.nearest:
        evidence = _Evidence.told(views, weights, _trusts(shares, neighbours.said), neighbours.nearest)
    else:
        evidence = _Evidence.of(weights)
    matched, choosing = evidence.match(pool), _choosing(shares)
    chosen, expected = _chrf(matched, *choosing), _chrf(matched, _BETA)
    order = sorted(range(len(pool)), key=lambda n: (-chosen[n], -weights[pool[n]], pool[n]))
    found = [(min(float(expected[n]), 1.0), pool[n]) for n in order]
    value = float(chosen[order[0]]) if found else 0.0
    made = _edited(found[0][1], value, weights, shares, evidence, choosing, edits, kept) if found else ()
    if found and made != found[0][1]:
        found.insert(0, (min(float(_chrf(evidence.match([made]), _BETA)[0]), 1.0), made))
    return found


def _choosing(shares: Mapping[str, float]) -> tuple[float, int]:
    """Return how many times as much recall counts as precision in the choice, and the largest n-grams that count."""
    characters = sum(share for word, share in shares.items() if kind(word[0]) == "c")
    many = 2 * characters > sum(shares.values())
    return (_CHARACTERS_CHOOSING, _CHARACTERS_LARGEST) if many else (_CHOOSING, _LARGEST)


def _views(lists: Sequence[Scored]) -> dict[Words, list[float]]:
    """Return each candidate's share of each list, one in sum."""
    found: dict[Words, list[float]] = {}
    for number, scored in enumerate(lists):
        best = max(score for score, _ in scored)
        shares = [math.exp(_SHARPNESS * (score - best)) for score, _ in scored]
        for (_, words), share in zip(scored, shares, strict=True):
            found.setdefault(words, [0.0] * len(lists))[number] += share / sum(shares)
    return found


def expected_chrf(texts: Sequence[str], weights: Sequence[float]) -> list[float]:
    """Return for each text its chrF (0 to 1) against all of them, expected by the weights, whose sum is one."""
    pool = [(text,) for text in ("".join(text.split()) for text in texts)]
    shares: dict[Words, float] = {}
    for words, weight in zip(pool, weights, strict=True):
        shares[words] = shares.get(words, 0.0) + weight
    return [float(value) for value in _chrf(_Evidence.of(shares).match(pool), _BETA)]


# -- how probable words are -------------------------------------------------------------------------------------------


def _shares(weights: Mapping[Words, float]) -> dict[str, float]:
    """Return what share of the candidates has each word."""
    shares: dict[str, float] = {}
    for candidate, weight in weights.items():
        for word in dict.fromkeys(candidate):
            shares[word] = shares.get(word, 0.0) + weight
    return shares


def _trusts(shares: Mapping[str, float], said: Mapping[str, float]) -> dict[str, float]:
    """Return how many times as probable each word is as its share of the candidates says, if neighbours say it."""
    return {word: _trust(share, said.get(word, 0.0)) for word, share in shares.items()} if said else {}


def _trust(share: float, said: float) -> float:
    share = min(max(share, _RARELY), 1 - _RARELY)
    odds = _ODDS[0] + _ODDS[1] * math.log(share / (1 - share)) + _ODDS[2] * math.log(max(said, _HARDLY))
    return min(max(1 / (1 + math.exp(-odds)) / share, 1 / _MOST_TRUST), _MOST_TRUST)


# -- edits ------------------------------------------------------------------------------------------------------------


def _edited(
    words: Words,
    value: float,
    weights: Mapping[Words, float],
    shares: Mapping[str, float],
    evidence: _Evidence,
    choosing: tuple[float, int],
    edits: int,
    kept: Sequence[str],
) -> Words:
    """Return `words` after the edits that make it more like all candidates, the best one at each step."""
    if not edits:
        return words
    common = sorted(shares, key=lambda word: (-shares[word], word))[:_COMMON]
    behind: dict[str, set[str]] = {word: set() for word in (_BEGINS, *shares)}  # what follows a word in some candidate
    for word, after in chain.from_iterable(zip((_BEGINS, *it), (*it, _ENDS), strict=True) for it in weights):
        behind[word].add(after)
    stay = {*kept, *(word for word in words if is_word(word) and (shares[word] >= _SURE or is_number(word)))}
    for _ in range(edits):
        others = [it for it in dict.fromkeys(_edits(words, common, behind, stay)) if it not in weights]
        expected = _chrf(evidence.match(others), *choosing)
        best = int(np.argmax(expected)) if others else -1
        if best < 0 or expected[best] <= value:
            break
        words, value = others[best], float(expected[best])
    return words


def _edits(
    words: Words, common: Iterable[str], behind: Mapping[str, Collection[str]], kept: Collection[str]
) -> Iterator[Words]:
    """Yield `words` with one word less, replaced or more; a new one has a neighbour that it has in some candidate.

    A new sign has both. None begins or ends as no candidate does, and the last of the words `kept` stays.
    """
    framed, last = (_BEGINS, *words, _ENDS), len(words)
    free = [at for at, word in enumerate(words) if word not in kept or words.count(word) > 1]
    for at in free:
        if last > 1 and (0 < at < last - 1 or framed[at + 2] in behind[framed[at]]):
            yield words[:at] + words[at + 1 :]
    for word in common:
        least, those = 1 if is_word(word) else 2, behind[word]
        follows = [word in behind[other] for other in framed[:-1]]
        precedes = [other in those for other in framed[1:]]
        for at in range(last + 1):
            before, after = follows[at], precedes[at]
            if before + after >= least and (at > 0 or before) and (at < last or after):
                yield (*words[:at], word, *words[at:])
        for at in free:
            before, after = follows[at], precedes[at + 1]
            if before + after >= least and (at > 0 or before) and (at < last - 1 or after):
                yield (*words[:at], word, *words[at + 1 :])


# -- expected chrF ----------------------------------------------------------------------------------------------------


class _Evidence(NamedTuple):
    """The expected n-grams of candidates as a hash table, and how many of each size are expected."""

    keys: Array
    numbers: Array  # of the n-gram in each slot, -1 where there is none
    values: Array
    sizes: Array

    @classmethod
    def of(cls, weights: Mapping[Words, float]) -> _Evidence:
        """Return the evidence of candidates by their weights, whose sum is one."""
        grams, begins, at = _grams_of([*weights])
        even = np.arange(begins[-1] + 1.0)
        keys, numbers, values, sizes = _counted(grams, at, begins, even, np.array([*weights.values()])[:, None])
        return cls(keys, numbers, np.minimum(values[:, 0], 1.0), np.bincount(sizes, values[:, 0], _LARGEST))

    @classmethod
    def told(
        cls,
        views: Mapping[Words, Sequence[float]],
        weights: Mapping[Words, float],
        trusts: Mapping[str, float],
        nearest: Scored,
    ) -> _Evidence:
        """Return the evidence of candidates and of the nearest sentences' translations together.

        `views` are the shares of each list; `trusts` say how many times as probable a word is as the candidates say.
        """
        texts = [*weights, *(words for _, words in nearest)]
        columns = np.zeros((len(texts), 2 + len(next(iter(views.values())))))
        columns[: len(weights), 0] = [*weights.values()]
        columns[: len(weights), 2:] = [*views.values()]
        columns[len(weights) :, 1] = [weight for weight, _ in nearest]
        grams, begins, at = _grams_of(texts)
        words = list(chain.from_iterable(texts))
        trust = list(map((dict.fromkeys(words, 1.0) | dict(trusts)).__getitem__, words))
        sums = np.concatenate(([0.0], np.cumsum(np.repeat(trust, list(map(len, words))))))
        keys, numbers, values, sizes = _counted(grams, at, begins, sums, columns)
        chances = _chances(values)
        return cls(keys, numbers, chances, np.bincount(sizes, chances, _LARGEST))

    def match(self, texts: Sequence[Words]) -> Array:
        """Return the expected precision and recall of each text by the size of n-grams, and 1 where the size counts."""
        grams, _, at = _grams_of(texts)
        return np.asarray(_matched(grams, at, self.keys, self.numbers, self.values, self.sizes))


def _chances(values: Array) -> Array:
    """Return how probable n-grams are by what all candidates, the nearest sentences and each view say."""
    share = np.clip(values[:, 0], _RARE, 1 - _RARE)
    odds = _ODDS_OF_GRAM[0] + _ODDS_OF_GRAM[1] * np.log(share / (1 - share))
    odds += _ODDS_OF_GRAM[2] * np.log(np.maximum(values[:, 1], _UNHEARD))
    odds += _ODDS_OF_GRAM[3] * np.log(np.clip(values[:, 2:], _SELDOM, 1 - _SELDOM).prod(1)) / (values.shape[1] - 2)
    return np.asarray(1 / (1 + np.exp(-odds)))


def _grams_of(texts: Sequence[Words]) -> tuple[Array, Array, Array]:
    """Return the n-grams of texts without blanks, where each text begins, and where each size's n-grams do."""
    bare = ["".join(words) for words in texts]
    begins = np.zeros(len(bare) + 1, np.int64)
    np.cumsum([len(text) for text in bare], out=begins[1:])
    grams, at = _grams(np.frombuffer("".join(bare).encode("utf-32-le", "surrogatepass"), np.uint32), begins)
    return grams, begins, at


def _chrf(matched: Array, beta: float, largest: int = _LARGEST) -> Array:
    """Return chrF, from 0 to 1, of n-grams up to `largest`, with recall counted `beta` times as much as precision."""
    sums = matched[:, :, :largest].sum(2)
    precision, recall = sums[:2] / np.maximum(sums[2], 1.0)
    both = np.maximum(beta * beta * precision + recall, 1e-300)
    return np.asarray((1 + beta * beta) * precision * recall / both)


@compiled
def _grams(codes: Any, begins: Any) -> Any:
    """Return the hashes of all n-grams, a second one of a text apart from the first, and where each size's begin."""
    total, longest = 0, 1
    for text in range(len(begins) - 1):
        longest = max(longest, begins[text + 1] - begins[text])
        for size in range(_LARGEST):
            total += max(0, begins[text + 1] - begins[text] - size)
    grams, at = np.empty(total, np.uint64), np.zeros((len(begins), _LARGEST), np.int64)
    longer = np.zeros(len(codes), np.uint64)  # the hashes of what begins at each character, longer by one each time
    wide = 2
    while wide < 2 * longest:
        wide *= 2
    keys, times, used = np.empty(wide, np.uint64), np.empty(wide, np.int64), np.full(wide, -1)
    many = 0
    for text in range(len(begins) - 1):
        for size in range(_LARGEST):
            at[text, size] = many
            for start in range(begins[text], begins[text + 1] - size):
                gram = longer[start] = mixed(longer[start] ^ (np.uint64(codes[start + size] + 1) << np.uint64(8)))
                slot = np.int64(gram & np.uint64(wide - 1))
                while used[slot] == at[text, size] and keys[slot] != gram:  # what was used before is free again
                    slot = (slot + 1) & (wide - 1)
                if used[slot] != at[text, size]:
                    keys[slot], times[slot], used[slot] = gram, 0, at[text, size]
                grams[many] = gram + np.uint64(times[slot]) * np.uint64(0x9E3779B97F4A7C15)
                times[slot] += 1
                many += 1
    at[len(begins) - 1, :] = many
    return grams, at


@compiled
def _counted(grams: Any, at: Any, begins: Any, sums: Any, weights: Any) -> Any:
    """Return the n-grams by number, with the sums of the weights of the texts that have them, and their sizes.

    In the first column an n-gram counts as its characters are trusted on average; `sums` are the sums of their trust.
    """
    wide = 2
    while wide < 2 * len(grams) + 2:
        wide *= 2
    keys, numbers, many = np.empty(wide, np.uint64), np.full(wide, -1, np.int32), 0
    of_place = np.empty(len(grams), np.int32)
    for place in range(len(grams)):
        slot = np.int64(mixed(grams[place]) & np.uint64(wide - 1))
        while numbers[slot] >= 0 and keys[slot] != grams[place]:
            slot = (slot + 1) & (wide - 1)
        if numbers[slot] < 0:
            keys[slot], numbers[slot] = grams[place], many
            many += 1
        of_place[place] = numbers[slot]
    values, sizes = np.zeros((many, weights.shape[1])), np.zeros(many, np.int64)
    for text in range(len(weights)):
        for size in range(_LARGEST):
            behind = at[text, size + 1] if size + 1 < _LARGEST else at[text + 1, 0]
            start = begins[text]
            for place in range(at[text, size], behind):
                number = of_place[place]
                sizes[number] = size
                values[number, 0] += weights[text, 0] * (sums[start + size + 1] - sums[start]) / (size + 1)
                for column in range(1, weights.shape[1]):
                    values[number, column] += weights[text, column]
                start += 1
    return keys, numbers, values, sizes


@compiled
def _matched(grams: Any, at: Any, keys: Any, numbers: Any, values: Any, sizes: Any) -> Any:
    """Return for each text and size the expected precision and recall, and 1 where the size counts."""
    texts, last = len(at) - 1, len(keys) - 1
    found = np.zeros((3, texts, _LARGEST))
    for text in range(texts):
        for size in range(_LARGEST):
            behind = at[text, size + 1] if size + 1 < _LARGEST else at[text + 1, 0]
            many = behind - at[text, size]
            if sizes[size] < (1e-9 if many else 1.0):
                continue
            found[2, text, size] = 1.0
            if many == 0:
                continue
            matches = 0.0
            for place in range(at[text, size], behind):
                slot = np.int64(mixed(grams[place]) & np.uint64(last))
                while numbers[slot] >= 0 and keys[slot] != grams[place]:
                    slot = (slot + 1) & last
                matches += values[numbers[slot]] if numbers[slot] >= 0 else 0.0
            found[0, text, size], found[1, text, size] = matches / many, matches / sizes[size]
    return found
