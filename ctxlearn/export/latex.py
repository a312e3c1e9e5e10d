"""A report in LaTeX: one file that pdfLaTeX, XeLaTeX and LuaLaTeX take, with packages that every TeX has.

Letters beyond Latin take one of the latter two; see latex_fonts.py. The picture is drawn with rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import scoring
from ctxlearn.export import latex_fonts
from ctxlearn.export.base import Exported, Written, one_line
from ctxlearn.export.report import Block, Heading, Items, Paragraph, Plot, Table, between, blocks

_HEAD = r"""\documentclass[a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{textcomp}
\else
  \usepackage{fontspec}
\fi
\usepackage[margin=2cm,landscape]{geometry}
\usepackage{array,booktabs,longtable}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1}}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\sloppy
"""
_COMMANDS = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar\allowbreak{}",  # signatures are long, and so are addresses
    "/": r"/\allowbreak{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",  # else an option of the \\ before it
    "]": "{]}",
    "*": "{*}",  # else part of the \\ before it
    **{char: f"\\{char}" for char in "{}$&#_%"},
}
_JOINED = re.compile(r"([-,])(?=\1)")  # two hyphens would be a dash, two commas a quotation mark
_SPECIAL = re.compile("[" + re.escape("".join(_COMMANDS)) + "]")
_LEVELS = {2: "section", 3: "subsection"}
_BAR = 60  # millimetres of the longest bar
_PAGE, _GAP = 257, 2.2  # millimetres: of the page's width, between columns
_SIZES = (("footnotesize", 1.6), ("scriptsize", 1.45), ("tiny", 1.25))  # of type, and millimetres of a letter
_ID = 15  # letters of a run's id, which a column of texts should hold


def write(items: Sequence[Exported]) -> Written:
    """Return a report on the runs; a remark says when it has letters that LaTeX would set the wrong way round."""
    body = "\n\n".join(map(_block, blocks(items)))
    head = _HEAD + latex_fonts.preamble(body)
    backwards = any(unicodedata.bidirectional(char) in ("R", "AL") for char in body)
    remarks = ("the words of a script from right to left are set from left to right here; HTML has them right",)
    return Written(f"{head}\\begin{{document}}\n{body}\n\n\\end{{document}}\n".encode(), remarks if backwards else ())


def _block(it: Block) -> str:
    match it:
        case Heading(level=1):
            return f"{{\\LARGE {escape(it.text)}\\par}}"
        case Heading():
            return f"\\{_LEVELS[it.level]}*{{{escape(it.text)}}}"
        case Paragraph():
            return escape(it.text)
        case Items():
            lines = "\n".join(f"\\item[{{{escape(name)}}}] {escape(text)}" for name, text in it.items)
            return f"\\begin{{description}}\n{lines}\n\\end{{description}}"
        case Table():
            return _table(it)
        case Plot():
            return _bars(it)


def _table(it: Table) -> str:
    """Return a table that may break over pages."""
    rows = "\n".join(" & ".join(map(escape, row)) + r" \\" for row in it.rows)
    names = " & ".join(map(escape, it.names))
    size, letter = next(((name, wide) for name, wide in _SIZES if _fits(it, wide)), _SIZES[-1])
    return (
        f"{escape(it.caption)}\n\n{{\\{size}\n\\setlength{{\\tabcolsep}}{{{_GAP / 2}mm}}\n"
        f"\\begin{{longtable}}{{{_columns(it, letter)}}}\n\\toprule\n{names} \\\\\n\\midrule\n\\endhead\n"
        f"{rows}\n\\bottomrule\n\\end{{longtable}}}}"
    )


def _fits(it: Table, letter: float) -> bool:
    """Whether a table's numbers leave its columns of texts as much room as a run's id takes."""
    texts = len(it.names) - len(it.right)
    return _room(it, letter) >= texts * _ID * letter


def _room(it: Table, letter: float) -> float:
    """Return how many millimetres the numbers leave for the texts."""
    return _PAGE - _GAP * len(it.names) - sum(_widths(it, letter)[number] for number in it.right)


def _widths(it: Table, letter: float) -> list[float]:
    return [max(map(_letters, column)) * letter for column in zip(it.names, *it.rows, strict=True)]


def _columns(it: Table, letter: float) -> str:
    """Return a table's columns: numbers as wide as they are, texts as wide as they may be, so that long ones break."""
    widths, left = _widths(it, letter), _room(it, letter)
    texts = [number for number in range(len(it.names)) if number not in it.right]
    while texts and (narrow := [number for number in texts if widths[number] <= left / len(texts)]):
        left -= sum(widths[number] for number in narrow)
        texts = [number for number in texts if number not in narrow]
    for number in texts:
        widths[number] = max(_ID * letter, left / len(texts))
    return "".join("r" if number in it.right else f"L{{{width:.0f}mm}}" for number, width in enumerate(widths))


def _letters(text: str) -> int:
    """Return how many letters wide a text is; a Chinese character is as wide as two."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _bars(it: Plot) -> str:
    """Return a bar for each run; the number and its interval stand behind it."""
    scores = [next(score for score in run.scores if score.metric == it.metric) for run in it.runs]
    most = max((score.value for score in scores), default=0) or 1
    rows = [
        f"{escape(label)} & \\rule{{{max(0.0, score.value) / most * _BAR:.1f}mm}}{{2mm}} "
        f"{score.value:.1f} {escape(between(score))} \\\\"
        for label, score in zip(it.labels, scores, strict=True)
    ]
    return (
        f"{escape(scoring.title(it.metric))}:\\par\n{{\\footnotesize\\begin{{tabular}}{{rl}}\n"
        + "\n".join(rows)
        + "\n\\end{tabular}}"
    )


def escape(text: str) -> str:
    r"""Return a text that LaTeX prints as it stands.

    >>> escape("50 % of ma_he{x}")
    '50 \\% of ma\\_he\\{x\\}'
    """
    plain = _JOINED.sub(r"\1{}", _SPECIAL.sub(lambda match: _COMMANDS[match[0]], one_line(text)))
    return "".join(
        f"{{{latex_fonts.command(script)} {piece}}}" if script not in ("", "LATIN") else piece
        for script, piece in latex_fonts.pieces(plain)
    )
