"""Measure the embedded model, and write docs/results.md anew: `python -m benchmarks.embedded NAME=CORPUS…`.

NAME is kalamang, kalamang-mtob, zhuang or tarivel; the rows of one that is not named stay as they are. Runs are entered
in the ledger of the state folder. What does not depend on time goes on in as many processes as there are cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import Any

from benchmarks.embedded import ablation, costs, curves, evaluations, ideas, page
from ctxlearn import manifest
from ctxlearn.data import Direction

ABLATED = "kalamang"  # the corpus with a grammar, whose parts are told apart


def main(arguments: Sequence[str]) -> None:
    """Measure what is named, or one thing for another process, which is printed."""
    match arguments:
        case ["_learning", name, direction]:
            print(json.dumps(costs.learning(name, _direction(name, direction))))
        case ["_first", name, direction]:
            print(json.dumps(costs.first(name, _direction(name, direction))))
        case _:
            _renew(_named(arguments))


def _named(arguments: Sequence[str]) -> dict[str, str]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="NAME=CORPUS")
    named = dict(it.partition("=")[::2] for it in parser.parse_args(arguments).corpora)
    unknown = [name for name in named if name not in page.CORPORA]
    if unknown:
        parser.error(f"{', '.join(unknown)}: the known ones are {', '.join(page.CORPORA)}")
    return {name: named[name] for name in page.CORPORA if name in named}


def _direction(name: str, direction: str) -> Direction:
    return next(it for it in manifest.open_corpus(name).directions if str(it) == direction)


def _renew(named: Mapping[str, str]) -> None:
    for name in page.CORPORA:
        if name not in named:
            _say(f"{page.CORPORA[name].title}: not given; its rows stay as they are")
    numbers = page.read()
    for name in named:
        numbers[name] = {"measured": f"{datetime.now(UTC):%Y-%m-%d}"}
    for kind, name, key, found in _at_once(named):
        numbers[name].setdefault(kind, {})[key] = found
    for name in named:
        found = numbers[name].pop("whole", {})
        numbers[name]["evaluated"] = evaluations.by_direction(page.CORPORA[name].protocol, found["evaluated"])
        if "ablation" in found:
            numbers[name]["ablation"] = ablation.shortened(found["ablation"])
        numbers[name] |= {kind: _ordered(named[name], numbers[name][kind]) for kind in ("ideas", "curves")}
    for name, corpus in named.items():  # alone on the machine, as far as that is up to us
        numbers[name]["costs"] = {str(it): _cost(corpus, it) for it in manifest.open_corpus(corpus).directions}
    page.write(numbers)
    _say(f"wrote {page.PAGE}")


def _at_once(named: Mapping[str, str]) -> Iterator[tuple[str, str, str, Any]]:
    """Yield (kind, corpus, direction or command, what was found) of all that several processes can do."""
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        waiting: dict[Future[Any], tuple[str, str, str]] = {}
        for name, corpus in sorted(named.items(), key=lambda it: it[0] != "zhuang"):  # which takes longest
            for direction in manifest.open_corpus(corpus).directions:
                waiting[pool.submit(ideas.measure, corpus, direction)] = ("ideas", name, str(direction))
                waiting[pool.submit(curves.measure, corpus, direction)] = ("curves", name, str(direction))
            waiting[pool.submit(evaluations.evaluated, corpus, page.CORPORA[name].protocol)] = (
                "whole",
                name,
                "evaluated",
            )
            if name == ABLATED:
                waiting[pool.submit(evaluations.ablated, corpus)] = ("whole", name, "ablation")
        start = time.monotonic()
        for done in as_completed(waiting):
            _say(f"{' '.join(waiting[done])} after {time.monotonic() - start:.0f} s")
            yield (*waiting[done], done.result())


def _ordered(corpus: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {str(it): found[str(it)] for it in manifest.open_corpus(corpus).directions}


def _cost(corpus: str, direction: Direction) -> dict[str, Any]:
    _say(f"costs of {corpus} {direction}")
    learned = costs.apart("_learning", corpus, str(direction))
    return {**learned, "first": costs.apart("_first", corpus, str(direction))}


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
