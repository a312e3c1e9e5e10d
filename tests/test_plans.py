from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ctxlearn.errors import BudgetError, KeyMissing, Overloaded, Refused, UsageError
from ctxlearn.models import plans
from ctxlearn.models.base import Usage
from ctxlearn.models.plans.base import Asked, Job, Plan
from ctxlearn.models.plans.gemini import GeminiPlan, vertex
from ctxlearn.models.plans.kept import Kept, Shelf
from tests.standins import StandIn

ASKED = Asked("the book", "d" * 64, 500_000, "f" * 64, "a question")
LONG = Asked("the book " * 5000, "e" * 64, 10_000, "f" * 64, "a question")
BOOK_AND_QUESTION: list[dict[str, Any]] = [
    {"role": "system", "content": "the book"},
    {"role": "user", "content": "a question"},
]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "k")


def plan(model: str, tmp_path: Path, **job: Any) -> Plan:
    return plans.plan(Job(model, **job), tmp_path, lambda: "token")


def block(mark: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "system", "content": [{"type": "text", "text": "the book", **mark}]}, BOOK_AND_QUESTION[1]]


BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}
JSON = {"response_format": {"type": "json_object"}}
KEY = {"prompt_cache_key": "d" * 32}


@pytest.mark.parametrize(
    ("model", "job", "expected"),
    [
        ("anthropic/claude-sonnet-5-5", {}, {"messages": block({"cache_control": {"type": "ephemeral"}})}),
        (
            "anthropic/claude-sonnet-5-5",
            {"seconds": 301.0},
            {"messages": block({"cache_control": {"type": "ephemeral", "ttl": "1h"}})},
        ),
        (
            "openai/gpt-6.1-sol",
            {},
            {"messages": block(BREAKPOINT), **KEY, **JSON, "prompt_cache_options": {"mode": "explicit"}},
        ),
        ("openai/gpt-5.5", {}, {"messages": BOOK_AND_QUESTION, **KEY, **JSON}),
        ("openai/gpt-4.1", {"api_base": "http://localhost/v1"}, {"messages": BOOK_AND_QUESTION, **KEY, **JSON}),
        ("openai/local", {"api_base": "http://localhost/v1"}, {"messages": BOOK_AND_QUESTION}),
        ("gemini/gemini-2.5-pro", {"references": False}, {"messages": BOOK_AND_QUESTION, **JSON}),
        ("deepseek/deepseek-v4-flash", {}, {"messages": BOOK_AND_QUESTION}),
        ("xai/grok-4.3", {}, {"messages": BOOK_AND_QUESTION, "extra_headers": {"x-grok-conv-id": "d" * 32}}),
        ("mistral/mistral-large-4", {}, {"messages": BOOK_AND_QUESTION, "extra_body": KEY}),
        ("hosted_vllm/qwen", {}, {"messages": BOOK_AND_QUESTION, "extra_body": {"cache_salt": "d" * 32}}),
        ("bedrock/us.anthropic.claude-opus-5", {}, {"messages": block({"cache_control": {"type": "ephemeral"}})}),
        ("bedrock/amazon.nova-pro", {"seconds": 999.0}, {"messages": block({"cache_control": {"type": "ephemeral"}})}),
        ("bedrock/meta.llama4", {}, {"messages": BOOK_AND_QUESTION}),
        ("openrouter/anthropic/claude-opus-5", {}, {"messages": block({"cache_control": {"type": "ephemeral"}})}),
        (
            "openrouter/openai/gpt-6-sol",
            {},
            {"messages": block(BREAKPOINT), "extra_body": {"prompt_cache_options": {"mode": "explicit"}}},
        ),
        ("openrouter/qwen/qwen4", {}, {"messages": BOOK_AND_QUESTION}),
        ("groq/llama", {}, {"messages": BOOK_AND_QUESTION}),
    ],
)
def test_each_family_is_asked_the_way_it_keeps_a_prefix(
    model: str, job: dict[str, Any], expected: dict[str, object], tmp_path: Path
) -> None:
    arranged = plan(model, tmp_path, **job).arrange(ASKED)
    assert dict(arranged.arguments) == expected
    assert arranged.usage == Usage()


def test_only_deepseek_needs_two_warm_ups(tmp_path: Path) -> None:
    models = [f"{provider}/m" for provider in plans.PLANS]
    assert [m for m in models if plan(m, tmp_path).warm_ups != 1] == ["deepseek/m"]


@pytest.mark.parametrize("name", ["gpt-6", "nobody/model", "gemini/", ""])
def test_a_model_without_a_known_provider_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="anthropic"):
        plans.check_name(name)


def test_the_server_is_known_before_litellm_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in plans.PROVIDERS:
        for name in plans.SERVERS.get(provider, (f"{provider.upper()}_API_BASE",)):
            monkeypatch.delenv(name, raising=False)
    for provider in ("hosted_vllm", "lm_studio"):
        with pytest.raises(UsageError, match="--api-base"):
            plans.server(f"{provider}/m")
    others = set(plans.PROVIDERS) - {"hosted_vllm", "lm_studio"}
    assert {name for name in others if plans.server(f"{name}/m")} == {"ollama_chat", "llamafile"}
    for provider in plans.PROVIDERS:
        for name in plans.SERVERS.get(provider, (f"{provider.upper()}_API_BASE",)):
            monkeypatch.setenv(name, f"http://{provider}")
            assert plans.server(f"{provider}/m") == f"http://{provider}"
            monkeypatch.delenv(name)


def test_a_missing_key_is_said_with_the_variable_that_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(KeyMissing, match=r"gemini/gemini-2.5-pro: no API key; set GEMINI_API_KEY"):
        plans.check_key(plan("gemini/gemini-2.5-pro", tmp_path))
    with pytest.raises(KeyMissing, match="set ANTHROPIC_API_KEY"):
        plans.check_key(plan("anthropic/claude-opus-5", tmp_path))
    plans.check_key(plan("openai/local", tmp_path, api_base="http://localhost"))
    for name in plans.KEYS["groq"]:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(KeyMissing, match="set GROQ_API_KEY"):
        plans.check_key(plan("groq/llama", tmp_path))


# -- what is laid down


def gemini(standin: StandIn, folder: Path, **job: Any) -> GeminiPlan:
    made = plan("gemini/gemini-2.5-pro", folder, api_base=f"{standin.url}/v1beta", **job)
    assert isinstance(made, GeminiPlan)
    return made


def test_the_book_is_laid_down_once_and_referred_to(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        first, second = (gemini(google, tmp_path).arrange(LONG) for _ in range(2))
        counters = google.counters()
    assert counters["caches"]["created"] == 1
    assert first.arguments["cached_content"] == second.arguments["cached_content"] == first.handle
    assert first.arguments["messages"] == [{"role": "user", "content": "a question"}]
    assert first.usage.read == first.usage.written == counters["written_tokens"] > 10_000
    assert first.usage.stored == pytest.approx(300 * counters["written_tokens"], rel=0.05)
    assert second.usage == Usage()


def test_a_book_that_is_too_short_to_be_laid_down_is_sent_along(tmp_path: Path) -> None:
    short = Asked("the book", "d" * 64, 2000, "f" * 64, "a question")
    assert plan("gemini/gemini-2.5-pro", tmp_path).arrange(short).arguments["messages"] == BOOK_AND_QUESTION


def test_an_object_lives_longer_while_it_is_in_use(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        first = gemini(google, tmp_path).arrange(LONG)
        age(tmp_path, seconds=200)
        again = gemini(google, tmp_path).arrange(LONG)
        assert google.counters()["caches"]["created"] == 1
    assert again.handle == first.handle
    assert again.usage.read == 0
    assert again.usage.stored == pytest.approx(200 * (first.usage.read or 0), rel=0.05)


def test_an_object_that_died_is_made_anew(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        first = gemini(google, tmp_path).arrange(LONG)
        age(tmp_path, seconds=400)
        assert gemini(google, tmp_path).arrange(LONG).handle != first.handle
        google.expire()  # it dies sooner than Google said, which the next extension finds out
        age(tmp_path, seconds=200)
        gemini(google, tmp_path).arrange(LONG)
        assert google.counters()["caches"]["created"] == 3


def test_an_object_that_google_lost_is_forgotten(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        used = gemini(google, tmp_path)
        first = used.arrange(LONG)
        used.lost("cachedContents/another")
        assert used.arrange(LONG).handle == first.handle
        used.lost(first.handle)
        assert used.arrange(LONG).handle != first.handle


def test_what_is_not_to_be_kept_is_deleted_and_its_storage_given_back(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        keeping, leaving = gemini(google, tmp_path), gemini(google, tmp_path, keep=False)
        used = keeping.arrange(LONG).usage
        assert keeping.close() == Usage()
        assert leaving.close() == Usage()  # it never used it
        leaving.arrange(LONG)
        saved = leaving.close()
        assert google.counters()["caches"] == {"created": 1, "deleted": 1, "expired": 0, "live": 0}
    assert saved.stored == pytest.approx(-(used.stored or 0), rel=0.05)
    assert list(Shelf(tmp_path).all()) == []


def test_what_cannot_be_deleted_now_stays_noted_and_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with StandIn("gemini") as google:
        leaving = gemini(google, tmp_path, keep=False)
        handle = leaving.arrange(LONG).handle
        google.faults({"kind": "status", "status": 503, "on": "cache", "every": 1})
        assert leaving.close() == Usage()
        assert "`ctxlearn cache clear provider` tries again" in caplog.text
        assert [kept.name for _, kept in Shelf(tmp_path).all()] == [handle]
        with pytest.raises(Overloaded):
            plans.give_up(tmp_path, lambda: "")
        google.faults()
        assert plans.give_up(tmp_path, lambda: "") == [handle]
        assert google.counters()["caches"]["live"] == 0
    assert list(Shelf(tmp_path).all()) == []


def test_an_object_that_is_gone_already_is_deleted_here_too(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        leaving = gemini(google, tmp_path, keep=False)
        leaving.arrange(LONG)
        google.expire()
        leaving.close()
    assert list(Shelf(tmp_path).all()) == []


@pytest.mark.parametrize("kind", ["broken-json", "cut", "reset"])
def test_an_object_whose_name_did_not_come_back_may_have_been_charged(kind: str, tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        google.faults({"kind": kind, "on": "cache", "every": 1})
        with pytest.raises(Overloaded) as caught:
            gemini(google, tmp_path).arrange(LONG)
    assert caught.value.charged


def test_everything_that_lies_at_a_provider_can_be_given_up(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        handle = gemini(google, tmp_path).arrange(LONG).handle
        assert plans.give_up(tmp_path, lambda: "", {"another book"}) == []
        assert plans.give_up(tmp_path, lambda: "", {LONG.fingerprint}) == [handle]
        assert plans.give_up(tmp_path, lambda: "") == []
        assert google.counters()["caches"]["live"] == 0


def test_a_large_book_is_uploaded_to_anthropic_and_deleted_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    large = Asked("the book " * 25_000, "d" * 64, 50_000, "f" * 64, "a question")
    with StandIn("anthropic") as server:
        laid = plan("anthropic/claude-opus-5", tmp_path, api_base=server.url)
        first, second = laid.arrange(large), laid.arrange(large)
        assert [kept.name for _, kept in Shelf(tmp_path).all()] == [first.handle] == [second.handle]
        laid.close()
        assert [it["status"] for it in server.arrivals()] == [200, 200]
    assert list(Shelf(tmp_path).all()) == []
    content = first.arguments["messages"][0]["content"]
    assert content[0]["file"]["file_id"] == first.handle and "cache_control" in content[0]
    assert content[1] == {"type": "text", "text": "a question"}
    assert first.usage == Usage()
    inline = plan("anthropic/claude-opus-5", tmp_path, references=False).arrange(large)
    assert inline.arguments["messages"][0]["role"] == "system" and not inline.handle


def test_vertex_is_asked_with_a_token_under_its_project(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        job = Job("vertex_ai/gemini-2.5-pro", google.url)
        handle = vertex(job, Shelf(tmp_path), ("p", "europe-west4"), lambda: "token").arrange(LONG).handle
        paths = [it["path"] for it in google.arrivals()]
    assert handle.startswith("projects/p/locations/europe-west4/cachedContents/")
    assert paths == ["/v1/projects/p/locations/europe-west4/cachedContents"]


def test_a_book_too_long_and_a_wrong_key_are_said(tmp_path: Path) -> None:
    with StandIn("gemini", context=5000) as google, pytest.raises(BudgetError, match="does not fit"):
        gemini(google, tmp_path).arrange(LONG)
    with StandIn("gemini", keys=frozenset({"another"})) as google, pytest.raises(KeyMissing, match="API key"):
        gemini(google, tmp_path).arrange(LONG)
    with StandIn("gemini") as google, pytest.raises(Refused):
        google.faults({"kind": "status", "status": 403, "on": "cache", "every": 1})
        gemini(google, tmp_path).arrange(LONG)


def test_threads_that_start_at_once_make_one_object(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        google.speed(latency=0.2)
        used = gemini(google, tmp_path)
        handles: list[str] = []
        threads = [threading.Thread(target=lambda: handles.append(used.arrange(LONG).handle)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert google.counters()["caches"]["created"] == 1
    assert len(handles) == 8 and len(set(handles)) == 1


_PROCESS = """
import sys, threading
from pathlib import Path
from ctxlearn.models import plans
from ctxlearn.models.plans.base import Asked, Job
asked = Asked("the book " * 5000, "e" * 64, 10_000, "f" * 64, "a question")
plan = plans.plan(Job("gemini/gemini-2.5-pro", sys.argv[1]), Path(sys.argv[2]), lambda: "")
print("ready", flush=True); sys.stdin.readline()
threads = [threading.Thread(target=lambda: sys.stdout.write(f"{plan.arrange(asked).handle}\\n")) for _ in range(8)]
[it.start() for it in threads]; [it.join() for it in threads]
"""


def test_processes_that_start_at_once_make_one_object(tmp_path: Path) -> None:
    with StandIn("gemini") as google:
        google.speed(latency=0.2)
        command = [sys.executable, "-c", _PROCESS, f"{google.url}/v1beta", str(tmp_path)]
        pipes: Any = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "text": True,
            "cwd": Path(__file__).parents[1],
        }
        running = [subprocess.Popen(command, **pipes) for _ in range(4)]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = "".join(process.communicate()[0] for process in running)
        assert google.counters()["caches"]["created"] == 1
    assert len(said.split()) == 32 and len(set(said.split())) == 1


def test_a_note_that_is_damaged_is_as_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    made = Kept("cachedContents/1", "gemini/m", None, "f", 100, time.time() + 300)
    used = shelf.obtain("a", 300, lambda: made, lambda kept: kept)[1]
    assert (used.read, used.written) == (100, 100)
    assert used.stored == pytest.approx(30_000, rel=0.01)
    (tmp_path / "a.json").write_text('{"name": "x"')
    assert Shelf(tmp_path).obtain("a", 300, lambda: made, lambda kept: kept)[1].written == 100
    assert [kept for _, kept in shelf.all()] == [made]


def age(folder: Path, seconds: float) -> None:
    """Let the time pass for every object that is noted."""
    shelf = Shelf(folder)
    for key, kept in list(shelf.all()):
        shelf._write(key, kept.until(kept.expires - seconds))
