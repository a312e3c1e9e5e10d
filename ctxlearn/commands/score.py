"""`ctxlearn score`: score a file of translations against one or several files of references."""

from __future__ import annotations

import argparse
from pathlib import Path

from ctxlearn.commands import lines, output
from ctxlearn.errors import UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("hypotheses", metavar="HYP", type=Path, help="translations, one a line")
    parser.add_argument("references", metavar="REF", type=Path, nargs="+", help="references, line by line the same")
    parser.add_argument(
        "--lang", required=True, metavar="CODE", help="the language of the texts; it chooses the tokenizer"
    )
    parser.add_argument(
        "--normalise",
        action="store_true",
        help="also the scores of the texts in one orthography: case, apostrophes, dashes",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print every metric with its interval and signature."""
    import scoring

    hypotheses = lines.read(args.hypotheses)
    streams = [lines.read(path) for path in args.references]
    for path, stream in zip(args.references, streams, strict=True):
        if len(stream) != len(hypotheses):
            raise UsageError(
                f"{path}: {len(stream)} lines, and {args.hypotheses} has {len(hypotheses)}; they must be as many"
            )
    references = [tuple(texts) for texts in zip(*streams, strict=True)]
    try:
        scores = scoring.score(hypotheses, references, args.lang)
        if args.normalise:
            scores += scoring.normalised_score(hypotheses, references, args.lang)
    except scoring.ScoringError as error:
        raise UsageError(f"{args.references[0]}: {error}") from error
    if args.json:
        output.as_json({"n": len(hypotheses), "scores": {it.metric: output.fields(it, "metric") for it in scores}})
        return 0
    rows = [
        [scoring.title(it.metric), f"{it.value:.2f}", f"{it.low:.1f} – {it.high:.1f}", it.signature] for it in scores
    ]
    print(output.table([["", "score", "95 % interval", "signature"], *rows], right=(1, 2)))
    return 0
