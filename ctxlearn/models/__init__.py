"""The table of models: what `--model` can say, and how each is opened."""

from __future__ import annotations

from collections.abc import Callable

from ctxlearn.errors import UsageError
from ctxlearn.models.base import Model
from ctxlearn.settings import Settings

FLOORS = ("copy", "word-for-word", "nearest")


def _embedded(settings: Settings, threads: int) -> Model:
    from ctxlearn.models.embedded import EmbeddedModel

    return EmbeddedModel(settings.learned, threads=threads)


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
    "copy": _copy,
    "word-for-word": _word_for_word,
    "nearest": _nearest,
}


def open_model(name: str, settings: Settings, threads: int = 1) -> Model:
    """Return the model of that name. Raises UsageError when there is none."""
    check_name(name)
    return MODELS[name](settings, threads)


def check_name(name: str) -> None:
    """Raise UsageError when no model has that name."""
    if name not in MODELS:
        raise UsageError(f"model {name!r}: the known ones are {', '.join(MODELS)}")
