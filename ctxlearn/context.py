"""The context: what a model reads of a language, packed from whole records; equal input gives equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import add

from ctxlearn import leaks, render
from ctxlearn.corpus import Contents, Part, TestSet
from ctxlearn.data import POLICIES, Block, Language, Policy, Record
from ctxlearn.errors import BudgetError, LeakError, UsageError
from ctxlearn.igt import is_pair
from ctxlearn.leaks import Leak

Count = Callable[[str], int]

SECTIONS = tuple(render.TITLES)
DEFAULT = ("dictionary", "examples", "grammar", "text")


@dataclass(frozen=True, slots=True)
class Section:
    """One section as packed: its text and length in tokens, its records, and how many did not fit the budget."""

    name: str
    text: str
    tokens: int
    records: tuple[Record, ...]
    left_out: int = 0

    @property
    def title(self) -> str:
        """The title it has in the text."""
        return render.TITLES[self.name]


@dataclass(frozen=True, slots=True)
class Context:
    """A packed corpus. `leaks` are the records taken out because a held-out sentence stood in them."""

    language: Language
    contact: Language
    sections: tuple[Section, ...]
    tokens: int
    budget: int | None
    policy: Policy
    leaks: tuple[Leak, ...] = ()
    prefix: str = field(default="", repr=False)

    @property
    def removed(self) -> int:
        """How many records were taken out because they leak."""
        return len({(leak.section, leak.record, leak.place) for leak in self.leaks})

    @property
    def fingerprint(self) -> str:
        """The sha256 of the prefix: what caches and learned states are kept by."""
        return hashlib.sha256(self.prefix.encode()).hexdigest()


def pack(
    contents: Contents,
    count: Count,
    *,
    budget: int | None = None,
    sections: Sequence[str] = DEFAULT,
    tests: Iterable[TestSet] = (),
) -> Context:
    """Return the context of a corpus within `budget` tokens, without any record that leaks a test set.

    `sections` are packed in their order, so that the first are the last to be cut short; `name:tokens` limits one by
    itself. `tests` are further held-out sets beside the corpus's own. `count` counts a text's tokens. Raises UsageError
    for an unknown section, BudgetError when not one record fits, LeakError when a leak survives (a fault of ours).
    """
    limits = dict(map(parse_section, sections))
    held_out = [*contents.tests, *tests]
    clean, found = _without_leaks(_gather(contents), held_out)
    language, contact = contents.corpus.language, contents.corpus.contact
    opening = render.write_opening(language, contact)
    packed = tuple(_fit(clean, limits, count, budget, opening))
    if not any(section.records for section in packed) and any(section.left_out for section in packed):
        if budget is None:
            raise BudgetError(f"{', '.join(sections)}: not a single record fits; give a section more tokens")
        raise BudgetError(f"a budget of {budget} tokens does not hold a single record; give a larger --budget")
    prefix = "\n".join([opening, *(section.text for section in packed if section.text)])
    check(prefix, held_out)
    looked_into = {"grammar" if name == "glossed" else name for name in limits}
    return Context(
        language,
        contact,
        packed,
        tokens=count(prefix),
        budget=budget,
        policy=_strictest(contents, [section.name for section in packed if section.records]),
        leaks=tuple(leak for leak in found if leak.section in looked_into),
        prefix=prefix,
    )


def parse_section(text: str) -> tuple[str, int | None]:
    """Return the name of a section and the most tokens it may take, None for any number. Raises UsageError.

    >>> parse_section("grammar"), parse_section("grammar:50000")
    (('grammar', None), ('grammar', 50000))
    """
    name, colon, limit = text.partition(":")
    if name not in SECTIONS:
        raise UsageError(f"section {name!r}: the known ones are {', '.join(SECTIONS)}")
    if colon and not (limit.isdecimal() and int(limit)):
        raise UsageError(f"section {text!r}: expected a number of tokens above 0 after the colon")
    return name, int(limit) if colon else None


def narrowed(packed: Context, keep: Callable[[str, Record], bool], count: Count) -> Context:
    """Return a context of those records alone that `keep` says to, by their section, in the order they had."""
    kept = [
        (section, tuple(record for record in section.records if keep(section.name, record)))
        for section in packed.sections
    ]
    sections = tuple(
        _section(section.name, records, count, section.left_out + len(section.records) - len(records))
        for section, records in kept
    )
    opening = render.write_opening(packed.language, packed.contact)
    prefix = "\n".join([opening, *(section.text for section in sections if section.text)])
    return replace(packed, sections=sections, tokens=count(prefix), prefix=prefix)


def _of_part(part: Part) -> dict[str, tuple[Record, ...]]:
    """Return a part's records by the section they belong to."""
    material = part.material
    blocks = "grammar" if part.source.kind == "grammar" else "text"
    return {"dictionary": material.entries, "examples": material.examples, blocks: material.blocks}


def _gather(contents: Contents) -> dict[str, tuple[Record, ...]]:
    """Return all records by the section they belong to, in reading order."""
    parts = [_of_part(part) for part in contents.parts]
    names = [name for name in SECTIONS if name != "glossed"]
    return {name: tuple(record for part in parts for record in part.get(name, ())) for name in names}


def _without_leaks(
    records: Mapping[str, tuple[Record, ...]], tests: Sequence[TestSet]
) -> tuple[dict[str, tuple[Record, ...]], list[Leak]]:
    found = leaks.find(tests, records)
    in_headings = leaks.find(tests, {name: _headings(kept) for name, kept in records.items()})
    leaking = {(leak.section, leak.record, leak.place) for leak in found}
    hidden = {leak.record for leak in in_headings}
    clean = {
        name: tuple(_hide(hidden, record) for record in kept if (name, record.id, record.place) not in leaking)
        for name, kept in records.items()
    }
    return clean, [*found, *in_headings]


def _headings(records: Iterable[Record]) -> list[Block]:
    """Return each heading once as a record of its own, at the place of the first block below it."""
    first: dict[str, str] = {}
    for record in records:
        for heading in record.headings if isinstance(record, Block) else ():
            first.setdefault(heading, record.place)
    return [Block(heading, id=heading, place=place) for heading, place in first.items()]


def _hide(hidden: AbstractSet[str], record: Record) -> Record:
    """Return a block without the headings in which a held-out sentence stands; what is below them stays."""
    if not isinstance(record, Block) or hidden.isdisjoint(record.headings):
        return record
    return replace(record, headings=tuple("…" if heading in hidden else heading for heading in record.headings))


def check(prefix: str, tests: Sequence[TestSet]) -> None:
    """Read a packed context back and raise LeakError when a held-out sentence still stands in it."""
    reading = render.read(prefix)
    records: dict[str, Sequence[Record]] = {
        "dictionary": reading.entries,
        "examples": reading.examples,
        "grammar or text": [*reading.blocks, *_headings(reading.blocks)],
    }
    for leak in leaks.find(tests, records):
        raise LeakError(
            f"held-out segment {leak.test}:{leak.test_id} ({leak.side}) still stands in the context, section "
            f"{leak.section}; take it out of that source or out of the test"
        )


def _strictest(contents: Contents, sections: Collection[str]) -> Policy:
    """Return the strictest policy of the sources that have records in these sections."""
    packed = {"grammar" if name == "glossed" else name for name in sections}
    parts = [part for part in contents.parts if any(name in packed and kept for name, kept in _of_part(part).items())]
    return max((part.source.policy for part in parts), key=POLICIES.index, default="open")


# -- within a budget --------------------------------------------------------------------------------------------------


def _fit(
    records: Mapping[str, tuple[Record, ...]],
    limits: Mapping[str, int | None],
    count: Count,
    budget: int | None,
    opening: str,
) -> Iterator[Section]:
    """Yield the sections, each with as many of its first records as still fit."""
    room = None if budget is None else budget - count(opening)
    for name, limit in limits.items():
        if name == "glossed" and "grammar" in limits:
            continue  # what of it the grammar does not hold is packed with the grammar
        most = min((it for it in (room, limit) if it is not None), default=None)
        for section in _fit_named(name, records, count, most):
            room = None if room is None else room - _with_gap(section, count)
            yield section


def _fit_named(name: str, records: Mapping[str, tuple[Record, ...]], count: Count, room: int | None) -> list[Section]:
    grammar = [block for block in records["grammar"] if isinstance(block, Block)]
    if name == "grammar":
        return _fit_grammar(grammar, count, room)
    return [_fit_section(name, _glossed(grammar) if name == "glossed" else records[name], count, room)]


def _with_gap(section: Section, count: Count) -> int:
    """Return what a section costs with the empty line before it."""
    return section.tokens + count("\n") if section.records else 0


def _title(name: str, count: Count) -> int:
    return count(f"\n# {render.TITLES[name]}\n")


def _fit_section(name: str, records: Sequence[Record], count: Count, room: int | None) -> Section:
    """Return a section of the first records that fit, with the empty line before it, in `room` tokens."""
    if room is None:
        return _section(name, records, count)
    title = _title(name, count)
    costs = accumulate(map(count, render.pieces(records)), initial=title)
    return _trimmed(name, records, _last_fitting(costs, room), count, room)


def _last_fitting(costs: Iterable[int], room: int) -> int:
    """Return the number of the last cost, counted from 0, that is within `room`, or 0."""
    return max((number for number, cost in enumerate(costs) if cost <= room), default=0)


def _trimmed(name: str, records: Sequence[Record], fitting: int, count: Count, room: int) -> Section:
    """Return a section of the first `fitting` records, or of fewer: tokens may join differently across pieces."""
    section = _section(name, records[:fitting], count, left_out=len(records) - fitting)
    while section.records and _with_gap(section, count) > room:
        fitting -= 1
        section = _section(name, records[:fitting], count, left_out=len(records) - fitting)
    return section


def _section(name: str, records: Sequence[Record], count: Count, left_out: int = 0) -> Section:
    text = render.write_section(name, records)
    return Section(name, text, count(text), tuple(records), left_out)


def _fit_grammar(blocks: Sequence[Block], count: Count, room: int | None) -> list[Section]:
    """Return the grammar as far as it fits, and by themselves the glossed examples of what does not.

    The examples are worth more than the prose: so many of the first blocks are taken that all later glossed examples
    fit too.
    """
    whole = _section("grammar", blocks, count)
    if room is None or _with_gap(whole, count) <= room:
        return [whole]
    prose = accumulate(map(count, render.pieces(blocks)), initial=_title("grammar", count))
    glossed = [count(render.write_block(block)) if _is_glossed(block) else 0 for block in blocks]
    later = accumulate(reversed(glossed), initial=_title("glossed", count))
    costs = [*map(add, prose, reversed([*later]))]
    first = _trimmed("grammar", blocks, _last_fitting(costs, room), count, room)
    rest_of_blocks = blocks[len(first.records) :]
    rest = _fit_section("glossed", _glossed(rest_of_blocks), count, room - _with_gap(first, count))
    prose_left_out = len(rest_of_blocks) - len(rest.records) - rest.left_out
    return [replace(first, left_out=prose_left_out), rest]


def _glossed(blocks: Sequence[Block]) -> list[Block]:
    """Return the glossed examples alone, each under no heading."""
    return [Block(example=block.example, id=block.id, place=block.place) for block in blocks if _is_glossed(block)]


def _is_glossed(block: Block) -> bool:
    return block.example is not None and is_pair(block.example)
