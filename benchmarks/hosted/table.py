"""All measurements as the table of docs/performance.md."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.hosted.material import LIMITS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- benchmarks.hosted: begin -->", "<!-- benchmarks.hosted: end -->"
GEMINI, CLAUDE, GPT = LIMITS


def write() -> None:
    """Make every measurement and write the table between its marks in docs/performance.md."""
    rows = list(_rows())
    lines = ["| what | measured | goal |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    block = "\n".join([BEGIN, *lines, END])
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + block + rest.partition(END)[2], encoding="utf-8")


def _rows() -> Iterator[tuple[str, str, str]]:
    cpu = {model: _measure("cpu", model) for model in LIMITS}
    yield from _cpu(cpu)
    thousand = {model: _measure("thousand", model) for model in LIMITS}
    yield from _thousand(thousand)
    made = _measure("processes", GEMINI)
    yield (
        "caches created by 4 processes × 8 threads that start at once (Gemini)",
        f"{made['created']}",
        "1",
    )
    yield _resume(_measure("resume"))
    for model in LIMITS:
        yield _memory(model, _measure("memory", model, "10000"))


def _measure(*arguments: str) -> dict[str, Any]:
    """Make one measurement in a process of its own."""
    start = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.hosted", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    print(*arguments, said.stdout.strip(), f"({time.perf_counter() - start:.0f} s)")
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def _cpu(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for model, it in found.items():
        median, least = it["ours_ms"]
        inline, bare = it["inline_ms"], it["bare_ms"]
        what = f"client CPU a request of 20 sentences, {it['book_mb']:.1f} MB book, {model}"
        if model != GPT:
            yield f"{what}, by reference", f"{median:.1f} ms (a tenth below {least:.1f})", "≤ 8 ms"
        times = f"{inline[0]:.0f} ms, {inline[0] / bare[0]:.2f} × the bare client's {bare[0]:.0f} ms"
        yield f"{what}, inline", times, "≤ 1.5 ×"


def _thousand(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for model, it in found.items():
        what = f"1,000 sentences, {model}, a book of {it['book_tokens']:,} tokens"
        goal = "≤ 1.2 (Gemini)" if model == GEMINI else "–"
        yield f"{what}: bytes sent", f"{it['bytes_per_book']:.2f} × one copy of the book", goal
        yield f"{what}: tokens of the book read from the cache after the warm-up", f"{it['cached_share']:.2%}", "≥ 99 %"
        price = f"${it['usd']:.2f} of ${it['uncached_usd']:,.0f} = {it['usd'] / it['uncached_usd']:.2%}"
        yield f"{what}: price against one sentence a request, uncached", price, "≤ 1 %"


def _resume(it: dict[str, Any]) -> tuple[str, str, str]:
    order = "in order" if it["in_order"] else "NOT in order"
    share = it["faults"] / it["requests"]
    return (
        f"{it['sentences']:,} sentences in {it['requests']:,} requests, {it['faults']} of them ({share:.1%}) going "
        f"wrong in {it['kinds']} ways, killed twice and resumed",
        f"{it['lines']:,} lines {order}, {it['right']:,} right, {len(it['problems'])} with a problem; "
        f"{it['paid_again']} requests paid again, "
        f"{it['in_flight']} at most under way at the kills; {it['lost']} shown as perhaps paid for nothing",
        "each once, in order, none lost",
    )


def _memory(model: str, it: dict[str, Any]) -> tuple[str, str, str]:
    return (
        f"RSS over {it['requests']:,} requests, {it['book_mb']:.1f} MB book, {model}",
        f"{it['first_mb']:.0f} MB at first, {it['most_mb']:.0f} at most, {it['last_mb']:.0f} at the end",
        "flat, ≤ 400 MB",
    )
