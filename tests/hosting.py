"""What the tests of hosted models share: a small book, requests about it, and answers that a stand-in can give."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from ctxlearn.data import Direction, Segment
from ctxlearn.models.base import Prefix, Request
from ctxlearn.tokens import counter

INTO_ENGLISH = Direction("mir", "eng")
_SENTENCES = re.compile(r"<<<sentences-[0-9a-f]{12}\n(\[.*\])\nsentences-[0-9a-f]{12}>>>", re.DOTALL)


def book(lines: int = 400) -> Prefix:
    """Return a packed context of about 15 tokens a line."""
    entries = "".join(f"kelo{number} | n | the {number}th house of the village\n" for number in range(lines))
    opening, example = "# Mirna (mir) and English (eng)\n", "ma kelo sana. | He sees the house.\n"
    text = f"{opening}# Dictionary\n## mir\n{entries}# Examples\n{example}"
    return Prefix(text, counter()(text), hashlib.sha256(text.encode()).hexdigest())


def sentences(count: int, words: str = "ma kelo sana") -> tuple[Segment, ...]:
    """Return different sentences."""
    return tuple(Segment(f"s{number}", f"{words} nomo{number}") for number in range(count))


def request(prefix: Prefix, segments: Sequence[Segment]) -> Request:
    """Return the request to translate the segments into English."""
    return Request(prefix, INTO_ENGLISH, tuple(segments))


def asked(question: str) -> list[dict[str, object]]:
    """Return the sentences that a question holds."""
    match = _SENTENCES.search(question)
    assert match is not None, question[-300:]
    return list(json.loads(match[1]))


def translated(text: object) -> str:
    """Return what the stand-in says that a sentence means."""
    return f"the meaning of {text}"


def answer(prefix: str, tail: str) -> str:
    """Answer as asked: a stand-in's `answer`."""
    items = [{"id": it["id"], "translation": translated(it["text"])} for it in asked(tail)]
    return json.dumps({"translations": items}, ensure_ascii=False)
