"""What is measured, each in a process of its own: `python -m benchmarks.hosted MEASURE MODEL` prints a JSON object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hosted.material import ANSWER, LIMITS, book, request, server
from ctxlearn import prompt, settings, tokens
from ctxlearn.models import Hosting, close, open_model
from ctxlearn.models.base import Model, Prefix

REQUESTS = 100
FOUR_MB = 1_700_000  # tokens of the stand-in's, of this book


def cpu(model: str) -> dict[str, Any]:
    """Client CPU of a request of 20 sentences at the model's limit: as it is asked, inline, and with a bare client."""
    prefix = book(LIMITS[model] - ANSWER)
    with server(model) as (_, base):
        ours = _cpu_of({"ours_ms": _asking(_opened(model, base), prefix)})
        # What both send, so that what else the machine does meets them alike.
        ways = {
            "inline_ms": _asking(_opened(model, base, references=False), prefix, 100_000),
            "bare_ms": _bare(model, base, prefix),
        }
        return {"book_mb": len(prefix.text.encode()) / 1e6, **ours, **_cpu_of(ways)}


def _opened(model: str, base: str, **hosting: Any) -> Model:
    return open_model(model, settings.read(), hosting=Hosting(api_base=base, **{"threads": 1, **hosting}))


def _asking(model: Model, prefix: Prefix, start: int = 0) -> Callable[[int], object]:
    asked = [request(prefix, 20, start + 20 * number) for number in range(REQUESTS + 3)]

    def ask(number: int) -> object:
        completion = model.complete(asked[number])
        assert all(it.problem is None for it in completion.translations), completion.translations[0]
        return completion

    return ask


def _bare(model: str, base: str, prefix: Prefix) -> Callable[[int], object]:
    """Return a bare client: the OpenAI SDK, or httpx with the same JSON where a provider's SDK is not installed."""
    import httpx
    import openai

    system = prompt.system_text(prefix)
    questions = [prompt.question(request(prefix, 20, 200_000 + 20 * number)) for number in range(REQUESTS + 3)]
    if model.startswith("openai/"):
        client = openai.OpenAI(base_url=base, api_key="k", max_retries=0)

        def sdk(number: int) -> object:
            messages: Any = [{"role": "system", "content": system}, {"role": "user", "content": questions[number]}]
            return client.chat.completions.create(model="gpt-6.1-sol", messages=messages, max_completion_tokens=9000)

        return sdk
    headers = {"x-api-key": "k", "x-goog-api-key": "k", "anthropic-version": "2023-06-01"}
    wire = httpx.Client(timeout=60, headers=headers)
    url = f"{base}/v1/messages" if model.startswith("anthropic/") else f"{base}/models/gemini-2.5-pro:generateContent"

    def post(number: int) -> object:
        question = questions[number]
        if model.startswith("anthropic/"):
            said = [{"role": "user", "content": question}]
            body: Any = {"model": "claude-sonnet-5-5", "max_tokens": 9000, "system": system, "messages": said}
        else:
            turns = [{"role": "user", "parts": [{"text": question}]}]
            body = {"systemInstruction": {"parts": [{"text": system}]}, "contents": turns}
        return wire.post(url, json=body).raise_for_status().json()

    return post


def _cpu_of(ways: dict[str, Callable[[int], object]]) -> dict[str, list[float]]:
    """Return the milliseconds of CPU of a call each way: the median, and what a tenth of REQUESTS are below.

    The ways take turns, so that what else the machine does meets all of them alike; the first three turns do not count.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(REQUESTS + 3):
        for name, ask in ways.items():
            before = time.process_time()
            ask(number)
            times[name].append((time.process_time() - before) * 1000)
    counted = {name: sorted(them[3:]) for name, them in times.items()}
    return {name: [them[len(them) // 2], them[len(them) // 10]] for name, them in counted.items()}


def thousand(model: str) -> dict[str, Any]:
    """1,000 sentences after a book at the model's limit: bytes, cached tokens, and the price against the usual way."""
    prefix = book(LIMITS[model] - ANSWER)
    with server(model) as (remote, base):
        opened = _opened(model, base, threads=8, sentences=1000, keep=False)
        start = time.perf_counter()
        completion = opened.complete(request(prefix, 1000))
        close(opened)
        counters = remote.counters()
        arrivals = [it for it in remote.arrivals() if it["kind"] == "generate"]
    assert all(it.problem is None for it in completion.translations)
    with server(model, *(["--options", '{"implicit": false}'] if model.startswith("gemini") else [])) as (remote, base):
        alone = _opened(model, base, per_request=1, references=False)
        alone.complete(request(prefix, 1))
        one = remote.counters()
    rest = arrivals[1:]
    book_tokens = min(it["read"] for it in rest)
    return {
        "book_mb": len(prefix.text.encode()) / 1e6,
        "book_tokens": book_tokens,
        "requests": len(arrivals),
        "bytes_per_book": counters["bytes_received"] / len(prefix.text.encode()),
        "cached_share": sum(it["read"] for it in rest) / (len(rest) * _whole(arrivals)),
        "usd": counters["bill_usd"]["total"],
        "uncached_usd": 1000 * _uncached(model, one),
        "seconds": time.perf_counter() - start,
    }


def _whole(arrivals: list[dict[str, Any]]) -> int:
    """Return the tokens of the book: the most that any request read from the cache, or wrote to it."""
    return max(max(int(it["read"]), int(it["written"])) for it in arrivals)


def _uncached(model: str, one: dict[str, Any]) -> float:
    from ctxlearn.models import prices
    from ctxlearn.models.base import Usage

    price = prices.price(model, settings.read())
    usd: float | None = price.cost(Usage(read=one["input_tokens"], made=one["output_tokens"]))
    assert usd is not None
    return usd


def processes(model: str) -> dict[str, Any]:
    """4 processes with 8 threads each that start at once: how many objects are made."""
    with server(model, "--latency", "0.2") as (remote, base):
        command = [sys.executable, "-m", "benchmarks.hosted", "_threads", model, base]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running = [subprocess.Popen(command, **pipes) for _ in range(4)]
        for it in running:
            assert it.stdout is not None
            it.stdout.readline()
        for it in running:
            assert it.stdin is not None
            it.stdin.write("go\n")
            it.stdin.flush()
        answered = sum(int(it.communicate()[0]) for it in running)
        return {"created": remote.counters()["caches"]["created"], "answered": answered}


def threads(model: str, base: str) -> int:
    """Ask from 8 threads at once, when told to; return how many sentences were translated."""
    prefix = book(100_000)
    opened = [_opened(model, base, threads=8)] * 8
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    done: list[int] = []

    def ask(number: int) -> None:
        completion = opened[number].complete(request(prefix, 20, (os.getpid() * 8 + number) * 20))
        done.append(sum(it.problem is None for it in completion.translations))

    workers = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done)


def memory(model: str, requests: str) -> dict[str, Any]:
    """RSS while the same book of four megabytes is asked about in that many requests."""
    number = int(requests)
    # Made elsewhere, and only our tokenizer loaded, as in a real job: the stand-in's is another.
    made = [sys.executable, "-m", "benchmarks.hosted", "_book", str(FOUR_MB)]
    prefix = Prefix(**json.loads(subprocess.run(made, stdout=subprocess.PIPE, text=True, check=True).stdout))
    tokens.counter()
    with server(model, "--context", str(2 * FOUR_MB)) as (_, base):
        opened = _opened(model, base, per_request=1, threads=None)
        opened.complete(request(prefix, 100))
        seen = []
        for start in range(100, number, number // 20):
            opened.complete(request(prefix, min(number // 20, number - start), start))
            seen.append(_rss())
    book_mb = len(prefix.text.encode()) / 1e6
    return {"requests": number, "book_mb": book_mb, "first_mb": seen[0], "most_mb": max(seen), "last_mb": seen[-1]}


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "cpu": cpu,
    "thousand": thousand,
    "processes": processes,
    "memory": memory,
}
