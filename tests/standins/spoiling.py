"""Ways to spoil a model's answer; the last three want JSON: a list of objects with an id, or an object around it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spoiled:
    """An answer after a hook: its text, and why the model stopped: stop, length or refusal."""

    text: str
    finish: str = "stop"


Hook = Callable[[str], Spoiled]


def _chatter(text: str) -> Spoiled:
    return Spoiled(f"Sure! Here is the translation you asked for:\n\n{text}\n\nLet me know if you need anything else.")


def _fence(text: str) -> Spoiled:
    return Spoiled(f"```json\n{text}\n```")


def _refusal(text: str) -> Spoiled:
    return Spoiled("I'm sorry, but I can't help with that.", "refusal")


def _truncated(text: str) -> Spoiled:
    return Spoiled(text[: len(text) // 2], "length")


def _empty(text: str) -> Spoiled:
    return Spoiled("")


def _wrong_ids(text: str) -> Spoiled:
    """Add 1000 to every id, or to every number where nothing is called an id."""
    pattern = r'("id"\s*:\s*"?)(\d+)' if '"id"' in text else r"()(\d+)"
    return Spoiled(re.sub(pattern, lambda found: found[1] + str(int(found[2]) + 1000), text))


def _missing(text: str) -> Spoiled:
    """Leave the last item out."""
    return _items(text, lambda items: items[:-1])


def _doubled(text: str) -> Spoiled:
    """Give the first item twice."""
    return _items(text, lambda items: [*items[:1], *items])


def _swallowed(text: str) -> Spoiled:
    """Let the first item hold its neighbour's text as well, and the neighbour be gone."""

    def swallow(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first, second, *rest = items
        return [{name: f"{first[name]} {second[name]}" if name != "id" else first[name] for name in first}, *rest]

    return _items(text, lambda items: swallow(items) if len(items) > 1 else items)


def _items(text: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Spoiled:
    """Change the items of an answer that is JSON: a list of objects, or an object that holds one."""
    said = json.loads(text)
    if isinstance(said, list):
        return Spoiled(json.dumps(change(said), ensure_ascii=False))
    changed = {name: change(value) if isinstance(value, list) else value for name, value in said.items()}
    return Spoiled(json.dumps(changed, ensure_ascii=False))


HOOKS: dict[str, Hook] = {
    "chatter": _chatter,
    "fence": _fence,
    "refusal": _refusal,
    "truncated": _truncated,
    "empty": _empty,
    "wrong-ids": _wrong_ids,
    "missing": _missing,
    "doubled": _doubled,
    "swallowed": _swallowed,
}
