"""A translation memory, TMX 1.4b (https://www.gala-global.org/tmx-14b): units marked as a machine's, with their origin.

    <tu tuid="RUN:ID" creationid="ctxlearn:MODEL" creationdate="…">
      <prop type="x-machine-translation">yes</prop> <prop type="x-run">…</prop> …
      <tuv xml:lang="SOURCE"><seg>…</seg></tuv> <tuv xml:lang="TARGET"><seg>…</seg></tuv>
    </tu>

The references of the test set are not written: a memory is worked with, and they are held out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from ctxlearn import __version__
from ctxlearn.errors import UsageError
from ctxlearn.export.base import Exported, Written, for_xml
from ctxlearn.runs import RunSegment
from ctxlearn.trend import signature_parts


def write(items: Sequence[Exported]) -> Written:
    """Return the memory; segments without a translation are left out and counted in the remarks.

    Raises UsageError when the runs do not all translate from one language, which a memory's header names.
    """
    sources = {it.codes[0] for it in items}
    if len(sources) > 1:
        raise UsageError(f"runs from {' and '.join(sorted(sources))}; a memory is from one language: export them apart")
    segments = [(it, each) for it in items for each in it.segments]
    usable = [(it, each) for it, each in segments if each.hypothesis.strip() and each.source.strip()]
    body = "".join(_unit(it, each) for it, each in usable)
    left_out = len(segments) - len(usable)
    remarks = (f"{left_out:,} of {len(segments):,} segments have no translation and are left out",) if left_out else ()
    return Written(f"{_head(sources.pop())}{body}  </body>\n</tmx>\n".encode(), remarks)


def _head(source: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">\n'
        f'  <header creationtool="ctxlearn" creationtoolversion={_quoted(__version__)} segtype="sentence" '
        f'o-tmf="ctxlearn ledger" adminlang="en" srclang={_quoted(source)} datatype="plaintext"/>\n  <body>\n'
    )


def _unit(it: Exported, segment: RunSegment) -> str:
    run = it.run
    date = re.sub(r"[-:]", "", run.started)
    head = (
        f"    <tu tuid={_quoted(f'{run.id}:{segment.id}')} creationid={_quoted(f'ctxlearn:{run.model}')} "
        f"creationdate={_quoted(date)}>\n"
    )
    props = "".join(f"      <prop type={_quoted(name)}>{_text(value)}</prop>\n" for name, value in _props(it, segment))
    texts = zip(it.codes, (segment.source, segment.hypothesis), strict=True)
    versions = "".join(f"      <tuv xml:lang={_quoted(code)}><seg>{_text(text)}</seg></tuv>\n" for code, text in texts)
    return f"{head}{props}{versions}    </tu>\n"


def _props(it: Exported, segment: RunSegment) -> Iterator[tuple[str, str]]:
    """Yield where a unit comes from; the prefix x- is the standard's for types of one's own."""
    run = it.run
    # A system that has read no context was entered from a file: a person may have written it.
    yield "x-machine-translation", "yes" if "ctx" in signature_parts(run.system) else "unknown"
    yield from (("x-run", run.id), ("x-model", run.model), ("x-system", run.system), ("x-context", run.context))
    if segment.model and segment.model != run.model:
        yield "x-answered-by", segment.model
    yield from (("x-corpus", run.corpus), ("x-test", run.test), ("x-segment", segment.id))
    if segment.confidence is not None:
        yield "x-confidence", f"{segment.confidence:.4f}"


def _text(text: str) -> str:
    return escape(for_xml(text))


def _quoted(text: str) -> str:
    return quoteattr(for_xml(text))
