"""What a provider's error means, by its HTTP status and its words, whoever met it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ctxlearn.data import clean
from ctxlearn.errors import BudgetError, CtxlearnError, KeyMissing, Overloaded, Refused

_TOO_LONG = re.compile(
    r"(?i)prompt is too long|context.{0,20}(?:length|window|limit)|too many (?:input )?tokens"
    r"|input.{0,40}exceeds.{0,40}(?:limit|max)|token count.{0,40}exceeds|request_too_large"
    r"|maximum (?:context|number of tokens)"
)
_KEY = re.compile(
    r"(?i)api[ _]key (?:not valid|is invalid|expired)|invalid[ _]api[ _]key|API_KEY_INVALID|incorrect api key"
)
_NO_CREDIT = re.compile(r"(?i)insufficient_quota|credit balance is too low|exceeded your current quota, please check")
_DELAY = re.compile(r'"retryDelay":\s*"([\d.]+)s"')
_AGAIN = {408, 409, 425, 429, 499}


def failure(
    model: str, status: int | None, text: str, headers: Mapping[str, str] | None = None, *, sent: bool = True
) -> CtxlearnError:
    """Return the error that an answer of `status` with `text` is; None stands for no answer, or none that can be read.

    `sent` says whether the request may have reached the provider, and be charged.

    >>> failure("openai/gpt-6-sol", 429, "slow down", {"retry-after": "7"}).retry_after
    7.0
    """
    said = _short(text)
    if status is not None and 300 <= status < 400:
        where = (headers or {}).get("location", "another address")
        return Refused(
            f"{model}: the server points to {where} ({status}); texts go only where they were sent: if that is meant, "
            "name it by --api-base"
        )
    if status is None and not sent:
        return Overloaded(f"{model}: could not be reached: {said}; see that its server runs, and --api-base")
    if status is None or status < 400:
        return Overloaded(f"{model}: no whole answer came: {said}", charged=sent)
    if status == 401 or _KEY.search(text):
        return KeyMissing(
            f"{model}: the provider does not take the API key ({status}): {said}; see that it is this provider's"
        )
    if status == 402 or _NO_CREDIT.search(text):
        return Refused(f"{model}: the account has no credit left ({status}): {said}")
    if status in _AGAIN or status >= 500:
        return Overloaded(f"{model}: the provider cannot now ({status}): {said}", retry_after(text, headers or {}))
    if status == 413 or _TOO_LONG.search(text):
        return BudgetError(
            f"{model}: the context does not fit the model: {said}; pack less with --budget or --sections"
        )
    if status == 404:
        return Refused(
            f"{model}: the provider does not have it (404): {said}; see the name, and --api-base where one is given"
        )
    return Refused(f"{model}: refused ({status}): {said}")


def retry_after(text: str, headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds the provider wants to be left alone; None when it does not say.

    >>> retry_after('{"retryDelay": "12s"}', {}), retry_after("", {"retry-after-ms": "500"}), retry_after("", {})
    (12.0, 0.5, None)
    """
    if milliseconds := headers.get("retry-after-ms"):
        return _number(milliseconds, 1000)
    if said := headers.get("retry-after"):
        return _number(said) if said[:1].isdigit() else _until(said)
    match = _DELAY.search(text)
    return float(match[1]) if match else None


def _number(text: str, of: float = 1) -> float | None:
    try:
        return max(0.0, float(text) / of)
    except ValueError:
        return None


def _until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except ValueError:
        return None


def _short(text: str) -> str:
    """Return the message of an error, without what JSON and litellm put around it."""
    match = re.search(r'"message"\s*:\s*"((?:[^"\\]|\\.)+)"', text)
    line = clean(
        match[1] if match else re.sub(r"^(?:litellm\.\w+: ?|\w+Error: ?|\w+Exception(?: \w+)? - ?)+", "", text)
    )
    return line if len(line) <= 200 else line[:199] + "…"
