"""Every hosted or self-served model, by way of litellm, which only this module imports, and only when it is needed.

litellm is asked for one thing: to bring messages to a provider and its answer back. Retries, caches, prices and
budgets are ours (retrying.py, plans/, prices.py, metered.py), and so is the HTTP client that it is lent: outgoing.py
puts the book into its requests, and no redirect is followed, as that would bring the book to a server that no policy
was asked about.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

from ctxlearn import prompt, settings
from ctxlearn.data import clean
from ctxlearn.errors import KeyMissing, Refused
from ctxlearn.models import replies
from ctxlearn.models.base import Completion, Request, Usage
from ctxlearn.models.plans.base import Arranged, Asked, Plan
from ctxlearn.models.plans.selfhosted import SelfHostedPlan

# By which client litellm asks a provider: its own around httpx, or OpenAI's SDK, which has to be told the server. With
# the rest that is left to litellm, which gets the book in full.
_BY_HANDLER = (
    *("anthropic", "bedrock", "deepseek", "fireworks_ai", "gemini", "groq", "hosted_vllm", "mistral", "ollama_chat"),
    *("openrouter", "together_ai", "xai"),
)
_BY_SDK = ("openai", "lm_studio", "llamafile")
_SIGNED = "bedrock"  # the book has to be in what is signed
_CONNECT = 20.0  # seconds
_LOST = re.compile(r"(?i)cached ?content|\bfile\b")


class HostedModel:
    """A model behind litellm; `plan` says how its provider keeps the book cached."""

    def __init__(self, plan: Plan, timeout: float | None = None) -> None:
        self.name = plan.job.model
        self.plan = plan
        self.timeout = timeout
        self._unpaid = Usage()
        self._lock = threading.Lock()
        self._senders: dict[float, _Sender] = {}

    def complete(self, request: Request) -> Completion:
        """Ask all segments in one request. Raises KeyMissing, Overloaded, Refused, BudgetError."""
        asked = asked_for(request)
        arranged = self.plan.arrange(asked)
        usage, attempts = arranged.usage, 1
        try:
            answer = self._ask_if_there(request, asked, arranged)
            if answer is None:  # what it refers to died between our last look and this request
                self.plan.lost(arranged.handle)
                arranged = self.plan.arrange(asked)
                usage += arranged.usage
                attempts += 1
                answer = self._ask(request, asked, arranged)
        except BaseException:
            with self._lock:
                self._unpaid += usage
            raise
        usage += answer.usage
        shares = usage.shares(len(request.segments))
        translations = tuple(
            replace(it, model=answer.model, attempts=attempts, usage=share)
            for it, share in zip(replies.read(answer, request), shares, strict=True)
        )
        return Completion(translations, usage)

    def unpaid(self) -> Usage:
        """Return, once, what was used for requests that failed in the end: a book that was laid down for them."""
        with self._lock:
            usage, self._unpaid = self._unpaid, Usage()
            return usage

    def close(self) -> Usage:
        """Give up what lies at the provider, unless it is to stay; return what that saves."""
        self.disconnect()
        return self.plan.close()

    def disconnect(self) -> None:
        """Close the connections, and nothing else."""
        with self._lock:
            senders = list(self._senders.values())
            self._senders.clear()
        for sender in senders:
            sender.close()

    def _ask_if_there(self, request: Request, asked: Asked, arranged: Arranged) -> replies.Reply | None:
        """Ask; return None when the provider no longer has what the request refers to."""
        try:
            return self._ask(request, asked, arranged)
        except Refused as error:
            if arranged.handle and _LOST.search(str(error)):
                return None
            raise

    def _ask(self, request: Request, asked: Asked, arranged: Arranged) -> replies.Reply:
        litellm = _litellm()
        sender = self._sender(self.timeout or _patience(self.plan, request.prefix.tokens))
        try:
            with sender.shortened(arranged.arguments, asked.system) as arguments:
                response = litellm.completion(
                    model=self.name,
                    max_tokens=prompt.answer_tokens(request) + self.plan.room,
                    timeout=sender.timeout,
                    max_retries=0,
                    num_retries=0,
                    **self._server(),
                    **sender.client,
                    **request.sampling,
                    **arguments,
                )
        except litellm.ContentPolicyViolationError as error:
            return replies.Reply(str(error), "content_filter", Usage())
        except (litellm.exceptions.BudgetExceededError, *litellm.LITELLM_EXCEPTION_TYPES) as error:
            raise replies.error_of(self.name, error) from error
        return replies.reply(response, self.plan)

    def _sender(self, wait: float) -> _Sender:
        with self._lock:
            if wait not in self._senders:
                self._senders[wait] = _Sender(self.name.partition("/")[0], self._server(), wait)
            return self._senders[wait]

    def _server(self) -> dict[str, str]:
        base = self.plan.job.api_base
        if base is None:
            return {}
        if self.name.startswith("openai/") and isinstance(self.plan, SelfHostedPlan):
            # OpenAI's key is for OpenAI, not for whatever server was named.
            return {"api_base": base, "api_key": settings.variable("CTXLEARN_API_KEY") or "none"}
        return {"api_base": base}


class _Sender:
    """The HTTP client that litellm is lent for one provider and server, and how long it waits."""

    def __init__(self, provider: str, server: Mapping[str, str], wait: float) -> None:
        import httpx  # as litellm will

        from ctxlearn.models.outgoing import Insertion

        self.timeout = httpx.Timeout(wait, connect=_CONNECT)
        self.client: dict[str, object] = {}
        self._handler: Any = None
        self._insertion: Insertion | None = None
        by_sdk = provider in _BY_SDK and (provider == "openai" or "api_base" in server)
        if by_sdk or provider in _BY_HANDLER:
            self._handler = _handler(self.timeout)
            self.client = {"client": _sdk(provider, self._handler.client, server) if by_sdk else self._handler}
        if self._handler is not None and provider != _SIGNED:
            self._insertion = Insertion(self._handler.client)

    @contextmanager
    def shortened(self, arguments: Mapping[str, Any], book: str) -> Iterator[Mapping[str, Any]]:
        """Lend arguments in which a mark stands for the book, where that can be put in on the way out."""
        if self._insertion is None:
            yield arguments
            return
        with self._insertion.shortened(arguments["messages"], book) as messages:
            yield {**arguments, "messages": messages}

    def close(self) -> None:
        """Close the connections."""
        if self._handler is not None:
            self._handler.close()


def _handler(timeout: Any) -> Any:
    """Return litellm's own client, one that follows no redirect."""
    from litellm.llms.custom_httpx.http_handler import HTTPHandler

    return HTTPHandler(timeout=timeout, follow_redirects=False)


def _sdk(provider: str, client: Any, server: Mapping[str, str]) -> object:
    """Return OpenAI's SDK around an HTTP client, for a server of one's own or OpenAI's."""
    import openai

    key = server.get("api_key") or settings.variable(f"{provider.upper()}_API_KEY") or "none"
    return openai.OpenAI(api_key=key, base_url=server.get("api_base"), http_client=client, max_retries=0)


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
    """Return a token for Vertex, from Google's own credentials on this machine. Raises KeyMissing."""
    _litellm()
    try:
        from google.auth.exceptions import GoogleAuthError
    except ImportError as error:
        advice = "google-auth, which reads Google's credentials, is not installed; `pip install google-auth` brings it"
        raise KeyMissing(f"vertex_ai: {advice}") from error
    from litellm.llms.vertex_ai.vertex_llm_base import VertexBase

    try:
        token, _ = VertexBase().get_access_token(credentials=None, project_id=None)
    except (GoogleAuthError, ImportError, OSError, ValueError) as error:
        advice = "`gcloud auth application-default login` makes them"
        raise KeyMissing(f"vertex_ai: no credentials: {clean(str(error))}; {advice}") from error
    return str(token)


def _patience(plan: Plan, tokens: int) -> float:
    """Return how long to wait for an answer: a million tokens are read in minutes, on one's own processor in hours."""
    return 600 + tokens / 50 if isinstance(plan, SelfHostedPlan) else 300 + tokens / 2000
