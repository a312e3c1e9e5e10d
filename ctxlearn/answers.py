"""How a hosted model's answer is read: what is a translation, and what only looks like one.

An answer is `{"translations": [{"id": 1, "translation": "…"}, …]}`, perhaps in a Markdown fence or between chatter,
which is passed over. Every item that can be read is taken, also from an answer that was cut off. What then is no
translation becomes a Problem:

    truncated   the answer ended before this sentence's turn, or in the middle of it
    refused     the model talks about not translating
    malformed   no item with this id, two of them, no text, several lines, a comment, the question given back, another
                script than the target's, or a length that no translation of this sentence has

Some of that can be a true translation all the same (a refusal that is the sentence's meaning). It costs one more
request: whoever asks (models/again.py) asks such a sentence again alone, and by itself a sentence cannot have its
neighbour's text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ctxlearn.data import Segment, clean
from ctxlearn.models.base import Alternative, Problem, Request, Translation
from ctxlearn.scripts import UNSEGMENTED, scripts_of

_ITEM = re.compile(r'\{\s*"(?:id|translation|alternatives)"\s*:')
_REFUSAL = re.compile(
    r"(?i)\bas an ai\b|\blanguage model\b|\bagainst my (?:guidelines|policy)"
    r"|\b(?:can(?:no|['’])?t|can not|unable to|won['’]t|will not|not able to|must decline to) "
    r"(?:\w+ ){0,3}?(?:translat|assist with|help with that|comply|fulfil|process this|provide)"
)
_COMMENT = re.compile(
    r"(?i)^(?:(?:here (?:is|are)|sure|certainly)\b.{0,60}:|translation ?:|translated ?:)"
    r"|\((?:note|literally|lit\.) ?:|\bnote: "
)
_ECHO = re.compile(r'"(?:id|text|translation|translations)"\s*:|<<<|>>>|sentences-[0-9a-f]{12}|book-[0-9a-f]{12}')


@dataclass(frozen=True, slots=True)
class _Item:
    id: int
    text: str
    alternatives: tuple[str, ...]


def read(text: str, request: Request, *, cut: bool = False, scripts: Collection[str] = ()) -> tuple[Translation, ...]:
    """Return a translation, or the problem in its stead, for each segment of a request, in its order.

    `cut` says that the provider stopped the answer at its limit; `scripts` are those that the target language is
    written in.
    """
    found = list(_items(text))
    if not found and _REFUSAL.search(text):
        return tuple(_failed(it, "refused", f"the model answered {_short(text)}") for it in request.segments)
    early = cut or ("{" in text and not _is_whole(text))
    count = Counter(item.id for item in found)
    items = {item.id: item for item in found if count[item.id] == 1}
    answers = []
    for number, segment in enumerate(request.segments, 1):
        item = items.get(number)
        if item is None:
            answers.append(_missing(segment, count[number], text, early))
        else:
            answers.append(_judge(segment, item, request, scripts))
    return _without_strangers(request.segments, answers)


def _items(text: str) -> Iterator[_Item]:
    """Yield every whole item of an answer, wherever in the text it stands."""
    decoder = json.JSONDecoder()
    position = 0
    while match := _ITEM.search(text, position):
        position = match.end()
        try:
            value, position = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        item = _item(value)
        if item is not None:
            yield item


def _item(value: dict[str, object]) -> _Item | None:
    """Return what an object of the answer says; None when it has not the shape that was asked for."""
    number, text, others = value.get("id"), value.get("translation"), value.get("alternatives", [])
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number[:9])
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(text, str):
        return None
    kept = [it for it in others if isinstance(it, str) and clean(it)] if isinstance(others, list) else []
    return _Item(number, text.strip(), tuple(clean(it) for it in kept))


def _is_whole(text: str) -> bool:
    return text.rstrip().rstrip("`").rstrip().endswith("}")


def _missing(segment: Segment, times: int, text: str, early: bool) -> Translation:
    if times > 1:
        return _failed(segment, "malformed", f"the answer has {times} translations under its id")
    if early:
        return _failed(segment, "truncated", f"the answer was cut off: … {_short(text[-60:])}")
    return _failed(segment, "malformed", f"the answer has no translation of it: {_short(text)}")


def _failed(segment: Segment, kind: str, text: str) -> Translation:
    return Translation(segment.id, "", problem=Problem(kind, text))


def _short(text: str) -> str:
    line = clean(text)
    return repr(line if len(line) <= 100 else line[:99] + "…")


# -- is it a translation? ---------------------------------------------------------------------------------------------


def _judge(segment: Segment, item: _Item, request: Request, scripts: Collection[str]) -> Translation:
    problem = _problem(segment.source, item.text, scripts)
    if problem is not None:
        return Translation(segment.id, "", problem=problem)
    others = [
        it
        for it in dict.fromkeys(item.alternatives)
        if it != item.text and _problem(segment.source, it, scripts) is None
    ]
    ranked = tuple(Alternative(it, -float(rank)) for rank, it in enumerate(others[: request.n - 1], 1))
    return Translation(segment.id, clean(item.text), alternatives=ranked)


def _problem(source: str, text: str, scripts: Collection[str]) -> Problem | None:
    """Return why a text is no translation of `source`; None when it may be one."""
    if not clean(text):
        return Problem("malformed", "an empty translation")
    if _REFUSAL.search(text):
        return Problem("refused", f"the model answered {_short(text)}")
    if "\n" in text:
        return Problem("malformed", f"several lines in the place of one sentence: {_short(text)}")
    if _ECHO.search(text) or _is_copy(source, text):
        return Problem("malformed", f"the question given back: {_short(text)}")
    if _COMMENT.search(text) and not _COMMENT.search(source):
        return Problem("malformed", f"a comment with the translation: {_short(text)}")
    if scripts and _share(text, scripts) < 0.5:
        return Problem(
            "malformed", f"written in {_listed(scripts_of(text))}, expected {_listed(scripts)}: {_short(text)}"
        )
    one, two = _weight(source), _weight(text)
    if two > 6 * one + 60 or one > 8 * two + 60:
        return Problem("malformed", f"{len(text)} characters for a sentence of {len(source)}: {_short(text)}")
    return None


def _is_copy(source: str, text: str) -> bool:
    """Whether a text is the source itself; of one to three words that may be right, as with a name."""
    return abs(len(source) - len(text)) < 8 and len(source.split()) > 3 and _folded(source) == _folded(text)


def _folded(text: str) -> str:
    return "".join(it for it in unicodedata.normalize("NFKC", text).casefold() if it.isalnum())


def _share(text: str, scripts: Collection[str]) -> float:
    """Return the share of the letters that are of `scripts`; 1 when there is no letter."""
    if scripts_of(text) <= set(scripts):
        return 1.0
    letters = [it for it in text if scripts_of(it)]
    return sum(scripts_of(it) <= set(scripts) for it in letters) / len(letters) if letters else 1.0


def _listed(scripts: Collection[str]) -> str:
    return " or ".join(sorted(script.capitalize() for script in scripts)) or "no script"


def _weight(text: str) -> int:
    """Return a length that can be compared between scripts: a letter of those without blanks says as much as three."""
    return len(text) + 2 * len(UNSEGMENTED.findall(text))


def _without_strangers(segments: Sequence[Segment], answers: Sequence[Translation]) -> tuple[Translation, ...]:
    """Take out translations that may be, or hold, a neighbour's.

    That is one given to two different sentences of some length, and one beside a sentence without a translation that
    is as long as both would need.
    """
    sources: dict[str, set[str]] = {}
    for segment, answer in zip(segments, answers, strict=True):
        if answer.text and len(segment.source.split()) > 2:
            sources.setdefault(answer.text.casefold(), set()).add(segment.source.casefold())
    shared = {text for text, given in sources.items() if len(given) > 1}
    whys = [_stranger(position, segments, answers, shared) for position in range(len(segments))]
    together = zip(segments, answers, whys, strict=True)
    return tuple(_failed(segment, "malformed", why) if why else answer for segment, answer, why in together)


def _stranger(
    position: int, segments: Sequence[Segment], answers: Sequence[Translation], shared: Collection[str]
) -> str:
    text = answers[position].text
    if not text:
        return ""
    if text.casefold() in shared:
        return f"one translation for different sentences: {_short(text)}"
    beside = [it for it in (position - 1, position + 1) if 0 <= it < len(segments) and not answers[it].text]
    if beside:
        expected = _usual(segments, answers, without=position) * _weight(segments[position].source)
        if _weight(text) > 1.6 * expected + 10:
            return f"long enough to hold the sentence beside it, which has none: {_short(text)}"
    return ""


def _usual(segments: Sequence[Segment], answers: Sequence[Translation], without: int) -> float:
    """Return how much longer than their sentences the other translations of this answer are; 1 when there are none."""
    pairs = [pair for at, pair in enumerate(zip(segments, answers, strict=True)) if pair[1].text and at != without]
    before = sum(_weight(segment.source) for segment, _ in pairs)
    return sum(_weight(answer.text) for _, answer in pairs) / before if before else 1.0
