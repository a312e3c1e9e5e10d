"""What came back by way of litellm: an answer and its usage, or one of our errors.

litellm's own exceptions go by the words of the message; here an error is what the HTTP status says that really came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ctxlearn import answers, prompt
from ctxlearn.data import clean
from ctxlearn.errors import CtxlearnError, KeyMissing
from ctxlearn.models.base import Problem, Request, Translation, Usage
from ctxlearn.models.failures import failure
from ctxlearn.models.plans.base import Plan

_CREDENTIALS = ("google.auth", "botocore")  # who looks for them on this machine
_UNREADABLE = "Error converting to valid response block"  # of litellm, for Gemini's JSON


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said to one request, why it stopped, what that used, and under which id it answered."""

    text: str
    finish: str
    usage: Usage
    model: str = ""


def reply(response: Any, plan: Plan) -> Reply:
    """Return what a response of litellm's says to a request that was arranged by `plan`."""
    choice = response.choices[0] if response.choices else None
    model = str(response.model or "")
    if choice is None:
        return Reply("no candidate", "content_filter", _usage(response.usage, plan), model)
    usage = _usage(response.usage, plan)
    message = choice.message
    more = getattr(message, "provider_specific_fields", None) or {}
    refusal = getattr(message, "refusal", None) or more.get("refusal")  # here from litellm 1.109 on, there before
    if refusal and not message.content:
        return Reply(str(refusal), "refusal", usage, model)
    return Reply(message.content or "", str(choice.finish_reason), usage, model)


def read(answer: Reply, request: Request) -> tuple[Translation, ...]:
    """Return the translations, or the problems, of the segments of a request."""
    if answer.finish in ("content_filter", "refusal"):
        words = f": {answer.text[:100]!r}" if answer.text else ""
        problem = Problem("refused", f"the provider refused to answer{words}")
        return tuple(Translation(it.id, "", problem=problem) for it in request.segments)
    scripts = prompt.scripts(request.prefix, request.direction.target)
    return answers.read(answer.text, request, cut=answer.finish == "length", scripts=scripts)


def _usage(it: Any, plan: Plan) -> Usage:
    """Return what litellm makes of each provider's own account; cached and written tokens are in the input tokens."""
    details = getattr(it, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None)
    written = getattr(details, "cache_write_tokens", None) or getattr(it, "cache_creation_input_tokens", None)
    kinds = getattr(details, "cache_creation_token_details", None)
    if cached is None and not plan.reports:
        return Usage(it.prompt_tokens, None, None, 0, it.completion_tokens, None)
    hour = getattr(kinds, "ephemeral_1h_input_tokens", None)
    if hour is None and plan.hour:  # not told apart: as it was asked for
        hour = written
    return Usage(it.prompt_tokens, cached or 0, written or 0, 0, it.completion_tokens, hour or 0)


def error_of(model: str, error: BaseException) -> CtxlearnError:
    """Return our error for one of litellm's: by the innermost response that really came, if one did."""
    import httpx  # as litellm did

    status, headers, sent = None, None, True
    for link in _chain(error):
        if type(link).__module__.startswith(_CREDENTIALS):
            return KeyMissing(f"{model}: no credentials that can be used: {clean(str(link))}")
        sent = sent and not isinstance(link, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        response = getattr(link, "response", None)
        if isinstance(getattr(response, "status_code", None), int) and getattr(response, "headers", None):
            status, headers = response.status_code, response.headers  # type: ignore[union-attr]  # it has both
    if status is None and type(error).__name__ in ("AuthenticationError", "UnsupportedParamsError", "BadRequestError"):
        status = getattr(error, "status_code", 400)  # litellm's own objection, before anything was sent
    if _UNREADABLE in str(error):
        status = None  # it says 422, but that was a response of 200 in pieces
    return failure(model, status, str(error), _lower(headers), sent=sent)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and not isinstance(error, CtxlearnError) and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
