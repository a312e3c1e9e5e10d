"""Runs of `ctxlearn evaluate`, entered in the ledger as anybody's are, and what is shown of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.embedded import parts

MODELS = ("embedded", "embedded-quick")
_STORED = ("test", "n", "floors", "run", "system")


def scores(corpus: str, protocol: str) -> dict[str, Any]:
    """Return what `ctxlearn evaluate` says of a corpus and both settings, by direction and model.

    By a benchmark's rules the scores are those.
    """
    options = [part for model in MODELS for part in ("--model", model)]
    found: dict[str, Any] = {}
    for run in _command("evaluate", corpus, *options, *(["--protocol", protocol] if protocol else []))["runs"]:
        measured = run["protocol"]["scores"] if protocol else run["scores"]
        kept = {name: run[name] for name in _STORED} | {"scores": {it: measured[it] for it in parts.METRICS}}
        kept["version"] = run["system"].rpartition("|v:")[2]
        found.setdefault(run["direction"], {})[run["model"]] = kept
    return found


def ablation(corpus: str) -> dict[str, Any]:
    """Return of what `ctxlearn evaluate --ablate` prints for a corpus what its tables need."""
    return parts.shortened(_command("evaluate", corpus, "--ablate"))


def _command(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "ctxlearn", *arguments, "--json"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return found
