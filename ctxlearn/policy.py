"""What a source's policy lets its text do: leave this machine, or go to a provider that keeps what it is sent.

The strictest policy of what was packed and of the test set decides. It is asked before anything is opened, and goes by
what is written alone: an address counts as of this machine or its own network when it is a literal one, or `localhost`.
Any other name would have to be looked up first, and could be somebody else's at the next look.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ctxlearn import settings as environment
from ctxlearn.data import POLICIES, Policy
from ctxlearn.errors import PolicyError, UsageError
from ctxlearn.settings import Settings

# Loopback, RFC 1918, and RFC 4193. `is_private` of Python has more: addresses that lead out by a tunnel, for one.
_OWN = tuple(
    ipaddress.ip_network(net)
    for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request would go: a model by its name and, when one was named, its server."""

    model: str
    api_base: str | None = None

    @property
    def is_this_program(self) -> bool:
        """Whether the model is one that runs in this program: the embedded one, a floor."""
        return "/" not in self.model

    @property
    def own_host(self) -> str | None:
        """The server's host when it is this machine or one of its own network; None when that cannot be told."""
        return own_host(self.api_base) if self.api_base is not None else None


def own_host(url: str) -> str | None:
    """Return the host of a URL when that is this machine or one of its own network, else None.

    >>> own_host("http://127.0.0.1:8000/v1"), own_host("http://[::1]:80"), own_host("https://llm.example.org")
    ('127.0.0.1', '::1', None)
    """
    if any(it <= " " or it in "\\@%\x7f" for it in url):  # a client could read it in another way
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https"):
            return None
        return host if host == "localhost" or _is_own(ipaddress.ip_address(host)) else None
    except ValueError:
        return None


def check_server(url: str) -> None:
    """Raise UsageError for an address that no server can have, or in which a key or a password would be shown about.

    >>> check_server("http://127.0.0.1:8000/v1")
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(f"server {url!r}: expected http://HOST:PORT/PATH or https://…")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(
            f"server {parts.scheme}://{parts.hostname}: its address holds a name, a password or a query, and would be "
            "shown and kept; give the address alone, and the key by its environment variable"
        )


def site(url: str) -> str:
    """Return a server's host and port, by which it is told apart, and of a path of its own no more than a hash.

    >>> site("http://127.0.0.1:8000/v1"), site("https://llm.example.org/tenant/s3cret/v1")
    ('127.0.0.1:8000', 'llm.example.org/471d38b8')
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path.rstrip("/")
    return host if path in ("", "/v1", "/v1beta") else f"{host}/{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in net for net in _OWN if net.version == mapped.version)


def strictest(policies: Iterable[Policy]) -> Policy:
    """Return the strictest of some policies; of none, the strictest there is.

    >>> strictest(["open", "no-retention"]), strictest([])
    ('no-retention', 'local-only')
    """
    return max(policies, key=POLICIES.index, default="local-only")


def check(policies: Iterable[Policy], destination: Destination, settings: Settings) -> None:
    """Raise PolicyError when texts under these policies may not go there; where they go nearby, keep proxies away."""
    if destination.is_this_program:
        return
    policy = strictest(policies)
    host = destination.own_host
    if host is not None:
        if policy != "open" or settings.local_only:
            environment.bypass_proxies(host)
        return
    if settings.local_only:
        raise PolicyError(
            f"{destination.model}: nothing may leave this machine (CTXLEARN_LOCAL_ONLY, or local_only in "
            f"{settings.home / environment.FILE}); {_NEARBY}"
        )
    if policy == "local-only":
        raise PolicyError(
            f"{destination.model}: a source or the test set is local-only and may not leave this machine; {_NEARBY}; "
            'where its owners allow more, policy = "no-retention" or "open" in corpus.toml says so'
        )
    if policy == "no-retention" and not keeps_nothing(destination, settings):
        raise PolicyError(
            f"{destination.model}: a source or the test set is no-retention, and nothing says that this provider keeps "
            f"nothing of what it is sent{_at(destination)}; when it has agreed to that, write in "
            f'{settings.home / environment.FILE}: [models."{destination.model}"] retention = "none"'
        )


_NEARBY = "use --model embedded, or a server on this machine or its own network by its address (--api-base)"


def keeps_nothing(destination: Destination, settings: Settings) -> bool:
    """Whether settings.toml declares that the provider keeps nothing; such a declaration holds of one server alone."""
    said = settings.models.get(destination.model)
    return said is not None and said.retention == "none" and said.api_base == destination.api_base


def may_lie_at_provider(policies: Iterable[Policy]) -> bool:
    """Whether a book may stay in a provider's cache when the job is done; under no-retention it is deleted then."""
    return strictest(policies) == "open"


def _at(destination: Destination) -> str:
    return f" at {destination.api_base}" if destination.api_base is not None else ""
