"""Writing systems: which ones a text is written in, and which are written without blanks between words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

# Lao, Thai, Burmese, Khmer, kana, Han.
UNSEGMENTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Vowel signs, tones and accents: they belong to the letter before them, and no `\w` matches them.
_WITH_MARKS = (*range(0x300, 0x2100), *range(0x3020, 0x30A0), *range(0xA660, 0xAC00))
MARKS = "".join(chr(code) for code in _WITH_MARKS if unicodedata.category(chr(code)).startswith("M"))
_NOT_SCRIPTS = {"MODIFIER", "COMBINING", "FULLWIDTH", "HALFWIDTH", "SUPERSCRIPT", "SUBSCRIPT", "MASCULINE", "FEMININE"}


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """Return the first word of a letter's Unicode name, which names its script."""
    script = unicodedata.name(letter, "").split(" ", 1)[0] if letter.isalpha() else ""
    return "" if script in _NOT_SCRIPTS else script


def scripts_of(text: str) -> set[str]:
    """Return the scripts of the letters in a text.

    >>> sorted(scripts_of("ma 咳嗽, да!"))
    ['CJK', 'CYRILLIC', 'LATIN']
    """
    return {script for letter in set(text) if (script := _script(letter))}


def common_scripts(texts: Iterable[str], share: float = 0.02) -> list[str]:
    """Return, sorted, the scripts of at least `share` of the letters."""
    letters = Counter(letter for text in texts for letter in text)
    counts: Counter[str] = Counter()
    for letter, count in letters.items():
        counts[_script(letter)] += count
    del counts[""]
    total = counts.total()
    return sorted(script for script, count in counts.items() if count >= share * total)
