"""The table of protocols: each is one module beside this one, and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from ctxlearn.errors import UsageError
from ctxlearn.protocols.base import Protocol
from ctxlearn.protocols.mtob import MTOB
from ctxlearn.protocols.zhuangbench import ZHUANGBENCH

PROTOCOLS: Mapping[str, Protocol] = {it.name: it for it in (MTOB, ZHUANGBENCH)}


def get(name: str) -> Protocol:
    """Return the protocol of that name. Raises UsageError."""
    if name not in PROTOCOLS:
        raise UsageError(f"no protocol {name!r}; the known ones are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def published_password(variable: str) -> bytes | None:
    """Return the password that a benchmark's authors publish, by the variable that may name another; None for any else.

    >>> published_password("ZHUANGBENCH_PASSWORD")
    b'zhuangbench'
    """
    return next((it.password for it in PROTOCOLS.values() if it.variable == variable), None)
