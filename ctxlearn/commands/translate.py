"""`ctxlearn translate`: translate arguments, lines of a pipe or a file, or what is typed at a prompt."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ctxlearn import watching
from ctxlearn.commands import hosting, lines, output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.corrections import Tail
    from ctxlearn.costs import Opened
    from ctxlearn.data import Direction, Segment
    from ctxlearn.evidence import TokenEvidence
    from ctxlearn.packs import Pack
    from ctxlearn.sentences import Sentences
    from ctxlearn.translate import Hypothesis, System

SOME = 64  # lines of a pipe that are translated together


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument(
        "text", metavar="TEXT", nargs="*", help="what to translate; - or nothing reads a pipe, line by line"
    )
    parser.add_argument("--to", metavar="CODE", help="the language to translate into (default: the other one)")
    parser.add_argument("--model", metavar="M", help=hosting.MODEL_HELP)
    parser.add_argument("-i", "--input", type=Path, metavar="FILE", help="translate a file, line by line")
    parser.add_argument(
        "--column",
        metavar="C",
        help="--input is a table (TSV, CSV, XLSX): translate this column; FILE of -o is one, too",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write there; what is finished is kept in FILE.part"
    )
    parser.add_argument(
        "--sections", type=output.names, default=(), metavar="S", help="dictionary,examples,glossed,grammar,text"
    )
    parser.add_argument("--budget", type=output.positive, metavar="N", help="most tokens to pack")
    parser.add_argument("--evidence", action="store_true", help="show what in the books speaks of each word")
    parser.add_argument("-n", type=output.positive, default=1, metavar="N", help="alternatives to give with --json")
    parser.add_argument(
        "--threads", type=output.positive, default=1, metavar="N", help="threads to learn and translate with"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be asked and what it would cost")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object")
    shape.add_argument("--tsv", action="store_true", help="print id, source, hypothesis, confidence, problem")
    hosting.register(parser)


def run(args: argparse.Namespace) -> int:
    """Translate, in the order given; exit 3 when a segment failed."""
    from ctxlearn import manifest, models, settings

    if args.input and args.text:
        raise UsageError("both TEXT and --input are given; expected one of them")
    if args.column is not None and not args.input:
        raise UsageError("--column names one of a table's; give the table with --input")
    output.check_texts(args.text)
    if args.output:
        output.check_target(args.output)
    here = settings.read()
    args.model = args.model or here.model
    models.check_name(args.model)
    corpus = manifest.open_corpus(args.corpus)
    if args.to is not None and args.to not in corpus.codes:
        raise UsageError(f"--to {args.to!r}: expected {corpus.codes[0]} or {corpus.codes[1]}")
    pack = hosting.pack(args.model, corpus, here, args.budget, args.sections)
    if pack.problems:
        output.warn(
            f"{output.counted(pack.problems, 'thing')} in the sources could not be read; "
            f"`ctxlearn check {args.corpus}` lists what and where"
        )
    with _Job(args, corpus.name, pack, hosting.tail(here, pack)) as job:
        return _translate(args, job)


def _translate(args: argparse.Namespace, job: _Job) -> int:
    if args.column is not None:
        return job.whole(job.table.texts(args.column))
    if args.input or args.text not in ([], ["-"]):
        texts = lines.read(args.input) if args.input else list(args.text)
        return job.whole(texts)
    if sys.stdin is None:
        raise UsageError("nothing to translate: no TEXT, no --input, and standard input is closed")
    if args.text == [] and sys.stdin.isatty():
        return job.prompt()
    return job.pipe(lines.decode(sys.stdin.buffer, "<stdin>"))


class _Job:
    """One call of the command: its options, its pack, and the system, which is opened when the direction is known."""

    def __init__(self, args: argparse.Namespace, corpus: str, pack: Pack, tail: Tail) -> None:
        self.args = args
        self.corpus = corpus
        self.pack = pack
        self.tail = tail
        self.start = time.perf_counter()
        self.stack = ExitStack()
        self.opened: Opened | None = None
        self.typed = False  # a person types and thinks in between

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the model; say what was spent, also when the call was broken off."""
        self.stack.close()
        if self.opened is not None and self.opened.spent.requests:
            output.warn(hosting.spent_text(self.opened.spent))

    def whole(self, texts: Sequence[str]) -> int:
        """Translate texts that are all there."""
        from ctxlearn import batch
        from ctxlearn.data import Segment

        segments = [Segment(str(number), text) for number, text in enumerate(texts, 1)]
        if self.args.dry_run:
            return self.dry_run(segments)
        system = self.open(texts)
        target = self.args.output
        journal = target.with_name(target.name + ".part") if target else None
        done: list[Hypothesis] = []
        watching.watcher().expect(len(segments))
        with output.progress(len(segments), str(system.direction)) as bar:
            for hypotheses in batch.translate(system, segments, journal):
                done += hypotheses
                bar.update(len(hypotheses))
                if not (target or self.args.json):
                    self.show(system, hypotheses)
        self.stack.close()  # what that saves belongs to the cost
        if self.args.json:
            self.deliver(output.json_text(self.as_dict(system, done)))
        elif target and self.args.column is not None and not self.args.tsv:
            output.write_whole(target, self.table.translated(done, system.signature))
        elif target:
            self.deliver("".join(f"{line}\n" for it in done for line in self.text(system, it)))
        if journal:
            journal.unlink(missing_ok=True)
        return self.code(done)

    def pipe(self, texts: Iterable[str]) -> int:
        """Translate lines as they come, some at a time."""
        from ctxlearn.data import Segment

        if self.args.json or self.args.output or self.args.dry_run:
            return self.whole(list(texts))
        system: System | None = None
        failed, number = False, 0
        stream = iter(texts)
        while some := list(islice(stream, SOME)):
            system = system or self.open(some)
            segments = [Segment(str(number + offset), text) for offset, text in enumerate(some, 1)]
            number += len(some)
            for hypotheses in system.translate(segments):
                self.show(system, hypotheses)
                failed = bool(self.code(hypotheses)) or failed
        return 3 if failed else 0

    def prompt(self) -> int:
        """Translate what a person types, until the end of input or an empty line twice."""
        from ctxlearn.data import Segment

        language, contact = self.pack.language, self.pack.contact
        output.warn(
            f"{language.name} ({language.code}) – {contact.name} ({contact.code}); type a sentence, Ctrl-D ends"
        )
        self.typed = True
        systems: dict[str, System] = {}
        while True:
            try:
                typed = input("> ").strip()
            except EOFError:
                print(file=sys.stderr)  # the shell goes on below the prompt
                return 0
            except UnicodeDecodeError:
                output.warn("what was typed is not UTF-8")
                continue
            if typed:
                direction = str(self.direction([typed]))
                systems[direction] = systems.get(direction) or self.open([typed])
                for hypotheses in systems[direction].translate([Segment("1", typed)]):
                    self.show(systems[direction], hypotheses)
                    self.code(hypotheses)

    @cached_property
    def table(self) -> Sentences:
        """The file whose column is translated."""
        from ctxlearn import sentences

        try:
            return sentences.read(str(self.args.input), self.args.input.read_bytes())
        except OSError as error:
            raise UsageError(f"{self.args.input}: {error.strerror}") from error

    # -- opening

    def open(self, texts: Sequence[str]) -> System:
        """Return the system for these texts; a direction that had to be guessed is said."""
        from ctxlearn.translate import System

        direction = self.direction(texts)
        if self.args.to is None:
            output.warn(f"translating {direction}; --to {direction.source} goes the other way")
        self.opened = self.opened or self.open_model(len(texts))
        knows = getattr(self.opened.model, "knows", None)
        if knows is not None and not knows(self.pack.fingerprint, direction):
            output.warn("learning the language from its books, which is done once and kept …")
        return System(self.opened.model, self.pack, direction, n=self.args.n, tail=self.tail)

    def open_model(self, sentences: int) -> Opened:
        """Return the model, opened within the policy of the context and the caps of this call."""
        from ctxlearn import costs, settings

        asked, budget = hosting.hosting(self.args, sentences), hosting.budget(self.args)
        asked = replace(asked, awake=self.typed)
        policies = [self.pack.policy, *self.tail.policies]
        return self.stack.enter_context(
            costs.opened(self.args.model, settings.read(), policies, asked, budget, threads=self.args.threads)
        )

    def direction(self, texts: Sequence[str]) -> Direction:
        """Return the direction that `--to` says or, from the words of the texts, seems meant."""
        from ctxlearn.data import Direction
        from ctxlearn.translate import guess_source

        codes = (self.pack.language.code, self.pack.contact.code)
        source = guess_source(" ".join(texts)[:10_000], self.pack) if self.args.to is None else ""
        target = self.args.to or next(code for code in codes if code != source)
        return Direction(next(code for code in codes if code != target), target)

    def dry_run(self, segments: Sequence[Segment]) -> int:
        """Say what would be asked, and what it would cost."""
        from ctxlearn import costs, models, settings

        direction = self.direction([segment.source for segment in segments])
        plan: dict[str, object] = {
            "corpus": self.corpus,
            "direction": str(direction),
            "model": self.args.model,
            "segments": len(segments),
            "context_tokens": self.pack.tokens,
            "corrections": len(self.tail.corrections),
        }
        if models.is_hosted(self.args.model):
            asked = hosting.hosting(self.args, len(segments))
            found = costs.forecast(
                self.args.model,
                self.pack,
                direction,
                segments,
                settings.read(),
                asked,
                n=self.args.n,
                tail=self.tail.text,
            )
            plan |= hosting.forecast_dict(found)
            text = hosting.forecast_text(found)
        else:
            plan["cost_usd"] = 0.0
            what = f"{output.counted(len(segments), 'segment')}, {direction}"
            read = f"a context of {self.pack.tokens:,} tokens"
            if self.tail.corrections:
                read += f" and {output.counted(len(self.tail.corrections), 'accepted correction')}"
            text = f"{what}, after {read}; {hosting.money(0.0)}"
        output.as_json(plan) if self.args.json else print(text)
        return 0

    # -- showing

    def show(self, system: System, hypotheses: Sequence[Hypothesis]) -> None:
        """Print hypotheses as they are finished."""
        for it in hypotheses:
            for line in self.text(system, it):
                print(line)
        sys.stdout.flush()

    def text(self, system: System, it: Hypothesis) -> Iterator[str]:
        """Yield the lines that stand for one hypothesis: one, and below it the evidence where it is wanted."""
        if self.args.tsv:
            confidence = "" if it.confidence is None else f"{it.confidence:.3f}"
            problem = "" if it.problem is None else f"{it.problem.kind}: {it.problem.text}"
            yield "\t".join(_cell(cell) for cell in (it.id, it.source, it.text, confidence, problem))
            return
        yield _cell(it.text)
        if self.args.evidence:
            for found in system.evidence.for_pair(it.source, it.text, system.direction):
                yield from _evidence_lines(found)

    def deliver(self, text: str) -> None:
        """Write the result to --output, whole or not at all, or print it."""
        if not self.args.output:
            print(text, end="")
            return
        output.write_whole(self.args.output, text)

    def code(self, hypotheses: Sequence[Hypothesis]) -> int:
        """Say on stderr which segments failed; return 3 when any did."""
        failed = [it for it in hypotheses if it.problem is not None]
        for it in failed:
            assert it.problem is not None
            output.warn(f"segment {it.id}: {it.problem.kind}: {it.problem.text}")
        return 3 if failed else 0

    def as_dict(self, system: System, hypotheses: Sequence[Hypothesis]) -> dict[str, object]:
        """Return the results as `translate --json` shows them."""
        return {
            "corpus": self.corpus,
            "direction": str(system.direction),
            "system": system.signature,
            "results": [self._result(system, it) for it in hypotheses],
            "usage": output.usage(system.usage),
            "cost_usd": self.cost_usd,
            "seconds": round(time.perf_counter() - self.start, 3),
        }

    @property
    def cost_usd(self) -> float | None:
        """What this call has spent; None when some of it has no known price."""
        return 0.0 if self.opened is None else self.opened.cost_usd

    def _result(self, system: System, it: Hypothesis) -> dict[str, object]:
        evidence = system.evidence.for_pair(it.source, it.text, system.direction) if self.args.evidence else []
        return {
            "id": it.id,
            "source": it.source,
            "hypothesis": it.text,
            "confidence": it.confidence,
            "words": [output.fields(word) for word in it.words],
            "problem": None if it.problem is None else output.fields(it.problem),
            "alternatives": [output.fields(other) for other in it.alternatives],
            "evidence": [
                {**output.fields(one), "records": [output.fields(r) for r in one.records]} for one in evidence
            ],
            "usage": None,  # several segments share a request; what it took is told for the whole call
            "cost_usd": 0.0 if self.cost_usd == 0 else None,
        }


def _cell(text: str) -> str:
    """Return a text as one line without tabs."""
    return " ".join(text.replace("\t", " ").splitlines())


def _evidence_lines(found: TokenEvidence) -> Iterator[str]:
    mark = "" if found.attested else "  (not attested in this form)"
    yield f"    {found.side} {found.token}{mark}"
    for record in found.records:
        first = record.text.split("\n")[0]
        yield f"        {record.section}: {first[:110]}{'…' if len(first) > 110 else ''}  [{record.place}]"
