"""The app as a process of its own, on a free port, with a state folder of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ctxlearn.jobs import Jobs
from ctxlearn.settings import Settings
from tests.tiny import PATIENCE, ROOT, environment, started


@dataclass(frozen=True, slots=True)
class Served:
    """A served app: its address, its state folder, and the folder it was started in."""

    address: str
    home: Path
    folder: Path


@contextmanager
def served(folder: Path, *, home: Path | None = None) -> Iterator[Served]:
    """Serve the app from `folder`, with a state folder in it unless another is given; ends with the block."""
    home = home or folder / "state"
    variables = environment(CTXLEARN_HOME=str(home))
    with (
        _port() as port,
        started("ui", "--no-browser", "--port", port, cwd=folder, env=variables, stdout=subprocess.DEVNULL) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process)
            yield Served(address, home, folder)
        finally:
            _end_jobs(home)
            process.terminate()
            process.communicate(timeout=PATIENCE)


def _end_jobs(home: Path) -> None:
    """End what a test that failed has left running: a job outlives the page and the server that began it."""
    here = Settings(home)
    with Jobs(here) as jobs:
        for corpus in {it.corpus_path for it in jobs.list() if not it.is_over}:
            jobs.forget(corpus)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, (process.stderr.read() if process.stderr else b"").decode()
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


@contextmanager
def _port() -> Iterator[int]:
    """Hold a port that nobody else is given meanwhile; who asks for it by number, as the app does, can listen there."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def chromium() -> str:
    """Return where Chromium is; where there is none, the test fails and says how it is installed."""
    found = subprocess.run(["sh", str(ROOT / "scripts" / "chromium.sh")], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr.strip())
    return found.stdout.strip() or str(shutil.which("chromium"))
