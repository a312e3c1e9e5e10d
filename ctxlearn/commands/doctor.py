"""`ctxlearn doctor`: say what works on this machine, and what to do about the rest."""

from __future__ import annotations

import argparse
import importlib
import locale
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from ctxlearn import __version__
from ctxlearn.commands import output
from ctxlearn.errors import CtxlearnError

BAD_LITELLM = ("1.82.7", "1.82.8")  # released by an intruder on 2026-03-24 (BerriAI/litellm#24518)


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Make every check; exit 4 when one failed."""
    found = results()
    if args.json:
        output.as_json({"version": __version__, "checks": found})
    else:
        for it in found:
            print(f"{'ok  ' if it['ok'] else 'FAIL'}  {it['name']}: {it['found']}")
    return 0 if all(it["ok"] for it in found) else 4


def results() -> list[dict[str, object]]:
    """Return what every check found, and whether that is as it should be."""
    return [_made(name, check) for name, check in CHECKS.items()]


def _made(name: str, check: Callable[[], str]) -> dict[str, object]:
    try:
        return {"name": name, "ok": True, "found": check()}
    except (CtxlearnError, ImportError, OSError, PackageNotFoundError) as error:
        return {"name": name, "ok": False, "found": str(error)}


def _python() -> str:
    return f"{platform.python_version()} on {platform.platform()}"


def _packages() -> str:
    found = {name: version(name) for name in ("litellm", "tiktoken", "streamlit", "sacrebleu", "diskcache", "numba")}
    if found["litellm"] in BAD_LITELLM:
        raise CtxlearnError(
            f"litellm {found['litellm']} is malicious; uninstall it and change every key on this machine"
        )
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _counting() -> str:
    from ctxlearn import tokens

    return f"{tokens.counter()('Reading a language from its books')} tokens counted offline with {tokens.ENCODING}"


def _embedded() -> str:
    for name in ("numba", "sentencepiece"):
        importlib.import_module(name)
    return "numba and sentencepiece load; the embedded model can learn"


def _state() -> str:
    from ctxlearn import settings

    home = settings.read().folder()
    free = shutil.disk_usage(home).free
    mode = home.stat().st_mode & 0o777
    probe = home / ".doctor"
    probe.write_bytes(b"x" * 4096)
    probe.unlink()
    if sys.platform != "win32" and mode & 0o077:
        raise CtxlearnError(f"{home}: mode {mode:03o}, others can read it; `chmod 700 {home}`")
    return f"{home}, writable, {free / 1e9:.1f} GB free"


def _ledger() -> str:
    from ctxlearn import settings
    from ctxlearn.runs import Ledger

    with Ledger(settings.read().ledger) as ledger:
        return f"{len(ledger.list())} runs, SQLite {sqlite3.sqlite_version}"


def _terminal() -> str:
    encoding = sys.stdout.encoding or locale.getpreferredencoding()
    if encoding.lower().replace("-", "") != "utf8":
        raise CtxlearnError(f"writes {encoding}; set PYTHONUTF8=1 so that every script can be shown")
    return "writes UTF-8"


def _corpora() -> str:
    from ctxlearn import manifest

    return ", ".join(manifest.known()) or "none found; `ctxlearn init NAME` makes one"


CHECKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "packages": _packages,
    "token counts": _counting,
    "embedded model": _embedded,
    "state folder": _state,
    "ledger": _ledger,
    "terminal": _terminal,
    "corpora": _corpora,
}
