from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]

# From a requirements file to its lock; a lock holds what the files that are read into it ask for, too.
LOCKS = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": platform}
    for version in ("3.11", "3.12", "3.13")
    for platform in ("linux", "darwin", "win32")
]


def wanted(name: str) -> list[Requirement]:
    """Return the requirements of a hand-kept file, with those of the files it names."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    own = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return own + [it for line in lines if line.startswith("-r ") for it in wanted(line[3:])]


def pins(name: str) -> list[tuple[str, Version, Marker | None]]:
    """Return the names, versions and markers of a lock."""
    found = re.findall(r"^([^\s#=]+)==([^\s;]+)(?: ; (.*?))? \\$", (ROOT / name).read_text(), re.MULTILINE)
    return [(canonicalize_name(pin), Version(at), Marker(when) if when else None) for pin, at, when in found]


@pytest.mark.parametrize(("asked", "lock"), LOCKS.items())
@pytest.mark.parametrize("machine", MACHINES, ids=lambda it: f"{it['python_version']}-{it['sys_platform']}")
def test_a_lock_pins_all_that_is_asked_for_on_every_machine(asked: str, lock: str, machine: dict[str, str]) -> None:
    here = {name: at for name, at, when in pins(lock) if when is None or when.evaluate(machine)}
    for it in wanted(asked):
        assert here[canonicalize_name(it.name)] in it.specifier, str(it)


@pytest.mark.parametrize("lock", LOCKS.values())
def test_every_pin_has_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert len(re.findall(r"^\S+==.* \\\n    --hash=sha256:", text, re.MULTILINE)) == len(pins(lock)) > 0


@pytest.mark.parametrize("lock", LOCKS.values())
def test_a_lock_names_no_index_and_no_machine(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line or "file:" in line] == []


def test_both_locks_agree() -> None:
    development = set(map(str, pins("requirements-dev.lock")))
    assert [it for it in map(str, pins("requirements.lock")) if it not in development] == []


def test_the_project_takes_its_dependencies_from_the_one_list() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    assert "dependencies" not in project["project"]
