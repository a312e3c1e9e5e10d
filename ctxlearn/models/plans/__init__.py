"""The table of plans: by the provider that stands before a model's name (`anthropic/…`), as litellm writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ctxlearn import settings
from ctxlearn.errors import KeyMissing, UsageError
from ctxlearn.models.plans.anthropic import AnthropicFilePlan, AnthropicPlan, VertexClaudePlan
from ctxlearn.models.plans.base import Job, Plan
from ctxlearn.models.plans.bedrock import BedrockPlan
from ctxlearn.models.plans.deepseek import DeepSeekPlan
from ctxlearn.models.plans.gemini import studio, vertex
from ctxlearn.models.plans.kept import Shelf
from ctxlearn.models.plans.laid import LaidPlan
from ctxlearn.models.plans.mistral import MistralPlan
from ctxlearn.models.plans.openai import OpenAIPlan, is_openai
from ctxlearn.models.plans.openrouter import OpenRouterPlan
from ctxlearn.models.plans.selfhosted import SelfHostedPlan, VllmPlan
from ctxlearn.models.plans.xai import XaiPlan

PLANS: dict[str, type[Plan]] = {
    "anthropic": AnthropicPlan,
    "openai": OpenAIPlan,
    "deepseek": DeepSeekPlan,
    "xai": XaiPlan,
    "mistral": MistralPlan,
    "bedrock": BedrockPlan,
    "openrouter": OpenRouterPlan,
    "hosted_vllm": VllmPlan,
    "ollama_chat": SelfHostedPlan,
    "lm_studio": SelfHostedPlan,
    "llamafile": SelfHostedPlan,
    # They find a repeated beginning by themselves, or do not; either shows before the fan-out.
    "azure": Plan,
    "dashscope": Plan,
    "fireworks_ai": Plan,
    "groq": Plan,
    "moonshot": Plan,
    "together_ai": Plan,
    "zai": Plan,
}
# The variables, any one of which opens a provider, where no plan of its own names them.
KEYS: dict[str, tuple[str, ...]] = {
    "azure": ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN", "AZURE_CLIENT_ID"),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"),
    "zai": ("ZAI_API_KEY",),
}
# Where the variables by which litellm is sent to another server are not called PROVIDER_API_BASE.
SERVERS: dict[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
    "bedrock": ("AWS_BEDROCK_RUNTIME_ENDPOINT",),
    "fireworks_ai": ("FIREWORKS_API_BASE",),
    "ollama_chat": ("OLLAMA_API_BASE",),
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "together_ai": ("TOGETHER_AI_API_BASE",),
    "vertex_ai": ("VERTEXAI_API_BASE", "VERTEX_API_BASE"),
}
# Where litellm looks when nobody names a server of one's own.
_AT_HOME = {"ollama_chat": "http://localhost:11434", "llamafile": "http://127.0.0.1:8080/v1"}
_NOWHERE = ("hosted_vllm", "lm_studio")  # it does not look anywhere
GOOGLE = ("gemini", "vertex_ai")
PROVIDERS = tuple(sorted((*PLANS, *GOOGLE)))

Token = Callable[[], str]


def check_name(name: str) -> None:
    """Raise UsageError when no provider that is known stands before a model's name."""
    provider, _, bare = name.partition("/")
    if provider not in PROVIDERS or not bare:
        raise UsageError(
            f"model {name!r}: a hosted model is named provider/model, such as anthropic/claude-sonnet-5-5; "
            f"the providers are {', '.join(PROVIDERS)}; "
            "a server of one's own is openai/NAME with --api-base, or hosted_vllm/NAME"
        )


def server(name: str) -> str | None:
    """Return the server that litellm would find for a model when none is named; None for the provider's own.

    It has to be known before litellm is asked: the policy, the store of answers and the signature go by the server.
    Raises UsageError when there is neither.
    """
    provider = name.partition("/")[0]
    named = settings.variable(*SERVERS.get(provider, (f"{provider.upper()}_API_BASE",)))
    if named is None and provider in _NOWHERE:
        raise UsageError(f"{name}: a server of one's own; say where it is by --api-base http://HOST:PORT/v1")
    return named or _AT_HOME.get(provider)


def plan(job: Job, folder: Path, token: Token) -> Plan:
    """Return the plan for a job; what is laid down is noted in `folder`, `token` opens Vertex. Raises UsageError."""
    check_name(job.model)
    provider = job.model.partition("/")[0]
    if provider == "gemini" or (provider == "vertex_ai" and job.bare.startswith("gemini")):
        return _google(job, Shelf(folder), token)
    if provider == "vertex_ai":
        return VertexClaudePlan(job) if "claude" in job.bare else Plan(job)
    if provider == "anthropic" and job.references:
        return AnthropicFilePlan(job, Shelf(folder), lambda: _key(job.model, AnthropicFilePlan.keys))
    if provider == "openai" and job.api_base is not None and not is_openai(job.bare):
        return SelfHostedPlan(job)
    return PLANS[provider](job)


def _google(job: Job, shelf: Shelf, token: Token) -> Plan:
    if job.model.startswith("gemini/"):
        return studio(job, shelf, lambda: _key(job.model, ("GEMINI_API_KEY", "GOOGLE_API_KEY")))
    project = settings.variable("VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT")
    if project is None:
        raise KeyMissing(
            f"{job.model}: no project; set VERTEXAI_PROJECT (and VERTEXAI_LOCATION), or use --model embedded"
        )
    return vertex(
        job, shelf, (project, settings.variable("VERTEXAI_LOCATION", "VERTEX_LOCATION") or "us-central1"), token
    )


def _key(model: str, names: tuple[str, ...]) -> str:
    key = settings.variable(*names)
    if key is None:
        raise KeyMissing(f"{model}: no API key; set {names[0]}, or use --model embedded")
    return key


def check_key(it: Plan) -> None:
    """Raise KeyMissing when a plan needs a key and no variable holds one."""
    names = it.keys or KEYS.get(it.job.model.partition("/")[0], ())
    if names:
        _key(it.job.model, names)


def give_up(folder: Path, token: Token, fingerprints: set[str] | None = None) -> list[str]:
    """Delete every object that lies at a provider (or those of the books with these fingerprints); return their names.

    Raises KeyMissing or ModelError when a provider cannot be asked; what was not deleted stays noted.
    """
    shelf = Shelf(folder)
    gone = []
    for key, kept in list(shelf.all()):
        if fingerprints is not None and kept.fingerprint not in fingerprints:
            continue
        laid = plan(Job(kept.model, kept.api_base), folder, token)
        if isinstance(laid, LaidPlan):
            shelf.delete(key, laid.objects.delete)
            gone.append(kept.name)
        else:
            shelf.drop(key, kept.name)
    return gone
