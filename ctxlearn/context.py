"""The context: what a model reads of a language, packed from whole records; equal input gives equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from ctxlearn import leaks, render
from ctxlearn.corpus import Contents, TestSet
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

    `tests` are further held-out sets beside the corpus's own. `count` counts a text's tokens. Raises UsageError for an unknown
    section, BudgetError when not even the opening fits, LeakError when a leak survives (a fault in this program).
    """
    for name in sections:
        if name not in SECTIONS:
            raise UsageError(f"section {name!r}: the known ones are {', '.join(SECTIONS)}")
    held_out = [*contents.tests, *tests]
    clean, found = _without_leaks(_gather(contents), held_out)
    language, contact = contents.corpus.language, contents.corpus.contact
    opening = render.write_opening(language, contact)
    packed = _fit(clean, sections, count, budget, opening)
    prefix = "\n".join([opening, *(section.text for section in packed if section.text)])
    check(prefix, held_out)
    looked_into = {"grammar" if name == "glossed" else name for name in sections}
    return Context(
        language,
        contact,
        packed,
        tokens=count(prefix),
        budget=budget,
        policy=_strictest(contents),
        leaks=tuple(leak for leak in found if leak.section in looked_into),
        prefix=prefix,
    )


def _gather(contents: Contents) -> dict[str, tuple[Record, ...]]:
    """Return all records by the section they belong to, in reading order."""
    grammar = [block for part in contents.parts if part.source.kind == "grammar" for block in part.material.blocks]
    text = [block for part in contents.parts if part.source.kind != "grammar" for block in part.material.blocks]
    return {
        "dictionary": tuple(entry for part in contents.parts for entry in part.material.entries),
        "examples": tuple(example for part in contents.parts for example in part.material.examples),
        "grammar": tuple(grammar),
        "text": tuple(text),
    }


def _without_leaks(
    records: Mapping[str, tuple[Record, ...]], tests: Sequence[TestSet]
) -> tuple[dict[str, tuple[Record, ...]], list[Leak]]:
    found = leaks.find(tests, records)
    leaking = {(leak.section, leak.record, leak.place) for leak in found}
    clean = {
        name: tuple(record for record in kept if (name, record.id, record.place) not in leaking)
        for name, kept in records.items()
    }
    return clean, found


def check(prefix: str, tests: Sequence[TestSet]) -> None:
    """Read a packed context back and raise LeakError when a held-out sentence still stands in it."""
    reading = render.read(prefix)
    records: dict[str, Sequence[Record]] = {
        "dictionary": reading.entries,
        "examples": reading.examples,
        "grammar or text": reading.blocks,
    }
    for leak in leaks.find(tests, records):
        raise LeakError(
            f"held-out segment {leak.test}:{leak.test_id} ({leak.side}) still stands in the context, section "
            f"{leak.section}; take it out of that source or out of the test"
        )


def _strictest(contents: Contents) -> Policy:
    return max((part.source.policy for part in contents.parts), key=POLICIES.index)


# -- within a budget --------------------------------------------------------------------------------------------------


def _fit(
    records: Mapping[str, tuple[Record, ...]], sections: Sequence[str], count: Count, budget: int | None, opening: str
) -> tuple[Section, ...]:
    """Return the sections in their fixed order, each with as many of its first records as still fit."""
    room = None if budget is None else budget - count(opening) - len(sections)
    if room is not None and room < 0:
        raise BudgetError(f"a budget of {budget} tokens does not even hold the opening; give a larger --budget")
    packed: list[Section] = []
    grammar = [block for block in records["grammar"] if isinstance(block, Block)]
    for name in (name for name in SECTIONS if name in sections):
        if name == "grammar":
            packed += _fit_grammar(grammar, count, room)
        elif name == "glossed" and "grammar" not in sections:
            packed.append(_fit_section("glossed", _glossed(grammar), count, room))
        elif name != "glossed":
            packed.append(_fit_section(name, records[name], count, room))
        room = None if budget is None else budget - count(opening) - len(sections) - sum(it.tokens for it in packed)
    return tuple(packed)


def _fit_section(name: str, records: Sequence[Record], count: Count, room: int | None) -> Section:
    """Return a section of the first records that fit in `room` tokens."""
    if room is None:
        return _section(name, records, count)
    costs = list(accumulate(map(count, render.pieces(records)), initial=count(render.write_section(name, records[:1]))))
    fitting = max((number for number, cost in enumerate(costs) if cost <= room), default=0) if records else 0
    while fitting and count(render.write_section(name, records[:fitting])) > room:
        fitting -= 1  # tokens may join differently across pieces
    return _section(name, records[:fitting], count, left_out=len(records) - fitting)


def _section(name: str, records: Sequence[Record], count: Count, left_out: int = 0) -> Section:
    text = render.write_section(name, records)
    return Section(name, text, count(text), tuple(records), left_out)


def _fit_grammar(blocks: Sequence[Block], count: Count, room: int | None) -> list[Section]:
    """Return the grammar as far as it fits, and by themselves the glossed examples of what does not.

    The examples are worth more than the prose: the first blocks are taken so many that all later glossed examples fit too.
    """
    whole = _section("grammar", blocks, count)
    if room is None or whole.tokens <= room:
        return [whole]
    prose = list(accumulate(map(count, render.pieces(blocks)), initial=0))
    glossed = [count(render.write_block(block)) if _is_glossed(block) else 0 for block in blocks]
    later = [*reversed(list(accumulate(reversed(glossed)))), 0]
    slack = 16  # the two title lines
    fitting = max((n for n in range(len(blocks) + 1) if prose[n] + later[n] + slack <= room), default=0)
    first = _section("grammar", blocks[:fitting], count)
    rest = _fit_section("glossed", _glossed(blocks[fitting:]), count, room - first.tokens)
    left_out = len(blocks) - fitting - len(rest.records)
    return [
        Section("grammar", first.text, first.tokens, first.records, left_out - rest.left_out),
        rest,
    ]


def _glossed(blocks: Sequence[Block]) -> list[Block]:
    """Return the glossed examples alone, each under no heading."""
    return [Block(example=block.example, id=block.id, place=block.place) for block in blocks if _is_glossed(block)]


def _is_glossed(block: Block) -> bool:
    return block.example is not None and is_pair(block.example)
