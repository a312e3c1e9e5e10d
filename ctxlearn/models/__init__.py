"""The table of models: what `--model` can say, and how each is opened.

A hosted model is a stack of models of the one shape, each with one care; a request comes in at the top:

    Remembering     what was answered before comes from the disk, before litellm is imported; one sentence once
    FanOut          groups of sentences; one request alone, the cache verified, then several at a time
    (StayingAwake)  while a person thinks, the book is asked for again before it leaves the cache
    AskingAgain     what came back malformed, cut, refused or not at all is asked again alone
    Keeping         each translation is on the disk the moment it is there, so that a kill loses only what was under way
    RetryingModel   a provider that cannot now is asked again, with patience
    (a meter)       reserves the price before each single request, and enters what it really used; see metered.py
    HostedModel     prompt.py, the provider's plan, litellm with outgoing.py, answers.py

The meter stands below the retries because each try is paid for by itself, and above nothing but the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ctxlearn.errors import UsageError
from ctxlearn.models.base import Model, Usage
from ctxlearn.settings import Settings

FLOORS = ("copy", "word-for-word", "nearest")


class Meter(Protocol):
    """What watches over the money of a hosted model; `capped` says that there is a most that it may cost."""

    capped: bool

    def wrap(self, model: Model) -> Model:
        """Return the model with a price on each of its requests."""
        ...

    def price(self, usage: Usage) -> float | None:
        """Return what a usage costs in USD; None when that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Hosting:
    """How a hosted model is to be asked; None leaves it to the provider's plan.

    `sentences` is how many are to be translated in all, where that is known: the plan keeps the book for as long as
    that takes. Without `keep` the book is deleted at the provider when the model is closed; without `references` it
    never lies there between requests, but is sent with each of them. `awake` keeps it in the provider's cache while a
    person thinks.
    """

    api_base: str | None = None
    per_request: int | None = None
    threads: int | None = None
    timeout: float | None = None
    sentences: int | None = None
    keep: bool = True
    references: bool = True
    awake: bool = False
    meter: Meter | None = None


def _embedded(settings: Settings, threads: int) -> Model:
    from ctxlearn.models.embedded import EmbeddedModel

    return EmbeddedModel(settings.learned, threads=threads)


def _embedded_quick(settings: Settings, threads: int) -> Model:
    from ctxlearn.models.embedded import EmbeddedModel

    return EmbeddedModel(settings.learned, threads=threads, quick=True)


def _copy(settings: Settings, threads: int) -> Model:  # noqa: ARG001  # every opener has the same shape
    from ctxlearn.models.floors import CopyModel

    return CopyModel()


def _word_for_word(settings: Settings, threads: int) -> Model:  # noqa: ARG001  # every opener has the same shape
    from ctxlearn.models.floors import WordForWordModel

    return WordForWordModel()


def _nearest(settings: Settings, threads: int) -> Model:  # noqa: ARG001  # every opener has the same shape
    from ctxlearn.models.floors import NearestModel

    return NearestModel()


MODELS: dict[str, Callable[[Settings, int], Model]] = {
    "embedded": _embedded,
    "embedded-quick": _embedded_quick,
    "copy": _copy,
    "word-for-word": _word_for_word,
    "nearest": _nearest,
}


def open_model(name: str, settings: Settings, threads: int = 1, hosting: Hosting | None = None) -> Model:
    """Return the model of that name; `threads` are for those of this machine. Raises UsageError, KeyMissing."""
    check_name(name)
    return MODELS[name](settings, threads) if name in MODELS else _hosted(name, settings, hosting or Hosting())


def is_hosted(name: str) -> bool:
    """Whether a model is asked over the network, be it of this machine."""
    return "/" in name


def check_name(name: str) -> None:
    """Raise UsageError when no model has that name."""
    if is_hosted(name):
        from ctxlearn.models import plans

        plans.check_name(name)
    elif name not in MODELS:
        raise UsageError(f"model {name!r}: the known ones are {', '.join(MODELS)}, and hosted ones as provider/model")


def close(model: Model) -> Usage:
    """Close what a model keeps open, here and at its provider; return what giving that up saves."""
    closing = getattr(model, "close", None)
    return closing() if closing is not None else Usage()


def forget(settings: Settings, fingerprints: set[str]) -> tuple[int, int]:
    """Delete what hosted models answered about these books, and the books where they lie at providers; return how many.

    What is on this machine goes first: a provider may not be reached, which raises KeyMissing or ModelError.
    """
    from ctxlearn.models.cached import Answers

    answers = laid = 0
    if any(settings.answers.iterdir()):
        store = Answers(settings.answers)
        answers = store.forget(fingerprints)
        store.close()
    if any(settings.kept.iterdir()):
        from ctxlearn.models import hosted, plans

        laid = len(plans.give_up(settings.kept, hosted.vertex_token, fingerprints))
    return answers, laid


def _hosted(name: str, settings: Settings, hosting: Hosting) -> Model:
    from ctxlearn.models import hosted, plans
    from ctxlearn.models.again import AskingAgain
    from ctxlearn.models.awake import StayingAwake
    from ctxlearn.models.cached import Answers, Keeping, Keys, Remembering
    from ctxlearn.models.fanout import FanOut
    from ctxlearn.models.plans.base import Job
    from ctxlearn.models.retrying import RetryingModel

    job = Job(name, hosting.api_base, _seconds(hosting), hosting.keep, hosting.references)
    plan = plans.plan(job, settings.kept, hosted.vertex_token)
    plans.check_key(plan)
    store = Answers(settings.answers)
    keys = Keys(name, hosting.api_base, hosting.per_request or plan.per_request)
    provider = hosted.HostedModel(plan, hosting.timeout)
    model: Model = provider
    meter = hosting.meter
    if meter is not None:
        model = meter.wrap(model)
    asked: Model = AskingAgain(Keeping(RetryingModel(model), store, keys))
    if hosting.awake and meter is not None and plan.life is not None:
        asked = StayingAwake(asked, plan.life, meter.price)
    fan = FanOut(
        asked,
        plan,
        per_request=hosting.per_request,
        threads=hosting.threads,
        price=None if meter is None else meter.price,
        capped=meter is not None and meter.capped,
        close=provider.close,
    )
    return Remembering(fan, store, keys)


def _seconds(hosting: Hosting) -> float | None:
    """Return about how long a job takes: a request of twenty sentences half a minute, eight at a time."""
    if hosting.sentences is None:
        return None
    return hosting.sentences / (hosting.per_request or 20) * 30 / (hosting.threads or 8)
