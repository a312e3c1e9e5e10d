"""What glossed examples say of single morphemes: a second dictionary, of the words that a grammar uses.

A gloss is a meaning when its letters are small, a word's first one aside (a name's, or any noun's in German). By the
Leipzig Glossing Rules, categories are written in capitals or with digits (rule 3), dots or underscores join the words
of one gloss (rule 4), and a colon parts what the form does not (rule 4C).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ctxlearn.data import Example

_MARK = re.compile(r"[-=~∼]")  # an infix's marks are not among them: its word is not split in the order of its gloss
_REMARK = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_AROUND = " \t.,;:!?…\"“”‘’'()[]{}<>*#%†"  # foreign words stand in <>; what is ill-formed has a star


def morphemes(examples: Iterable[Example]) -> Iterator[tuple[str, str]]:
    """Yield (morpheme, meaning) for every morpheme of glossed examples whose gloss is a meaning."""
    for example in examples:
        if len(example.analyzed_words) == len(example.glosses):
            for word, gloss in zip(example.analyzed_words, example.glosses, strict=True):
                yield from _of_word(word, gloss)


def _of_word(word: str, gloss: str) -> Iterator[tuple[str, str]]:
    parts, glosses = _MARK.split(word), _MARK.split(gloss)
    if len(parts) == len(glosses):
        for part, called in zip(parts, glosses, strict=True):
            part, said = part.strip(_AROUND), meaning(called)
            if part and said and "<" not in part:
                yield part, said


def meaning(gloss: str) -> str:
    """Return what a morpheme's gloss says in words; nothing when it names a category.

    >>> meaning("have.enough.of:FACT"), meaning("3SG.POSS"), meaning("Haus_bauen")
    ('have enough of', '', 'Haus bauen')
    """
    parts = [part for part in re.split("[:;]", _REMARK.sub("", gloss)) if _is_meaning(part)]
    return " ".join(re.split(r"[._\s]+", parts[0])).strip(_AROUND) if len(parts) == 1 else ""


def _is_meaning(gloss: str) -> bool:
    if not any(map(str.isalpha, gloss)) or any(map(str.isdigit, gloss)):
        return False
    words = [word for word in re.split(r"[._\s]+", gloss) if word]
    return not any(word == word.upper() != word.lower() or any(map(str.isupper, word[1:])) for word in words)
