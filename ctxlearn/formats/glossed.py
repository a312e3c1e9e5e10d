"""Interlinear examples as plain text and databases write them: lines under lines, judgements, separate morphemes.

An example in lines is, after a number `(3)`, `(3a)` or `(3) a.` that may be missing:

    the plain sentence          may be missing
    words                       as many as the glosses; where a gloss has blanks, tabs or two blanks part them
    glosses
    'the translation' [source]

in any quotation marks; the source may be missing or stand in round brackets. Words and glosses of a long sentence may
take turns over several lines. A number with a sentence and its translation is an example without glosses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ctxlearn.data import Example, clean
from ctxlearn.igt import surface

UNGLOSSED = "?"  # stands for the gloss of a word that has none

MAX_LINES = 12  # no example is longer; a translation is not looked for below

_NUMBER = re.compile(r"\((\d+(?:\.\d+)*)([a-z]?)\)[ \t]*(?:([a-z])\.[ \t]+)?")
_LETTER = re.compile(r"(?:\(([a-z])\)|([a-z])\.)[ \t]+(?=\S)")
_OPENING = tuple("‘'“\"„«「`")
_TRANSLATION = re.compile(r"[‘'“\"„«「`](.+)[’'”\"“»」][ \t]*(?:\[([^\[\]]*)\]|\(([^()]*)\))?\.?$")
_APART = re.compile(r"[ \t]*\t[ \t]*| {2,}")
_GLOSS_LIKE = re.compile(r"\b(?:[A-Z]{2,}|[123](?:[A-Z]{2}|\b))|\w[-=~.]\w")

_EDGES = "-=~"
_JUDGEMENT = re.compile(r"(\*\?|\?\?|\?\*|[*?#%])\s*(?=[^\W\d_]|[\"'“‘(\[<])")
_ALTERNATIVES = re.compile(r"\s*;\s*|,\s+")


def judged(text: str) -> tuple[str, str]:
    """Return the judgement that an example begins with, and the rest.

    >>> judged("*kesu tari")
    ('*', 'kesu tari')
    """
    match = _JUDGEMENT.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def one_word(text: str) -> str:
    """Return a word or gloss without blanks: alternatives are parted by `/`, the words of one by `_`.

    >>> one_word("over there; far")
    'over_there/far'
    """
    return _ALTERNATIVES.sub("/", clean(text).strip("; ")).replace(" ", "_")


def joined(morphemes: Sequence[str], glosses: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Join morphemes that stand apart into words, and their glosses likewise.

    A morpheme that begins with `-`, `=` or `~`, or follows one that ends so, belongs to the word before it; its gloss
    gets the same mark. Punctuation and names without a gloss stand for themselves. Where there are not as many glosses
    as morphemes each line is joined by its own marks.

    >>> joined(["tari", "=n", "kesu", "-nu", "."], ["dog", "=ERG", "see; look.at", "NEG", ""])
    (('tari=n', 'kesu-nu', '.'), ('dog=ERG', 'see/look.at-NEG', '.'))
    """
    parts = [one_word(morpheme) for morpheme in morphemes]
    labels = [one_word(gloss) for gloss in glosses]
    if len(parts) != len(labels):
        return tuple(_chained(parts, parts)), tuple(_chained(labels, labels))
    parts = [part or "∅" if label else part for part, label in zip(parts, labels, strict=True)]
    marked = [_marked(part, label) for part, label in zip(parts, labels, strict=True)]
    return tuple(_chained(parts, parts)), tuple(_chained(marked, parts))


def _chained(pieces: Sequence[str], parts: Sequence[str]) -> list[str]:
    """Join the pieces of one line where the morphemes `parts` belong together."""
    line: list[str] = []
    before = ""
    for piece, part in zip(pieces, parts, strict=True):
        if not part:
            continue
        if line and _belongs(before, part):
            line[-1] += piece[1:] if before[-1] in _EDGES and part[0] in _EDGES else piece
        else:
            line.append(piece)
        before = part
    return line


def _belongs(before: str, part: str) -> bool:
    if not before.strip(_EDGES) or not part.strip(_EDGES):  # a dash by itself
        return False
    return (part[0] in _EDGES and any(map(str.isalnum, before))) or before[-1] in _EDGES


def looks_glossed(glosses: Sequence[str]) -> bool:
    """Whether some gloss has what only glosses have: a category in capitals, a mark or a point between letters.

    >>> looks_glossed(["dog-ERG", "see"]), looks_glossed(["says", "the", "book"])
    (True, False)
    """
    return _GLOSS_LIKE.search(" ".join(glosses)) is not None


def _marked(part: str, label: str) -> str:
    """Return the gloss of a morpheme with the marks that the morpheme has at its ends."""
    core = part.strip(_EDGES)
    inner = label.strip(_EDGES) or _self_gloss(core)
    if not core:
        return label or part
    start = part[: len(part) - len(part.lstrip(_EDGES))]
    end = part[len(part.rstrip(_EDGES)) :]
    return f"{start}{inner}{end}"


def _self_gloss(core: str) -> str:
    stands_for_itself = not any(map(str.isalpha, core)) or core[:1].isupper()
    return core if stands_for_itself else UNGLOSSED


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a quote or a listing, the first at `offset`; with the example that they are, if they are one."""

    offset: int
    lines: tuple[str, ...]
    example: Example | None = None


def pieces(lines: Sequence[str]) -> Iterator[Piece]:
    """Cut lines at blank ones and before numbers, and yield what they are.

    >>> [piece] = pieces(["(3) tari-n mola-ke", "dog-ERG fish-ACC", "'The dog eats the fish.'"])
    >>> piece.example.primary_text, piece.example.number
    ('tarin molake', '(3)')
    """
    number = ""
    for offset, group in _groups(lines):
        base, letter, rest = _numbered(group[0], number)
        number = base or number
        example = read_example((rest, *group[1:]), f"({base}{letter})" if base else "")
        yield Piece(offset, group, example)


def _groups(lines: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield what stands between blank lines and before numbers, with where it begins."""
    group: list[str] = []
    is_numbered = False
    for offset, line in enumerate((*lines, "")):
        starts = _NUMBER.match(line.lstrip()) or (is_numbered and _LETTER.match(line.lstrip()))
        if group and (starts or not line.strip()):
            yield offset - len(group), tuple(group)
            group = []
        if line.strip():
            is_numbered = is_numbered or bool(starts)
            group.append(line.strip(" "))


def _numbered(line: str, before: str) -> tuple[str, str, str]:
    """Return the number and letter that an example begins with, and the rest; a letter alone goes with `before`."""
    if match := _NUMBER.match(line):
        return match[1], match[2] or match[3] or "", line[match.end() :]
    if before and (match := _LETTER.match(line)):
        return before, match[1] or match[2], line[match.end() :]
    return "", "", line


def read_example(lines: Sequence[str], number: str = "") -> Example | None:
    """Return the example that these lines are, None when they are none.

    Without a number, the glosses must be as many as the words, or look like glosses.
    """
    for count in range(1, min(len(lines), MAX_LINES)):
        if lines[count].lstrip().startswith(_OPENING):
            match = _TRANSLATION.match(" ".join(map(str.strip, lines[count:])))
            return _assembled(lines[:count], match, number) if match else None
    return None


def _assembled(body: Sequence[str], translation: re.Match[str], number: str) -> Example | None:
    """Return the example of the lines above a translation."""
    sentence = body[0] if len(body) % 2 else ""
    found = list(_word_lines(body[len(body) % 2 :]))
    words = tuple(word for line, _ in found for word in line)
    glosses = tuple(gloss for _, line in found for gloss in line)
    if len(words) != len(glosses) and (len(found) > 1 or not (number or looks_glossed(glosses))):
        return None
    mark, primary = judged(clean(sentence))
    word_mark, first = judged(words[0]) if words else ("", "")
    words = (first, *words[1:]) if first else words
    translated = clean(translation[1])
    primary = primary or surface(words, glosses)
    if not primary or not translated or not (words or number):
        return None
    source = clean(translation[2] or translation[3] or "")
    return Example(primary, translated, words, glosses, mark or word_mark, number, source)


def _word_lines(lines: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield pairs of a line of words and its line of glosses."""
    for words, glosses in zip(lines[::2], lines[1::2], strict=True):
        plain = words.split(), glosses.split()
        apart = _APART.split(words.strip()), _APART.split(glosses.strip())
        if len(plain[0]) != len(plain[1]) and len(apart[0]) == len(apart[1]) > 1:
            yield [one_word(word) for word in apart[0]], [one_word(gloss) for gloss in apart[1]]
        else:
            yield plain
