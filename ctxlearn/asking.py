"""A text translated as a person asks for it: line for line, with what it took, and entered in the history."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ctxlearn import costs
from ctxlearn.corrections import Tail
from ctxlearn.costs import Budget
from ctxlearn.data import Direction, Segment
from ctxlearn.errors import UsageError
from ctxlearn.history import History, Translated
from ctxlearn.models import Hosting
from ctxlearn.models.base import Alternative, Problem
from ctxlearn.packs import Pack
from ctxlearn.settings import Settings
from ctxlearn.translate import Hypothesis, System


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a text, in one direction, of a model that reads a pack and the corrections since."""

    corpus: str
    pack: Pack
    tail: Tail
    direction: Direction
    model: str
    text: str
    n: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and why lines have no translation, by their numbers from 1."""

    translated: Translated
    problems: tuple[tuple[int, Problem], ...] = ()


def ask(question: Question, here: Settings, hosting: Hosting | None = None, budget: Budget | None = None) -> Answer:
    """Translate a text and enter it in the history, unless no line of it could be translated.

    Raises UsageError for an empty text, and whatever `costs.opened` and the model raise.
    """
    lines = question.text.strip().splitlines()
    if not lines:
        raise UsageError("there is nothing to translate yet")
    start = time.perf_counter()
    segments = [Segment(str(number), line) for number, line in enumerate(lines, 1)]
    policies = [question.pack.policy, *question.tail.policies]
    with costs.opened(question.model, here, policies, hosting, budget) as opened:
        system = System(opened.model, question.pack, question.direction, question.n, question.tail)
        found = [it for some in system.translate(segments) for it in some]
        cost = opened.cost_usd
    problems = tuple((number, it.problem) for number, it in enumerate(found, 1) if it.problem is not None)
    translated = Translated(
        corpus=question.corpus,
        corpus_path=question.pack.corpus,
        direction=str(question.direction),
        model=question.model,
        system=system.signature,
        source=question.text.strip(),
        text="\n".join(it.text for it in found),
        confidence=_confidence(found),
        alternatives=_alternatives(found),
        usage=system.usage,
        cost_usd=cost,
        seconds=round(time.perf_counter() - start, 3),
    )
    if any(it.text for it in found):
        with History(here.ledger) as history:
            translated = history.enter(translated)
    return Answer(translated, problems)


def _confidence(found: Sequence[Hypothesis]) -> float | None:
    """Return the mean of the lines' confidences, by their length; None when one has none."""
    said = [(it.confidence, len(it.source)) for it in found if it.source.strip()]
    total = sum(length for _, length in said)
    if not total or any(confidence is None for confidence, _ in said):
        return None
    return sum((confidence or 0.0) * length for confidence, length in said) / total


def _alternatives(found: Sequence[Hypothesis]) -> tuple[Alternative, ...]:
    """Return the alternatives of a single line; those of several have too many ways to go together."""
    return found[0].alternatives if len(found) == 1 else ()
