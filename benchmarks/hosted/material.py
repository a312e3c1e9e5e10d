"""A book as long as a model reads, sentences about it, and a stand-in in a process of its own that answers them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Prefix, Request
from ctxlearn.tokens import counter
from tests.standins.remote import Remote, start
from tests.standins.tokens import Tokenizer

RATIO = 1.08  # the stand-in makes so many tokens of one of cl100k_base
DIRECTION = Direction("mir", "eng")
SERVERS = {"gemini": ("gemini", "/v1beta"), "anthropic": ("anthropic", ""), "openai": ("openai", "/v1")}
LIMITS = {
    "gemini/gemini-2.5-pro": 1_048_576,
    "anthropic/claude-sonnet-5-5": 1_000_000,
    "openai/gpt-6.1-sol": 922_000,
}
ANSWER = 40_000  # tokens that are left for question and answer
_STORAGE = {"gemini/gemini-2.5-pro": 4.5}  # USD per million tokens and hour; litellm's rows have none


def _words(chance: random.Random) -> Iterator[str]:
    while True:
        yield "".join(chance.choice("kstnmlrpw") + chance.choice("aeiou") for _ in range(chance.randint(1, 4)))


@cache
def book(tokens: int) -> Prefix:
    """Return a dictionary of about so many tokens, as the stand-in counts them."""
    chance = random.Random(0)
    words = _words(chance)
    count = Tokenizer(RATIO)
    lines = [f"{next(words)} | n | {next(words)} of the {next(words)}; a kind of {next(words)}" for _ in range(2000)]
    each = count("\n".join(lines)) / len(lines)
    while len(lines) < tokens / each:
        lines.append(f"{next(words)} | n | {next(words)} of the {next(words)}; a kind of {next(words)}")
    text = "# Mirna (mir) and English (eng)\n# Dictionary\n## mir\n" + "\n".join(lines[: int(tokens / each)]) + "\n"
    return Prefix(text, counter()(text), hashlib.sha256(text.encode()).hexdigest())


def sentences(number: int, start: int = 0) -> tuple[Segment, ...]:
    """Return different sentences of eight words."""
    words = _words(random.Random(1 + start))
    texts = (" ".join(next(words) for _ in range(8)) for _ in range(number))
    return tuple(Segment(f"s{at}", f"{text} {at}") for at, text in enumerate(texts, start))


def request(prefix: Prefix, number: int, start: int = 0) -> Request:
    """Return the request to translate that many sentences."""
    return Request(prefix, DIRECTION, sentences(number, start))


@contextmanager
def server(model: str, *arguments: str) -> Iterator[tuple[Remote, str]]:
    """Run a stand-in for a model's provider with its prices; lend its controls and its address."""
    flavour, path = SERVERS[model.partition("/")[0]]
    price = json.dumps(row(model))
    storage = str(_STORAGE.get(model, 0.0))
    said = ("--answer", "tests.hosting:answer", "--price", price, "--storage-price", storage, *arguments)
    with start(flavour, *said) as remote:
        yield remote, remote.url + path


def row(model: str) -> dict[str, object]:
    """Return litellm's price row of a model."""
    spec = importlib.util.find_spec("litellm")
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent / "model_prices_and_context_window_backup.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, object] = rows.get(model) or rows[model.partition("/")[2]]
    return found


def fresh_home(folder: str) -> None:
    """Let ctxlearn keep its state in `folder`, and have keys for the stand-ins."""
    home = Path(folder) / "home"
    os.environ.update(CTXLEARN_HOME=str(home), GEMINI_API_KEY="k", ANTHROPIC_API_KEY="k", OPENAI_API_KEY="k")
