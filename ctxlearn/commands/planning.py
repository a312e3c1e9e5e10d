"""What `ctxlearn evaluate` is to run: a table for each test set and direction, a row for each system and context."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ctxlearn.commands import hosting, output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.corpus import TestSet
    from ctxlearn.corrections import Tail
    from ctxlearn.data import Direction
    from ctxlearn.evaluate import Plan
    from ctxlearn.human import Written
    from ctxlearn.manifest import Corpus
    from ctxlearn.packs import Pack
    from ctxlearn.runs import Run
    from ctxlearn.settings import Settings


@dataclass(slots=True)
class Row:
    """One system over one context: its plan, and the runs that came of it, several with --repeat.

    With --ablate, `name` is the context's; `same_as` is that of an earlier row which has the same one, and then this
    one is not run.
    """

    plan: Plan
    name: str = ""
    same_as: str = ""
    runs: list[Run] = field(default_factory=list)


def tables(args: argparse.Namespace, corpus: Corpus, here: Settings) -> Iterator[list[Row]]:
    """Yield the rows of each table. Raises UsageError."""
    from ctxlearn import models, packs
    from ctxlearn.data import Direction

    names = args.model or ([] if args.human and not args.ablate else ["embedded"])
    for name in names:
        models.check_name(name)
    _check_sampling(args, names)
    directions = [Direction.parse(text, corpus.codes) for text in args.direction] or list(corpus.directions)
    declared = {test.name for test in corpus.tests}
    files = [_read_test(corpus, name) for name in dict.fromkeys(args.test) if name not in declared]
    if not (args.test or declared):
        raise UsageError(f"{corpus.file}: no [[test]]; declare one, or give --test FILE.tsv")
    first = packs.open_pack(here.packs, corpus, budget=args.budget, sections=_first(args), tests=files)
    tests = [test for test in first.tests if not args.test or test.name in args.test] + files
    chosen = [(test, direction) for test, direction in itertools.product(tests, directions) if test.tests(direction)]
    _check_human(args, chosen)
    tail = _tail(args, here, first, files)
    for test, direction in chosen:
        asked = _Asked(args, corpus, here, files, test, direction, tail)
        yield [*(asked.grid(names) if args.ablate else asked.contexts(names)), *asked.written()]


def _tail(args: argparse.Namespace, here: Settings, pack: Pack, files: Sequence[TestSet]) -> Tail:
    """Return the corrections that are read with each context, as they are to translate; none with --ablate."""
    from ctxlearn.corrections import Tail

    found = hosting.tail(here, pack, files)
    if not (args.ablate and found.corrections):
        return found
    corrections = output.counted(len(found.corrections), "accepted correction")
    output.warn(f"{corrections} left out: an ablation measures the books; `ctxlearn pack` writes them into these")
    return Tail()


def _first(args: argparse.Namespace) -> tuple[str, ...]:
    sections: tuple[str, ...] = next(iter(args.sections), ())
    return sections


def _check_human(args: argparse.Namespace, chosen: Sequence[tuple[TestSet, Direction]]) -> None:
    if len(args.name) > len(args.human):
        raise UsageError(f"{len(args.name)} names by --name, and {len(args.human)} files by --human")
    if args.human and len(chosen) != 1:
        found = ", ".join(f"{test.name} {direction}" for test, direction in chosen) or "none"
        raise UsageError(f"--human: a file is of one test set one way; say which by --test and --direction: {found}")


def _sampling(args: argparse.Namespace) -> dict[str, float]:
    """Return what hosted models are to be told beside the question."""
    given = {"temperature": args.temperature, "seed": args.sampling_seed}
    return {name: value for name, value in given.items() if value is not None}


def _check_sampling(args: argparse.Namespace, names: Sequence[str]) -> None:
    from ctxlearn import models

    if args.temperature is not None and not 0 <= args.temperature <= 2:
        raise UsageError(f"--temperature {args.temperature:g}: expected a number from 0 to 2")
    if _sampling(args) and not any(map(models.is_hosted, names)):
        raise UsageError("--temperature and --sampling-seed are for hosted models; those of this machine draw no lots")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A test set and a direction, and all that the options say."""

    args: argparse.Namespace
    corpus: Corpus
    here: Settings
    files: Sequence[TestSet]
    test: TestSet
    direction: Direction
    tail: Tail

    def contexts(self, names: Sequence[str]) -> Iterator[Row]:
        """Yield a row for each model over each of the contexts that --sections names."""
        for sections, name in itertools.product(self.args.sections or [()], names):
            pack = hosting.pack(name, self.corpus, self.here, self.args.budget, sections, self.files)
            yield Row(self._plan(pack, name, sections))

    def grid(self, names: Sequence[str]) -> Iterator[Row]:
        """Yield a row for each model over each context of the standard grid."""
        from ctxlearn import ablation

        segments = self.test.segments(self.direction)[: self.args.limit]
        cells = ablation.grid(self.here.packs, self.corpus, self.direction, segments, self.files)
        for name, cell in itertools.product(names, cells):
            yield Row(self._plan(cell.pack, name), cell.name, cell.same_as)

    def written(self) -> Iterator[Row]:
        """Yield a row for each file of translations; the whole of the books serves its floors and coverage."""
        from ctxlearn import human, packs

        segments = self.test.segments(self.direction)[: self.args.limit]
        for path, name in itertools.zip_longest(self.args.human, self.args.name):
            read = human.read(path, name or path.stem, segments, self.direction)
            sections = _first(self.args)
            pack = packs.open_pack(
                self.here.packs, self.corpus, budget=self.args.budget, sections=sections, tests=self.files
            )
            yield Row(self._plan(pack, read.name, written=read), read.name if self.args.ablate else "")

    def _plan(self, pack: Pack, model: str, sections: tuple[str, ...] = (), written: Written | None = None) -> Plan:
        from ctxlearn.corrections import Tail
        from ctxlearn.evaluate import Plan

        limit, sampling = self.args.limit, _sampling(self.args)
        tail = Tail() if written else self.tail
        return Plan(self.corpus, pack, self.test, self.direction, model, sections, limit, written, sampling, tail)


def _read_test(corpus: Corpus, name: str) -> TestSet:
    from ctxlearn import corpus as reading
    from ctxlearn.manifest import Test

    if not Path(name).is_file():
        known = ", ".join(test.name for test in corpus.tests) or "there are none"
        raise UsageError(f"test {name!r}: no such file, and {corpus.file} declares no such test (it declares: {known})")
    return reading.read_test(corpus, Test(name=Path(name).name, path=Path(name)))
