"""Which code made a run: this program's version, a hash of what answers, and the packages that decide numbers."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ctxlearn import __version__

_PACKAGES = ("sacrebleu", "numba", "sentencepiece", "tiktoken", "litellm")
_ALL = ("data.py", "igt.py", "render.py", "scripts.py", "translate.py", "models/base.py")
_FLOOR = ("models/floors.py", *(f"models/embedded/{name}.py" for name in ("glossed", "material", "notation", "text")))
_OWN = {
    "embedded": ("models/embedded/*.py",),
    "embedded-quick": ("models/embedded/*.py",),
    "human": ("human.py",),
    "hosted": ("prompt.py", "answers.py", "models/*.py", "models/plans/*.py"),
}


def versions(model: str) -> dict[str, str]:
    """Return every version by its name; a package that is not installed has none."""
    kind = "hosted" if "/" in model else model.partition(":")[0]
    found = {"ctxlearn": __version__, "code": _code(_OWN.get(kind, _FLOOR))}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def _code(own: tuple[str, ...]) -> str:
    """Return a hash of the code that answers: between two releases the version does not tell two systems apart."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted({path for pattern in (*_ALL, *own) for path in root.glob(pattern)}):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
