"""A report as one HTML file: no script, and nothing fetched from anywhere; a browser is told to allow neither."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

from ctxlearn.export.base import Exported, Written, for_xml, one_line
from ctxlearn.export.report import Block, Heading, Items, Paragraph, Plot, Table, blocks
from ctxlearn.plots import runs_svg

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .9rem; }}
caption {{ text-align: left; padding: .5rem 0; }}
th, td {{ border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
dt {{ font-weight: 600; }}
dd {{ overflow-wrap: anywhere; }}
img {{ max-width: 100%; }}
</style>
</head>
<body>
"""


def write(items: Sequence[Exported]) -> Written:
    """Return a report on the runs."""
    found = blocks(items)
    title = next(it.text for it in found if isinstance(it, Heading))
    body = "\n".join(map(_block, found))
    return Written(f"{_HEAD.format(title=escape(title))}{body}\n</body>\n</html>\n".encode())


def _block(it: Block) -> str:
    match it:
        case Heading():
            return f"<h{it.level}>{escape(it.text)}</h{it.level}>"
        case Paragraph():
            return f"<p>{escape(it.text)}</p>"
        case Items():
            pairs = (f'<dt>{escape(name)}</dt><dd dir="auto">{escape(text)}</dd>' for name, text in it.items)
            return "\n".join(["<dl>", *pairs, "</dl>"])
        case Table():
            return _table(it)
        case Plot():
            picture = base64.b64encode(runs_svg(it.runs, it.metric, it.labels)).decode()
            return f'<p><img src="data:image/svg+xml;base64,{picture}" alt="{escape(it.text)}"></p>'


def _table(it: Table) -> str:
    kinds = [' class="number"' if number in it.right else ' dir="auto"' for number in range(len(it.names))]
    names = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for kind, name in zip(kinds, it.names, strict=True))
    rows = (
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in it.rows
    )
    caption = f"<caption>{escape(it.caption)}</caption>"
    head, body = f"<thead><tr>{names}</tr></thead>", "\n".join(rows)
    return f'<div class="wide"><table>{caption}\n{head}\n<tbody>\n{body}\n</tbody></table></div>'


def escape(text: str) -> str:
    """Return a text that HTML shows as it stands, in an element or an attribute."""
    return html.escape(for_xml(one_line(text)))
