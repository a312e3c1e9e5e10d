"""What property tests do to files: cut out, double, turn round or put in some bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from ctxlearn.errors import CtxlearnError
from ctxlearn.formats.base import Format, Options

Mutation = Callable[[bytes], bytes]

_EXTRAS = [
    b"\x00",
    b'"',
    b"'",
    b"\xff",
    b"\n",
    b",",
    b"{",
    b"[",
    b"]",
    b"\\ud800",
    b"\t",
    b"null",
    b"1e9",
    b">",
    b"(1) ",
    b"|",
    b"```\n",
]


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """Return a change to bytes, of at most 40 of them."""
    kind = draw(st.sampled_from(["cut", "double", "turn", "insert"]))
    where, length = draw(st.floats(0, 1)), draw(st.integers(1, 40))
    extra = draw(st.sampled_from(_EXTRAS))

    def mutate(data: bytes) -> bytes:
        start = int(where * len(data))
        piece = data[start : start + length]
        changed = {"cut": b"", "double": piece * 2, "turn": piece[::-1], "insert": extra + piece}[kind]
        return data[:start] + changed + data[start + length :]

    return mutate


def read_or_refuse(form: Format, path: Path, options: Options) -> None:
    """Read `path`: it gives records that can be written as UTF-8, or an error made on purpose."""
    try:
        material = form.read(path, options)
    except CtxlearnError:
        return
    assert str(material).encode("utf-8")
