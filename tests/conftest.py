"""What all tests share: a state folder of their own, a shut network, and the real languages where they are."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Whether a test passes says nothing of how busy the machine is, and the same code passes or fails the same; to search
# among other examples: pytest --hypothesis-profile=search.
settings.register_profile("sure", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("sure"), derandomize=False)
settings.load_profile("sure")

# Ctrl-C reaches what the tests start, also when they themselves were started by nohup or with &, which ignores it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
LANGUAGES = TESTS.parents[1] / "shared" / "languages"
# Where there are several workers, the files that take longest are begun first, so that all end at the same time.
LONGEST = (
    "ui/test_journeys.py",
    "test_resume.py",
    "ui/test_journeys_books.py",
    "ui/test_keyboard.py",
    "ui/test_contrast.py",
    "test_jobs.py",
    "ui/test_journeys_hosted.py",
    "test_metered.py",
    "test_embedded.py",
    "test_hosted_cli.py",
    "test_hosted.py",
    "ui/test_evaluate_page.py",
    "ui/test_runs_page.py",
    "ui/test_app.py",
    "test_evaluate.py",
    "ui/test_corpora_page.py",
    "ui/test_translate_page.py",
    "test_latex.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, and skip the tests marked `real` where the real languages are not beside the project."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        order = {TESTS / name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(item.path, len(order)))
    if LANGUAGES.is_dir():
        return
    skip = pytest.mark.skip(reason=f"no real languages at {LANGUAGES}")
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder that all tests share, so that what the embedded model learned once serves them all."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _own_state(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXLEARN_HOME", str(shared_home))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty state folder for one test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("CTXLEARN_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _shut_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no test reach further than this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(host)):
            raise OSError(f"the network is shut in tests; somebody wanted to reach {host}")
        connect(self, address)  # type: ignore[arg-type]  # whatever the family takes

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
