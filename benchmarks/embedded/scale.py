"""How the embedded model bears size: `python -m benchmarks.embedded.scale`, written into docs/performance.md.

A context of a million tokens, a dictionary of 100,000 entries, a sentence of 5,000 words, and more threads; each
measured in a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.embedded import costs
from benchmarks.embedded.split import Split, whole
from benchmarks.samplelang import scale
from ctxlearn import render
from ctxlearn.data import Direction, Entry, Segment, Sense
from ctxlearn.models.base import Prefix, Request
from ctxlearn.models.embedded import EmbeddedModel

PAGE = costs.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- benchmarks.embedded.scale: begin -->\n", "<!-- benchmarks.embedded.scale: end -->\n"
TOKENS, ENTRIES, WORDS = 1_000_000, 100_000, 5_000
SAMPLE = "tarivel"
TURNS = 5

Row = tuple[str, str, str]


def main(arguments: list[str]) -> None:
    """Make one measurement, which is printed, or all, which are written into the page."""
    match arguments:
        case ["learning", corpus, direction]:
            print(json.dumps(costs.learning(corpus, _direction(corpus, direction))))
        case ["dictionary", direction]:
            print(json.dumps(dictionary(_direction(SAMPLE, direction))))
        case ["sentence", direction]:
            print(json.dumps(sentence(_direction(SAMPLE, direction))))
        case ["threads", direction]:
            print(json.dumps(threads(_direction(SAMPLE, direction))))
        case _:
            write()


def _direction(corpus: str, direction: str) -> Direction:
    return next(it for it in whole(corpus).directions if str(it) == direction)


def write() -> None:
    """Measure all and write the table between its marks."""
    rows = [("what", "measured", "goal"), ("---", "---", "---"), *_rows()]
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    made = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    PAGE.write_text(f"{before}{BEGIN}{made}{END}{rest.partition(END)[2]}", encoding="utf-8")


def _rows() -> Iterator[Row]:
    directions = [str(it) for it in whole(SAMPLE).directions]
    with tempfile.TemporaryDirectory() as folder:
        tokens = scale.scale(TOKENS, Path(folder), 1)
        for direction in directions:
            it = _apart("learning", folder, direction)
            yield (
                f"learning a context of {tokens:,} tokens, {direction}",
                f"{it['learning']:.0f} s of CPU, {it['memory']:,.0f} MB; then {it['embedded']:.0f} sentences a CPU "
                f"second, {it['embedded-quick']:.0f} with embedded-quick",
                "≤ 60 s, ≤ 2,000 MB, ≥ 50 (200) a second",
            )
    for direction in directions:
        it = _apart("dictionary", direction)
        what = f"a dictionary of {ENTRIES:,} entries beside the sample's books, {direction}"
        said = f"learned in {it['learning']:.0f} s of CPU, {it['memory']:,.0f} MB; a sentence in {it['sentence']:.3f} s"
        yield what, said, "bounded"
    for direction in directions:
        it = _apart("sentence", direction)
        what = f"a sentence of {WORDS:,} words, {direction}"
        yield what, f"{it['seconds']:.1f} s of CPU, {it['words']:,} words, {it['memory']:,.0f} MB", "bounded"
    it = _apart("threads", directions[0])
    many = max(map(int, it))
    gain = it[str(many)] / it["1"]
    what = f"{many} threads against one, {os.cpu_count()} cores"
    yield what, f"{it[str(many)]:.0f} sentences a second against {it['1']:.0f}: {gain:.2f} ×", "with the cores"


def _apart(*arguments: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.embedded.scale", *arguments]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=costs.ROOT)
    print(*arguments, said.stdout.strip(), file=sys.stderr)
    return json.loads(said.stdout)


def dictionary(direction: Direction) -> dict[str, float]:
    """Return what learning a large dictionary takes, and a sentence after it."""
    of = whole(SAMPLE)
    language, contact = of.reading.language, of.reading.contact
    entries = (*of.reading.entries, *invented(ENTRIES))
    parts = [render.write_opening(language, contact), render.write_section("dictionary", entries)]
    parts += [render.write_section("examples", of.reading.examples)]
    prefix = Prefix("\n".join(parts), sum(map(len, parts)) // 4, "a dictionary")
    with tempfile.TemporaryDirectory() as folder:
        model = EmbeddedModel(Path(folder))
        took = _timed(model, Request(prefix, direction, ()))
        _timed(model, Request(prefix, direction, _segments(of, direction)[:1]))
        sentence = _timed(model, Request(prefix, direction, _segments(of, direction)[1:2]))
    return {"learning": took, "sentence": sentence, "memory": costs.memory()}


def invented(many: int) -> Iterator[Entry]:
    """Yield entries of words that nobody has, always the same."""
    chance = random.Random(1)

    def word() -> str:
        return "".join(chance.choice("ptkbdgmnslr") + chance.choice("aeiou") for _ in range(chance.randint(2, 5)))

    for _ in range(many):
        yield Entry(word(), (Sense(word() if chance.random() < 0.7 else f"{word()} {word()}"),), "n")


def sentence(direction: Direction) -> dict[str, float]:
    """Return what one sentence without an end takes."""
    of = whole(SAMPLE)
    words = [word for it in _segments(of, direction) for word in it.source.rstrip(".?!").split()]
    text = " ".join((words * (WORDS // len(words) + 1))[:WORDS]) + "."
    prefix = Prefix(of.prefix, of.tokens, "a sentence")
    with tempfile.TemporaryDirectory() as folder:
        model = EmbeddedModel(Path(folder))
        model.complete(Request(prefix, direction, _segments(of, direction)[:1]))
        start = time.process_time()
        (made,) = model.complete(Request(prefix, direction, (Segment("1", text),))).translations
    took = time.process_time() - start
    return {"seconds": took, "words": len(made.text.split()), "memory": costs.memory()}


def threads(direction: Direction) -> dict[str, float]:
    """Return the sentences a second of wall time by how many threads share them, the best of several turns.

    What else a machine does takes from a turn, and gives nothing.
    """
    of = whole(SAMPLE)
    prefix = Prefix(of.prefix, of.tokens, "threads")
    segments = tuple(Segment(f"{n}-{it.id}", it.source) for n in range(10) for it in _segments(of, direction))
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        models = {str(many): EmbeddedModel(Path(folder), many) for many in (1, os.cpu_count() or 1)}
        for model in models.values():
            model.complete(Request(prefix, direction, segments[:5]))
        for _ in range(TURNS):
            for many, model in models.items():
                start = time.perf_counter()
                model.complete(Request(prefix, direction, segments))
                found.setdefault(many, []).append(len(segments) / (time.perf_counter() - start))
    return {many: max(rates) for many, rates in found.items()}


def _segments(of: Split, direction: Direction) -> tuple[Segment, ...]:
    return next(iter(of.tests.values())).segments(direction)


def _timed(model: EmbeddedModel, request: Request) -> float:
    start = time.process_time()
    model.complete(request)
    return time.process_time() - start


if __name__ == "__main__":
    main(sys.argv[1:])
