"""Decoding: the best translations of a sentence of pieces, by a beam over how much of it is covered (Koehn 2004).

A hypothesis knows which pieces are covered (all before `gap`, and those of a mask that begins there), where its last
phrase ends, and the language model's state; two that agree in that are one, with an arc for each way to it. What else
counts for what is to come (where the last phrase begins, its orientations, the state of the model of classes) is that
of the best way: almost exact, and the beam holds more that differs. From the arcs the n best derivations are read off,
best first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.arrays import Array, compiled, find, hashed, mixed
from ctxlearn.models.embedded.classes import ClassModel, step_class
from ctxlearn.models.embedded.ngrams import LanguageModel, step
from ctxlearn.models.embedded.phrases import LONGEST, Table, Weights

_JUMP = 6  # pieces, from the first that is not covered and from the last phrase
_SLACK = 0.5  # what an option may be better in its place than by itself
_FAR = 4.0  # how much worse than the best of a kind is not gone on from: 0.9 of the time for 0.02 of chrF
_ROOM = 6  # times the beam: hypotheses of a kind before they are thinned out
_NEVER = -1e9
_MASK = 62  # pieces after the gap that a mask has room for


class Options(NamedTuple):
    """A phrase table weighed: the best pairs of each source phrase, with one score, and what they are by themselves."""

    slots: Array
    places: Array
    begins: Array
    words: Array
    starts: Array
    sizes: Array
    scores: Array
    alone: Array  # what both language models say, weighed, wherever the phrase stands
    facing: Array  # the weighed orientations


class Costs(NamedTuple):
    """What the decoder itself weighs, and how far it looks."""

    language_model: float
    jump: float
    unknown: float
    beam: int
    class_model: float


def options(
    table: Table, model: LanguageModel, classed: ClassModel, weights: Weights, most: int, slots: Array, places: Array
) -> Options:
    """Return the `most` best pairs of each source phrase; the hash table leads from a phrase to its place."""
    scores = table.parts @ weights.columns()
    of_words, of_classes = _alone(table.words, table.starts, table.sizes, model, classed)
    alone = (weights.language_model * of_words + weights.class_model * of_classes).astype(np.float32)
    phrase = np.repeat(np.arange(len(table.sources)), np.diff(table.begins))
    order = np.lexsort((-(scores + alone), phrase))
    kept = order[np.arange(len(order)) - table.begins[phrase] < most]
    return Options(
        slots,
        places,
        np.searchsorted(phrase[kept], np.arange(len(table.sources) + 1)).astype(np.int64),
        table.words,
        table.starts[kept],
        table.sizes[kept],
        scores[kept].astype(np.float32),
        alone[kept],
        table.orientations[kept] * weights.orientations(),
    )


@compiled
def _alone(words: Any, starts: Any, sizes: Any, model: Any, classed: Any) -> Any:
    alone, of_classes = np.zeros(len(starts), np.float32), np.zeros(len(starts), np.float32)
    for n in range(len(starts)):
        alone[n], of_classes[n], _, _ = _followed(words, starts[n], sizes[n], model, 0, classed, 0)
    return alone, of_classes


@compiled
def _followed(words: Any, start: int, size: int, model: Any, state: Any, classed: Any, class_state: Any) -> Any:
    """Return what both language models say of a run of words after such states, and the states after it."""
    of_words, of_classes = 0.0, 0.0
    state, class_state = np.int32(state), np.int32(class_state)
    for at in range(start, start + size):
        chance, state = step(model, state, words[at])
        of_words += chance
        chance, class_state = step_class(classed, class_state, words[at])
        of_classes += chance
    return of_words, of_classes, state, class_state


@compiled
def spans(source: Any, slots: Any, places: Any, begins: Any) -> Any:
    """Return for each start and size the range of its options; (0, 0) where there are none."""
    found = np.zeros((len(source), LONGEST, 2), np.int64)
    for start in range(len(source)):
        for size in range(1, min(LONGEST, len(source) - start) + 1):
            place = find(slots, places, hashed(source, start, start + size))
            if place >= 0:
                found[start, size - 1, 0] = begins[place]
                found[start, size - 1, 1] = begins[place + 1]
    return found


@compiled
def _futures(ranges: Any, options: Any, costs: Any) -> Any:
    """Return for each span the best that can be had for it, by the options alone."""
    length = len(ranges)
    best = np.full((length + 1, length + 1), _NEVER)
    for start in range(length):
        for size in range(1, min(LONGEST, length - start) + 1):
            for n in range(ranges[start, size - 1, 0], ranges[start, size - 1, 1]):
                score = options.scores[n] + options.alone[n]
                best[start, start + size] = max(best[start, start + size], score)
        if ranges[start, 0, 0] == ranges[start, 0, 1]:
            best[start, start + 1] = max(best[start, start + 1], costs.unknown)
    for size in range(2, length + 1):
        for start in range(length - size + 1):
            for middle in range(start + 1, start + size):
                both = best[start, middle] + best[middle, start + size]
                best[start, start + size] = max(best[start, start + size], both)
    return best


@compiled
def _future(gap: Any, mask: Any, futures: Any) -> float:
    """Return the best that can be had for all that is not covered."""
    total, start, at = 0.0, gap, gap
    while mask:
        if mask & np.uint64(1):
            if start < at:
                total += futures[start, at]
            start = at + 1
        mask >>= np.uint64(1)
        at += 1
    if start < len(futures) - 1:
        total += futures[start, len(futures) - 1]
    return total


@compiled
def _ways(gap: Any, mask: Any, last_start: Any, last_end: Any, start: Any, end: Any) -> tuple[int, int]:
    """Return how a phrase stands to the block before it, and the last phrase to the one after it, as in a table.

    A block is read off what is covered: the phrase is beside the block before it if all between it and the last phrase
    is covered, and the last phrase will be beside the block after it if nothing between is (Cherry et al. 2012).
    """
    way, first, behind = (0, last_end, start) if start >= last_end else (1, end, last_start)
    covered = 0
    for piece in range(first, behind):
        if piece < gap or (mask >> np.uint64(piece - gap)) & np.uint64(1):
            covered += 1
    return way if covered == behind - first else 2, way if covered == 0 else 2


@compiled
def _slot(table: Any, facts: Any, masks: Any, gap: Any, mask: Any, end: Any, state: Any) -> Any:
    """Return the slot of the hypothesis that is alike, or the free one for it."""
    key = mixed(mask ^ mixed(np.uint64(gap) * np.uint64(1315423911) ^ np.uint64(end) << np.uint64(40)))
    slot = np.int64(mixed(key ^ np.uint64(state)) & np.uint64(len(table) - 1))
    while table[slot] >= 0:
        other = table[slot]
        if facts[other, 0] == gap and facts[other, 2] == end and facts[other, 3] == state and masks[other] == mask:
            break
        slot = (slot + 1) & (len(table) - 1)
    return slot


@compiled
def _thin(table: Any, facts: Any, masks: Any, scores: Any, kept: int) -> Any:
    """Keep the `kept` best hypotheses of a full stack, and return how many they are."""
    order = np.argsort(-scores[:, 1], kind="mergesort")
    chosen = np.sort(order[:kept])
    table[:] = -1
    for to, old in enumerate(chosen):
        facts[to], masks[to], scores[to] = facts[old], masks[old], scores[old]
        table[_slot(table, facts, masks, facts[to, 0], masks[to], facts[to, 2], facts[to, 3])] = to
    return len(chosen)


@compiled
def _noted(best: Any, many: int, estimate: float) -> float:
    """Note an estimate in a heap of the best ones, `many` up to now, and return the lowest of these."""
    if many < len(best):
        at = many
        while at and best[(at - 1) // 2] > estimate:
            best[at] = best[(at - 1) // 2]
            at = (at - 1) // 2
        best[at] = estimate
    elif estimate > best[0]:
        at = 0
        while 2 * at + 1 < many:
            child = 2 * at + 1
            if child + 1 < many and best[child + 1] < best[child]:
                child += 1
            if best[child] >= estimate:
                break
            best[at] = best[child]
            at = child
        best[at] = estimate
    return float(best[0])


@compiled
def search(source: Any, ranges: Any, options: Any, model: Any, classed: Any, costs: Any, n: int) -> Any:
    """Return how many of the `n` best there are, their scores, and their options, first one first.

    A piece that is taken over is -1 less its place; after the last option stands -1 less the sentence's length.
    """
    length, beam = len(source), costs.beam
    futures = _futures(ranges, options, costs)
    room = _ROOM * beam
    wide = 2
    while wide < 2 * room:
        wide *= 2
    facts = np.zeros((length + 1, room, 6), np.int64)  # gap, start and end of the last phrase, states, newest arc
    masks = np.zeros((length + 1, room), np.uint64)
    scores = np.zeros((length + 1, room, 2))  # so far, and with the rest as estimated
    tables = np.full((length + 1, wide), -1, np.int32)
    counts = np.zeros(length + 1, np.int64)
    # Only the `beam` best of a kind, none of them far from the best, are gone on from: what is worse is not begun.
    best, least = np.zeros((length + 1, beam)), np.full(length + 1, -1e18)
    noted = np.zeros(length + 1, np.int64)
    arcs = np.zeros((4096, 4), np.int64)  # from which stack, which hypothesis there; option; next arc
    arc_scores, many = np.zeros(4096), 0
    counts[0] = 1
    facts[0, 0, 1], facts[0, 0, 3], facts[0, 0, 4], facts[0, 0, 5] = -1, model.start, classed.model.start, -1
    end_word, end_class = model.kinds - 1, classed.model.kinds - 1
    for covered in range(length):
        order = np.argsort(-scores[covered, : counts[covered], 1], kind="mergesort")
        for at in order[:beam]:
            if scores[covered, at, 1] < least[covered]:
                break
            gap, last_start, last_end, state, class_state, arc = facts[covered, at]
            mask, so_far = masks[covered, at], scores[covered, at, 0]
            last = arcs[arc, 2] if arc >= 0 else np.int64(-1)
            for start in range(gap, min(length, gap + _JUMP + 1)):
                if (mask >> np.uint64(start - gap)) & np.uint64(1) or (start != gap and abs(start - last_end) > _JUMP):
                    continue
                for size in range(1, min(LONGEST, length - start) + 1):
                    end = start + size
                    if end - 1 - gap > _MASK or (mask >> np.uint64(end - 1 - gap)) & np.uint64(1):
                        break
                    first, behind = ranges[start, size - 1]
                    taken_over = size == 1 and first == behind
                    if first == behind and not taken_over:
                        continue
                    new_gap, new_mask = gap, mask
                    for piece in range(start, end):
                        new_mask |= np.uint64(1) << np.uint64(piece - gap)
                    while new_mask & np.uint64(1):
                        new_mask >>= np.uint64(1)
                        new_gap += 1
                    future = _future(new_gap, new_mask, futures)
                    base = so_far - costs.jump * abs(start - last_end)
                    way, after = _ways(gap, mask, last_start, last_end, start, end)
                    if last >= 0:
                        base += options.facing[last, 3 + after]
                    to = covered + size
                    for option in range(first, behind + taken_over):
                        score, new_state, new_class_state = base + costs.unknown, np.int32(0), np.int32(0)
                        if not taken_over:
                            guess = options.scores[option] + options.alone[option] + future + _SLACK
                            if base + guess < least[to]:
                                break  # the others are worse: what is left out, the orientation, is never above 0
                            if base + options.facing[option, way] + guess < least[to]:
                                continue
                            score = base + options.scores[option] + options.facing[option, way]
                            of_words, of_classes, new_state, new_class_state = _followed(
                                options.words, options.starts[option], options.sizes[option],
                                model, state, classed, class_state,
                            )  # fmt: skip
                            score += costs.language_model * of_words + costs.class_model * of_classes
                        new_end = end
                        if to == length:
                            score += costs.language_model * step(model, new_state, end_word)[0]
                            score += costs.class_model * step(classed.model, new_class_state, end_class)[0]
                            new_state, new_class_state, new_end = np.int32(0), np.int32(0), length
                        if score + future < least[to]:
                            continue
                        if many == len(arcs):
                            arcs = np.concatenate((arcs, np.zeros_like(arcs)))
                            arc_scores = np.concatenate((arc_scores, np.zeros_like(arc_scores)))
                        arcs[many, 0], arcs[many, 1] = covered, at
                        arcs[many, 2] = -1 - start if taken_over else option
                        arcs[many, 3], arc_scores[many] = -1, score
                        slot = _slot(tables[to], facts[to], masks[to], new_gap, new_mask, new_end, new_state)
                        found = tables[to, slot]
                        if found >= 0 and score <= scores[to, found, 0]:
                            newest = facts[to, found, 5]  # the newest arc stays the best one
                            arcs[many, 3], arcs[newest, 3] = arcs[newest, 3], many
                        elif found >= 0:
                            arcs[many, 3], facts[to, found, 5] = facts[to, found, 5], many
                            facts[to, found, 1], facts[to, found, 4] = start, new_class_state
                            scores[to, found, 0], scores[to, found, 1] = score, score + future
                        else:
                            if counts[to] == room:
                                counts[to] = _thin(tables[to], facts[to], masks[to], scores[to], beam)
                                slot = _slot(tables[to], facts[to], masks[to], new_gap, new_mask, new_end, new_state)
                            found = counts[to]
                            counts[to] += 1
                            lowest = _noted(best[to], min(noted[to], beam), score + future)
                            noted[to] += 1
                            if noted[to] >= beam and to < length:
                                least[to] = max(least[to], lowest)
                            tables[to, slot], masks[to, found] = found, new_mask
                            facts[to, found, 0], facts[to, found, 1], facts[to, found, 2] = new_gap, start, new_end
                            facts[to, found, 3], facts[to, found, 4] = new_state, new_class_state
                            facts[to, found, 5] = many
                            scores[to, found, 0], scores[to, found, 1] = score, score + future
                        if to < length:
                            least[to] = max(least[to], score + future - _FAR)
                        many += 1
    return _best(length, counts[length], facts, scores, arcs, arc_scores, n)


@compiled
def _best(length: int, last: int, facts: Any, scores: Any, arcs: Any, arc_scores: Any, n: int) -> Any:
    """Return the `n` best derivations, from the end: a part of one is a hypothesis, what follows it, and its score."""
    room = 64 * n
    parts, values = np.zeros((room, 4), np.int64), np.zeros(room)  # stack, hypothesis, the part after it, option
    heap, waiting, many = np.zeros(room, np.int64), 0, 0
    found, totals = np.full((n, length + 1), -1 - length), np.zeros(n)
    for at in range(last):  # one at the most: complete hypotheses are alike
        parts[many, 0], parts[many, 1], parts[many, 2], values[many] = length, at, -1, scores[length, at, 0]
        waiting = _push(heap, waiting, many, values)
        many += 1
    got = 0
    while waiting and got < n:
        part = heap[0]
        waiting = _pop(heap, waiting, values)
        stack, at = parts[part, 0], parts[part, 1]
        if stack == 0:
            totals[got], place = values[part], 0
            while parts[part, 2] >= 0:
                found[got, place] = parts[part, 3]
                part, place = parts[part, 2], place + 1
            got += 1
            continue
        arc = facts[stack, at, 5]
        while arc >= 0:
            if many == len(parts):
                parts = np.concatenate((parts, np.zeros_like(parts)))
                values = np.concatenate((values, np.zeros_like(values)))
                heap = np.concatenate((heap, np.zeros_like(heap)))
            parts[many, 0], parts[many, 1] = arcs[arc, 0], arcs[arc, 1]
            parts[many, 2], parts[many, 3] = part, arcs[arc, 2]
            values[many] = values[part] - scores[stack, at, 0] + arc_scores[arc]
            waiting = _push(heap, waiting, many, values)
            many += 1
            arc = arcs[arc, 3]
    return got, totals, found


@compiled
def _push(heap: Any, size: int, part: int, values: Any) -> int:
    at = size
    while at and values[heap[(at - 1) // 2]] < values[part]:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = part
    return size + 1


@compiled
def _pop(heap: Any, size: int, values: Any) -> int:
    size -= 1
    part, at = heap[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and values[heap[child + 1]] > values[heap[child]]:
            child += 1
        if values[heap[child]] <= values[part]:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = part
    return size
