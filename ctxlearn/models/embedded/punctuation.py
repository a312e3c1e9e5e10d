"""Punctuation mended: halves of quotations and brackets that lack the other one, and signs that end no sentence.

A translation is put together from parts of several sentences, and so a sign may come without its other half. Which
signs belong together, and which ones hardly ever stand last, is counted in the sentences of the context.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from ctxlearn.models.embedded.text import split_final, tokens

_QUOTE = '"'  # alike at either end
_LOW = "„‟"  # quotation marks, though Unicode calls the first one a bracket
_APOSTROPHES = "'‘’‚‛"  # may be no quotation marks
_INNER = ",;:،؛、，；：-–—"
_ENOUGH, _MOSTLY = 3, 0.8  # so often, and of all that opens with a sign in such a share, the same sign closes it
_OFTEN, _SELDOM = 10, 0.02  # so often a sign was seen, and in no larger share it was the first or the last one


@dataclass(slots=True)
class Punctuation:
    """How a language uses signs: what closes each one that opens; which hardly ever begin a sentence, or end one.

    A sign ends a sentence where it stands before the last mark.
    """

    pairs: dict[str, str] = field(default_factory=dict)
    never_first: list[str] = field(default_factory=list)
    never_last: list[str] = field(default_factory=list)

    def mended(self, words: Sequence[str], mark: str, *, quoted: bool = False) -> tuple[tuple[str, ...], str]:
        """Return a sentence and its last mark without signs that lack their other half; a quotation is closed.

        Where the sentence is `quoted` as a whole, and its mark ends a quotation, that one begins with it.

        >>> signs = Punctuation({"“": "”", "(": ")"}, [","], [","])
        >>> signs.mended([",", "he", ")", "said", "“", "go", ","], "."), signs.mended(["go"], ".”", quoted=True)
        ((('he', 'said', '“', 'go'), '.”'), (('“', 'go'), '.”'))
        """
        if quoted and not set(self.pairs).intersection(words):
            begins = next((one for one, other in self.pairs.items() if mark.endswith(other)), "")
            words = [begins, *words] if begins else words
        opened, lone = list[int](), set[int]()
        closing = set(self.pairs.values())
        for at, sign in enumerate(words):
            if opened and sign == self.pairs[words[opened[-1]]]:
                opened.pop()
            elif sign in self.pairs:
                opened.append(at)
            elif sign in closing:
                lone.add(at)
        ending = ""
        for sign in mark:
            if opened and sign == self.pairs[words[opened[-1]]]:
                opened.pop()
            elif sign in closing:
                continue
            ending += sign
        quotations = [at for at in opened if _is_quotation_mark(words[at]) and at + 1 < len(words)][:1]
        lone.update(at for at in opened if at not in quotations)
        ending += "".join(self.pairs[words[at]] for at in quotations)
        left = [word for at, word in enumerate(words) if at not in lone]
        while ending and len(left) > 1 and left[-1] in self.never_last:
            left.pop()
        while len(left) > 1 and left[0] in self.never_first:
            del left[0]
        return tuple(left), ending


def is_quoted(written: Sequence[str], mark: str) -> bool:
    """Whether a sentence and its last mark are one quotation."""
    halves = [*filter(_is_quotation_mark, (*written, *mark))]
    return len(halves) == 2 and halves[:1] == [*written[:1]] and not any(map(_is_quotation_mark, written[1:]))


def is_whole(written: Iterable[str], mark: str) -> bool:
    """Whether no sign lacks its other half in a sentence and its last mark; of quotation marks their number tells."""
    signs = (*written, *mark)
    opened = list(accumulate(map(_opens, signs)))
    return sum(map(_is_quotation_mark, signs)) % 2 == 0 and opened[-1:] in ([], [0]) and min(opened, default=0) == 0


def study(sentences: Iterable[str]) -> Punctuation:
    """Return how a language uses signs in its sentences."""
    closed: dict[str, Counter[str]] = {}
    seen, first, last = Counter[str](), Counter[str](), Counter[str]()
    for sentence in sentences:
        halves = [token for token in tokens(sentence) if _is_half(token)]
        if len(halves) % 2 == 0 and len(set(halves[::2])) == len(set(halves[1::2])) == 1:  # none inside another
            closed.setdefault(halves[0], Counter())[halves[1]] += 1
        body, mark = split_final(sentence)
        words = tokens(body)
        seen.update(words)
        first.update(words[:1])
        last.update(words[-1:] if mark else ())
    pairs = {}
    for one, others in sorted(closed.items()):
        other, count = max(others.items(), key=lambda item: (item[1], item[0]))
        if count >= _ENOUGH and count >= _MOSTLY * others.total():
            pairs[one] = other
    often = sorted(sign for sign in _INNER if seen[sign] >= _OFTEN)
    return Punctuation(pairs, *([sign for sign in often if at[sign] <= _SELDOM * seen[sign]] for at in (first, last)))


def _is_half(token: str) -> bool:
    """Whether a token is one half of a quotation or bracket."""
    return _is_quotation_mark(token) or _opens(token) != 0


def _is_quotation_mark(token: str) -> bool:
    if len(token) > 1 or token in _APOSTROPHES:
        return False
    return token == _QUOTE or token in _LOW or unicodedata.category(token) in ("Pi", "Pf")


def _opens(token: str) -> int:
    """Return 1 for a bracket that opens, -1 for one that closes, and 0 for any other token."""
    if len(token) > 1 or token in _LOW + _APOSTROPHES:
        return 0
    return {"Ps": 1, "Pe": -1}.get(unicodedata.category(token), 0)
