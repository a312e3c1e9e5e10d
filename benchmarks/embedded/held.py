"""Pairs held out of a context, and what was learned without them, to be weighed and translated again and again.

The weights come after learning, so that other ones need no learning anew. Of a phrase table only those source phrases
are kept that stand in the pairs held out: their translations are the same, and weighing takes milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.embedded.split import HELD, SEED, Split, split, translated
from ctxlearn import leaks, manifest, packs
from ctxlearn.data import Direction, Example, Segment
from ctxlearn.models.embedded import arrays, candidates, decode
from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.candidates import Effort
from ctxlearn.models.embedded.learn import _OPTIONS, VIEWS, WEIGHTS, learn, version
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.phrases import LONGEST, Table, Weights
from ctxlearn.models.embedded.state import Learned, View

HALVES = SEARCHED, UNSEEN = 0, 1
_ALL_VIEWS = Effort(views=len(VIEWS), beam=1, candidates=1, edits=0, examples=0)


@dataclass(frozen=True, slots=True)
class Held:
    """The two halves of the pairs held out, in one direction; what was learned without them, and its tables by view.

    `known` is a hash of all that it was made from.
    """

    corpus: str
    direction: Direction
    known: str
    halves: tuple[tuple[Segment, ...], tuple[Segment, ...]]
    learned: Learned
    tables: tuple[Table, ...]

    def weighed(self, weights: Weights) -> Learned:
        """Return what would have been learned with these weights."""
        views = [
            replace(view, options=_options(table, view, weights))
            for view, table in zip(self.learned.views, self.tables, strict=True)
        ]
        return replace(self.learned, views=views)


def _options(table: Table, view: View, weights: Weights) -> decode.Options:
    return decode.options(table, view.model, view.classed, weights, _OPTIONS, *arrays.table(table.sources))


def held_out(corpora: Sequence[str], folds: int, keep: Path | None) -> list[Held]:
    """Return the pairs held out of corpora, of each fold both ways; what is read and learned is kept in `keep`.

    SystemExit where there are none, and where such a pair stands in a test set of any of the corpora: nothing is tuned
    on a test.
    """
    made = [_fold(name, fold, keep) for name in corpora for fold in range(folds)]
    refuse_tests([(sets[0].corpus, of) for of, sets in made])
    return [it for _, sets in made for it in sets]


def refuse_tests(splits: Sequence[tuple[str, Split]]) -> None:
    """Raise SystemExit if a pair held out of one corpus stands in a test set that another one declares."""
    for name, of in splits:
        language, contact = of.directions[0].source, of.directions[0].target
        pairs = [Example(it.texts[language][0], it.texts[contact][0], id=it.id) for it in of.tests["held"].items]
        for other, theirs in splits:
            for leak in leaks.find([it for it in theirs.tests.values() if it.name != "held"], {"pairs": pairs}):
                found = f"{name}: a pair held out stands in the test set {leak.test!r} of {other}, as {leak.test_id}"
                raise SystemExit(f"{found}; declare that test in {name} too, nothing is tuned on it")


def _fold(name: str, fold: int, keep: Path | None) -> tuple[Split, list[Held]]:
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    about = f"{code} {packs.key(manifest.open_corpus(name), None, (), ())} {HELD} {SEED} {fold} {version()}"
    path = keep / f"{hashlib.sha256(about.encode()).hexdigest()[:16]}.pickle" if keep else None
    if path and path.exists():
        kept: tuple[Split, list[Held]] = pickle.loads(path.read_bytes())
        return kept
    print(f"reading and learning {name}, fold {fold}", file=sys.stderr, flush=True)
    of = split(name, fold)
    if not all(halves(of, of.directions[0])):
        raise SystemExit(f"{name}: too few sentence pairs to hold out a fold {fold}; take fewer, or a larger corpus")
    made = of, [learned(Path(name).name, of, direction) for direction in of.directions]
    if path:
        put(path, pickle.dumps(made))
    return made


def put(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


def learned(name: str, of: Split, direction: Direction) -> Held:
    """Learn without the pairs held out, and keep what their translations need."""
    tables: list[Table] = []
    weigh = decode.options

    def noted(table: Table, *rest: Any) -> decode.Options:
        tables.append(table)
        return weigh(table, *rest)

    with mock.patch.object(decode, "options", noted):
        found = learn(gather(of.reading, direction))
    asked = _asked(found, of.tests["held"].segments(direction))
    parts = tuple(_part(table, hashes) for table, hashes in zip(tables, asked, strict=True))
    known = hashlib.sha256(f"{version()} {direction} {of.tests['held'].sha256} {of.prefix}".encode()).hexdigest()
    made = Held(name, direction, known, halves(of, direction), found, parts)
    return replace(made, learned=made.weighed(WEIGHTS))


def halves(of: Split, direction: Direction) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return the pairs held out as two halves; a sentence is in the same half whatever corpus it is held out of."""
    test = of.tests["held"]
    found: tuple[list[Segment], list[Segment]] = ([], [])
    for item, segment in zip(test.items, test.segments(direction), strict=True):
        text = leaks.normalise(item.texts[of.directions[0].source][0])
        found[zlib.crc32(text.encode()) % len(HALVES)].append(segment)
    return tuple(found[SEARCHED]), tuple(found[UNSEEN])


def _asked(learned: Learned, segments: Sequence[Segment]) -> list[Array]:
    """Return for each view the hashes of the source phrases that stand in the segments, as the decoder cuts them."""
    sources: dict[int, list[Array]] = defaultdict(list)

    def noted(source: Array, slots: Array, places: Array, begins: Array) -> Array:
        sources[id(slots)].append(source)
        return np.asarray(decode.spans(source, slots, places, begins))

    with mock.patch.object(candidates, "spans", noted):
        translated(learned, _ALL_VIEWS, segments)
    return [
        np.unique(
            [
                arrays.hashed(source, start, end)
                for source in sources[id(view.options.slots)]
                for start in range(len(source))
                for end in range(start + 1, min(start + LONGEST, len(source)) + 1)
            ]
        )
        for view in learned.views
    ]


def _part(table: Table, hashes: Array) -> Table:
    """Return the pairs of those source phrases alone."""
    kept = np.isin(table.sources, hashes)
    sizes = np.diff(table.begins)
    pairs = np.repeat(kept, sizes)
    return table._replace(
        sources=table.sources[kept],
        begins=np.concatenate(([0], np.cumsum(sizes[kept]))).astype(np.int64),
        starts=table.starts[pairs],
        sizes=table.sizes[pairs],
        parts=table.parts[pairs],
        orientations=table.orientations[pairs],
    )
