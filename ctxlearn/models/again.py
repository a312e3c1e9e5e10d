"""Sentences that were answered wrongly in company are asked again alone."""

from __future__ import annotations

from dataclasses import replace

from ctxlearn.data import Segment
from ctxlearn.models.base import Completion, Model, Request, Translation, Usage

TIMES = {"malformed": 2, "truncated": 2, "refused": 2}  # by the kind of problem, how often


class AskingAgain:
    """A model whose missing, malformed, cut and refused translations are asked again, each by itself."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self.name = inner.name

    def complete(self, request: Request) -> Completion:
        """Answer a request with what came of the further questions where the first was answered wrongly."""
        completion = self.inner.complete(request)
        usage = completion.usage
        answers: list[Translation] = []
        for segment, answer in zip(request.segments, completion.translations, strict=True):
            better, used = self._again(request, segment, answer)
            answers.append(better)
            usage += used
        return Completion(tuple(answers), usage)

    def _again(self, request: Request, segment: Segment, answer: Translation) -> tuple[Translation, Usage]:
        """Return the first answer without a problem, or the last one with one, and what asking again used."""
        alone, usage, number = replace(request, segments=(segment,)), Usage(), 0
        while answer.problem is not None and number < TIMES.get(answer.problem.kind, 0):
            number += 1
            completion = self.inner.complete(alone)
            answer = _after(answer, completion.translations[0])
            usage += completion.usage
        return answer, usage


def _after(before: Translation, answer: Translation) -> Translation:
    """Return an answer with what the ones before it took, too."""
    known = before.usage is not None and answer.usage is not None
    usage = before.usage + answer.usage if known else None  # type: ignore[operator]  # as `known` says
    return replace(answer, attempts=before.attempts + answer.attempts, usage=usage)
