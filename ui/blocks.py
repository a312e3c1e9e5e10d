"""Texts of a language and what is known of their words, as HTML in which every text is escaped first.

Colours are mixed from the page's own, so that they hold in the light and in the dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ctxlearn.context import SECTIONS
from ctxlearn.evidence import Found, TokenEvidence
from ctxlearn.glossing import Glossed
from ctxlearn.render import TITLES

_STYLE = """
<style>
.ctx-text { font-size: 1.15rem; line-height: 1.55; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.ctx-other { margin: 0; line-height: 1.4; overflow-wrap: anywhere; }
.ctx-other small { opacity: .8; white-space: nowrap; }
.ctx-label { font-size: .875rem; margin: 0; }
.ctx-other b { font-weight: 600; text-decoration: underline; text-underline-offset: .15em; }
[data-testid="stMainBlockContainer"] { padding-top: 3.5rem; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit; }
[data-testid="stCaptionContainer"] { opacity: .8; }
button kbd[aria-label^="Shortcut"], [data-testid^="stSliderTick"], [data-testid^="stSliderThumb"] { opacity: 1; }
button kbd[aria-label^="Shortcut"], [data-testid="stPaginationEllipsis"], .stApp [data-testid="stTab"][aria-selected],
[data-testid="stSlider"] [data-testid^="stSliderT"], [data-testid^="stSliderT"] * { color: inherit; }
[data-testid="stBaseButton-secondary"]:hover, [data-testid="stBaseButton-tertiary"]:hover { color: inherit; }
ul.ctx-gloss.ctx-gloss { display: flex; flex-wrap: wrap; gap: .35rem .9rem; margin: 0; padding: 0; list-style: none; }
.ctx-gloss li { margin: 0; display: flex; flex-direction: column; overflow-wrap: anywhere; }
.ctx-gloss small { opacity: .85; font-size: .8rem; }
ul.ctx-words.ctx-words { margin: 0; padding: 0; list-style: none; }
.ctx-words > li { margin: 0; padding: .15rem 0; }
.ctx-words > li { border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.ctx-scroll { overflow-x: auto; }
.ctx-table { border-collapse: collapse; width: 100%; font-size: .92rem; }
.ctx-table th, .ctx-table td { text-align: left; padding: .35rem .8rem .35rem 0; vertical-align: top; }
.ctx-table tr { border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.ctx-table .ctx-right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.ctx-words summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere; }
.ctx-words summary:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
.ctx-words summary b { font-weight: 600; }
.ctx-words summary .ctx-first { opacity: .85; }
.ctx-unattested b { text-decoration: underline wavy; text-underline-offset: .2em; }
.ctx-mark { border: 1px solid currentColor; border-radius: .6rem; padding: 0 .45rem; font-size: .78rem; }
.ctx-records { margin: .1rem 0 .5rem; padding-left: 1.1rem; font-size: .92rem; }
.ctx-records li { margin: .15rem 0; overflow-wrap: anywhere; }
.ctx-records .ctx-place { opacity: .75; font-size: .8rem; }
.ctx-bar { display: flex; height: 1.6rem; border-radius: .3rem; overflow: hidden; gap: 2px; }
[class*="st-key-cards-"] > * {  /* four a line where there is room for that, or else two */
  flex: 1 1 max(25% - 1rem, min(50% - 1rem, (36rem - 100%) * 999)); min-width: 0;
}
[class*="st-key-cards-"] [data-testid="stMetricValue"] { font-size: 1.5rem; }
.ctx-bar div { min-width: 2px; background: color-mix(in srgb, #2e8674 var(--strength), transparent); }
</style>
"""
_LONG = 420  # characters of a record that are shown at first


def style() -> None:
    """Put the style of all that is shown here on a page; once a run. Captions are too pale to read without it."""
    st.html(_STYLE)


def text(words: str, code: str) -> None:
    """Show a text of a language, in its own direction of writing."""
    st.html(f'<p class="ctx-text" dir="auto" lang="{escape(code)}">{escape(words)}</p>')


def other(words: str, beside: str, code: str, remark: str) -> None:
    """Show a text with a remark in a line; the words that do not stand in the text `beside` are underlined."""
    known = set(map(_bare, beside.split()))
    pieces = (escape(it) if _bare(it) in known else f"<b>{escape(it)}</b>" for it in words.split())
    shown = f'<span dir="auto" lang="{escape(code)}">{" ".join(pieces)}</span>'
    st.html(f'<p class="ctx-other">{shown} <small>{escape(remark)}</small></p>')


def _bare(word: str) -> str:
    """Return a word without the marks around it, which are no difference between two translations."""
    return word.strip(".,;:!?…\"'“”‘’()[]") or word


def label(words: str) -> None:
    """Show what stands below, as a widget's label does."""
    st.html(f'<p class="ctx-label">{escape(words)}</p>')


def gloss_line(glossed: Sequence[Glossed]) -> None:
    """Show words with what the books call them under each."""
    items = (f"<li><span>{escape(it.word)}</span><small>{escape(it.gloss) or '–'}</small></li>" for it in glossed)
    st.html(f'<ul class="ctx-gloss" aria-label="Gloss line">{"".join(items)}</ul>')


def evidence(found: Iterable[TokenEvidence], code: str) -> None:
    """Show the words of a text, each of which opens on what in the books speaks of it; unattested ones are marked."""
    st.html(f'<ul class="ctx-words">{"".join(_word(it, code) for it in found)}</ul>')


def _word(it: TokenEvidence, code: str) -> str:
    name = f'<b dir="auto" lang="{escape(code)}">{escape(it.token)}</b>'
    if not it.attested:
        name = f'<span class="ctx-unattested">{name}</span> <span class="ctx-mark">not attested in this form</span>'
    if not it.records:
        return f"<li>{name} <span class='ctx-first'>nothing in the books speaks of it</span></li>"
    first = escape(_shortened(it.records[0].text.split("\n")[0], 90))
    records = "".join(_record(one) for one in it.records)
    summary = f"{name} <span class='ctx-first'>{first}</span>"
    return f'<li><details><summary>{summary}</summary><ul class="ctx-records">{records}</ul></details></li>'


def _record(it: Found) -> str:
    where = f'<span class="ctx-place">{escape(TITLES[it.section])} · {escape(it.place)}</span>'
    return f"<li>{escape(_shortened(it.text, _LONG))}<br>{where}</li>"


def records(found: Iterable[Found]) -> None:
    """Show records with the section and place that they are from."""
    st.html(f'<ul class="ctx-records">{"".join(map(_record, found))}</ul>')


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Show a table of texts; the columns numbered in `right` stand flush right."""

    def cells(row: Sequence[str], tag: str) -> str:
        sides = (' class="ctx-right"' if number in right else "" for number in range(len(row)))
        return "".join(f"<{tag}{side}>{escape(cell)}</{tag}>" for side, cell in zip(sides, row, strict=True))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    st.html(f'<div class="ctx-scroll"><table class="ctx-table"><tr>{cells(header, "th")}</tr>{body}</table></div>')


def cards(name: str) -> DeltaGenerator:
    """Return a place for metrics side by side, four a line, or two where there is no room for that."""
    return st.container(horizontal=True, key=f"cards-{name}")


def bar(parts: Sequence[tuple[str, int]], label: str) -> None:
    """Show the shares of a whole by section name; `label` says the same in words."""
    total = sum(size for _, size in parts) or 1
    pieces = "".join(
        f'<div title="{escape(TITLES[name])}: {size / total:.0%}" '
        f'style="width: {100 * size / total:.2f}%; --strength: {75 - 14 * SECTIONS.index(name)}%"></div>'
        for name, size in parts
        if size
    )
    st.html(f'<div class="ctx-bar" role="img" aria-label="{escape(label)}">{pieces}</div>')


def _shortened(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
