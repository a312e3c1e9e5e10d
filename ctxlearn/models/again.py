"""Sentences that were answered wrongly in company are asked again alone."""

from __future__ import annotations

from dataclasses import replace

from ctxlearn.models.base import Completion, Model, Request, Translation

WORTH_ASKING_AGAIN = ("malformed", "truncated", "refused")


class AskingAgain:
    """A model whose missing, malformed, cut and refused translations are asked once more, each by itself."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self.name = inner.name

    def complete(self, request: Request) -> Completion:
        """Answer a request with what came of the second question where the first was answered wrongly."""
        completion = self.inner.complete(request)
        usage = completion.usage
        answers: list[Translation] = []
        for segment, answer in zip(request.segments, completion.translations, strict=True):
            if answer.problem is not None and answer.problem.kind in WORTH_ASKING_AGAIN:
                second = self.inner.complete(replace(request, segments=(segment,)))
                usage += second.usage
                answer = second.translations[0]  # the second answer stands for the first
            answers.append(answer)
        return Completion(tuple(answers), usage)
