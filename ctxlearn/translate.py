"""A system: a model that has read a context and translates in one direction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ctxlearn import __version__, policy, prompt
from ctxlearn.corrections import Tail
from ctxlearn.data import Direction, Segment
from ctxlearn.evidence import Evidence, fold, tokens
from ctxlearn.models import is_hosted
from ctxlearn.models.base import (
    Alternative,
    Model,
    Prefix,
    Problem,
    Request,
    Translation,
    Usage,
    Word,
    at_once,
    server,
)
from ctxlearn.packs import Pack
from ctxlearn.scripts import scripts_of


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a system made of one segment; with a `problem`, `text` is empty.

    `model` is who answered, `attempts` and `usage` what that took, as a Translation says; empty and None where no
    model was asked, or none says.
    """

    id: str
    source: str
    text: str
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    problem: Problem | None = None
    model: str = ""
    attempts: int | None = None
    usage: Usage | None = None
    words: tuple[Word, ...] = ()


class System:
    """A model, a packed context and a direction; `usage` adds up what was asked of the model.

    `tail` are corrections made since the context was packed. `sampling` is what else a hosted model is told
    (temperature, seed); a provider's own defaults hold without it. `sample` names one of several askings of the same
    thing, as a request does.
    """

    def __init__(
        self,
        model: Model,
        pack: Pack,
        direction: Direction,
        n: int = 1,
        tail: Tail | None = None,
        sampling: Mapping[str, float] | None = None,
    ) -> None:
        self.model = model
        self.pack = pack
        self.direction = direction
        self.n = n
        self.tail = tail or Tail()
        self.sampling = dict(sampling or {}) if is_hosted(model.name) else {}
        self.usage = Usage()
        self.sample = ""

    @property
    def signature(self) -> str:
        """All that another person needs to reproduce this system, after sacrebleu's signatures."""
        asked = f"|prompt:{prompt.version()}" if is_hosted(self.model.name) else ""
        base = server(self.model)
        at = f"|at:{policy.site(base)}" if base is not None else ""
        return (
            f"model:{self.model.name}{at}|dir:{self.direction}|ctx:{self.pack.fingerprint[:8]}|tok:{self.pack.tokens}"
            f"{self.tail.mark}{asked}|n:{self.n}{_listed_sampling(self.sampling)}|v:{__version__}"
        )

    @property
    def parameters(self) -> dict[str, float]:
        """With what parameters the model is asked, as numbers by their names.

        `per_request` is how many segments share a request at most: of hosted models, where it can change an answer.
        `corrections` is how many stand after the context, where any do.
        """
        per_request = getattr(self.model, "per_request", None)
        shared = {} if per_request is None else {"per_request": per_request}
        return {"n": self.n, **self.sampling, **shared, **self._corrected}

    @property
    def _corrected(self) -> dict[str, float]:
        return {"corrections": len(self.tail.corrections)} if self.tail.corrections else {}

    @cached_property
    def prefix(self) -> Prefix:
        """The context as the model is given it."""
        return Prefix(self.pack.prefix, self.pack.tokens, self.pack.fingerprint)

    @cached_property
    def evidence(self) -> Evidence:
        """The index of the packed records and of the corrections."""
        return Evidence(self.pack.language, self.pack.contact, self.tail.after(self.pack.records))

    def translate(self, segments: Sequence[Segment], batch: int | None = None) -> Iterator[list[Hypothesis]]:
        """Yield the hypotheses of the segments, in their order, `batch` at a time (the model's wish) as they finish."""
        batch = batch or at_once(self.model)
        for start in range(0, len(segments), batch):
            yield self._request(segments[start : start + batch])

    def _request(self, segments: Sequence[Segment]) -> list[Hypothesis]:
        wrong = {segment.id: problem for segment in segments if (problem := self._wrong_script(segment.source))}
        asked = tuple(segment for segment in segments if segment.id not in wrong and segment.source.strip())
        answered: dict[str, Translation] = {}
        if asked:
            request = Request(
                self.prefix,
                self.direction,
                asked,
                tail=self.tail.text,
                n=self.n,
                sampling=self.sampling,
                sample=self.sample,
            )
            completion = self.model.complete(request)
            self.usage += completion.usage
            answered = {translation.id: translation for translation in completion.translations}
        local = "" if is_hosted(self.model.name) else self.model.name
        return [_hypothesis(it, answered.get(it.id), wrong.get(it.id), local) for it in segments]

    def _wrong_script(self, text: str) -> Problem | None:
        """Return the problem of a text none of whose letters is of a script that its language is written in."""
        scripts = scripts_of(text)
        if not scripts or scripts & self._source_scripts:
            return None
        name = self._language_name(self.direction.source)
        return Problem(
            "wrong-script",
            f"written in {_listed(scripts)}; {name} is written in {_listed(self._source_scripts)} in this corpus",
        )

    @cached_property
    def _source_scripts(self) -> set[str]:
        return set(self.pack.info["scripts"][self.direction.source]) or scripts_of(self.pack.prefix)

    def _language_name(self, code: str) -> str:
        return self.pack.language.name if code == self.pack.language.code else self.pack.contact.name


def _hypothesis(segment: Segment, translation: Translation | None, problem: Problem | None, local: str) -> Hypothesis:
    """Return what was made of a segment; `local` is the name of a model of this machine, which answers by itself."""
    if translation is None:  # a blank segment, or one that was not asked
        return Hypothesis(segment.id, segment.source, "", problem=problem, attempts=0)
    return Hypothesis(
        segment.id,
        segment.source,
        translation.text,
        translation.confidence,
        translation.alternatives,
        translation.problem,
        translation.model or local,
        translation.attempts,
        translation.usage,
        translation.words,
    )


def _listed_sampling(sampling: Mapping[str, float]) -> str:
    names = {"temperature": "temp"}
    return "".join(f"|{names.get(name, name)}:{value:.15g}" for name, value in sampling.items())


def _listed(scripts: Collection[str]) -> str:
    return " or ".join(sorted(script.capitalize() for script in scripts)) or "no script"


def guess_source(text: str, pack: Pack) -> str:
    """Return the code of the language that a text is probably in: more of its words, and of its script, stand there."""
    language, contact = pack.language.code, pack.contact.code
    scripts = scripts_of(text)
    shares = {}
    for code in (language, contact):
        known = pack.vocabulary[code]
        forms = [fold(token) for token in tokens(text, known)]
        spoken = sum(form in known for form in forms) / len(forms) if forms else 0.0
        shares[code] = spoken + (1 if scripts & set(pack.info["scripts"][code]) else 0)
    return contact if shares[contact] > shares[language] else language
