"""A stand-in in a process of its own, so that a client's CPU is measured without it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parents[2]


class Remote:
    """The controls of a stand-in that runs elsewhere; the same as StandIn's."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def counters(self) -> dict[str, Any]:
        """Return everything counted."""
        counted: dict[str, Any] = self._ask("GET", "counters")
        return counted

    def arrivals(self) -> list[dict[str, Any]]:
        """Return every request in the order of arrival."""
        listed: list[dict[str, Any]] = self._ask("GET", "arrivals")
        return listed

    def faults(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Let requests go wrong by these rules from here on. Raises ValueError for a rule that cannot be read."""
        self._ask("POST", "faults", {"rules": rules, "seed": seed})

    def clock(self, advance: float = 0.0, rate: float | None = None) -> float:
        """Turn the server's time forward, or let it run at another rate; returns the time."""
        return float(self._ask("POST", "clock", {"advance": advance, "rate": rate})["now"])

    def speed(self, latency: float = 0.0, prefill: float | None = None) -> None:
        """Let each response take real time."""
        self._ask("POST", "speed", {"latency": latency, "prefill": prefill})

    def expire(self) -> None:
        """Expire every cache now."""
        self._ask("POST", "expire")

    def reset(self) -> None:
        """Count anew; caches stay."""
        self._ask("POST", "reset")

    def _ask(self, method: str, action: str, wish: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/__standin__/{action}", None if wish is None else json.dumps(wish))
            response = connection.getresponse()
            said = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(said["error"])
        return said


@contextmanager
def start(flavour: str, *arguments: str) -> Iterator[Remote]:
    """Run a stand-in in another process, with the `arguments` of `python -m tests.standins`, and stop it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.json"
        command = [sys.executable, "-m", "tests.standins", "--flavour", flavour, "--state", str(state), *arguments]
        process = subprocess.Popen(command, cwd=_PROJECT)
        try:
            yield Remote(_port(state, process))
        finally:
            process.terminate()
            process.wait()


def _port(state: Path, process: subprocess.Popen[bytes], patience: float = 30.0) -> int:
    end = time.monotonic() + patience
    while not state.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the stand-in did not start (exit status {process.poll()})")
        time.sleep(0.01)
    return int(json.loads(state.read_text())["port"])
