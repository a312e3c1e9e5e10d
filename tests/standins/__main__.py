"""Run one stand-in until it is told to stop: `python -m tests.standins --flavour gemini --port 0 --state FILE`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.standins.billing import Price, price_from_row
from tests.standins.server import FLAVOURS, StandIn


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; then print the counters as JSON."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _standin(options) as standin:
        if options.faults:
            script = json.loads(options.faults)
            standin.faults(*script["rules"], seed=script.get("seed", 0))
        standin.speed(options.latency, options.prefill)
        state = {"port": standin.port, "url": standin.url, "pid": os.getpid()}
        if options.state:
            _write(options.state, state)
        else:
            sys.stdout.write(json.dumps(state) + "\n")
            sys.stdout.flush()
        stop.wait()
        if options.counters:
            _write(options.counters, standin.counters())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.standins", description=__doc__)
    parser.add_argument("--flavour", choices=FLAVOURS, required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="file to write the port to; stdout when not given")
    parser.add_argument("--counters", type=Path, help="file to write the counters to at the end")
    parser.add_argument("--answer", default="tests.standins.server:echo", help="module:function(prefix, tail) -> text")
    parser.add_argument("--hooks", help="module:DICT of further ways to spoil an answer")
    parser.add_argument("--price", help="JSON of a row of litellm's price map")
    parser.add_argument("--storage-price", type=float, default=0.0, help="USD per million tokens and hour")
    parser.add_argument("--ratio", type=float, default=1.08, help="tokens for one of cl100k_base")
    parser.add_argument("--context", type=int, help="most input tokens")
    parser.add_argument("--max-body", type=int, help="most bytes of a request")
    parser.add_argument("--keys", help="API keys to take, separated by commas; any when not given")
    parser.add_argument("--faults", help='JSON: {"rules": [...], "seed": 0}')
    parser.add_argument("--latency", type=float, default=0.0, help="seconds until a response begins")
    parser.add_argument("--prefill", type=float, help="uncached tokens a second")
    parser.add_argument("--options", default="{}", help="JSON of what the flavour takes: implicit, per_minute")
    return parser


def _standin(options: argparse.Namespace) -> StandIn:
    price = price_from_row(json.loads(options.price), options.storage_price) if options.price else Price()
    return StandIn(
        options.flavour,
        _named(options.answer),
        price=price,
        ratio=options.ratio,
        context=options.context,
        max_body=options.max_body,
        keys=frozenset(options.keys.split(",")) if options.keys else None,
        hooks=_named(options.hooks) if options.hooks else None,
        port=options.port,
        **json.loads(options.options),
    )


def _named(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _write(path: Path, value: object) -> None:
    """Write JSON so that a reader never sees half of it."""
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(value))
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
