"""The bibliography: from the book's .bib files only what a citation in the text shows, author and year.

entry ::= "@" type "{" key "," (field "=" value ",")* "}"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ctxlearn.data import clean
from ctxlearn.formats.latex.symbols import SYMBOLS, accented

_ENTRY = re.compile(r"^[ \t]*@(\w+)[ \t]*\{[ \t]*([^,\s}]+)[ \t]*,", re.MULTILINE)
_FIELD = re.compile(
    r"(?:^|,)[ \t]*(author|editor|year|date|shortauthor|shorthand|crossref)[ \t]*=[ \t]*", re.IGNORECASE | re.MULTILINE
)
_ACCENT = re.compile(r"""\\(?:(['`^"~=.])|([uvHckrdb])(?![A-Za-z]))\s*(?:\{\\?([A-Za-z]?)\}|\\?([A-Za-z]))""")
_COMMAND = re.compile(r"\\([A-Za-z]+|[^A-Za-z])\s*")
_AND = re.compile(r"\s+and\s+")
_YEAR = re.compile(r"\d{4}[a-z]?")


@dataclass(slots=True)
class Bibliography:
    """The entries by key as they stand in the files; each is read when it is first cited. `missing`: keys not found."""

    bodies: dict[str, str] = field(default_factory=dict)
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Take in the entries of a .bib file."""
        starts = list(_ENTRY.finditer(text))
        for i, match in enumerate(starts):
            end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
            self.bodies.setdefault(match[2], text[match.end() : end])

    def cite(self, style: str, keys: str, before: str = "", pages: str = "") -> str:
        """Return a citation as it is printed: plain, text, paren, author or year.

        >>> book = Bibliography()
        >>> book.add("@book{d, author = {Delsing, Ann and Roe, B.}, year = 2002}")
        >>> book.cite("text", "d", pages="5")
        'Delsing & Roe (2002: 5)'
        """
        pairs = [self._find(key.strip()) for key in keys.split(",") if key.strip()]
        lead = f"{before} " if before else ""
        tail = f": {pages}" if pages else ""
        if style == "author":
            return lead + ", ".join(author for author, _ in pairs)
        if style == "year":
            return lead + ", ".join(year for _, year in pairs) + tail
        if style == "text":
            shown = ", ".join(f"{author} ({year})" if year else author for author, year in pairs)
            return lead + (shown[:-1] + tail + ")" if tail and shown.endswith(")") else shown + tail)
        shown = lead + "; ".join(f"{author} {year}".strip() for author, year in pairs) + tail
        return f"({shown})" if style == "paren" else shown

    def _find(self, key: str) -> tuple[str, str]:
        if key not in self.known:
            fields = self._fields(key, 0)
            if not fields:
                self.missing[key] = self.missing.get(key, 0) + 1
                return key, ""
            named = (fields.get(name, "") for name in ("shortauthor", "author", "editor", "shorthand"))
            names = next(filter(None, named), "")
            year = fields.get("year") or fields.get("date", "")
            found = _YEAR.search(year)
            self.known[key] = (_surnames(names) or key, found.group() if found else plain(year))
        return self.known[key]

    def _fields(self, key: str, depth: int) -> dict[str, str]:
        body = self.bodies.get(key)
        if body is None:
            return {}
        fields: dict[str, str] = {}
        for match in _FIELD.finditer(body):
            fields.setdefault(match[1].lower(), _value(body, match.end()))
        parent = fields.get("crossref", "").strip()
        if parent and depth < 3:
            inherited = self._fields(parent, depth + 1)
            fields = {**{name: inherited[name] for name in ("year", "date") if name in inherited}, **fields}
        return fields or {"author": ""}


def _value(body: str, at: int) -> str:
    """Return the value that starts at `at`: in braces, in quotes, or a bare word."""
    opening = body[at : at + 1]
    if opening not in ("{", '"'):
        return re.split(r"[,\n}]", body[at : at + 200], maxsplit=1)[0].strip()
    depth = 0
    for i in range(at, min(len(body), at + 4000)):
        character = body[i]
        depth += (character == "{") - (character == "}")
        if (opening == "{" and depth == 0) or (opening == '"' and i > at and character == '"' and depth == 0):
            return body[at + 1 : i]
    return body[at + 1 : at + 200]


def plain(value: str) -> str:
    r"""Return a field's value without its LaTeX.

    >>> plain("M{\\\"u}ller, {J}os\\'e")
    'Müller, José'
    """
    value = _ACCENT.sub(lambda match: accented(match[1] or match[2], match[3] or match[4] or ""), value)
    value = _COMMAND.sub(lambda m: SYMBOLS.get(m[1], ""), value)
    return clean(value.replace("{", "").replace("}", "").replace("~", " "))


def _surnames(names: str) -> str:
    people = [_surname(name) for name in _AND.split(" ".join(names.split())) if name.strip()]
    if len(people) > 2 or "others" in people:
        return f"{people[0]} et al."
    return " & ".join(people)


def _surname(name: str) -> str:
    if name.strip().startswith("{") and name.strip().endswith("}") and "," not in name:
        return plain(name)  # an institution
    if "," in name:
        return plain(name.split(",", 1)[0])
    words = plain(name).split()
    first_small = next((i for i, word in enumerate(words[1:-1], 1) if word.islower()), len(words) - 1)
    return " ".join(words[first_small:])
