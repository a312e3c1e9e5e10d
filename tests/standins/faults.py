"""Faults on order: which request goes wrong, and how.

A rule is a JSON object. `kind` is one of

    status      answer with `status` (429, 500, 503, 529 …); `retry_after` seconds in the header, none without it
    hang        say nothing for `seconds`, then close
    slow        answer `seconds` later (a slow prefill)
    cut         send half of the answer, then close
    reset       send half of the answer, then reset the connection
    broken-json send the answer with its end missing, but as a whole response
    miss        read and write nothing in the cache, silently
    expire      expire every cache first
    answer      let the hook `how` spoil the answer, see spoiling.py

and these choose the requests of the kind `on` (generate, cache, count, file; generate when not given), numbered from 1:
`at` (a list of numbers), `every` (each n-th), `probability` (with the script's seed), `after` (none before number n+1),
`times` (at most so often). The first rule that applies is the one.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

KINDS = ("status", "hang", "slow", "cut", "reset", "broken-json", "miss", "expire", "answer")


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule of a script; see the module's docstring."""

    kind: str
    on: str = "generate"
    at: tuple[int, ...] = ()
    every: int = 0
    probability: float = 0.0
    after: int = 0
    times: int | None = None
    status: int = 500
    retry_after: float | None = None
    seconds: float = 3600.0
    how: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}; known are {', '.join(KINDS)}")

    @property
    def name(self) -> str:
        """The kind, with the status or the hook."""
        detail = {"status": str(self.status), "answer": self.how}.get(self.kind)
        return f"{self.kind}:{detail}" if detail else self.kind

    def chooses(self, number: int, chance: random.Random) -> bool:
        """Whether request `number` of its kind is one of those that go wrong."""
        if number <= self.after:
            return False
        drawn = chance.random() < self.probability
        return drawn or number in self.at or (self.every > 0 and number % self.every == 0)


def fault_from(rule: Mapping[str, Any]) -> Fault:
    """Read one rule. Raises ValueError for one that cannot be read."""
    known = {one.name for one in fields(Fault)}
    if unknown := set(rule) - known:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    if "kind" not in rule:
        raise ValueError("a fault needs a kind")
    read: dict[str, Any] = {name: tuple(value) if name == "at" else value for name, value in rule.items()}
    return Fault(**read)


class Script:
    """The faults to come; the same requests go wrong however they are spread over threads."""

    def __init__(self, rules: Iterable[Fault] = (), seed: int = 0) -> None:
        self._rules = tuple(rules)
        self._seed = seed
        self._fired = [0] * len(self._rules)
        self._lock = threading.Lock()

    def draw(self, kind: str, number: int) -> Fault | None:
        """Return the fault for request `number` of `kind`, if it has one."""
        for place, rule in enumerate(self._rules):
            chance = random.Random(f"{self._seed}:{place}:{kind}:{number}")
            if rule.on in (kind, "any") and rule.chooses(number, chance) and self._may_fire(place, rule):
                return rule
        return None

    def _may_fire(self, place: int, rule: Fault) -> bool:
        with self._lock:
            if rule.times is not None and self._fired[place] >= rule.times:
                return False
            self._fired[place] += 1
            return True
