"""docs/results.md: its tables, made from all numbers that were measured, which docs/results.json keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.embedded import parts
from benchmarks.embedded.parts import markdown, shown_score

DOCS = Path(__file__).parents[2] / "docs"
PAGE, NUMBERS = DOCS / "results.md", DOCS / "results.json"

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a corpus is called on the page, by which benchmark's rules it is scored, and what was aimed at."""

    title: str
    protocol: str = ""
    goals: Mapping[str, str] = field(default_factory=dict)


CORPORA = {
    "kalamang": Shown("Kalamang", goals={"kgv-eng": "chrF ≥ 49", "eng-kgv": "chrF ≥ 50"}),
    "kalamang-mtob": Shown("Kalamang, MTOB's material", goals={"kgv-eng": "chrF ≥ 44.7", "eng-kgv": "chrF ≥ 48"}),
    "zhuang": Shown("Zhuang", "zhuangbench"),
    "tarivel": Shown("Tarivel (the sample)"),
}


def read() -> dict[str, Any]:
    """Return all numbers that were kept, by the corpus."""
    found: dict[str, Any] = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    return found


def write(numbers: Fields) -> None:
    """Keep the numbers, and write the tables that they make into the page."""
    ordered = {name: numbers[name] for name in CORPORA if name in numbers}
    NUMBERS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), ordered), encoding="utf-8")


def renewed(page: str, numbers: Fields) -> str:
    """Return the page with its tables, which stand between marks, made anew."""
    for name, lines in (
        ("scores", scores(numbers)),
        ("costs", costs(numbers)),
        ("ideas", ideas(numbers)),
        ("curves", curves(numbers)),
        ("confidence", confidence(numbers)),
        ("ablation", ablation(numbers)),
    ):
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
        made = "\n".join(lines).rstrip()
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}{made}\n{end}{rest.partition(end)[2]}"
    return page


def _rows(numbers: Fields, kind: str) -> Iterator[tuple[str, str, Any]]:
    """Yield (corpus, direction, what was measured of this kind)."""
    for name, of in numbers.items():
        for direction, found in of.get(kind, {}).items():
            yield name, direction, found


def scores(numbers: Fields) -> Iterator[str]:
    """Yield the table of all tests."""
    heads = ["test", "n", "chrF (95 %)", "BLEU (95 %)", "chrF++ (95 %)", "best floor", "embedded-quick", "aimed at"]
    rows = []
    for name, direction, found in _rows(numbers, "scores"):
        it, quick = found["embedded"], found["embedded-quick"]
        floor = max(it["floors"], key=lambda floor: it["floors"][floor]["chrf"])
        beside = f"{it['floors'][floor]['chrf']:.1f} chrF, {it['floors'][floor]['bleu']:.1f} BLEU ({floor})"
        fast = f"{quick['scores']['chrf']['value']:.2f} chrF, {quick['scores']['bleu']['value']:.2f} BLEU"
        said = [f"{CORPORA[name].title} `{it['test']}` {direction}", str(it["n"])]
        said += [shown_score(it["scores"][metric]) for metric in parts.METRICS]
        rows.append([*said, beside, fast, CORPORA[name].goals.get(direction, "–")])
    yield from markdown(heads, rows)
    for name, of in numbers.items():
        for found in list(of.get("scores", {}).values())[:1]:
            it = found["embedded"]
            signatures = " ".join(f"`{it['scores'][metric]['signature']}`" for metric in ("chrf", "bleu"))
            yield f"- {CORPORA[name].title}: with ctxlearn {it['version']}; {signatures}"
    yield ""
    yield from _when(numbers, "scores")


def _when(numbers: Fields, part: str) -> Iterator[str]:
    """Yield when a part was measured, for each corpus."""
    days = [f"{CORPORA[name].title} {of['measured'][part]}" for name, of in numbers.items() if part in of["measured"]]
    if days:
        yield f"Measured: {', '.join(days)}."


def costs(numbers: Fields) -> Iterator[str]:
    """Yield the table of what learning and translating took."""
    heads = ["context", "tokens", "learning, CPU s", "memory, MB", "sentences a CPU second", "embedded-quick", "first"]
    rows = [
        [
            f"{CORPORA[name].title} {direction}",
            f"{it['tokens']:,}",
            f"{it['learning']:.1f}",
            f"{it['memory']:.0f}",
            f"{it['embedded']:.0f}",
            f"{it['embedded-quick']:.0f}",
            f"{it['first']['cpu']:.2f} s CPU, {it['first']['wall']:.2f} s",
        ]
        for name, direction, it in _rows(numbers, "costs")
    ]
    yield from markdown(heads, rows)
    yield from _when(numbers, "costs")


def ideas(numbers: Fields) -> Iterator[str]:
    """Yield a table of what each idea is worth for each metric."""
    columns = list(_rows(numbers, "ideas"))
    names = list(dict.fromkeys(idea for *_, found in columns for idea in found["without"]))
    for metric, title in (("chrf", "chrF"), ("bleu", "BLEU")):
        heads = [title, *(f"{CORPORA[name].title} {direction}" for name, direction, _ in columns)]
        whole = ["*all of them, score*", *(_both(found["whole"], metric) for *_, found in columns)]
        rows = [[idea, *(_worth(found["without"].get(idea), metric) for *_, found in columns)] for idea in names]
        yield from markdown(heads, [whole, *rows])
    yield from _when(numbers, "ideas")


def _both(found: Fields, metric: str) -> str:
    held, test = (found[name][metric] for name in _tests(found))
    return f"{held:.1f} / {test:.1f}"


def _worth(found: Fields | None, metric: str) -> str:
    if found is None:
        return "–"
    cells = [found[test][metric] for test in _tests(found)]
    return " / ".join(f"{-it['difference']:+.1f}{'*' * it['told']}".replace("-", "−") for it in cells)


def _tests(found: Fields) -> list[str]:
    """Return the pairs held out first, and the declared test."""
    return sorted(found, key=lambda name: name != "held")


def curves(numbers: Fields) -> Iterator[str]:
    """Yield the table of scores by how much of a corpus was read."""
    columns = list(_rows(numbers, "curves"))
    shares = list(dict.fromkeys(share for *_, found in columns for share in found))
    rows = []
    for name, direction, found in columns:
        (test,) = found[shares[-1]]["scores"]
        cells = [
            f"{it['scores'][test]['chrf']:.1f} / {it['scores'][test]['bleu']:.1f} ({it['pairs']:,} + {it['lexicon']:,})"
            for it in (found[share] for share in shares)
        ]
        rows.append([f"{CORPORA[name].title} `{test}` {direction}", *cells])
    yield from markdown(["chrF / BLEU (sentence pairs + dictionary pairs)", *shares], rows)
    yield from _when(numbers, "curves")


def confidence(numbers: Fields) -> Iterator[str]:
    """Yield the tables of how well confidence fits, of sentences and of words."""
    found = [
        (name, direction, it["confidence"]) for name, direction, it in _rows(numbers, "ideas") if "confidence" in it
    ]
    for what, truth in (("sentences", "chrF / 100"), ("words", "share that is right")):
        heads = [what, "n", "confidence", truth, "error without a map", "error", "rank correlation"]
        rows = [
            [f"{CORPORA[name].title} {direction} `{test}`", f"{n:,}", *(f"{value:.3f}" for value in values)]
            for name, direction, tests in found
            for test in _tests(tests)
            for n, *values in [tests[test][what].values()]
        ]
        if rows:
            yield from markdown(heads, rows)


def ablation(numbers: Fields) -> Iterator[str]:
    """Yield the tables of the ablations."""
    for of in numbers.values():
        if "ablation" in of:
            yield from parts.tables(of["ablation"])
    yield from _when(numbers, "ablation")
