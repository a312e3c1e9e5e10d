"""The tiny corpus of the tests, and the command line as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ctxlearn import cli, corpus, manifest
from ctxlearn.corpus import Contents

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"
TINY = DATA / "corpus"
PATIENCE = 300.0  # seconds until what must come is given up; none but a test that fails waits so long


def copy_of_tiny(folder: Path, name: str = "toy") -> Path:
    """Return a copy of the tiny corpus that a test may change."""
    return shutil.copytree(TINY, folder / name)


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_bytes(text.replace(old, new).encode())


def contents(folder: Path = TINY) -> Contents:
    """Return a corpus as it was read."""
    return corpus.read(manifest.open_corpus(str(folder)))


def main(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process and return its exit code, stdout and stderr."""
    capsys.readouterr()
    try:
        code = cli.main([str(argument) for argument in arguments])
    except SystemExit as error:  # argparse's way to end
        code = int(error.code or 0)
    return code, *capsys.readouterr()


def environment(**more: str) -> Mapping[str, str]:
    """Return this process's environment, from which another one can import the project."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]), **more}


def started(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """Start the command line; its streams are pipes unless `options` say otherwise."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    given = {"env": environment(), **pipes, **options}
    return subprocess.Popen([sys.executable, "-m", "ctxlearn", *map(str, arguments)], **given)


def called(*arguments: object, stdin: bytes = b"", **options: Any) -> tuple[int, str, str]:
    """Run the command line to its end and return its exit code, stdout and stderr; no call may end in a traceback."""
    with started(*arguments, **options) as process:
        out, err = process.communicate(stdin)
    assert b"Traceback" not in err, err.decode()
    return process.returncode, (out or b"").decode(), err.decode()
