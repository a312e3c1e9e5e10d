"""`ctxlearn check`: read everything and say what is there, what is wrong and where, and whether anything leaks."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from ctxlearn.commands import output, report

if TYPE_CHECKING:
    from ctxlearn.context import Context
    from ctxlearn.corpus import Contents, TestSet
    from ctxlearn.evidence import Evidence


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Report; exit 4 when a held-out sentence stands in the sources, or something in them is broken."""
    start = time.perf_counter()
    contents, packed, index = examine(args.corpus)
    seconds = round(time.perf_counter() - start, 3)
    if args.json:
        output.as_json(as_dict(contents, packed, index, seconds))
    else:
        print("\n".join(_text(contents, packed, index, seconds)))
    return 4 if packed.leaks or contents.broken else 0


def examine(name: str) -> tuple[Contents, Context, Evidence]:
    """Return a corpus as it was read, as it would be packed, and the words of that. Raises CorpusError."""
    from ctxlearn import context, corpus, manifest, tokens
    from ctxlearn.evidence import Evidence

    contents = corpus.read(manifest.open_corpus(name))
    packed = context.pack(contents, tokens.counter())
    return contents, packed, Evidence(packed.language, packed.contact, {it.name: it.records for it in packed.sections})


def _coverage(test: TestSet, contents: Contents, index: Evidence) -> dict[str, dict[str, float]]:
    shares = {}
    for code in contents.corpus.codes:
        types, tokens = index.coverage((item.texts[code][0] for item in test.items), code)
        shares[code] = {"types": round(types, 4), "tokens": round(tokens, 4)}
    return shares


def as_dict(contents: Contents, packed: Context, index: Evidence, seconds: float) -> dict[str, object]:
    """Return a report as `check --json` shows it."""
    return {
        "corpus": contents.corpus.name,
        "language": output.fields(packed.language),
        "contact": output.fields(packed.contact),
        "sources": [report.as_object(part) for part in contents.parts],
        "tests": [
            {
                "name": test.name,
                "n": len(test.items),
                "policy": test.policy,
                "coverage": _coverage(test, contents, index),
            }
            for test in contents.tests
        ],
        "leaks": {"removed": packed.removed, "items": [output.fields(leak) for leak in packed.leaks]},
        "broken": contents.broken,
        "policy": packed.policy,
        "fingerprint": packed.fingerprint,
        "tokens": packed.tokens,
        "sections": [
            {"title": it.title, "records": len(it.records), "tokens": it.tokens, "left_out": it.left_out}
            for it in packed.sections
        ],
        "seconds": seconds,
    }


def _text(contents: Contents, packed: Context, index: Evidence, seconds: float) -> list[str]:
    corpus = contents.corpus
    language, contact = corpus.language, corpus.contact
    lines = [f"{language.name} ({language.code}) – {contact.name} ({contact.code})  {corpus.file}"]
    for part in contents.parts:
        lines += ["", *report.lines(part)]
    for test in contents.tests:
        pairs = output.counted(len(test.items), "sentence pair")
        lines += ["", f"test {test.name}: {pairs} held out ({test.policy})"]
        for code, share in _coverage(test, contents, index).items():
            lines.append(f"  words known in {code}: {share['types']:.0%} of types, {share['tokens']:.0%} of tokens")
    lines += ["", *_leaks(packed), ""]
    rows: list[list[object]] = [["section", "records", "tokens"]]
    rows += [[it.title, len(it.records), it.tokens] for it in packed.sections if it.records]
    lines.append(
        output.table([*rows, ["in all", sum(len(it.records) for it in packed.sections), packed.tokens]], right=(1, 2))
    )
    return [*lines, f"policy {packed.policy}; {seconds:.2f} s"]


def _leaks(packed: Context) -> list[str]:
    if not packed.leaks:
        return ["no held-out sentence stands in the sources"]
    lines = [f"records that hold a held-out sentence, which are never packed: {packed.removed}"]
    return lines + [
        f"  {leak.place or leak.record}: {leak.test}:{leak.test_id} ({leak.side}, {leak.kind})" for leak in packed.leaks
    ]
