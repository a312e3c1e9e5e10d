"""The stand-ins keep the providers' rules, misbehave on order, count right, and the real litellm can talk to them."""

from __future__ import annotations

import email.message
import http.client
import importlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standins import Clock, Price, Rates, Remote, Spoiled, StandIn, price_from_row, start
from tests.standins.cache import Block, Plan, PrefixCache
from tests.standins.texts import LONG, Texts
from tests.standins.tokens import Tokenizer
from tests.standins.wire import Speed
from tests.tiny import PATIENCE

PREFIX = "\n".join(f"ma{number} = he{number}, a pronoun of class {number % 7}" for number in range(2000))
OTHER = PREFIX.replace("pronoun", "particle")
ANTHROPIC_KEY = {"x-api-key": "key", "anthropic-version": "2023-06-01"}
GEMINI_KEY = {"x-goog-api-key": "key"}
OPENAI_KEY = {"authorization": "Bearer key"}
MARK = {"prompt_cache_breakpoint": {"mode": "explicit"}}
GEMINI = "/v1beta/models/gemini-2.5-pro:generateContent"


def call(
    server: StandIn | Remote,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
    timeout: float = PATIENCE,
) -> tuple[int, Any, email.message.Message]:
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    request = urllib.request.Request(server.url + path, data, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, json.loads(response.read()), response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers


def chat(server: StandIn, question: str = "q", prefix: str = PREFIX, model: str = "gpt-4.1", **fields: Any) -> Any:
    mark = MARK if fields.pop("mark", False) else {}
    system = {"role": "system", "content": [{"type": "text", "text": prefix, **mark}]}
    headers = OPENAI_KEY | fields.pop("headers", {})
    body = {"model": model, "messages": [system, {"role": "user", "content": question}], **fields}
    return call(server, "/v1/chat/completions", body, headers)[:2]


def cached(server: StandIn, question: str = "q", **fields: Any) -> int:
    status, said = chat(server, question, **fields)
    assert status == 200, said
    return int(said["usage"]["prompt_tokens_details"]["cached_tokens"])


def ephemeral(text: str, ttl: str = "5m") -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": ttl}}


def message(server: StandIn, system: list[Any], question: str = "q", **fields: Any) -> tuple[int, Any]:
    standard = {"model": "claude-sonnet-5-5", "max_tokens": 500, "messages": [{"role": "user", "content": question}]}
    return call(server, "/v1/messages", standard | {"system": system} | fields, ANTHROPIC_KEY)[:2]


def read_and_written(server: StandIn, system: list[Any], **fields: Any) -> tuple[int, int]:
    status, said = message(server, system, **fields)
    assert status == 200, said
    return said["usage"]["cache_read_input_tokens"], said["usage"]["cache_creation_input_tokens"]


def create_cache(server: StandIn, prefix: str = PREFIX, **fields: Any) -> tuple[int, Any]:
    body = {"model": "models/gemini-2.5-pro", "systemInstruction": {"parts": [{"text": prefix}]}, **fields}
    return call(server, "/v1beta/cachedContents", body, GEMINI_KEY)[:2]


def generate(server: StandIn, question: str = "q", **fields: Any) -> tuple[int, Any]:
    body = {"contents": [{"role": "user", "parts": [{"text": question}]}], **fields}
    return call(server, GEMINI, body, GEMINI_KEY)[:2]


def still() -> Clock:
    return Clock(rate=0, start=1_800_000_000)


@pytest.fixture
def openai() -> Iterator[StandIn]:
    with StandIn("openai", clock=still()) as server:
        yield server


@pytest.fixture
def anthropic() -> Iterator[StandIn]:
    with StandIn("anthropic", clock=still()) as server:
        yield server


@pytest.fixture
def gemini() -> Iterator[StandIn]:
    with StandIn("gemini", clock=still(), implicit=False) as server:
        yield server


class TestOpenAI:
    def test_a_shared_beginning_is_cached_in_steps_of_128_tokens_from_1024_on(self, openai: StandIn) -> None:
        assert cached(openai, "one") == 0
        whole = cached(openai, "two")
        assert whole % 128 == 0
        assert whole > 0.99 * chat(openai)[1]["usage"]["prompt_tokens"]
        half = PREFIX[: len(PREFIX) // 2]
        assert 0.45 * whole < cached(openai, prefix=half) < 0.55 * whole
        short = PREFIX[:2000]
        assert [cached(openai, "one", prefix="x" + short), cached(openai, "two", prefix="x" + short)] == [0, 0]

    def test_the_cache_is_lost_after_ten_minutes_without_use(self, openai: StandIn) -> None:
        cached(openai)
        openai.clock(599)
        assert cached(openai)
        openai.clock(599)
        assert cached(openai)
        openai.clock(601)
        assert not cached(openai)

    def test_another_prompt_cache_key_goes_to_another_machine(self, openai: StandIn) -> None:
        cached(openai, prompt_cache_key="a")
        assert not cached(openai, prompt_cache_key="b")
        assert cached(openai, prompt_cache_key="a")

    def test_a_machine_that_gets_too_much_sends_the_rest_to_a_cold_one(self) -> None:
        with StandIn("openai", clock=still(), per_minute=3) as server:
            assert [bool(cached(server)) for _ in range(5)] == [False, True, True, False, True]

    def test_since_gpt_5_6_a_prefix_is_found_at_a_breakpoint_only(self, openai: StandIn) -> None:
        new: dict[str, Any] = {"model": "gpt-6.1-sol", "prompt_cache_options": {"mode": "explicit"}, "mark": True}
        written = chat(openai, "one", **new)[1]["usage"]["prompt_tokens_details"]["cache_write_tokens"]
        assert written > 0
        assert cached(openai, "two", **new) == written
        assert openai.counters()["written_tokens"] == written

    def test_since_gpt_5_6_the_usual_mode_writes_everything_again(self, openai: StandIn) -> None:
        usages = [chat(openai, question, model="gpt-6.1-sol")[1]["usage"] for question in ("one", "two")]
        assert [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages] == [0, 0]
        assert all(usage["prompt_tokens_details"]["cache_write_tokens"] == usage["prompt_tokens"] for usage in usages)

    def test_the_explicit_mode_without_breakpoints_caches_nothing(self, openai: StandIn) -> None:
        new: dict[str, Any] = {"model": "gpt-6.1-sol", "prompt_cache_options": {"mode": "explicit"}}
        for _ in range(2):
            details = chat(openai, **new)[1]["usage"]["prompt_tokens_details"]
            assert (details["cached_tokens"], details["cache_write_tokens"]) == (0, 0)

    @pytest.mark.parametrize(
        ("model", "field"),
        [("gpt-5.5", "prompt_cache_options"), ("gpt-6.1-sol", "temperature")],
    )
    def test_a_field_that_the_model_does_not_know_is_refused(self, openai: StandIn, model: str, field: str) -> None:
        values: dict[str, Any] = {"prompt_cache_options": {"mode": "explicit"}, "temperature": 0}
        status, said = chat(openai, model=model, **{field: values[field]})
        assert (status, said["error"]["code"]) == (400, "unsupported_parameter")

    def test_a_response_goes_on_from_an_earlier_one_by_its_name(self, openai: StandIn) -> None:
        said = [{"role": "user", "content": [{"type": "input_text", "text": PREFIX}]}]
        first = {"model": "gpt-6.1-sol", "input": said}
        status, root, _ = call(openai, "/v1/responses", first, OPENAI_KEY)
        assert status == 200
        more = {"model": "gpt-6.1-sol", "input": "how?", "previous_response_id": root["id"]}
        next_one = call(openai, "/v1/responses", more, OPENAI_KEY)[1]
        assert next_one["output"][0]["content"][0]["text"] == "how?"
        assert next_one["usage"]["input_tokens"] > root["usage"]["input_tokens"]
        assert openai.arrivals()[1]["bytes"] < 1000
        assert call(openai, "/v1/responses", more | {"previous_response_id": "resp_no"}, OPENAI_KEY)[0] == 400

    def test_the_prompt_is_split_into_prefix_and_last_message_for_the_answer(self) -> None:
        seen = []

        def answer(prefix: str, tail: str) -> str:
            seen.append((prefix, tail))
            return "said"

        with StandIn("openai", answer) as server:
            assert chat(server, "the question")[1]["choices"][0]["message"]["content"] == "said"
        assert seen == [(PREFIX, "the question")]

    def test_an_output_limit_cuts_the_answer(self, openai: StandIn) -> None:
        said = chat(openai, "a long question of many words", max_tokens=3)[1]
        assert said["choices"][0]["finish_reason"] == "length"
        assert 0 < said["usage"]["completion_tokens"] <= 3


class TestOtherOpenAIs:
    def test_deepseek_reads_a_context_from_the_third_request_on(self) -> None:
        with StandIn("deepseek") as server:
            usages = [chat(server, question)[1]["usage"] for question in ("alpha", "beta", "gamma", "delta")]
        hits = [usage["prompt_cache_hit_tokens"] for usage in usages]
        assert hits[:2] == [0, 0]
        assert hits[2] == hits[3] > 0.99 * usages[0]["prompt_tokens"]
        assert all(u["prompt_cache_hit_tokens"] + u["prompt_cache_miss_tokens"] == u["prompt_tokens"] for u in usages)

    def test_xai_needs_a_conversation_to_find_the_machine_again(self) -> None:
        with StandIn("xai") as server:
            assert [cached(server) for _ in range(3)] == [0, 0, 0]
            held: dict[str, Any] = {"headers": {"x-grok-conv-id": "one"}}
            assert cached(server, **held) == 0
            assert cached(server, **held) > 0

    def test_mistral_needs_a_cache_key(self) -> None:
        with StandIn("mistral") as server:
            assert [cached(server) for _ in range(3)] == [0, 0, 0]
            assert cached(server, prompt_cache_key="one") == 0
            assert cached(server, prompt_cache_key="one") > 0

    def test_openrouter_tells_the_price_it_charged(self) -> None:
        with StandIn("openrouter", price=Price(Rates(2, 10))) as server:
            body = {"model": "openai/gpt-4.1", "messages": [{"role": "user", "content": PREFIX}], "max_tokens": 5}
            usage = call(server, "/api/v1/chat/completions", body, OPENAI_KEY)[1]["usage"]
            assert usage["cost"] == pytest.approx(server.counters()["bill_usd"]["total"])
            assert usage["cost"] == pytest.approx((2 * usage["prompt_tokens"] + 10 * usage["completion_tokens"]) / 1e6)

    def test_vllm_caches_but_does_not_say_so(self) -> None:
        with StandIn("vllm") as server:
            usages = [chat(server, question)[1]["usage"] for question in ("one", "two")]
            assert all("prompt_tokens_details" not in usage for usage in usages)
            assert server.counters()["read_tokens"] > 0

    def test_vllm_wants_the_system_message_first(self) -> None:
        late = [{"role": "user", "content": "q"}, {"role": "system", "content": "s"}]
        with StandIn("vllm") as server:
            assert call(server, "/v1/chat/completions", {"model": "m", "messages": late})[0] == 400

    def test_llama_cpp_remembers_one_prompt_and_reports_it(self) -> None:
        with StandIn("llama") as server:
            chat(server, "one")
            said = chat(server, "two")[1]
            assert said["timings"]["cache_n"] == said["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


class TestAnthropic:
    def test_a_marked_block_is_written_once_and_read_after(self, anthropic: StandIn) -> None:
        read, written = read_and_written(anthropic, [ephemeral(PREFIX)], question="one")
        assert (read, written > 0) == (0, True)
        assert read_and_written(anthropic, [ephemeral(PREFIX)], question="two") == (written, 0)
        assert read_and_written(anthropic, [ephemeral(OTHER)]) != (written, 0)

    def test_nothing_is_cached_without_a_mark(self, anthropic: StandIn) -> None:
        plain = [{"type": "text", "text": PREFIX}]
        assert [read_and_written(anthropic, plain) for _ in range(2)] == [(0, 0), (0, 0)]

    @pytest.mark.parametrize(("ttl", "life"), [("5m", 300), ("1h", 3600)])
    def test_each_reading_renews_the_life(self, anthropic: StandIn, ttl: str, life: int) -> None:
        system = [ephemeral(PREFIX, ttl)]
        read_and_written(anthropic, system)
        for _ in range(2):
            anthropic.clock(life - 1)
            assert read_and_written(anthropic, system)[0] > 0
        anthropic.clock(life + 1)
        assert read_and_written(anthropic, system)[0] == 0

    def test_writes_of_an_hour_are_counted_apart(self, anthropic: StandIn) -> None:
        usage = message(anthropic, [ephemeral(PREFIX, "1h"), ephemeral("the tail", "5m")])[1]["usage"]
        split = usage["cache_creation"]
        assert split["ephemeral_1h_input_tokens"] > 1000 > split["ephemeral_5m_input_tokens"] > 0
        assert anthropic.counters()["written_long_tokens"] == split["ephemeral_1h_input_tokens"]

    def test_a_breakpoint_looks_back_over_twenty_blocks(self, anthropic: StandIn) -> None:
        def turn(more: int) -> list[Any]:
            return (
                [ephemeral(PREFIX)]
                if not more
                else [
                    {"type": "text", "text": PREFIX},
                    *({"type": "text", "text": f"block {number}"} for number in range(more - 1)),
                    ephemeral("last"),
                ]
            )

        written = read_and_written(anthropic, turn(0))[1]
        assert read_and_written(anthropic, turn(20))[0] == 0
        anthropic.expire()
        read_and_written(anthropic, turn(0))
        assert read_and_written(anthropic, turn(19))[0] == written

    @pytest.mark.parametrize(
        ("system", "said"),
        [
            ([ephemeral(str(number)) for number in range(5)], "A maximum of 4 blocks"),
            ([ephemeral("a", "5m"), ephemeral("b", "1h")], "must not come after"),
            ([ephemeral("")], "empty text blocks"),
            ([ephemeral("a", "2h")], "ttl"),
        ],
    )
    def test_marks_against_the_rules_are_refused(self, anthropic: StandIn, system: list[Any], said: str) -> None:
        status, refusal = message(anthropic, system)
        assert status == 400
        assert said in refusal["error"]["message"]

    def test_below_the_minimum_nothing_is_cached_and_nothing_is_said(self, anthropic: StandIn) -> None:
        short = [ephemeral(PREFIX[:1000])]
        assert [read_and_written(anthropic, short) for _ in range(2)] == [(0, 0), (0, 0)]
        longer = [ephemeral(PREFIX[:2500])]
        assert read_and_written(anthropic, longer)[1] > 512
        assert read_and_written(anthropic, longer, model="claude-haiku-4-5") == (0, 0)

    def test_max_tokens_is_required_and_must_leave_room(self, anthropic: StandIn) -> None:
        assert message(anthropic, [], max_tokens=None)[0] == 400
        assert "exceed context limit" in message(anthropic, [], max_tokens=1_000_000)[1]["error"]["message"]

    def test_a_file_is_sent_once_and_named_after(self, anthropic: StandIn) -> None:
        border = "border"
        upload = (
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="c.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\n{PREFIX}\r\n--{border}--\r\n"
        )
        headers = ANTHROPIC_KEY | {"anthropic-beta": "files-api-2025-04-14"}
        kind = {"content-type": f"multipart/form-data; boundary={border}"}
        request = urllib.request.Request(f"{anthropic.url}/v1/files", upload.encode(), headers | kind)
        with urllib.request.urlopen(request) as response:
            name = json.loads(response.read())["id"]
        document = {"type": "document", "source": {"type": "file", "file_id": name}}
        marked = document | {"cache_control": {"type": "ephemeral"}}
        asked = [{"role": "user", "content": [marked, {"type": "text", "text": "how?"}]}]
        assert read_and_written(anthropic, [], messages=asked)[1] > 1000
        assert read_and_written(anthropic, [], messages=asked)[0] > 1000
        assert message(anthropic, [], messages=asked)[1]["content"][0]["text"] == "how?"
        assert anthropic.arrivals()[-1]["bytes"] < 1000
        assert call(anthropic, f"/v1/files/{name}", None, headers, "DELETE")[0] == 200
        assert message(anthropic, [], messages=asked)[0] == 404

    def test_tokens_are_counted_without_a_charge(self, anthropic: StandIn) -> None:
        body = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": PREFIX}]}
        assert call(anthropic, "/v1/messages/count_tokens", body, ANTHROPIC_KEY)[1]["input_tokens"] > 1000
        assert anthropic.counters()["input_tokens"] == 0


class TestGemini:
    def test_a_cache_object_is_made_read_extended_and_deleted(self, gemini: StandIn) -> None:
        status, made = create_cache(gemini, ttl="300s", displayName="kgv")
        assert (status, made["displayName"], made["expireTime"] > made["createTime"]) == (200, "kgv", True)
        path = f"/v1beta/{made['name']}"
        assert call(gemini, path, None, GEMINI_KEY, "GET")[1] == made
        longer = call(gemini, f"{path}?updateMask=ttl", {"ttl": "7200s"}, GEMINI_KEY, "PATCH")[1]
        assert longer["expireTime"] > made["expireTime"]
        assert call(gemini, path, None, GEMINI_KEY, "DELETE")[0] == 200
        assert call(gemini, path, None, GEMINI_KEY, "GET")[0] == 403
        assert gemini.counters()["caches"] == {"created": 1, "deleted": 1, "expired": 0, "live": 0}

    def test_a_request_names_its_cache_in_a_few_hundred_bytes(self, gemini: StandIn) -> None:
        name = create_cache(gemini)[1]["name"]
        status, said = generate(gemini, "how?", cachedContent=name)
        usage = said["usageMetadata"]
        assert (status, said["candidates"][0]["content"]["parts"][0]["text"]) == (200, "how?")
        assert usage["cachedContentTokenCount"] > 0.99 * usage["promptTokenCount"] > 1000
        assert gemini.arrivals()[-1]["bytes"] < 500

    def test_a_cache_that_is_too_small_is_refused(self, gemini: StandIn) -> None:
        status, said = create_cache(gemini, prefix="short")
        assert (status, "min_total_token_count=2048" in said["error"]["message"]) == (400, True)

    def test_an_expired_cache_is_forbidden_like_one_that_never_was(self, gemini: StandIn) -> None:
        name = create_cache(gemini, ttl="60s")[1]["name"]
        gemini.clock(61)
        assert generate(gemini, cachedContent=name)[0] == 403
        assert generate(gemini, cachedContent="cachedContents/none")[0] == 403
        assert gemini.counters()["caches"]["expired"] == 1

    def test_a_cache_goes_with_its_own_model_and_without_another_system_instruction(self, gemini: StandIn) -> None:
        name = create_cache(gemini)[1]["name"]
        both = generate(gemini, cachedContent=name, systemInstruction={"parts": [{"text": "s"}]})
        assert (both[0], "can not be used" in both[1]["error"]["message"]) == (400, True)
        body = {"contents": [{"role": "user", "parts": [{"text": "q"}]}], "cachedContent": name}
        assert call(gemini, "/v1beta/models/gemini-2.5-flash:generateContent", body, GEMINI_KEY)[0] == 400

    def test_caches_are_listed_by_the_page(self, gemini: StandIn) -> None:
        names = [create_cache(gemini)[1]["name"] for _ in range(3)]
        first = call(gemini, "/v1beta/cachedContents?pageSize=2", None, GEMINI_KEY, "GET")[1]
        rest = f"/v1beta/cachedContents?pageSize=2&pageToken={first['nextPageToken']}"
        second = call(gemini, rest, None, GEMINI_KEY, "GET")[1]
        assert [one["name"] for one in first["cachedContents"] + second["cachedContents"]] == names
        assert "nextPageToken" not in second

    def test_storage_is_charged_by_the_token_and_second_until_deletion_or_expiry(self) -> None:
        with StandIn("gemini", clock=still(), price=Price(Rates(1.25, 10, 0.125), storage=4.5)) as server:
            made = create_cache(server, ttl="3600s")[1]
            tokens = made["usageMetadata"]["totalTokenCount"]
            create_cache(server, ttl="60s")
            server.clock(1800)
            call(server, f"/v1beta/{made['name']}", None, GEMINI_KEY, "DELETE")
            server.clock(1800)
            counted = server.counters()
        assert counted["storage_token_seconds"] == pytest.approx(tokens * (1800 + 60))
        assert counted["bill_usd"]["storage"] == pytest.approx(tokens * 1860 / 3600 * 4.5 / 1e6)
        assert counted["bill_usd"]["written"] == pytest.approx(2 * tokens * 1.25 / 1e6)

    def test_the_implicit_cache_finds_a_repeated_beginning(self) -> None:
        system = {"systemInstruction": {"parts": [{"text": PREFIX}]}}
        with StandIn("gemini") as server:
            usages = [generate(server, question, **system)[1]["usageMetadata"] for question in ("one", "two")]
        assert "cachedContentTokenCount" not in usages[0]
        assert usages[1]["cachedContentTokenCount"] > 0.99 * usages[1]["promptTokenCount"]

    def test_tokens_are_counted_on_request(self, gemini: StandIn) -> None:
        body = {"contents": [{"parts": [{"text": PREFIX}]}]}
        counted = call(gemini, "/v1beta/models/gemini-2.5-pro:countTokens", body, GEMINI_KEY)[1]
        assert counted["totalTokens"] == Tokenizer()(PREFIX)

    def test_vertex_names_are_taken_as_well(self, gemini: StandIn) -> None:
        home = "/v1/projects/p/locations/l"
        body = {"model": "models/gemini-2.5-pro", "contents": [{"role": "user", "parts": [{"text": PREFIX}]}]}
        token = {"authorization": "Bearer token"}
        name = call(gemini, f"{home}/cachedContents", body, token)[1]["name"]
        assert name.startswith("projects/p/locations/l/cachedContents/")
        asked = {"contents": [{"role": "user", "parts": [{"text": "q"}]}], "cachedContent": name}
        path = f"{home}/publishers/google/models/gemini-2.5-pro:generateContent"
        assert call(gemini, path, asked, token)[1]["usageMetadata"]["cachedContentTokenCount"] > 1000


class TestLimits:
    @pytest.mark.parametrize(
        ("flavour", "path", "status"),
        [("openai", "/v1/chat/completions", 401), ("anthropic", "/v1/messages", 401), ("gemini", GEMINI, 403)],
    )
    def test_a_request_without_a_key_is_turned_away(self, flavour: str, path: str, status: int) -> None:
        with StandIn(flavour) as server:
            assert call(server, path, {})[0] == status

    def test_a_wrong_key_is_turned_away(self) -> None:
        with StandIn("openai", keys=frozenset({"right"})) as server:
            assert chat(server)[0] == 401
            assert chat(server, headers={"authorization": "Bearer right"})[0] == 200

    @pytest.mark.parametrize(("flavour", "code"), [("openai", "context_length_exceeded"), ("gemini", "")])
    def test_a_prompt_beyond_the_context_is_refused(self, flavour: str, code: str) -> None:
        with StandIn(flavour, context=1000) as server:
            status, said = chat(server) if flavour == "openai" else generate(server, PREFIX)
        assert (status, said["error"].get("code")) == (400, code or 400)

    def test_a_body_beyond_the_limit_is_refused(self) -> None:
        with StandIn("openai", max_body=1000) as server:
            assert chat(server)[0] == 413

    @pytest.mark.parametrize(
        "body", [[], {"model": 3}, {"model": "m", "messages": "no"}, {"model": "m", "messages": [1]}]
    )
    def test_a_body_of_the_wrong_shape_is_refused(self, openai: StandIn, body: object) -> None:
        assert call(openai, "/v1/chat/completions", body, OPENAI_KEY)[0] == 400


class TestFaults:
    def test_a_status_comes_with_and_without_retry_after(self, openai: StandIn) -> None:
        late = {"kind": "status", "status": 429, "retry_after": 2, "at": [1]}
        openai.faults(late, {"kind": "status", "status": 503, "at": [2]})
        body = {"model": "m", "messages": [{"role": "user", "content": "q"}]}
        answers = [call(openai, "/v1/chat/completions", body, OPENAI_KEY) for _ in range(3)]
        told = [(status, headers["retry-after"]) for status, _, headers in answers]
        assert told == [(429, "2"), (503, None), (200, None)]
        assert openai.counters()["by_fault"] == {"status:429": 1, "status:503": 1}

    def test_a_status_is_written_in_the_providers_way(self, anthropic: StandIn, gemini: StandIn) -> None:
        anthropic.faults({"kind": "status", "status": 529, "every": 1})
        assert message(anthropic, [])[1]["error"]["type"] == "overloaded_error"
        gemini.faults({"kind": "status", "status": 429, "retry_after": 5, "every": 1})
        error = generate(gemini)[1]["error"]
        assert (error["status"], error["details"][0]["retryDelay"]) == ("RESOURCE_EXHAUSTED", "5s")

    def test_a_hang_says_nothing_until_the_client_has_gone(self, openai: StandIn) -> None:
        openai.faults({"kind": "hang", "at": [1]})
        body = {"model": "m", "messages": [{"role": "user", "content": "q"}]}
        with pytest.raises(TimeoutError):
            call(openai, "/v1/chat/completions", body, OPENAI_KEY, timeout=0.2)
        while openai.counters()["requests"] < 1:  # it is the first, although nobody waits for it any more
            time.sleep(0.01)
        assert call(openai, "/v1/chat/completions", body, OPENAI_KEY)[0] == 200

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("cut", http.client.IncompleteRead),
            ("reset", (ConnectionResetError, http.client.IncompleteRead)),
            ("broken-json", json.JSONDecodeError),
        ],
    )
    def test_a_broken_answer_was_made_and_is_charged(self, openai: StandIn, kind: str, error: Any) -> None:
        openai.faults({"kind": kind, "at": [1]})
        with pytest.raises(error):
            chat(openai, "q " * 2000)
        assert openai.counters()["input_tokens"] > 0
        assert chat(openai)[0] == 200

    def test_a_silent_miss_reads_and_writes_nothing(self, anthropic: StandIn) -> None:
        anthropic.faults({"kind": "miss", "at": [2]})
        read = [read_and_written(anthropic, [ephemeral(PREFIX)])[0] for _ in range(3)]
        assert [bool(tokens) for tokens in read] == [False, False, True]

    def test_a_cache_expires_on_order(self, gemini: StandIn) -> None:
        name = create_cache(gemini)[1]["name"]
        gemini.faults({"kind": "expire", "at": [2]})
        assert [generate(gemini, cachedContent=name)[0] for _ in range(3)] == [200, 403, 403]

    @pytest.mark.parametrize(
        ("how", "text", "finish"),
        [
            ("chatter", "Sure! Here", "stop"),
            ("fence", "```json", "stop"),
            ("truncated", "1: ", "length"),
            ("wrong-ids", "1001: one", "stop"),
            ("own", "!", "stop"),
        ],
    )
    def test_answers_are_spoiled_by_hooks(self, how: str, text: str, finish: str) -> None:
        with StandIn("openai", hooks={"own": lambda _: Spoiled("!")}) as server:
            server.faults({"kind": "answer", "how": how, "every": 1})
            choice = chat(server, "1: one")[1]["choices"][0]
        assert choice["message"]["content"].startswith(text)
        assert choice["finish_reason"] == finish

    @pytest.mark.parametrize(
        ("how", "spoiled"),
        [
            ("wrong-ids", [{"id": 1001, "t": "one 1"}, {"id": 1002, "t": "two"}]),
            ("missing", [{"id": 1, "t": "one 1"}]),
            ("doubled", [{"id": 1, "t": "one 1"}, {"id": 1, "t": "one 1"}, {"id": 2, "t": "two"}]),
            ("swallowed", [{"id": 1, "t": "one 1 two"}]),
        ],
    )
    def test_the_items_of_an_answer_are_spoiled(self, openai: StandIn, how: str, spoiled: object) -> None:
        openai.faults({"kind": "answer", "how": how, "every": 1})
        said = json.dumps({"items": [{"id": 1, "t": "one 1"}, {"id": 2, "t": "two"}]})
        choice = chat(openai, said)[1]["choices"][0]
        assert json.loads(choice["message"]["content"]) == {"items": spoiled}

    def test_each_provider_refuses_in_its_own_way(self, openai: StandIn, anthropic: StandIn, gemini: StandIn) -> None:
        for server in (openai, anthropic, gemini):
            server.faults({"kind": "answer", "how": "refusal", "every": 1})
        assert chat(openai)[1]["choices"][0]["message"]["refusal"]
        assert message(anthropic, [])[1]["stop_reason"] == "refusal"
        assert generate(gemini)[1]["promptFeedback"]["blockReason"]

    def test_chance_chooses_the_same_requests_each_time(self) -> None:
        chosen = []
        for _ in range(2):
            with StandIn("openai") as server:
                server.faults({"kind": "status", "status": 500, "probability": 0.3}, seed=4)
                with ThreadPoolExecutor(4) as pool:
                    list(pool.map(lambda _, server=server: chat(server, prefix="p"), range(40)))
                chosen.append({one["number"] for one in server.arrivals() if one["status"] == 500})
        assert chosen[0] == chosen[1]
        assert 4 <= len(chosen[0]) <= 20

    @pytest.mark.parametrize(
        "rule", [{"kind": "fire"}, {"at": [1]}, {"kind": "cut", "on_top": 1}, {"kind": "answer", "how": "?"}]
    )
    def test_a_rule_that_cannot_be_read_is_refused(self, openai: StandIn, rule: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"fault|hook"):
            openai.faults(rule)


class TestCounting:
    def test_bytes_requests_and_their_order_are_counted(self, openai: StandIn) -> None:
        for question in ("one", "two"):
            chat(openai, question)
        counted, arrivals = openai.counters(), openai.arrivals()
        assert counted["requests"] == 2
        assert 2 * len(PREFIX) < counted["bytes_received"] < 2 * len(PREFIX) + 5000 + 2 * PREFIX.count("\n")
        assert [one["number"] for one in arrivals] == [1, 2]
        assert arrivals[0]["tail"] != arrivals[1]["tail"]
        openai.reset()
        assert openai.counters()["requests"] == 0

    def test_requests_in_progress_at_once_are_counted(self) -> None:
        meeting = threading.Barrier(5)

        def together(prefix: str, tail: str) -> str:
            meeting.wait(PATIENCE)
            return tail

        with StandIn("openai", together) as server, ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda _: chat(server, prefix="p"), range(5)))
            assert server.counters()["concurrency_max"] == 5
            assert server.counters()["concurrency"] == 0

    def test_an_entry_can_be_read_only_after_its_response_has_begun(self, anthropic: StandIn) -> None:
        meeting = threading.Barrier(2)

        class Together(Speed):
            def wait(self, plan: Plan) -> float:
                meeting.wait(PATIENCE)
                return super().wait(plan)

        anthropic.engine.speed = Together()
        with ThreadPoolExecutor(2) as pool:
            assert all(pool.map(lambda _: read_and_written(anthropic, [ephemeral(PREFIX)])[1], range(2)))
        anthropic.speed()
        assert read_and_written(anthropic, [ephemeral(PREFIX)])[1] == 0

    def test_uncached_tokens_take_time(self, anthropic: StandIn) -> None:
        anthropic.speed(prefill=50_000)
        begun = time.monotonic()
        written = read_and_written(anthropic, [ephemeral(PREFIX)])[1]
        assert time.monotonic() - begun >= written / 50_000

    def test_the_bill_is_the_sum_of_its_parts(self) -> None:
        with StandIn("anthropic", price=Price(Rates(2, 10, 0.1, 2.5, 4))) as server:
            usages = [message(server, [ephemeral(PREFIX, "1h")], question)[1]["usage"] for question in ("one", "two")]
            bill = server.counters()["bill_usd"]
        written, read = usages[0]["cache_creation_input_tokens"], usages[1]["cache_read_input_tokens"]
        fresh, made = (sum(usage[name] for usage in usages) for name in ("input_tokens", "output_tokens"))
        assert bill["total"] == pytest.approx((4 * written + 0.1 * read + 2 * fresh + 10 * made) / 1e6)

    def test_beyond_the_threshold_the_whole_request_costs_the_higher_rate(self) -> None:
        row = {
            "input_cost_per_token": 2e-06,
            "input_cost_per_token_above_272k_tokens": 4e-06,
            "output_cost_per_token": 1e-05,
            "cache_read_input_token_cost": 1e-07,
            "cache_read_input_token_cost_above_272k_tokens": 2e-07,
            "cache_creation_input_token_cost_above_272k_tokens_priority": 1e-05,
        }
        price = price_from_row(row)
        assert price == Price(Rates(2.0, 10.0, 0.1), 272_000, Rates(4.0, 10.0, 0.2))
        assert (price.of(272_000).input, price.of(272_001).input) == (2.0, 4.0)

    def test_the_tokenizer_is_not_the_clients(self) -> None:
        assert Tokenizer(1.5)(PREFIX) == pytest.approx(1.5 * Tokenizer(1.0)(PREFIX), abs=1)
        assert Tokenizer(1.5).cut(PREFIX, 10) in PREFIX[:40]


class TestTexts:
    @given(
        long=st.text(min_size=1, max_size=50).map(lambda text: text * (LONG // len(text) + 1)),
        ascii_first=st.booleans(),
        ascii_second=st.booleans(),
    )
    @settings(max_examples=40)
    def test_a_known_text_is_found_again_in_the_bytes(self, long: str, ascii_first: bool, ascii_second: bool) -> None:
        texts = Texts(Tokenizer())
        first = json.dumps({"a": long, "b": "q"}, ensure_ascii=ascii_first).encode("utf-8", "surrogatepass")
        known = texts.of(texts.parse(first)["a"], first)
        second = json.dumps({"b": "other", "a": [long]}, ensure_ascii=ascii_second).encode("utf-8", "surrogatepass")
        parsed = texts.parse(second)
        again = texts.of(parsed["a"][0], second)
        assert (again, parsed["b"]) == (known, "other")
        assert again.string == long

    def test_a_text_that_only_begins_like_a_known_one_is_another(self) -> None:
        texts = Texts(Tokenizer())
        for text in (PREFIX, PREFIX + "!", PREFIX[:-1]):
            body = json.dumps({"a": text}).encode()
            assert texts.of(texts.parse(body)["a"], body).string == text

    def test_the_prefix_cache_keeps_other_contexts_while_one_is_busy(self) -> None:
        tokenizer = Tokenizer()
        texts, cache = Texts(tokenizer), PrefixCache(tokenizer, 1024, 128)

        busy, quiet = (Block("system", texts.of(prefix)) for prefix in (PREFIX, OTHER))

        def read(prefix: Block, question: str) -> int:
            plan = cache.plan("m", [prefix, Block("user", texts.of(question))], 60, 0)
            plan.settle(0)
            return plan.read

        read(quiet, "first")
        for number in range(100):
            read(busy, f"question {number}")
        assert read(quiet, "second") == read(quiet, "third") > 1024


def test_a_stand_in_runs_in_its_own_process_and_is_controlled_over_http() -> None:
    with start("gemini", "--ratio", "1.2", "--answer", "tests.standins.server:echo") as server:
        body = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
        assert call(server, GEMINI, body, GEMINI_KEY)[0] == 200
        server.faults({"kind": "status", "status": 500, "at": [2]})
        assert call(server, GEMINI, body, GEMINI_KEY)[0] == 500
        before = server.clock()
        assert server.clock(advance=3600, rate=0) - before >= 3600
        assert server.counters()["by_status"] == {"200": 1, "500": 1}
        assert [one["status"] for one in server.arrivals()] == [200, 500]
        with pytest.raises(ValueError, match="no fault 'fire'"):
            server.faults({"kind": "fire"})
        server.speed(latency=0.0)
        server.expire()
        server.reset()
        assert server.counters()["requests"] == 0


@pytest.fixture(scope="module")
def litellm() -> Iterator[Any]:
    """The real litellm, with everything that reaches out at import switched off."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        patch.setenv("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
        patch.setenv("LITELLM_MODE", "PRODUCTION")
        module = importlib.import_module("litellm")
        patch.setattr(module, "suppress_debug_info", True)
        yield module


def marked(text: str, **mark: Any) -> dict[str, Any]:
    return {"role": "system", "content": [{"type": "text", "text": text, **mark}]}


def question(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def through(litellm: Any, server: StandIn, model: str, path: str, system: Any, **fields: Any) -> list[Any]:
    """Ask twice (thrice for DeepSeek's sake) and return the responses."""
    fields = {"api_key": "key", "max_tokens": 100, "num_retries": 0, "max_retries": 0, **fields}
    asked = ([system, question(text)] for text in ("one", "two", "three"))
    return [litellm.completion(model=model, api_base=server.url + path, messages=each, **fields) for each in asked]


class TestThroughLitellm:
    @pytest.mark.parametrize(
        ("flavour", "model", "path", "mark", "fields"),
        [
            (
                "openai",
                "openai/gpt-6.1-sol",
                "/v1",
                MARK,
                {"prompt_cache_options": {"mode": "explicit"}, "prompt_cache_key": "k"},
            ),
            ("openai", "openai/gpt-4.1", "/v1", {}, {"prompt_cache_key": "k"}),
            ("deepseek", "deepseek/deepseek-v4-flash", "", {}, {}),
            ("xai", "xai/grok-4.3", "/v1", {}, {"extra_headers": {"x-grok-conv-id": "k"}}),
            ("mistral", "mistral/mistral-large-4", "/v1", {}, {"extra_body": {"prompt_cache_key": "k"}}),
            (
                "openrouter",
                "openrouter/anthropic/claude-sonnet-5-5",
                "/api/v1",
                {"cache_control": {"type": "ephemeral"}},
                {},
            ),
            ("llama", "openai/local", "/v1", {}, {}),
            ("anthropic", "anthropic/claude-sonnet-5-5", "", {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, {}),
            ("gemini", "gemini/gemini-2.5-pro", "/v1beta", {}, {}),
        ],
    )
    def test_cached_tokens_come_through(
        self, litellm: Any, flavour: str, model: str, path: str, mark: Any, fields: Any
    ) -> None:
        with StandIn(flavour) as server:
            first, *_, last = through(litellm, server, model, path, marked(PREFIX, **mark), **fields)
            arrivals = server.arrivals()
        assert last.choices[0].message.content == "three"
        assert not first.usage.prompt_tokens_details.cached_tokens
        assert last.usage.prompt_tokens_details.cached_tokens == arrivals[-1]["read"] > 0.98 * last.usage.prompt_tokens
        assert last.usage.prompt_tokens == arrivals[-1]["total"]

    def test_writes_come_through_with_their_life(self, litellm: Any) -> None:
        mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
        with StandIn("anthropic") as server:
            first = through(litellm, server, "anthropic/claude-sonnet-5-5", "", marked(PREFIX, **mark))[0]
            written = server.arrivals()[0]["written"]
        details = first.usage.prompt_tokens_details
        assert details.cache_write_tokens == written
        assert details.cache_creation_token_details.ephemeral_1h_input_tokens == written

    def test_vllm_leaves_the_cached_tokens_unknown(self, litellm: Any) -> None:
        with StandIn("vllm") as server:
            last = through(litellm, server, "hosted_vllm/local", "/v1", marked(PREFIX))[-1]
        assert last.usage.prompt_tokens_details is None

    def test_a_gemini_cache_is_named_and_read(self, litellm: Any) -> None:
        with StandIn("gemini", implicit=False) as server:
            name = create_cache(server)[1]["name"]
            said = litellm.completion(
                model="gemini/gemini-2.5-pro",
                api_base=f"{server.url}/v1beta",
                api_key="key",
                messages=[question("how?")],
                max_tokens=100,
                cached_content=name,
            )
            arrival = server.arrivals()[-1]
        assert said.usage.prompt_tokens_details.cached_tokens == arrival["read"] > 1000
        assert arrival["bytes"] < 600

    def test_litellms_own_gemini_caching_finds_its_objects_here(
        self, litellm: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(litellm, "disable_token_counter", False)  # which our client sets; litellm's caching counts
        mark = {"cache_control": {"type": "ephemeral"}}
        with StandIn("gemini", implicit=False) as server:
            through(litellm, server, "gemini/gemini-2.5-pro", "/v1beta", marked(PREFIX, **mark))
            assert server.counters()["caches"]["created"] == 1
            # litellm lists the objects before each request, from 1.109 on only before the first.
            assert server.counters()["by_kind"] in ({"cache": 4, "generate": 3}, {"cache": 2, "generate": 3})

    @pytest.mark.parametrize(
        ("rule", "errors"),
        [
            ({"kind": "status", "status": 429, "retry_after": 1}, {"RateLimitError"}),
            ({"kind": "status", "status": 503}, {"ServiceUnavailableError", "InternalServerError"}),
            ({"kind": "status", "status": 401}, {"AuthenticationError"}),
            ({"kind": "cut"}, {"InternalServerError", "APIConnectionError"}),
        ],
    )
    @pytest.mark.parametrize(
        ("flavour", "model", "path"),
        [
            ("openai", "openai/gpt-4.1", "/v1"),
            ("anthropic", "anthropic/claude-sonnet-5-5", ""),
            ("gemini", "gemini/gemini-2.5-pro", "/v1beta"),
        ],
    )
    def test_faults_arrive_as_errors(
        self, litellm: Any, flavour: str, model: str, path: str, rule: dict[str, Any], errors: set[str]
    ) -> None:
        with StandIn(flavour) as server:
            server.faults({**rule, "every": 1})
            with pytest.raises(Exception) as raised:  # the class is checked by its name below
                through(litellm, server, model, path, marked("short"))
            assert server.counters()["requests"] == 1
        assert type(raised.value).__name__ in errors
        if "retry_after" in rule:
            assert raised.value.litellm_response_headers["retry-after"] == "1"  # type: ignore[attr-defined]
