"""Measure the ledger: 200 runs of 1,000 segments; `runs list`, `runs trend` and `compare` as whole processes.

Usage: python benchmarks/ledger.py [--runs 200] [--segments 1000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ctxlearn.models.base import Prefix
from ctxlearn.runs import Ledger
from tests.ledgers import entered
from tests.test_scoring import garbled, sentences
from tests.tiny import environment

REPEATS = 5


def main() -> None:
    """Fill a ledger, then time each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--segments", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        first, second = fill(Path(home) / "ledger.sqlite", arguments.runs, arguments.segments)
        for command in (["runs", "list"], ["runs", "trend"], ["compare", first, second]):
            took = sorted(timed(command, home) for _ in range(REPEATS))
            name = " ".join(command[: 2 if command[0] == "runs" else 1])
            print(f"{name:10} median {took[REPEATS // 2]:.2f} s, fastest {took[0]:.2f} s")


def fill(path: Path, runs: int, segments: int) -> tuple[str, str]:
    """Enter the runs, four different ones again and again, and return two of one series whose texts differ."""
    texts = sentences(segments, seed=1)
    references = [(text,) for text in texts]
    with Ledger(path) as ledger:
        first = [entered(ledger, garbled(texts, seed), references) for seed in range(4)]
        kept = [(ledger.show(run_id), ledger.segments(run_id)) for run_id in first]
        for number in range(runs - 4):
            run, entries = kept[number % 4]
            direction = ("qaa-eng", "eng-qaa")[number // 4 % 2]
            prefix = Prefix(f"context {number // 20}", 1200, f"f{number // 20}")
            run_id = ledger.begin(replace(run, direction=direction, status="running", finished=None), prefix)
            ledger.enter_segments(run_id, entries)
            ledger.finish(run_id, run.scores)
    return first[0], first[1]


def timed(command: Sequence[str], home: str) -> float:
    """Return the seconds that a command takes as a process."""
    start = time.perf_counter()
    run = [sys.executable, "-m", "ctxlearn", *command]
    subprocess.run(run, check=True, capture_output=True, env=environment(CTXLEARN_HOME=home))
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
