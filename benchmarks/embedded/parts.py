"""The tables of an ablation that `ctxlearn evaluate CORPUS --ablate --json` printed: the parts of the books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import scoring

METRICS = ("chrf", "bleu", "chrf++")
FLOORS = ("copy", "word-for-word", "nearest")

Fields = Mapping[str, Any]


def shortened(shown: Fields) -> dict[str, Any]:
    """Return of what was printed what the tables need."""
    last = {_last(table)["run"] for table in shown["ablation"]}
    return {"ablation": shown["ablation"], "runs": [run for run in shown["runs"] if run["run"] in last]}


def _last(table: Fields) -> Fields:
    """Return the cell of the whole context."""
    found: Fields = next(it for it in reversed(table["cells"]) if it["run"] and it["cell"].startswith("+"))
    return found


def tables(shown: Fields) -> Iterator[str]:
    """Yield the lines of all tables, both directions."""
    runs = {run["run"]: run for run in shown["runs"]}
    for table in shown["ablation"]:
        yield from ablation(table)
        last = _last(table)
        yield from coverage(last["cell"], runs[last["run"]])
    first = shown["runs"][0]
    yield from (f"- {scoring.title(metric)}: `{first['scores'][metric]['signature']}`" for metric in METRICS)


def ablation(table: Fields) -> Iterator[str]:
    """Yield one direction's table: a row for each context, with intervals, floors, tokens and price."""
    yield f"### {table['test']}, {table['direction']}, {table['n']} sentences, {table['cells'][0]['model']}\n"
    heads = [*(f"{scoring.title(it)} (95 %)" for it in METRICS), *(f"{it} chrF" for it in FLOORS), "price"]
    yield from markdown(["context", "tokens", *heads], [_row(cell) for cell in table["cells"]])


def _row(cell: Fields) -> list[str]:
    name = [cell["cell"], f"{cell['tokens']:,}"]
    if not cell["run"]:
        return [*name, f"as {cell['same_as']}", *[""] * (len(METRICS) + len(FLOORS))]
    scores = [shown_score(cell["scores"][metric]) for metric in METRICS]
    floors = [f"{cell['floors'][it]['chrf']:.1f}" if it in cell["floors"] else "" for it in FLOORS]
    price = "unknown" if cell["cost_usd"] is None else f"${cell['cost_usd']:,.2f}"
    return [*name, *scores, *floors, price]


def coverage(cell: str, run: Fields) -> Iterator[str]:
    """Yield how much of the test stands in one context, and chrF by that and by length."""
    found = run["coverage"]
    n = f"{found['n']['types']:,} types, {found['n']['tokens']:,} tokens"
    yield f"Words of the source found in the context of “{cell}” ({n}):\n"
    places = ("dictionary", "examples", "either")
    yield from markdown(
        ["", *places],
        [
            [f"{kind}, {way}", *(f"{found[way][kind][place]:.1%}" for place in places)]
            for kind in ("types", "tokens")
            for way in ("surface", "parts")
        ],
    )
    rows = [[it["slice"], str(it["n"]), shown_score(it["scores"]["chrf"])] for it in sliced(found["slices"])]
    yield from markdown(["sentences", "n", "chrF (95 %)"], rows)


def sliced(slices: Fields) -> Iterator[Fields]:
    """Yield the slices by coverage, said to be that, and by length."""
    yield from ({**it, "slice": f"{it['slice']} of words found"} for it in slices["coverage"])
    yield from slices["length"]


def shown_score(score: Fields) -> str:
    """Return a score with its interval."""
    return f"{score['value']:.2f} ({score['low']:.1f} – {score['high']:.1f})"


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table's lines, and an empty one."""
    for cells in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(cells)} |"
    yield ""
