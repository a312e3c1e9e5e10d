"""Every hosted or self-served model, by way of litellm, which only this module imports, and only when it is needed.

litellm is asked for one thing: to bring messages to a provider and its answer back. Retries, caches, prices and
budgets are ours (retrying.py, plans/, prices.py, metered.py). What it or a provider objects to becomes one of our
errors by the HTTP status that really came, as litellm's own classes go by the words of the message.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

from ctxlearn import answers, prompt, settings
from ctxlearn.errors import CtxlearnError, KeyMissing, Refused
from ctxlearn.models.base import Completion, Problem, Request, Translation, Usage
from ctxlearn.models.failures import failure
from ctxlearn.models.plans.base import Arranged, Asked, Plan
from ctxlearn.models.plans.selfhosted import SelfHostedPlan

_CONNECT = 20.0  # seconds
_LOST = re.compile(r"(?i)cached ?content|\bfile\b")
_UNREADABLE = "Error converting to valid response block"  # of litellm, for Gemini's JSON


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    finish: str
    usage: Usage
    model: str = ""


class HostedModel:
    """A model behind litellm; `plan` says how its provider keeps the book cached."""

    def __init__(self, plan: Plan, timeout: float | None = None) -> None:
        self.name = plan.job.model
        self.plan = plan
        self.timeout = timeout
        self._unpaid = Usage()
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Completion:
        """Ask all segments in one request. Raises KeyMissing, Overloaded, Refused, BudgetError."""
        asked = asked_for(request)
        arranged = self.plan.arrange(asked)
        usage, attempts = arranged.usage, 1
        try:
            answer = self._ask_if_there(request, arranged)
            if answer is None:  # what it refers to died between our last look and this request
                self.plan.lost(arranged.handle)
                arranged = self.plan.arrange(asked)
                usage += arranged.usage
                attempts += 1
                answer = self._ask(request, arranged)
        except BaseException:
            with self._lock:
                self._unpaid += usage
            raise
        usage += answer.usage
        shares = usage.shares(len(request.segments))
        translations = tuple(
            replace(it, model=answer.model, attempts=attempts, usage=share)
            for it, share in zip(_read(answer, request), shares, strict=True)
        )
        return Completion(translations, usage)

    def unpaid(self) -> Usage:
        """Return, once, what was used for requests that failed in the end: a book that was laid down for them."""
        with self._lock:
            usage, self._unpaid = self._unpaid, Usage()
            return usage

    def close(self) -> Usage:
        """Give up what lies at the provider, unless it is to stay; return what that saves."""
        return self.plan.close()

    def _ask_if_there(self, request: Request, arranged: Arranged) -> _Answer | None:
        """Ask; return None when the provider no longer has what the request refers to."""
        try:
            return self._ask(request, arranged)
        except Refused as error:
            if arranged.handle and _LOST.search(str(error)):
                return None
            raise

    def _ask(self, request: Request, arranged: Arranged) -> _Answer:
        import httpx  # as litellm will

        litellm = _litellm()
        wait = self.timeout or _patience(self.plan, request.prefix.tokens)
        try:
            response = litellm.completion(
                model=self.name,
                max_tokens=prompt.answer_tokens(request) + self.plan.room,
                timeout=httpx.Timeout(wait, connect=_CONNECT),
                max_retries=0,
                num_retries=0,
                **self._server(),
                **request.sampling,
                **arranged.arguments,
            )
        except litellm.ContentPolicyViolationError as error:
            return _Answer(str(error), "content_filter", Usage())
        except (litellm.exceptions.BudgetExceededError, *litellm.LITELLM_EXCEPTION_TYPES) as error:
            raise _failure(self.name, error) from error
        return _answer(response, self.plan)

    def _server(self) -> dict[str, str]:
        base = self.plan.job.api_base
        if base is None:
            return {}
        if self.name.startswith("openai/") and isinstance(self.plan, SelfHostedPlan):
            # OpenAI's key is for OpenAI, not for whatever server was named.
            return {"api_base": base, "api_key": settings.variable("CTXLEARN_API_KEY") or "none"}
        return {"api_base": base}


@cache
def _litellm() -> ModuleType:
    """Import litellm (2 to 4 s, 170 MB) with its network, .env and terminal side effects off."""
    settings.quieten_litellm()
    import gc
    import logging

    import litellm

    litellm.suppress_debug_info = True  # it prints advice on stdout
    litellm.disable_token_counter = True  # it would tokenise the whole book
    litellm.telemetry = False
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    # Its half a million objects stay: looked through no more, the collector comes by often enough to free the megabytes
    # that each request leaves in a cycle.
    gc.collect()
    gc.freeze()
    return litellm


def asked_for(request: Request) -> Asked:
    """Return a request as a plan sees it."""
    prefix = request.prefix
    return Asked(
        prompt.system_text(prefix),
        prompt.system_digest(prefix),
        prefix.tokens,
        prefix.fingerprint,
        prompt.question(request),
    )


def vertex_token() -> str:
    """Return a token for Vertex, from Google's own credentials on this machine. Raises ModelError."""
    _litellm()
    from litellm.llms.vertex_ai.vertex_llm_base import VertexBase

    try:
        token, _ = VertexBase().get_access_token(credentials=None, project_id=None)
    except (ImportError, OSError, ValueError) as error:
        advice = "`gcloud auth application-default login` makes them"
        raise KeyMissing(f"vertex_ai: no credentials: {error}; {advice}") from error
    return str(token)


def _patience(plan: Plan, tokens: int) -> float:
    """Return how long to wait for an answer: a million tokens are read in minutes, on one's own processor in hours."""
    return 600 + tokens / 50 if isinstance(plan, SelfHostedPlan) else 300 + tokens / 2000


# -- what came back --------------------------------------------------------------------------------------------------


def _answer(response: Any, plan: Plan) -> _Answer:
    choice = response.choices[0] if response.choices else None
    model = str(response.model or "")
    if choice is None:
        return _Answer("no candidate", "content_filter", _usage(response.usage, plan), model)
    usage = _usage(response.usage, plan)
    message = choice.message
    more = getattr(message, "provider_specific_fields", None) or {}
    refusal = getattr(message, "refusal", None) or more.get("refusal")  # here from litellm 1.109 on, there before
    if refusal and not message.content:
        return _Answer(str(refusal), "refusal", usage, model)
    return _Answer(message.content or "", str(choice.finish_reason), usage, model)


def _read(answer: _Answer, request: Request) -> tuple[Translation, ...]:
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
    return Usage(it.prompt_tokens, cached or 0, written or 0, 0, it.completion_tokens, hour or 0)


def _failure(model: str, error: BaseException) -> CtxlearnError:
    """Return our error for one of litellm's: by the innermost response that really came, if one did."""
    import httpx  # as litellm did

    status, headers, sent = None, None, True
    for link in _chain(error):
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
