"""Sentences without what linguists write into them: brackets, gaps, zero morphs, indices, literal translations.

Nobody asks for such signs or wants them in a translation, and a word that carries one is another word to a model that
counts. Round brackets stay: they stand in ordinary text as well.
"""

from __future__ import annotations

import re

from ctxlearn.data import clean

_GAP = re.compile(r"[\[(]\s*(?:\.\.\.|…)\s*[\])]")
_SIGNS = re.compile(r"[\[\]{}<>⟨⟩【】〔〕∅†]")  # constituents, what is added, foreign words, zero morphs, ill-formed
_REDUPLICATED = re.compile(r"(?<=\w)[~∼˜](?=\w)")  # Leipzig Glossing Rules, rule 10
_INDEX = re.compile(r"(?<=\w)[ᵢⱼₖₗₘₙ₊]+")  # which words mean the same one
_REMARK = re.compile(r"\s*\(\s*(?:lit\.|literally\b|i\.\s?e\.)[^()]*\)", re.IGNORECASE)
_QUOTED = re.compile(
    r"(?:[‘“«„](?P<said>[^‘’“”«»„]+)[’”»“]|(?P<quote>[\"'])(?P<plain>[^\"']+)(?P=quote))(?P<mark>[.?!]?)(?:\s*\(.*\)\.?)?"
)
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|【[^【】]*】|〔[^〔〕]*〕")
_ANY_BRACKET = re.compile(r"[\[\]【】〔〕]")
_ADDED = re.compile(r"[\[\]∅]")  # by the linguist: what is in brackets is read, the signs are not
_COMMAND = re.compile(r"\\[A-Za-z]+\s*")
_JOINED = re.compile(r"(?<=\w\w)\.(?=\w\w)")  # Leipzig Glossing Rules, rule 4
_ENDS = (".", "?", "!", "…")


def pair(text: str, translated: str) -> tuple[str, str]:
    """Return a sentence and its translation as people write them.

    >>> pair("[som] ra", "‘The man goes.’ (a proverb)"), pair("“Som ra!”", "“The man goes!”")
    (('som ra', 'The man goes.'), ('“Som ra!”', '“The man goes!”'))
    """
    one, other = primary(text), translation(translated)
    return (one, other) if _QUOTED.fullmatch(one) else (one, unquoted(other))


def primary(text: str) -> str:
    """Return a sentence of the language as people write it.

    >>> primary("[[som me] kon∼kon] ∅te (...) ra")
    'som me konkon te ra'
    """
    return clean(_SIGNS.sub("", _REDUPLICATED.sub("", _GAP.sub(" ", text))))


def translation(text: str) -> str:
    """Return a translation alone.

    >>> translation("[They] didn't call themᵢ (lit. they call not).")
    "They didn't call them."
    """
    return clean(_SIGNS.sub("", _INDEX.sub("", _REMARK.sub("", _GAP.sub(" ", text)))))


def source(text: str) -> str:
    """Return a sentence to be translated without what is no part of it, whichever language it is in.

    >>> source("[[They]] saw [...] themᵢ"), source("[…]")
    ('They saw them', '[…]')
    """
    bare = clean(_ADDED.sub("", _INDEX.sub("", _REDUPLICATED.sub("", _GAP.sub(" ", text)))))
    return bare if any(map(str.isalnum, bare)) else text


def gloss(text: str) -> str:
    r"""Return a dictionary's gloss in words: without remarks, commands of LaTeX, and dots that join words.

    >>> gloss("[of boats] wake.up (early)\\endletter")
    'wake up'
    """
    return clean(_JOINED.sub(" ", _COMMAND.sub(" ", _ANY_BRACKET.sub("", _BRACKETED.sub(" ", text)))))


def unquoted(text: str) -> str:
    """Return what is said in a text that is one quotation, perhaps with a remark behind; any other text as it is.

    >>> unquoted("‘They called.’ (Context: a wedding)"), unquoted("“Yes,” they called.")
    ('They called.', '“Yes,” they called.')
    """
    match = _QUOTED.fullmatch(text)
    if match is None:
        return text
    said = (match["said"] or match["plain"]).strip()
    return said if said.endswith(_ENDS) else said + match["mark"]
