from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from ctxlearn import prompt, settings
from ctxlearn.errors import ModelError, Refused
from ctxlearn.models import plans
from ctxlearn.models.base import Prefix
from ctxlearn.models.hosted import HostedModel
from ctxlearn.models.outgoing import Insertion
from ctxlearn.models.plans.base import Job
from tests.hosting import answer, book, request, sentences
from tests.standins import StandIn

# What JSON and UTF-8 make more of: quotes, backslashes, controls, a mark that was not lent, and scripts of one to four
# bytes.
HARD = '"\\"\t\x01 "ctxlearn-book-0123456789abcdef0123456789abcdef" ñ ʔ क ꤀ 𐊀 😀'
PLAIN = book(400)
BOOK = Prefix(f"{PLAIN.text}{HARD}\n", PLAIN.tokens, "f" * 64)


@pytest.fixture(autouse=True)
def _keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in plans.PROVIDERS:
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", "key")
    monkeypatch.setenv("TOGETHERAI_API_KEY", "key")
    monkeypatch.setenv("AWS_REGION_NAME", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "aws-key-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret")


def hosted(model: str, base: str, **job: Any) -> HostedModel:
    return HostedModel(plans.plan(Job(model, base, **job), settings.read().kept, lambda: "token"), 5)


def without_format(prefix: str) -> str:
    """Return what the stand-in was sent first, without the form of the answer, which it counts among that."""
    return prefix.removeprefix('{"type": "json_object"}\n\n')


@pytest.mark.parametrize(
    ("model", "flavour", "path"),
    [
        ("anthropic/claude-sonnet-5-5", "anthropic", ""),
        ("gemini/gemini-2.5-pro", "gemini", "/v1beta"),
        ("openai/gpt-6.1-sol", "openai", "/v1"),
        ("openai/gpt-4.1", "openai", "/v1"),
        ("openai/local", "llama", "/v1"),
        ("openrouter/anthropic/claude-sonnet-5-5", "openrouter", "/v1"),
        ("hosted_vllm/qwen", "vllm", "/v1"),
        ("bedrock/anthropic.claude-sonnet-5-5", "bedrock", ""),
        ("lm_studio/qwen", "llama", "/v1"),
        ("llamafile/qwen", "llama", "/v1"),
        *((f"{name}/m", "openai", "/v1") for name in ("deepseek", "fireworks_ai", "groq", "mistral", "xai")),
        *((f"{name}/m", "openai", "/v1") for name in ("together_ai", "dashscope", "moonshot", "zai")),
    ],
)
def test_the_book_arrives_as_it_is(model: str, flavour: str, path: str) -> None:
    seen: list[str] = []

    def say(prefix: str, tail: str) -> str:
        seen.append(prefix)
        return answer(prefix, tail)

    with StandIn(flavour, say) as server:
        completion = hosted(model, server.url + path, references=False).complete(request(BOOK, sentences(2)))
    assert [it.problem for it in completion.translations] == [None, None]
    assert [without_format(it) for it in seen] == [prompt.system_text(BOOK)]


@pytest.mark.parametrize(
    ("model", "flavour", "path"),
    [
        ("anthropic/claude-sonnet-5-5", "anthropic", ""),
        ("gemini/gemini-2.5-pro", "gemini", "/v1beta"),
        ("openai/gpt-6.1-sol", "openai", "/v1"),
    ],
)
def test_a_book_of_four_megabytes_is_read_from_the_cache_from_the_second_question_on(
    model: str, flavour: str, path: str
) -> None:
    text = PLAIN.text + "".join(f"kuma{n} | n | ʔe house number {n} of the village\n" for n in range(90_000))
    large = Prefix(text, 1_500_000, "e" * 64)
    assert len(text.encode()) > 4e6
    with StandIn(flavour, answer, context=4_000_000) as server:
        used = hosted(model, server.url + path)
        first, second = (used.complete(request(large, sentences(2 + number))).usage for number in range(2))
        received = server.counters()["bytes_received"]
    assert (first.written or 0) > 1_500_000
    assert (second.cached or 0) > 0.999 * (second.read or 0)
    assert received < (2.2 if flavour == "openai" else 1.1) * len(text.encode())


def test_ollama_is_sent_the_book_too() -> None:
    with catching({"message": {"role": "assistant", "content": "?"}, "done": True}) as (base, seen):
        hosted("ollama_chat/qwen", base).complete(request(BOOK, sentences(1)))
    assert seen[0]["messages"][0]["content"] == prompt.system_text(BOOK)


def test_threads_do_not_mix_their_books_up() -> None:
    books = [book(300 + 20 * number) for number in range(6)]
    seen: set[str] = set()

    def say(prefix: str, tail: str) -> str:
        seen.add(without_format(prefix))
        return answer(prefix, tail)

    with StandIn("openai", say) as server:
        model = hosted("openai/gpt-4.1", f"{server.url}/v1")
        threads = [threading.Thread(target=model.complete, args=[request(it, sentences(2))]) for it in books * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == {prompt.system_text(it) for it in books}


def test_a_request_that_went_out_with_the_mark_is_an_error() -> None:
    with (
        pytest.raises(ModelError, match="without the book"),
        Insertion(httpx.Client()).shortened([{"content": "book"}], "book"),
    ):
        pass


def test_an_error_of_the_request_itself_is_the_one_that_is_raised() -> None:
    with pytest.raises(Refused), Insertion(httpx.Client()).shortened([{"content": "book"}], "book"):
        raise Refused("no")


def test_only_a_mark_that_was_lent_is_replaced_and_only_as_a_string_of_its_own() -> None:
    sent: list[bytes] = []

    def take(asked: httpx.Request) -> httpx.Response:
        sent.append(b"".join(asked.stream))  # type: ignore[arg-type]  # a client that does not wait has such a stream
        return httpx.Response(200)

    client = httpx.Client(transport=httpx.MockTransport(take))
    insertion = Insertion(client)
    with insertion.shortened([{"content": "book"}], "book") as messages:
        mark = messages[0]["content"]
        asked = ['"ctxlearn-book-0123456789abcdef0123456789abcdef"', f'"{mark}"', f"{mark}s", mark]
        client.post("http://127.0.0.1/", json=asked)
    client.post("http://127.0.0.1/", json=[mark])
    assert [json.loads(it) for it in sent] == [[*asked[:3], "book"], [mark]]


# -- redirects


@contextmanager
def catching(said: object, status: int = 200, **headers: str) -> Iterator[tuple[str, list[Any]]]:
    """Run a server that gives one answer to everything; lend its address and what it was sent."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("model", "job"),
    [
        ("openai/local", {}),
        ("openai/gpt-6.1-sol", {}),
        ("hosted_vllm/qwen", {}),
        ("ollama_chat/qwen", {}),
        ("lm_studio/qwen", {}),
        ("llamafile/qwen", {}),
        ("bedrock/anthropic.claude-sonnet-5-5", {}),
        ("anthropic/claude-sonnet-5-5", {"references": False}),
        ("gemini/gemini-2.5-pro", {"references": False}),
        ("gemini/gemini-2.5-pro", {}),
    ],
)
@pytest.mark.parametrize("status", [302, 307, 308])
def test_no_redirect_brings_the_book_elsewhere(model: str, job: dict[str, Any], status: int) -> None:
    with (
        catching({}) as (elsewhere, got),
        catching({}, status, Location=f"{elsewhere}/v1") as (base, asked),
        pytest.raises(Refused, match="--api-base"),
    ):
        hosted(model, base, **job).complete(request(book(600), sentences(1)))
    assert (len(asked), got) == (1, [])
