"""What the model costs on this machine: learning, memory, sentences a second, and a first translation."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.embedded.split import whole
from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Prefix, Request
from ctxlearn.models.embedded import EmbeddedModel
from ctxlearn.settings import environment_of_a_worker

ROOT = Path(__file__).parents[2]
TIMES = 5
LEAST = 2.0  # seconds of CPU that a rate is measured over


def learning(name: str, direction: Direction) -> dict[str, float]:
    """Return what learning a context takes, cold, and how fast this process translates then, by one thread.

    It has to be the first that the process does, for its memory is the most that the process ever had.
    """
    of = whole(name)
    prefix = Prefix(of.prefix, of.tokens, "measured")
    segments = [it for test in of.tests.values() if test.tests(direction) for it in test.segments(direction)]
    with tempfile.TemporaryDirectory() as folder:
        models = {"embedded": EmbeddedModel(Path(folder)), "embedded-quick": EmbeddedModel(Path(folder), quick=True)}
        start = time.process_time()
        models["embedded"].complete(Request(prefix, direction, ()))
        found = {"learning": time.process_time() - start, "memory": memory(), "tokens": of.tokens}
        for model, it in models.items():
            found[model] = rate(it, prefix, direction, segments)
    return found


def rate(model: EmbeddedModel, prefix: Prefix, direction: Direction, segments: Sequence[Segment]) -> float:
    """Return how many sentences a model translates in a second of CPU, once it has begun."""
    model.complete(Request(prefix, direction, tuple(segments[:2])))
    done, start = 0, time.process_time()
    while (took := time.process_time() - start) < LEAST:
        model.complete(Request(prefix, direction, tuple(segments)))
        done += len(segments)
    return done / took


def memory() -> float:
    """Return the most memory that this process has had, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def first(name: str, direction: Direction) -> dict[str, float]:
    """Return what `ctxlearn translate` takes, the whole process, where all is packed and learned: medians."""
    of = whole(name)
    text = next(it for test in of.tests.values() if test.tests(direction) for it in test.segments(direction)).source
    command = [sys.executable, "-m", "ctxlearn", "translate", name, text, "--to", direction.target]
    _timed(command)  # packs, learns, compiles
    took = [_timed(command) for _ in range(TIMES)]
    return {what: statistics.median(it[what] for it in took) for what in ("cpu", "wall")}


def _timed(command: Sequence[str]) -> dict[str, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=_environment())
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": wall}


def _environment() -> dict[str, str]:
    """Return this environment, in which Python keeps what it compiled, as it does unless told otherwise."""
    return {name: value for name, value in environment_of_a_worker().items() if name != "PYTHONDONTWRITEBYTECODE"}


def apart(*arguments: str) -> Any:
    """Return what a measurement of `python -m benchmarks.embedded` gives in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.embedded", *arguments]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ})
    return json.loads(said.stdout)
