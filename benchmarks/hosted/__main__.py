"""Measure the hosted models' client against stand-in servers: `python -m benchmarks.hosted` measures all, in minutes."""

from __future__ import annotations

import json
import sys

from benchmarks.hosted import measures


def main(arguments: list[str]) -> None:
    """Make one measurement, or all."""
    if arguments[0] == "_threads":
        print(measures.threads(*arguments[1:]))
    else:
        print(json.dumps(measures.run(*arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
