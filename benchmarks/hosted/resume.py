"""10,000 sentences with faults of all kinds, killed twice: what is in the output, and what was paid twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.hosted.material import server
from ctxlearn import batch, costs, manifest, packs, settings
from ctxlearn.data import Direction, Segment
from ctxlearn.models import Hosting
from ctxlearn.models.cached import Answers
from ctxlearn.spending import Spending
from ctxlearn.translate import System
from tests.hosting import translated
from tests.standins.spoiling import HOOKS

MODEL = "gemini/gemini-2.5-pro"
CORPUS = Path(__file__).parents[2] / "corpora" / "tarivel"
SENTENCES, A_REQUEST, THREADS = 10_000, 5, 8
EVERY = 20  # requests of which one goes wrong: 5 %
KINDS: tuple[Mapping[str, Any], ...] = (
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 529},
    {"kind": "hang", "seconds": 2},
    {"kind": "slow", "seconds": 1},
    {"kind": "cut"},
    {"kind": "reset"},
    {"kind": "broken-json"},
    {"kind": "miss"},
    {"kind": "expire"},
    *({"kind": "answer", "how": how} for how in HOOKS),
)


def resume(folder: Path) -> dict[str, Any]:
    """Run the job, kill it at a third and at two thirds, and run it to the end."""
    output = folder / "output.tsv"
    with server(MODEL, "--latency", "0.02") as (remote, base):
        remote.faults(*_rules())
        start = time.perf_counter()
        for share in (1 / 3, 2 / 3):
            _killed(base, output, share * SENTENCES)
        spent = _process(base, output).communicate()[0]
        seconds = time.perf_counter() - start
        arrivals = [it for it in remote.arrivals() if it["kind"] == "generate"]
        counters = remote.counters()
    lines = [line.split("\t") for line in output.read_text(encoding="utf-8").splitlines()]
    again = Counter(it["tail"] for it in arrivals if it["status"] == 200 and not it["fault"])
    return {
        "sentences": SENTENCES,
        "lines": len(lines),
        "in_order": [int(number) for number, *_ in lines] == list(range(SENTENCES)),
        "right": sum(text == translated(source) for _, source, text, _ in lines),
        "problems": [problem for *_, problem in lines if problem],
        "requests": len(arrivals),
        "faults": sum(counters["by_fault"].values()),
        "kinds": len(counters["by_fault"]),
        "paid_again": sum(times - 1 for times in again.values()),
        "in_flight": 2 * THREADS,
        "lost": json.loads(spent)["lost"],
        "seconds": round(seconds),
    }


def _rules() -> Iterator[dict[str, Any]]:
    """Yield the faults: one of each EVERY requests, by chance, goes wrong, in all ways in turn."""
    chance = random.Random(0)
    wrong = [first + chance.randrange(EVERY) for first in range(1, SENTENCES, EVERY)]
    for place, kind in enumerate(KINDS):
        yield {**kind, "at": wrong[place :: len(KINDS)]}


def _process(base: str, output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.hosted", "_job", base, str(output)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _killed(base: str, output: Path, at: float) -> None:
    process = _process(base, output)
    while process.poll() is None and _answered() < at:
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def _answered() -> int:
    """Return how many answers are stored."""
    store = Answers(settings.read().answers)
    try:
        return store.info()[0]
    finally:
        store.close()


def job(base: str, output: str) -> str:
    """Translate all sentences into a file, going on where a killed job ended; return what was spent."""
    here = settings.read()
    pack = packs.open_pack(here.packs, manifest.open_corpus(str(CORPUS)))
    language, contact = pack.language.code, pack.contact.code
    segments = [Segment(str(number), f"ma kelo sana nomo {number}") for number in range(SENTENCES)]
    hosting = Hosting(api_base=base, per_request=A_REQUEST, threads=THREADS, timeout=1.5, sentences=SENTENCES)
    target = Path(output)
    with costs.opened(MODEL, here, [pack.policy], hosting) as opened:
        system = System(opened.model, pack, Direction(language, contact))
        lines: list[str] = []
        for hypotheses in batch.translate(system, segments, target.with_suffix(".part")):
            for it in hypotheses:
                problem = "" if it.problem is None else f"{it.problem.kind}: {it.problem.text}"
                lines.append("\t".join((it.id, it.source, it.text, problem)) + "\n")
    target.write_text("".join(lines), encoding="utf-8")
    with Spending(here.ledger) as spending:
        return json.dumps(asdict(spending.of_period("ever")))
