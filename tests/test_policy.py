from __future__ import annotations

import os
import socket
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from ctxlearn import costs, policy
from ctxlearn.data import POLICIES, Policy
from ctxlearn.errors import PolicyError
from ctxlearn.models import Hosting
from ctxlearn.policy import Destination, own_host
from ctxlearn.settings import ModelSettings, Settings

HOSTED = "anthropic/claude-sonnet-5-5"
HERE = Settings(Path("state"))
DECLARED = replace(HERE, models={HOSTED: ModelSettings("none")})

OWN = [
    "http://127.0.0.1:8000/v1",
    "http://localhost:8000",
    "https://LOCALHOST",
    "http://[::1]:80/v1",
    "http://10.1.2.3",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "https://192.168.1.20:8443/v1",
    "http://[fd00::1]",
    "http://127.255.0.1",
    "http://[::ffff:127.0.0.1]",
]
FOREIGN = [
    "https://api.openai.com/v1",
    "http://8.8.8.8",
    "http://172.32.0.1",
    "http://192.169.0.1",
    "http://169.254.169.254",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:8.8.8.8]",
    "http://[64:ff9b::808:808]",
    "http://[2002:808:808::1]",
    "http://[fe80::1]",
    "http://[fe80::1%25eth0]",
    "http://127.0.0.1.example.org",
    "http://127.0.0.1@example.org",
    "http://example.org@127.0.0.1",
    "http://127.0.0.1\\@example.org",
    "http://localhost.example.org",
    "http://localhost.",
    "http://vllm:8000",
    "http://127.1",
    "http://2130706433",
    "http://0x7f.0.0.1",
    "http://0177.0.0.1",
    "http://①②⑦.0.0.1",
    " http://127.0.0.1",
    "http://127.0.0.1\n.example.org",
    "ftp://127.0.0.1",
    "127.0.0.1:8000",
    "unix:///run/model.sock",
    "http://[127.0.0.1",
    "",
]


@pytest.mark.parametrize("url", OWN)
def test_a_literal_address_of_this_machine_or_its_network_is_ones_own(url: str) -> None:
    assert own_host(url) is not None


@pytest.mark.parametrize("url", FOREIGN)
def test_every_other_address_is_foreign_however_it_is_written(url: str) -> None:
    assert own_host(url) is None


@limits(max_examples=200)
@given(st.ip_addresses(v=4) | st.ip_addresses(v=4, network="172.0.0.0/8"))
def test_an_address_is_ones_own_only_within_the_blocks_that_are_set_aside_for_that(address: IPv4Address) -> None:
    one, two, *_ = address.packed
    own = one in (10, 127) or (one, two) == (192, 168) or (one == 172 and 16 <= two <= 31)
    assert (own_host(f"http://{address}") is not None) == own
    assert (own_host(f"http://[::ffff:{address}]") is not None) == own


@limits(max_examples=200)
@given(st.ip_addresses(v=6) | st.ip_addresses(v=6, network="f000::/4"))
def test_an_address_of_six_is_ones_own_only_by_its_first_bits(address: IPv6Address) -> None:
    assume(address.ipv4_mapped is None)
    own = address == IPv6Address("::1") or address.packed[0] & 0xFE == 0xFC
    assert (own_host(f"http://[{address}]") is not None) == own


@limits(max_examples=200)
@given(st.text(max_size=40))
def test_no_text_is_more_than_a_foreign_address(url: str) -> None:
    assert own_host(f"http://{url}.org") is None or "." not in url


@pytest.mark.parametrize("kind", POLICIES)
@pytest.mark.parametrize("model", ["embedded", "copy", "nearest"])
def test_a_model_of_this_program_may_read_everything(model: str, kind: Policy) -> None:
    policy.check([kind], Destination(model), replace(HERE, local_only=True))


@pytest.mark.parametrize("url", OWN)
@pytest.mark.parametrize("kind", POLICIES)
def test_a_server_of_ones_own_may_read_everything(url: str, kind: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    policy.check([kind], Destination("hosted_vllm/m", url), replace(HERE, local_only=True))
    assert own_host(url) in os.environ["NO_PROXY"].split(",")


@pytest.mark.parametrize("url", [*FOREIGN, None])
def test_what_is_local_only_goes_nowhere_else(url: str | None) -> None:
    for policies in (["local-only"], ["open", "local-only"], ["local-only", "no-retention"], []):
        with pytest.raises(PolicyError, match="may not leave this machine"):
            policy.check(policies, Destination(HOSTED, url), DECLARED)  # type: ignore[arg-type]  # literals


@pytest.mark.parametrize("url", [None, "https://api.anthropic.com"])
def test_nothing_leaves_a_machine_that_is_set_to_local_only(url: str | None) -> None:
    with pytest.raises(PolicyError, match="nothing may leave"):
        policy.check(["open"], Destination(HOSTED, url), replace(DECLARED, local_only=True))


def test_no_retention_goes_to_a_model_that_is_declared_and_to_its_declared_server_alone() -> None:
    policy.check(["no-retention", "open"], Destination(HOSTED), DECLARED)
    at = replace(HERE, models={HOSTED: ModelSettings("none", "https://gateway.example.org")})
    policy.check(["no-retention"], Destination(HOSTED, "https://gateway.example.org"), at)
    for destination, settings in (
        (Destination(HOSTED), HERE),
        (Destination("anthropic/claude-sonnet-5"), DECLARED),
        (Destination(HOSTED, "https://gateway.example.org"), DECLARED),
        (Destination(HOSTED), at),
        (Destination(HOSTED, "https://other.example.org"), at),
    ):
        with pytest.raises(PolicyError, match="no-retention"):
            policy.check(["no-retention"], destination, settings)


def test_what_is_open_may_go_anywhere() -> None:
    policy.check(["open"], Destination(HOSTED), HERE)
    policy.check(["open"], Destination(HOSTED, "https://gateway.example.org"), HERE)


def test_only_what_is_open_may_lie_at_a_provider() -> None:
    assert policy.may_lie_at_provider(["open"])
    assert not policy.may_lie_at_provider(["open", "no-retention"])
    assert not policy.may_lie_at_provider([])


def test_a_refusal_comes_before_a_socket_and_before_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    for kind in ("local-only", "no-retention"):
        for base in (None, "http://gateway:8000", "https://api.example.org"):
            with (
                pytest.raises(PolicyError) as caught,
                costs.opened(HOSTED, Settings(tmp_path / "state"), [kind], Hosting(api_base=base)),
            ):
                raise AssertionError("it was opened")
            assert caught.value.exit_code == 6
    assert not (tmp_path / "state").exists()
