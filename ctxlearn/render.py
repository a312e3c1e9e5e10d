r"""How a record is written into a context and read back from it: `write` and `read` are inverse.

A context is plain text that a person and a model both read:

    # Kalamang (kgv) and English (eng)        the opening: the languages
    # Dictionary                              a section; its title comes from TITLES
    ## kgv                                    the language of the headwords that follow
    ewun | n | tree trunk | base              headword | part of speech | one field a sense
    ewun | n | base | ~ iwun | + from Malay   `~` another form of the headword, `+` a note
    # Examples                                translation after the sentence; perhaps words | glosses | judgement
    Kara gonggungnin. | They didn't call.
    # Grammar
    ## 9 Possession                           headings, one `#` deeper than in the book
                                              blocks are parted by an empty line
    A paragraph, a list or a table.
    > (9.2a) * ka=at gonggung                 a glossed example: words, glosses, translation [| source]; when the
    2SG=OBJ call                              words do not spell the sentence, the sentence stands first
    They didn't call. | narr1

A backslash takes the meaning from what follows: `\|` in a field, and before a line's first character where that would
say something else. Ids and places are not written; they belong to the corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ctxlearn.data import Block, Entry, Example, Language, Record, Sense
from ctxlearn.errors import CorpusError
from ctxlearn.igt import is_pair, surface

TITLES = {
    "dictionary": "Dictionary",
    "examples": "Examples",
    "grammar": "Grammar",
    "glossed": "Glossed examples",
    "text": "Texts",
}
SECTIONS = {title: name for name, title in TITLES.items()}

_OPENING = re.compile(r"# (?P<name>.+) \((?P<code>\S+)\) and (?P<contact>.+) \((?P<contact_code>\S+)\)")
_SECTION = re.compile(r"(?m)^# (.*)\n")
_FIELD = re.compile(r"(?:[^|\\]|\\.?)*")
_ESCAPED = re.compile(r"\\(.)")
_NUMBER = r"\([^()]+\)"
_JUDGEMENT = r"[*?#%!]+"
_FIRST_LINE = re.compile(rf"> (?:(?P<number>{_NUMBER})(?: |$))?(?:(?P<judgement>{_JUDGEMENT})(?: |$))?(?P<rest>.*)")
_LIKE_A_MARK = re.compile(rf"(?:{_NUMBER}|{_JUDGEMENT})(?: |$)")
_NOTHING = "\\"  # stands for an empty line inside a block


@dataclass(frozen=True, slots=True)
class Reading:
    """What a context says, read back: the records of every section, without ids and places."""

    language: Language
    contact: Language
    entries: tuple[Entry, ...]
    examples: tuple[Example, ...]
    blocks: tuple[Block, ...]

    def pairs(self) -> Iterator[Example]:
        """Yield every example that can serve as a sentence pair, wherever in the context it stands."""
        yield from (example for example in self.examples if is_pair(example))
        yield from (block.example for block in self.blocks if block.example and is_pair(block.example))


def read(prefix: str) -> Reading:
    """Return what a packed context says. Raises CorpusError when the text is not a packed context."""
    language, contact = read_opening(prefix)
    sections = read_sections(prefix)
    blocks = [block for name in ("grammar", "glossed", "text") for block in read_blocks(sections.get(name, ""))]
    return Reading(
        language,
        contact,
        tuple(read_entries(sections.get("dictionary", ""))),
        tuple(read_examples(sections.get("examples", ""))),
        tuple(blocks),
    )


# -- the opening and the sections -------------------------------------------------------------------------------------


def write_opening(language: Language, contact: Language) -> str:
    """Return the first line of a context, which names its two languages."""
    return f"# {language.name} ({language.code}) and {contact.name} ({contact.code})\n"


def read_opening(prefix: str) -> tuple[Language, Language]:
    """Return the two languages of a context. Raises CorpusError when the text is not a packed context."""
    match = _OPENING.fullmatch(prefix.split("\n", 1)[0])
    if match is None:
        raise CorpusError(f"not a packed context: it begins {prefix[:60]!r}; expected '# Name (code) and Name (code)'")
    return Language(match["name"], match["code"]), Language(match["contact"], match["contact_code"])


def write_section(name: str, records: Sequence[Record]) -> str:
    """Return a section with its title line; nothing when it has no records."""
    return f"# {TITLES[name]}\n" + "".join(pieces(records)) if records else ""


def read_sections(prefix: str) -> dict[str, str]:
    """Return the text of each section by its name (a key of TITLES), without the title line."""
    _, *parts = _SECTION.split(prefix)
    return {SECTIONS[title]: text for title, text in zip(parts[::2], parts[1::2], strict=True) if title in SECTIONS}


def pieces(records: Iterable[Record]) -> Iterator[str]:
    """Yield what each record in turn adds to its section: its headings, as far as they changed, and itself."""
    language = ""
    path: tuple[str, ...] = ()
    for record in records:
        if isinstance(record, Entry):
            changed = record.language != language
            language = record.language
            yield (f"## {language}\n" if changed else "") + write_entry(record)
        elif isinstance(record, Example):
            yield write_example(record)
        else:
            yield _write_headings(path, record.headings) + write_block(record)
            path = record.headings


# -- lines of fields: entries and sentence pairs ----------------------------------------------------------------------


def write_entry(entry: Entry) -> str:
    """Return an entry as one line; its language is said by the heading above it."""
    senses = [_guard(_escape(sense.description), "~+") for sense in entry.senses]
    variants = ["~ " + _escape(form) for form in entry.variants]
    notes = ["+ " + _escape(note) for note in entry.notes]
    return _write_line([_escape(entry.headword), _escape(entry.part_of_speech), *senses, *variants, *notes])


def read_entries(text: str) -> Iterator[Entry]:
    """Yield the entries of a dictionary section."""
    language = ""
    for line in text.split("\n"):
        if line.startswith("##"):
            language = line[3:]
        elif line:
            yield _read_entry(line, language)


def _read_entry(line: str, language: str) -> Entry:
    headword, *fields = _split(line)
    part_of_speech, *fields = fields or [""]
    senses = tuple(Sense(_plain(field)) for field in fields if not field.startswith(("~ ", "+ ")))
    variants = tuple(_plain(field[2:]) for field in fields if field.startswith("~ "))
    notes = tuple(_plain(field[2:]) for field in fields if field.startswith("+ "))
    return Entry(_plain(headword), senses, _plain(part_of_speech), variants, notes, language)


def write_example(example: Example) -> str:
    """Return a sentence pair as one line."""
    fields = [example.primary_text, example.translated_text]
    if example.analyzed_words or example.glosses or example.judgement:
        fields += [" ".join(example.analyzed_words), " ".join(example.glosses)]
    if example.judgement:
        fields += [example.judgement]
    return _write_line([_escape(field) for field in fields])


def read_examples(text: str) -> Iterator[Example]:
    """Yield the sentence pairs of an examples section."""
    for line in text.split("\n"):
        if line:
            fields = [_plain(field) for field in _split(line)]
            primary, translated, words, glosses, judgement = (fields + [""] * 5)[:5]
            yield Example(primary, translated, tuple(words.split()), tuple(glosses.split()), judgement)


def _write_line(fields: Sequence[str]) -> str:
    return _guard(" | ".join(fields), "#").rstrip(" ") + "\n"


def _split(line: str) -> list[str]:
    """Return the fields of a line, still escaped."""
    if "\\" not in line:
        return [field.strip(" ") for field in line.split("|")]
    fields = []
    position = 0
    while match := _FIELD.match(line, position):
        fields.append(match[0].strip(" "))
        if match.end() == len(line):
            break
        position = match.end() + 1
    return fields


def _escape(field: str) -> str:
    return field.replace("\\", "\\\\").replace("|", "\\|")


def _plain(field: str) -> str:
    return _ESCAPED.sub(r"\1", field) if "\\" in field else field


def _guard(line: str, special: str) -> str:
    return "\\" + line if line and line[0] in special else line


# -- blocks -----------------------------------------------------------------------------------------------------------


def write_block(block: Block) -> str:
    """Return a paragraph, table or glossed example with the empty line that ends it."""
    lines = block.text.split("\n") if block.example is None else _glossed_lines(block.example)
    if block.example is None:
        lines = [_guard(line, "#>\\") for line in lines]
    return "\n".join(lines) + "\n\n"


def _glossed_lines(example: Example) -> list[str]:
    words, glosses = " ".join(example.analyzed_words), " ".join(example.glosses)
    lines = [words, glosses] if words or glosses else []
    if not words or example.primary_text != surface(example.analyzed_words, example.glosses):
        lines = [example.primary_text, *lines]
    first, *rest = [_guard(line, "#\\") or _NOTHING for line in lines]
    marks = "".join(f"{mark} " for mark in (example.number, example.judgement) if mark)
    first = "\\" + first if _LIKE_A_MARK.match(first) else first
    last = _escape(example.translated_text) + (f" | {_escape(example.source)}" if example.source else "")
    return [f"> {marks}{first}", *rest, _guard(last, "#") or _NOTHING]


def read_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a grammar, glossed or text section under their headings."""
    path: tuple[str, ...] = ()
    for chunk in text.split("\n\n"):
        chunk = chunk.strip("\n")
        if chunk.startswith("#"):
            path = _read_heading(path, chunk)
        elif chunk.startswith("> "):
            yield Block(example=_read_glossed(chunk.split("\n")), headings=path)
        elif chunk:
            yield Block("\n".join(line.removeprefix("\\") for line in chunk.split("\n")), headings=path)


def _read_glossed(lines: Sequence[str]) -> Example:
    match = _FIRST_LINE.match(lines[0])
    assert match is not None  # every line that begins "> " matches
    last = "" if lines[-1] == _NOTHING else lines[-1]
    translated, source = ([_plain(field) for field in _split(last)] + [""])[:2]
    body = ["" if line == _NOTHING else line.removeprefix("\\") for line in [match["rest"], *lines[1:-1]]]
    primary, words, glosses = {1: [*body, "", ""], 2: ["", *body]}.get(len(body), [*body, "", "", ""][:3])
    analyzed_words, gloss_words = tuple(words.split()), tuple(glosses.split())
    if len(body) == 2:
        primary = surface(analyzed_words, gloss_words)
    marks = {"judgement": match["judgement"] or "", "number": match["number"] or ""}
    return Example(primary, translated, analyzed_words, gloss_words, source=source, **marks)


def _write_headings(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    """Return the heading lines between two paths; a step up writes the heading that it leads to again."""
    if old == new:
        return ""
    if not new:
        return "##\n\n"
    common = 0
    while common < min(len(old), len(new) - 1) and old[common] == new[common]:
        common += 1
    return "".join(f"{'#' * (level + 2)} {new[level]}\n\n" for level in range(common, len(new)))


def _read_heading(path: tuple[str, ...], line: str) -> tuple[str, ...]:
    marks, _, title = line.partition(" ")
    return (*path[: len(marks) - 2], title) if title else ()
