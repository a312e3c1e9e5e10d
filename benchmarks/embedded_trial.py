"""Measure the embedded model on held-out sets: quality both ways, what learning costs, how fast it translates.

    python benchmarks/embedded_trial.py LANGUAGES [kalamang|zhuang|tarivel]… [--limit N]

LANGUAGES is the folder with the real languages, or `-` for the bundled one alone. Zhuang asks for ZHUANG_PASSWORD. The
context is packed as `ctxlearn pack` does, without anything that leaks the held-out set; learning starts from nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import scoring
from ctxlearn import context, corpus, manifest
from ctxlearn.data import Direction, Language
from ctxlearn.manifest import Corpus, Source, Test
from ctxlearn.models.base import Prefix, Request
from ctxlearn.models.embedded import EmbeddedModel


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages")
    parser.add_argument("names", nargs="*", default=["kalamang"], metavar="name")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    for name in arguments.names:
        trial(_corpus(name, Path(arguments.languages)), arguments.limit)


def _corpus(name: str, languages: Path) -> Corpus:
    folder = languages / name
    if name == "kalamang":
        sources = (
            Source("dictionary", "dictionary", folder / "dictionary-cldf"),
            Source("grammar", "grammar", folder / "grammar-latex"),
        )
        held_out = Test("dev", ids=folder / "splits" / "dev.ids", source="dictionary")
        return Corpus(folder, Language("Kalamang", "kgv"), Language("English", "eng"), sources, (held_out,))
    if name == "zhuang":
        return manifest.open_corpus(str(folder))
    return manifest.open_corpus(name)


def trial(of: Corpus, limit: int | None) -> None:
    """Print scores, times and rates for both directions of a corpus."""
    contents = corpus.read(of)
    packed = context.pack(contents, lambda text: len(text) // 4)
    prefix = Prefix(packed.prefix, packed.tokens, packed.fingerprint)
    for direction in of.directions:
        for test in contents.tests:
            _direction(of.name, prefix, direction, test, limit)


def _direction(name: str, prefix: Prefix, direction: Direction, test: corpus.TestSet, limit: int | None) -> None:
    segments = test.segments(direction)[:limit]
    with tempfile.TemporaryDirectory() as folder:
        model = EmbeddedModel(Path(folder))
        learning = time.process_time()
        model.complete(Request(prefix, direction, ()))
        learning = time.process_time() - learning
        first = time.process_time()
        model.complete(Request(prefix, direction, segments[:1]))
        first = time.process_time() - first
        rest = time.process_time()
        completion = model.complete(Request(prefix, direction, segments))
        rest = time.process_time() - rest
    hypotheses = [translation.text for translation in completion.translations]
    scores = scoring.score(hypotheses, [segment.references for segment in segments], direction.target)
    shown = "  ".join(f"{score.metric} {score.value:.1f} [{score.low:.1f}, {score.high:.1f}]" for score in scores)
    print(f"{name} {test.name} {direction} ({len(segments)}): {shown}")
    print(f"    learned in {learning:.1f} s of CPU, first in {first:.2f} s, then {len(segments) / rest:.0f} a second")


if __name__ == "__main__":
    main()
