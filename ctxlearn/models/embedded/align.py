"""Word alignment with thot's Gibbs sampler (eflomal's method), run both ways and symmetrised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import thot.alignment

Sentences = Sequence[Sequence[str]]
Links = frozenset[tuple[int, int]]  # (source position, target position), from 0

_SEED = 1
_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def align(source: Sentences, target: Sentences, samplers: int = 3) -> list[Links]:
    """Return the links of each sentence pair (Östling and Tiedemann 2016; grow-diag-final-and, Koehn et al. 2003)."""
    if not source:
        return []
    forward = _one_way(source, target, samplers)
    backward = _one_way(target, source, samplers)
    return [
        grow({(i - 1, j) for j, i in enumerate(one) if i}, {(j, i - 1) for j, i in enumerate(other) if i})
        for one, other in zip(forward, backward, strict=True)
    ]


def _one_way(source: Sentences, target: Sentences, samplers: int) -> list[list[int]]:
    """Return for each target word the position of its source word, from 1; 0 for none."""
    model = thot.alignment.EflomalAlignmentModel()
    model.deterministic = True
    model.seed = _SEED
    model.num_samplers = samplers
    model.emit_training_alignments = True
    for one, other in zip(source, target, strict=True):
        model.add_sentence_pair(one, other)
    model.start_training()
    for _ in range(model.scheduled_iterations):
        model.train()
    model.end_training()
    found = [model.get_training_alignment(n)[1].to_list() for n in range(len(source))]
    model.clear()
    return found


def grow(forward: set[tuple[int, int]], backward: set[tuple[int, int]]) -> Links:
    """Return the symmetrised links of two one-way alignments."""
    union = forward | backward
    links = forward & backward
    rows, columns = {i for i, _ in links}, {j for _, j in links}

    def add(new: Iterable[tuple[int, int]]) -> None:
        for i, j in new:
            links.add((i, j))
            rows.add(i)
            columns.add(j)

    fresh = sorted(links)
    while fresh:
        near = sorted({(i + di, j + dj) for i, j in fresh for di, dj in _NEIGHBOURS} & (union - links))
        fresh = []
        for i, j in near:
            if i not in rows or j not in columns:
                add([(i, j)])
                fresh.append((i, j))
    for one_way in (forward, backward):
        for i, j in sorted(one_way):
            if i not in rows and j not in columns:
                add([(i, j)])
    return frozenset(links)
