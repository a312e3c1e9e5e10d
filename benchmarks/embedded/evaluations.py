"""Runs of `ctxlearn evaluate`, entered in the ledger as anybody's are, and what is shown of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.embedded import ablation

MODELS = ("embedded", "embedded-quick")
_STORED = ("test", "n", "floors", "run", "system")


def evaluated(corpus: str, protocol: str) -> dict[str, Any]:
    """Return what `ctxlearn evaluate` prints for a corpus and both settings of the model."""
    options = [part for model in MODELS for part in ("--model", model)]
    return _command("evaluate", corpus, *options, *(["--protocol", protocol] if protocol else []))


def ablated(corpus: str) -> dict[str, Any]:
    """Return what `ctxlearn evaluate --ablate` prints for a corpus."""
    return _command("evaluate", corpus, "--ablate")


def _command(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "ctxlearn", *arguments, "--json"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def by_direction(protocol: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return of each run what is shown, by direction and model; by a benchmark's rules its scores are those."""
    found: dict[str, Any] = {}
    for run in shown["runs"]:
        scores = run["protocol"]["scores"] if protocol else run["scores"]
        kept = {name: run[name] for name in _STORED} | {"scores": {it: scores[it] for it in ablation.METRICS}}
        kept["version"] = run["system"].rpartition("|v:")[2]
        found.setdefault(run["direction"], {})[run["model"]] = kept
    return found
