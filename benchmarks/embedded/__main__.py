"""Measure the embedded model, and write docs/results.md anew: `python -m benchmarks.embedded NAME=CORPUS…`.

NAME is kalamang, kalamang-mtob, zhuang or tarivel; the rows of one that is not named stay as they are, as do the parts
that `--only` does not name. Whatever is finished is kept, so that a run that is broken off has not been for nothing.
Evaluations are entered in the ledger of the state folder. What does not depend on time goes on in as many processes as
there are cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.embedded import costs, curves, evaluations, ideas, page
from ctxlearn import manifest
from ctxlearn.data import Direction

PARTS = ("scores", "ideas", "curves", "ablation", "costs")
ABLATED = "kalamang"  # the corpus with a grammar, whose parts are told apart


@dataclass(frozen=True, slots=True)
class Job:
    """A measurement of a part of the page: of a corpus, and of one direction or of both (none)."""

    part: str
    name: str
    direction: str
    measure: Callable[..., Any]
    arguments: tuple[Any, ...]


def main(arguments: Sequence[str]) -> None:
    """Measure what is named, or one thing for another process, which is printed."""
    match arguments:
        case ["_learning", corpus, direction]:
            print(json.dumps(costs.learning(corpus, _direction(corpus, direction))))
        case ["_first", corpus, direction]:
            print(json.dumps(costs.first(corpus, _direction(corpus, direction))))
        case _:
            _renew(*_asked(arguments))


def _asked(arguments: Sequence[str]) -> tuple[dict[str, str], Collection[str]]:
    """Return the corpora by name and the parts that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="NAME=CORPUS")
    parser.add_argument("--only", default=",".join(PARTS), metavar="P", help=f"of {','.join(PARTS)}")
    asked = parser.parse_args(arguments)
    named = dict(it.partition("=")[::2] for it in asked.corpora)
    parts = asked.only.split(",")
    for given, known in ((named, page.CORPORA), (parts, PARTS)):
        if unknown := [it for it in given if it not in known]:
            parser.error(f"{', '.join(unknown)}: the known ones are {', '.join(known)}")
    return {name: named[name] for name in page.CORPORA if name in named}, parts


def _direction(corpus: str, direction: str) -> Direction:
    return next(it for it in manifest.open_corpus(corpus).directions if str(it) == direction)


def _renew(named: Mapping[str, str], parts: Collection[str]) -> None:
    for name in page.CORPORA:
        if name not in named:
            _say(f"{page.CORPORA[name].title}: not given; its rows stay as they are")
    jobs = [job for name, corpus in named.items() for job in _jobs(name, corpus) if job.part in parts]
    numbers, start = page.read(), time.monotonic()
    for job, found in _done(jobs):
        of = numbers.setdefault(job.name, {})
        of.setdefault("measured", {})[job.part] = f"{datetime.now(UTC):%Y-%m-%d}"
        if job.direction:
            there = {**of.get(job.part, {}), job.direction: found}
            order = [str(it) for it in manifest.open_corpus(named[job.name]).directions]
            of[job.part] = {direction: there[direction] for direction in order if direction in there}
        else:
            of[job.part] = found
        page.write(numbers)
        _say(f"{job.part} {job.name} {job.direction} after {time.monotonic() - start:.0f} s")


def _jobs(name: str, corpus: str) -> Iterator[Job]:
    for direction in manifest.open_corpus(corpus).directions:
        yield Job("ideas", name, str(direction), ideas.measure, (corpus, direction))
        yield Job("curves", name, str(direction), curves.measure, (corpus, direction))
        yield Job("costs", name, str(direction), cost, (corpus, direction))
    yield Job("scores", name, "", evaluations.scores, (corpus, page.CORPORA[name].protocol))
    if name == ABLATED:
        yield Job("ablation", name, "", evaluations.ablation, (corpus,))


def _done(jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    """Yield each job with what it found; those that measure time come last, one by one."""
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(job.measure, *job.arguments): job for job in jobs if job.part != "costs"}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    for job in jobs:
        if job.part == "costs":
            yield job, job.measure(*job.arguments)


def cost(corpus: str, direction: Direction) -> dict[str, Any]:
    """Return what learning and translating take, each measured in a process of its own."""
    learned = costs.apart("_learning", corpus, str(direction))
    return {**learned, "first": costs.apart("_first", corpus, str(direction))}


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
