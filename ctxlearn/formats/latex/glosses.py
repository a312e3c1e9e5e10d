"""Interlinear lines: cut into words the way gb4e aligns them, and matched with one another.

A blank ends a word; blanks within braces, in a command's argument or as ties do not (they become `_`). `{}` is an empty
place (`_`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ctxlearn.data import clean
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.tokens import Node

_BLANK = re.compile(r"([ \t\n]+)")
_JUDGEMENT = re.compile(r"([*#%?]+|\?\*)(?=\w|[\[(<{‘'\"“=~-])")
_MARK = re.compile(r"(?<=\w)[-=~](?=\w)|^[-=](?=\w)|(?<=\w)[-=]$")
_ELLIPSIS = re.compile(r"[\[({‘“<]*(?:\.\.\.|…)[\])}’”>]*[.,;]?")


def words(inline: Inline, nodes: Sequence[Node]) -> list[str]:
    """Return the words of one interlinear line, without LaTeX."""
    pieces: list[list[Node]] = [[]]
    for node in nodes:
        if node.kind == "text" and _BLANK.search(node.text):
            for part in _BLANK.split(node.text):
                if not part:
                    continue
                if _BLANK.match(part):
                    pieces.append([])
                else:
                    pieces[-1].append(Node("text", part, node.line))
        elif node.kind == "par":
            pieces.append([])
        else:
            pieces[-1].append(node)
    return [word for piece in pieces if piece and (word := _word(inline, piece))]


def _word(inline: Inline, piece: Sequence[Node]) -> str:
    if len(piece) == 1 and piece[0].kind == "group" and not piece[0].children:
        return "_"
    return clean(inline.text(piece, "words")).replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one glossed example: what is said, its words in morphemes, their glosses, and lines beyond these."""

    surface: tuple[str, ...]
    words: tuple[str, ...]
    glosses: tuple[str, ...]
    further: tuple[tuple[str, ...], ...] = ()
    judgement: str = ""


def arrange(lines: Sequence[list[str]]) -> Lines:
    """Return which of two or more lines is which; `surface` is empty where the words' own spelling gives it.

    >>> arrange([["Kaat", "."], ["ka=at", "."], ["2SG=OBJ", "."]]).words
    ('ka=at', '.')
    """
    judgement, first = _judgement(lines[0])
    rest = [list(line) for line in lines[1:]]
    if judgement and rest and rest[0] and rest[0][0] == judgement:
        rest[0] = rest[0][1:]
    rows = [tuple(first), *(tuple(line) for line in rest)]
    if len(rows) == 1:
        return Lines((), rows[0], (), (), judgement)
    if len(rows) == 2:
        return Lines((), rows[0], _filled(rows[0], rows[1]), (), judgement)
    if _spelled_alike(rows[0], rows[1]):
        return Lines(rows[0], rows[1], _filled(rows[1], rows[2]), tuple(rows[3:]), judgement)
    gloss = max((1, 2), key=lambda i: (_likeness(rows[0], rows[i]), sum(map(str.islower, "".join(rows[i])))))
    further = tuple(row for i, row in enumerate(rows) if i not in (0, gloss))
    return Lines((), rows[0], _filled(rows[0], rows[gloss]), further, judgement)


def _spelled_alike(line: Sequence[str], analysis: Sequence[str]) -> bool:
    """Whether the second of three lines is the first one in morphemes, and not already a gloss of it.

    >>> _spelled_alike(["Kaat", "konat"], ["ka=at", "kon=at"]), _spelled_alike(["an", "koi"], ["Subj", "4"])
    (True, False)
    """
    one, two = _pairs(line), _pairs(analysis)
    return len(one & two) >= 0.3 * min(len(one), len(two))


def _pairs(line: Sequence[str]) -> set[str]:
    letters = "".join(character for character in "".join(line).casefold() if character.isalpha())
    return {letters[i : i + 2] for i in range(len(letters) - 1)} or {letters}


def _likeness(line: Sequence[str], gloss: Sequence[str]) -> float:
    """How well two lines carry the same marks, from 0 to 1."""
    if len(line) != len(gloss):
        return 0.0
    same = sum(len(_MARK.findall(word)) == len(_MARK.findall(other)) for word, other in zip(line, gloss, strict=True))
    return same / max(1, len(line))


def _filled(line: tuple[str, ...], gloss: tuple[str, ...]) -> tuple[str, ...]:
    """Return glosses with the ellipses of their words put in, where just these are what they lack.

    >>> _filled(("ma", "[...]", "he"), ("3SG", "IAM"))
    ('3SG', '[...]', 'IAM')
    """
    dots = [i for i, word in enumerate(line) if _ELLIPSIS.fullmatch(word)]
    if not dots or len(line) - len(gloss) != len(dots):
        return gloss
    if sum(1 for word in gloss if _ELLIPSIS.fullmatch(word)):
        return gloss
    filled = list(gloss)
    for i in dots:
        filled.insert(i, line[i])
    return tuple(filled)


def _judgement(line: list[str]) -> tuple[str, list[str]]:
    """Take the mark of an ill-formed example off its first word.

    >>> _judgement(["*ma", "he"])
    ('*', ['ma', 'he'])
    """
    if not line:
        return "", line
    if len(line) > 1 and line[0] in ("*", "?", "??", "#", "?*", "*?", "%"):
        return line[0], line[1:]
    match = _JUDGEMENT.match(line[0])
    return (match[1], [line[0][match.end() :], *line[1:]]) if match else ("", line)


_PAIRS = {")": "(", "}": "{", "]": "["}
_TAIL = re.compile(r"(?<=[’”])[.,]?\s*([({\[][^‘’“”]*)$")
_LONGEST = 200  # a source's label is never longer
_MOST = 6  # nor are there more of them after one translation
_REMARK = re.compile(r"[({\[]\s*(?:lit|i\. ?e|e\. ?g|or\b|cf|context|=|‘|said|intended|not\b)", re.IGNORECASE)


def translation(text: str) -> tuple[str, str]:
    """Return a free translation without its quotes, and the source that stands after it.

    >>> translation("‘He goes.’ (narr1, 5) {003#S6}")
    ('He goes.', 'narr1, 5; 003#S6')
    >>> translation("‘She is old.’ (lit. ‘Her time is far.’)")
    ('‘She is old.’ (lit. ‘Her time is far.’)', '')
    """
    sources: list[str] = []
    while len(sources) < _MOST and (at := _last_brackets(text)) is not None:
        if not _stands_after(text, at) or _REMARK.match(text, at):
            break
        sources.insert(0, text[at:].strip("(){}[]. "))
        text = text[:at].rstrip()
    if not sources and (match := _TAIL.search(text)) and not _REMARK.match(match[1]):
        return unquoted(text[: match.start()]), match[1].strip("(){}[]. ")  # its brackets do not pair
    return unquoted(text), "; ".join(filter(None, sources))


def _last_brackets(text: str) -> int | None:
    """Return where the brackets that end a text open; also when just their closing one was forgotten."""
    end = len(text.rstrip(". "))
    closing = text[end - 1 : end]
    depth = 0
    for i in range(end - 1, max(-1, end - _LONGEST), -1):
        if closing not in _PAIRS:
            if text[i] in "(’)":
                return i if text[i] == "(" else None
        elif text[i] in (closing, _PAIRS[closing]):
            depth += 1 if text[i] == closing else -1
            if not depth:
                return i
    return None


def _stands_after(text: str, at: int) -> bool:
    """Whether what starts at `at` stands outside the quotes of a translation, or the translation has none."""
    before = text[:at].rstrip(" .,;")
    return not before or before.endswith(("’", "”", ")", "}", "]", "'")) or text[:1] not in ("‘", "“", "'")


def unquoted(text: str) -> str:
    """Return a translation without the quotes around the whole of it.

    >>> unquoted("‘I don't.’")
    "I don't."
    """
    text = text.strip()
    for opening, closing in (("‘", "’"), ("“", "”"), ("'", "'"), ("'", "’"), ('"', '"')):
        if text.startswith(opening):
            end = text.rfind(closing)
            if end > 0 and not text[end + 1 :].strip(" .") and opening not in text[1:end]:
                return (text[1:end] + text[end + 1 :].strip(" ")).strip() if text[1:end].strip() else text
            if end > 0 and not text[end + 1 :].strip(" .") and opening == "‘" and _nested(text[1:end]):
                return text[1:end].strip()
            if closing not in text[1:]:
                return text[1:].strip()  # the closing quote was forgotten
    return text[:-1].strip() if text.endswith("’") and "‘" not in text else text


def _nested(text: str) -> bool:
    """Whether the single quotes inside a text open before they close, so that it may stand in quotes as a whole."""
    depth = 0
    for match in re.finditer(r"‘|’", text):
        depth += 1 if match.group() == "‘" else -1
        if depth < 0:
            return False
    return True
