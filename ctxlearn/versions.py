"""Which code made a run: this program's version, a hash of what answers, and the packages that decide numbers."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ctxlearn import __version__

_PACKAGES = ("sacrebleu", "sil-thot", "sentencepiece", "tiktoken", "litellm")
_ANSWERING = ("answers", "data", "igt", "prompt", "render", "scripts", "translate")  # besides all models


def versions() -> dict[str, str]:
    """Return every version by its name; a package that is not installed has none."""
    found = {"ctxlearn": __version__, "code": _code()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def _code() -> str:
    """Return a hash of the code that answers: between two releases the version does not tell two systems apart."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in [*(root / f"{name}.py" for name in _ANSWERING), *sorted((root / "models").rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
