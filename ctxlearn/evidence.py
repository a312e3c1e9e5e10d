"""What in the packed records speaks of each word of a sentence, and whether a word is attested at all.

Found by code in the records themselves, never by asking a model.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ctxlearn import render
from ctxlearn.data import Block, Direction, Entry, Example, Language, Record
from ctxlearn.scripts import MARKS, UNSEGMENTED

_WORD = re.compile(rf"\w[\w{MARKS}]*(?:['’ʼ‘\-]\w[\w{MARKS}]*)*")
# A character of a script without blanks, with its marks; or all up to the next one: the figures in 我买了30本.
_CHARACTER = re.compile(rf"{UNSEGMENTED.pattern}[{MARKS}]*|(?:(?!{UNSEGMENTED.pattern}).)+")
_LONGEST = 20  # characters of a word that is looked for in a text without blanks
_ENDLESS = 100  # characters from which on it pays to see how long the known words are
_EMPHASIS = re.compile(r"(?<![\w*])\*+([^*\n]{1,60}?)\*+(?![\w*])|`([^`\n]{1,60})`")
_MORPHEME = re.compile(r"[=~<>-]+")
MOST = {"dictionary": 4, "examples": 3, "glossed": 3, "grammar": 3, "text": 2}  # records shown a word and section


@dataclass(frozen=True, slots=True)
class Found:
    """A record that speaks of a word: its section, id, text as packed, and place."""

    section: str
    id: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class TokenEvidence:
    """One word of a sentence; `attested` when exactly this form stands in the books, in its own language."""

    token: str
    side: Literal["source", "target"]
    attested: bool
    records: tuple[Found, ...]


def fold(token: str) -> str:
    """Return a word form as it is compared: NFC, case folded, one kind of apostrophe."""
    return re.sub("[’ʼ‘]", "'", unicodedata.normalize("NFC", token).casefold())


def tokens(text: str, vocabulary: Collection[str] = ()) -> list[str]:
    """Return the words of a text; a script without blanks is cut by longest match with `vocabulary`.

    >>> tokens("Ma, he'a mu-mu!")
    ['Ma', "he'a", 'mu-mu']
    >>> tokens("我买了30本DNA书", {"本"})
    ['我', '买', '了', '30', '本', 'DNA', '书']
    """
    return [piece for match in _WORD.finditer(text) for piece in _cut(match[0], vocabulary)]


def _cut(run: str, vocabulary: Collection[str]) -> Iterator[str]:
    if not UNSEGMENTED.search(run):
        yield run
        return
    ends = [match.end() for match in _CHARACTER.finditer(run)]
    start = at = 0  # `at` is the number of the character that begins at `start`
    while at < len(ends):
        longest = range(min(len(ends), at + _LONGEST) - 1, at, -1)
        at = next((last for last in longest if run[start : ends[last]] in vocabulary), at)
        yield run[start : ends[at]]
        start, at = ends[at], at + 1


def stem(form: str, known: Collection[str]) -> slice | None:
    """Return which part of a form, its beginning or its end, is the longest known one; at least half of the form.

    >>> form = "nokalum"
    >>> form[stem(form, {"noka", "lum"})]
    'noka'
    """
    least, most = max(2, (len(form) - 1) // 2), len(form) - 1
    if most > _ENDLESS:
        most = min(most, max(map(len, known), default=0))
    for length in range(most, least, -1):
        for part in (slice(0, length), slice(len(form) - length, len(form))):
            if form[part] in known:
                return part
    return None


def search(sections: Mapping[str, Sequence[Record]], text: str) -> Iterator[Found]:
    """Yield the records in which a text stands, capitals aside, in their order; a block also with its headings."""
    sought = unicodedata.normalize("NFC", text).casefold()
    for name, records in sections.items():
        for record in records:
            above = " / ".join(record.headings) if isinstance(record, Block) else ""
            shown = _text(record)
            if sought in f"{above}\n{shown}".casefold():
                yield Found(name, record.id, shown, record.place)


class Evidence:
    """An index of packed records by the words of both languages.

    `sections` are the context's records by section name.
    """

    def __init__(self, language: Language, contact: Language, sections: Mapping[str, Sequence[Record]]) -> None:
        self.codes = (language.code, contact.code)
        self.sections = sections
        self.heads: dict[str, set[str]] = {code: set() for code in self.codes}
        self.index: dict[str, dict[str, list[tuple[str, int]]]] = {code: defaultdict(list) for code in self.codes}
        self.mentions: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._collect_headwords()
        for name, records in sections.items():
            for number, record in enumerate(records):
                self._enter(name, number, record)

    def vocabulary(self, code: str) -> Collection[str]:
        """Return every folded word form that stands in the records in one language."""
        return self.index[code].keys()

    def of(self, text: str, code: str, side: Literal["source", "target"]) -> list[TokenEvidence]:
        """Return the evidence for each word of `text`, in its order, each form once."""
        seen = dict.fromkeys(tokens(text, self.heads[code]))
        return [self._of_token(token, code, side) for token in seen]

    def for_pair(self, source: str, target: str, direction: Direction) -> list[TokenEvidence]:
        """Return the evidence for a sentence and its translation."""
        return [*self.of(source, direction.source, "source"), *self.of(target, direction.target, "target")]

    def coverage(self, texts: Iterable[str], code: str) -> tuple[float, float]:
        """Return the shares of word types and of word tokens of `texts` that are attested (1.0 when there are none)."""
        forms = [fold(token) for text in texts for token in tokens(text, self.heads[code])]
        known = [form in self.index[code] for form in forms]
        types = {form: form in self.index[code] for form in forms}
        return (
            sum(types.values()) / len(types) if types else 1.0,
            sum(known) / len(known) if known else 1.0,
        )

    # -- the index

    def _collect_headwords(self) -> None:
        for record in self.sections.get("dictionary", ()):
            if isinstance(record, Entry):
                own, other = self._sides(record)
                self.heads[own].update(fold(form) for form in (record.headword, *record.variants))
                self.heads[other].update(fold(sense.description) for sense in record.senses)

    def _sides(self, entry: Entry) -> tuple[str, str]:
        language, contact = self.codes
        return (contact, language) if entry.language == contact else (language, contact)

    def _enter(self, section: str, number: int, record: Record) -> None:
        if isinstance(record, Entry):
            own, other = self._sides(record)
            self._add(own, section, number, [record.headword, *record.variants])
            self._add(other, section, number, [sense.description for sense in record.senses])
        elif isinstance(record, Block) and record.example is None:
            # In prose only what is set off as a form counts; an English word may look like one.
            spoken = " ".join(one or two for one, two in _EMPHASIS.findall(record.text))
            for form in {fold(token) for token in tokens(spoken)}:
                self.mentions[form].append((section, number))
        else:
            example = record if isinstance(record, Example) else record.example
            assert isinstance(example, Example)
            morphemes = [part for word in example.analyzed_words for part in _MORPHEME.split(word) if part]
            self._add(self.codes[0], section, number, [example.primary_text, *morphemes])
            self._add(self.codes[1], section, number, [example.translated_text])

    def _add(self, code: str, section: str, number: int, texts: Iterable[str]) -> None:
        for form in {fold(token) for text in texts for token in tokens(text, self.heads[code])}:
            self.index[code][form].append((section, number))

    # -- looking up

    def _of_token(self, token: str, code: str, side: Literal["source", "target"]) -> TokenEvidence:
        form = fold(token)
        exact = self.index[code].get(form, [])
        places = list(exact)
        if not any(section == "dictionary" for section, _ in exact):
            places = [*self._by_stem(form, code), *places]
        if code == self.codes[0]:
            places += self.mentions.get(form, [])
        return TokenEvidence(token, side, bool(exact), tuple(self._shown(places, form)))

    def _by_stem(self, form: str, code: str) -> list[tuple[str, int]]:
        """Return the entries whose headword the form begins or ends with."""
        part = stem(form, self.heads[code])
        places = self.index[code].get(form[part], []) if part else []
        return [place for place in places if place[0] == "dictionary"]

    def _shown(self, places: Iterable[tuple[str, int]], form: str) -> Iterator[Found]:
        """Yield the records at `places`, section by section, in each first what says least beside the form."""
        by_section: dict[str, list[Record]] = defaultdict(list)
        for section, number in dict.fromkeys(places):
            by_section[section].append(self.sections[section][number])
        for section, records in by_section.items():
            for record in sorted(records, key=lambda record: _length_around(form, record))[: MOST[section]]:
                yield Found(section, record.id, _text(record), record.place)


def _length_around(form: str, record: Record) -> int:
    """Return the length of the shortest text of a record in which a form stands."""
    if isinstance(record, Entry):
        texts = [record.headword, *record.variants, *(sense.description for sense in record.senses)]
        return min((len(text) for text in texts if form in fold(text)), default=1000)
    example = record if isinstance(record, Example) else record.example
    return len(record.text) if example is None and isinstance(record, Block) else len(_text(record))


def _text(record: Record) -> str:
    """Return a record as one line for a person."""
    if isinstance(record, Entry):
        return render.write_entry(record).rstrip("\n")
    example = record if isinstance(record, Example) else record.example
    if example is None:
        return record.text if isinstance(record, Block) else ""
    spoken = f"{example.judgement}{example.primary_text} | {example.translated_text}"
    return f"{example.number} {spoken}".strip()
