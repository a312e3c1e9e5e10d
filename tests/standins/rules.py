"""How OpenAI and those who speak its format cache, by server and model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.standins.cache import DAY, HOUR, MINUTE

_REASONING_ONLY = ("temperature", "top_p", "logprobs")


@dataclass(frozen=True, slots=True)
class Rules:
    """How a server caches and what it says of it.

    `caching` is breakpoints, anthropic (cache_control passed through), prefix, or units; `sticky` names the field or
    header (lower case) that keeps a conversation on one machine, without which each request goes to the next; `reports`
    is how usage tells cached tokens: openai, deepseek, llama, or none; `refuses` are fields answered with 400.
    """

    caching: str = "prefix"
    context: int = 1_047_576
    minimum: int = 1024
    step: int = 128
    life: float = 10 * MINUTE
    kept: int = 16
    reports: str = "openai"
    sticky: str = ""
    refuses: tuple[str, ...] = ()
    system_first: bool = False


_GPT = re.compile(r"gpt-(\d+)(?:\.(\d+))?")


def openai(model: str) -> Rules:
    """OpenAI: explicit breakpoints since gpt-5.6, before that every common beginning in steps of 128 tokens.

    >>> openai("gpt-6.1-sol").caching, openai("gpt-4.1").caching
    ('breakpoints', 'prefix')
    """
    found = _GPT.search(model)
    version = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    refused = _REASONING_ONLY if version >= (6, 1) else ()
    if version >= (5, 6):
        return Rules("breakpoints", 922_000, life=30 * MINUTE, refuses=refused)
    life = DAY if version >= (5, 5) else 10 * MINUTE
    refused = ("prompt_cache_options", "prompt_cache_breakpoint", "cache_control")
    return Rules(context=1_047_576 if version < (5, 0) else 1_050_000, life=life, refuses=refused)


def openrouter(model: str) -> Rules:
    """OpenRouter: the rules of the provider behind it."""
    if "claude" in model:
        return Rules("anthropic", 1_000_000, minimum=512)
    return openai(model)


FLAVOURS: dict[str, Callable[[str], Rules]] = {
    "openai": openai,
    "deepseek": lambda _: Rules("units", 1_000_000, minimum=64, step=64, life=6 * HOUR, reports="deepseek"),
    "xai": lambda _: Rules(context=1_000_000, minimum=1, step=1, sticky="x-grok-conv-id"),
    "mistral": lambda _: Rules(context=1_048_576, minimum=64, step=64, sticky="prompt_cache_key"),
    "openrouter": openrouter,
    "vllm": lambda _: Rules(context=131_072, minimum=16, step=16, life=DAY, reports="none", system_first=True),
    "llama": lambda _: Rules(context=131_072, minimum=1, step=1, life=DAY, kept=1, reports="llama"),
}
