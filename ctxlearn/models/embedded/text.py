"""Text as the embedded model sees it: tokens in, a sentence out.

A script that parts words with blanks gives a token a word; a script that does not (Han, Kana, Thai, Lao, Khmer,
Myanmar) gives a token a character with its marks. Every other sign that is not a letter, mark or digit is a token of
its own. How signs stand to their neighbours, which words are written with a capital, and whether a sentence begins with
one is not known here for any language: `Writing` counts it in the texts of the context.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

UNSEGMENTED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO")
_QUOTES = ('"', "'")  # written alike at either end
_INSIDE = "'’ʼ-‐‑·_"  # joins the parts of one word when letters stand on both sides
_STEM = re.compile(rf"[^{re.escape(_INSIDE)}]+(?=[{re.escape(_INSIDE)}])")
_IN_NUMBER = ".,:٫٬"  # joins the parts of one number when digits stand on both sides
_FINAL = re.compile(r"[\s\"'”’»)\]]*[.!?…‥。！？｡।॥؟۔։።᙮]+[\s\"'”’»)\]」』]*$")
_ENOUGH = 3  # times that a capital follows a sign
_ENDS_SENTENCE = re.compile(r"[.!?…。！？।؟۔։።]")


@lru_cache(maxsize=65536)
def kind(char: str) -> str:
    """Return what a character is: `w` in a word, `c` a token by itself, `m` a mark, `b` a blank, `p` another sign."""
    category = unicodedata.category(char)
    if category[0] == "M":
        return "m"
    if category[0] in "LN":
        return "c" if unicodedata.name(char, "").startswith(UNSEGMENTED) and category[0] == "L" else "w"
    return "b" if char.isspace() or category in ("Cc", "Zs", "Zl", "Zp") else "p"


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, as they are written.

    >>> tokens("Ka=at, don't!")
    ['Ka', '=', 'at', ',', "don't", '!']
    >>> tokens("6.3%, 10,000")
    ['6.3', '%', ',', '10,000']
    >>> tokens("k.o. fish.")
    ['k.o', '.', 'fish', '.']
    """
    return [token for part in text.split() for token in _tokens(part)]


def spaced_tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each token and whether a blank stands before it."""
    for part in text.split():
        for place, token in enumerate(_tokens(part)):
            yield token, place == 0


@lru_cache(maxsize=32768)  # most of a text are words that came before
def _tokens(part: str) -> tuple[str, ...]:
    """Return the tokens of what stands between blanks."""
    kinds = set(map(kind, part))
    return (part,) if kinds == {"w"} else tuple(part if kinds == {"c"} else _told_apart(part))


def _told_apart(text: str) -> Iterator[str]:
    token = ""
    for position, char in enumerate(text):
        what = kind(char)
        if what == "m" and token:
            token += char
            continue
        if what == "p" and token and _joins(char, token, text[position + 1 : position + 3]):
            what = "w"
        if token and not (what == "w" and _is_word(token)):
            yield token
            token = ""
        if what != "b":
            token += char
    if token:
        yield token


def _joins(sign: str, token: str, after: str) -> bool:
    """Whether a sign is inside a token: in a number, between single letters as in ``k.o.``, or in a word."""
    following = after[:1]
    if sign in _IN_NUMBER and token[-1].isdigit():
        return following.isdigit()
    if sign == ".":
        return _is_single(token[-2:]) and _is_single(after[::-1])
    return sign in _INSIDE and kind(token[-1]) in "wm" and following != "" and kind(following) == "w"


def _is_single(letters: str) -> bool:
    """Whether the last of two characters is a letter, and the other one, if there is one, is none."""
    return letters[-1:].isalpha() and kind(letters[-1]) == "w" and not letters[:-1].isalnum()


def _is_word(token: str) -> bool:
    return kind(token[0]) in "wm"


def is_word(token: str) -> bool:
    """Whether a token is a word or a character of a script, not a sign."""
    return kind(token[0]) in "wcm"


def is_number(token: str) -> bool:
    """Whether a token is written in digits, without letters."""
    return kind(token[0]) == "w" and not any(map(str.isalpha, token))


def likeness(one: str, other: str) -> float:
    """Return how much of two words their common beginning is, from 0 to 1.

    >>> likeness("calls", "called")
    0.7272727272727273
    """
    common = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return 2 * common / (len(one) + len(other))


def stem(word: str) -> str:
    """Return what stands in a word before a sign, or the whole word.

    >>> stem("Unyil's"), stem("Unyil")
    ('Unyil', 'Unyil')
    """
    match = _STEM.match(word)
    return match[0] if match else word


def split_final(text: str) -> tuple[str, str]:
    """Return a sentence without its last mark, and that mark.

    >>> split_final("Who called?")
    ('Who called', '?')
    """
    match = _FINAL.search(text)
    if match is None or match.start() == 0:
        return text, ""
    return text[: match.start()], match[0].strip()


_Blanks = tuple[bool, bool]  # whether a blank parts a sign from a word, and from a sign
_Beside = dict[tuple[str, bool], Counter[bool]]  # sign, whether a word is beside it → how often there is a blank


@dataclass(slots=True)
class Writing:
    """How a language is written, as counted in its sentences: capitals, blanks around signs, last marks."""

    forms: dict[str, str] = field(default_factory=dict)  # word → how it is mostly written inside a sentence, if not so
    capital: bool = False  # whether sentences begin with a capital
    before: dict[str, _Blanks] = field(default_factory=dict)  # sign → blanks before it
    after: dict[str, _Blanks] = field(default_factory=dict)  # sign → blanks after it
    blank: bool = True  # whether words are parted by blanks
    leading: list[str] = field(default_factory=list)  # signs inside a sentence that a capital follows

    def write(self, words: Sequence[str], copied: Mapping[str, str] | None = None) -> str:
        """Return lower-cased tokens as a sentence, without its last mark; `copied` words keep the form given there."""
        cased = [(copied or {}).get(word) or self._form(word) for word in words]
        first = next((i for i, word in enumerate(cased) if is_word(word)), len(cased))
        for i, word in enumerate(cased[first:], first):
            if self.capital if i == first else i > 1 and is_word(word) and self._leads(words[i - 2], words[i - 1]):
                cased[i] = word[:1].upper() + word[1:]
        return self._join(cased)

    def _leads(self, word: str, sign: str) -> bool:
        """Whether a capital follows two tokens inside a sentence; an abbreviation's point has none follow."""
        return sign in self.leading and not (sign == "." and (len(word) == 1 or "." in word))

    def _form(self, word: str) -> str:
        """Return how a word is written inside a sentence; one never seen, as what stands in it before a sign is."""
        before = stem(word)
        return self.forms.get(word) or self.forms.get(before, before) + word[len(before) :]

    def _join(self, words: Sequence[str]) -> str:
        text = ""
        last = ""
        opened: set[str] = set()
        for word in words:
            text += (" " if last and self._blank_between(last, word, opened) else "") + word
            if word in _QUOTES:
                opened ^= {word}
            last = word
        return text

    def _blank_between(self, left: str, right: str, opened: set[str]) -> bool:
        if left in _QUOTES or right in _QUOTES:
            return self._around_quote(left, right, opened)
        after = is_word(left) or self._usual(self.after, left, "Ps", "Pi")[not is_word(right)]
        before = is_word(right) or self._usual(self.before, right, "Pe", "Pf", "Po")[not is_word(left)]
        characters = (kind(left[0]) == "c") + (kind(right[0]) == "c")
        return after and before and characters < (2 if self.blank else 1)

    @staticmethod
    def _usual(counted: Mapping[str, _Blanks], sign: str, *without: str) -> _Blanks:
        """Return whether blanks stand beside a sign; beside one never seen, unless its kind mostly has none there."""
        return counted.get(sign) or (unicodedata.category(sign[0]) not in without,) * 2

    @staticmethod
    def _around_quote(left: str, right: str, opened: set[str]) -> bool:
        if right in _QUOTES:
            return right not in opened  # the second of a pair closes
        return left not in opened


def study(sentences: Iterable[str], capitals: Iterable[str] = ()) -> Writing:
    """Return how a language's sentences are written; `capitals` are words that keep theirs where none stands inside."""
    inside: dict[str, Counter[str]] = {}
    first: Counter[bool] = Counter()
    before: _Beside = {}
    after: _Beside = {}
    spaced = [list(spaced_tokens(sentence)) for sentence in sentences]
    leading = _leading(spaced)
    for sentence in spaced:
        _count_sentence(sentence, leading, inside, first, before, after)
    forms = {name.lower(): name for name in capitals if name.lower() not in inside}
    for word, counts in inside.items():
        form, _ = max(counts.items(), key=lambda item: (item[1], item[0]))
        if form != word or _STEM.match(word):
            forms[word] = form
    return Writing(
        forms,
        capital=first[True] > first[False],
        before=_blanks(before),
        after=_blanks(after),
        blank=sum(kind(word[0]) != "c" for word in inside) >= sum(kind(word[0]) == "c" for word in inside),
        leading=leading,
    )


def names(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the words that both languages of a pair write alike, with a capital."""
    for source, target in pairs:
        if source == source.lower() or target == target.lower():
            continue
        alike = set(_with_stems(source)).intersection(_with_stems(target))
        yield from (token for token in sorted(alike) if token != token.lower() and is_word(token))


def _with_stems(text: str) -> Iterator[str]:
    """Yield the tokens of a text, and what stands in them before a sign."""
    for token in tokens(text):
        yield from dict.fromkeys((token, stem(token)))


def _leading(sentences: Iterable[Sequence[tuple[str, bool]]]) -> list[str]:
    """Return the signs inside a sentence that are mostly followed by a capital, such as what begins a quotation."""
    capitals: dict[str, Counter[bool]] = {}
    for sentence in sentences:
        first = next((i for i, (token, _) in enumerate(sentence) if is_word(token)), 0)
        for (sign, _), (token, _) in zip(sentence[first:], sentence[first + 1 :], strict=False):
            if not is_word(sign) and is_word(token) and token[0].lower() != token[0].upper():
                capitals.setdefault(sign, Counter())[token[0] == token[0].upper()] += 1
    often = ((sign, counts) for sign, counts in capitals.items() if sign not in _QUOTES and counts[True] >= _ENOUGH)
    return sorted(sign for sign, counts in often if counts[True] > counts[False])


def _blanks(beside: _Beside) -> dict[str, _Blanks]:
    """Return what each sign mostly has beside words, and beside whatever it is."""
    found = {}
    for sign in sorted({sign for sign, _ in beside}):
        word, other = (beside.get((sign, what), Counter[bool]()) for what in (True, False))
        found[sign] = _mostly(word or other), _mostly(word + other)
    return found


def _mostly(counts: Counter[bool]) -> bool:
    return counts[True] >= counts[False]


def _count_sentence(
    spaced: Sequence[tuple[str, bool]],
    leading: Sequence[str],
    inside: dict[str, Counter[str]],
    first: Counter[bool],
    before: _Beside,
    after: _Beside,
) -> None:
    begins = True
    for i, (token, blank) in enumerate(spaced):
        if not is_word(token):
            if i:
                before.setdefault((token, is_word(spaced[i - 1][0])), Counter())[blank] += 1
            if i + 1 < len(spaced):
                after.setdefault((token, is_word(spaced[i + 1][0])), Counter())[spaced[i + 1][1]] += 1
            begins = begins or token in leading or bool(_ENDS_SENTENCE.match(token))
            continue
        cased = token[0].lower() != token[0].upper()
        if begins and cased:
            if i == 0:
                first[token[0] == token[0].upper()] += 1
        else:
            inside.setdefault(token.lower(), Counter())[token] += 1
        begins = False


def final_marks(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return, for each last mark of a source sentence (`` too), the mark that translations mostly end with."""
    counts: dict[str, Counter[str]] = {}
    for source, target in pairs:
        counts.setdefault(split_final(source)[1], Counter())[split_final(target)[1]] += 1
    return {mark: max(found.items(), key=lambda item: (item[1], item[0]))[0] for mark, found in counts.items()}
