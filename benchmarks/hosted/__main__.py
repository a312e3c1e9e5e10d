"""Measure the client of hosted models against stand-ins: `python -m benchmarks.hosted` measures all, in minutes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.hosted import measures, resume, table
from benchmarks.hosted.material import book, fresh_home


def main(arguments: list[str]) -> None:
    """Make one measurement in a state folder of its own, or all, which are written into docs/performance.md."""
    match arguments:
        case []:
            table.write()
        case ["_threads", model, base]:
            print(measures.threads(model, base))
        case ["_book", tokens]:
            print(json.dumps(asdict(book(int(tokens)))))
        case ["_job", base, output]:
            print(resume.job(base, output))
        case [measure, *rest]:
            with tempfile.TemporaryDirectory() as folder:
                fresh_home(folder)
                found = resume.resume(Path(folder)) if measure == "resume" else measures.MEASURES[measure](*rest)
                print(json.dumps(found))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a text file
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[2]))
    main(sys.argv[1:])
