r"""What a LaTeX file must say of fonts: nothing for the letters that every TeX has, and a font for each other script.

A letter that no font has would be left out of the page with a line in the log; here that is an error of the compiler
(`\tracinglostchars=3`). pdfTeX, which has no fonts for other scripts, ends with one error that says what to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# What pdfTeX sets without further packages, by trial: Latin letters in T1 but for a few, and some signs.
_EVERYWHERE = re.compile("(?![ĦħĸĿŀŉŦŧſ])[\x00-\u017f–—‘’“”…„‚•€]")

# By the first word of a letter's Unicode name, where Noto's name does not follow from it; the first there is, is taken.
_FONTS = {
    "LATIN": ("Charis SIL", "Noto Serif", "DejaVu Serif", "FreeSerif"),
    "CJK": ("Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "FandolSong", "SimSun"),
    "HIRAGANA": ("Noto Serif CJK JP", "Noto Sans CJK JP", "IPAexMincho", "MS Mincho"),
    "ARABIC": ("Noto Naskh Arabic", "Noto Sans Arabic", "Amiri", "FreeSerif"),
    "HANGUL": ("Noto Serif CJK KR", "Noto Sans CJK KR", "UnBatang", "Batang"),
}
_ALSO = {
    "KATAKANA": "HIRAGANA", "FULLWIDTH": "CJK", "HALFWIDTH": "CJK", "IDEOGRAPHIC": "CJK", "KANGXI": "CJK",
    "CYRILLIC": "LATIN", "GREEK": "LATIN", "MODIFIER": "LATIN", "COMBINING": "LATIN",
}  # fmt: skip
_UNSPACED = {"CJK": "zh", "HIRAGANA": "ja", "THAI": "th", "LAO": "lo", "KHMER": "km", "MYANMAR": "my"}


def preamble(text: str) -> str:
    """Return the lines that choose fonts for a text; empty when every TeX has them."""
    scripts = list(dict.fromkeys(script for script, _ in pieces(text) if script))
    if not scripts:
        return ""
    first, *others = ["LATIN", *(script for script in scripts if script != "LATIN")]
    unspaced = [script for script in others if script in _UNSPACED][:1]
    said = "this report has letters beyond those of pdfLaTeX: compile it with XeLaTeX or LuaLaTeX"
    lines = [
        r"\ifPDFTeX",
        rf"  \PackageError{{ctxlearn}}{{{said}}}{{}}",
        r"  \expandafter\stop",
        r"\fi",
        r"\tracinglostchars=3",
        _chosen(first, r"\setmainfont{%s}"),
        *(_chosen(script, rf"\newfontfamily{command(script)}{{%s}}") for script in others),
        *(rf'\ifXeTeX\XeTeXlinebreaklocale "{_UNSPACED[it]}"\XeTeXlinebreakskip=0pt plus 1pt\fi' for it in unspaced),
    ]
    return "\n".join(lines) + "\n"


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield a text in pieces of one script each, with its name; empty for what every TeX has.

    >>> [*pieces("a 树下, b")]
    [('', 'a '), ('CJK', '树下'), ('', ', b')]
    """
    at = 0
    while at < len(text):
        script = _script(text[at])
        end = at + 1
        while end < len(text) and _script(text[end]) == script:
            end += 1
        yield script, text[at:end]
        at = end


def command(script: str) -> str:
    """Return the command that sets what follows in a script's font."""
    return rf"\script{script.lower()}"


def _script(char: str) -> str:
    if _EVERYWHERE.fullmatch(char):
        return ""
    name = re.split("[ -]", unicodedata.name(char, "LATIN"), maxsplit=1)[0]
    if name in _ALSO or unicodedata.category(char)[0] in "LM":
        return _ALSO.get(name, name)
    return "CJK" if unicodedata.east_asian_width(char) in "WF" else "LATIN"  # signs


def _chosen(script: str, use: str) -> str:
    """Return the choice of the first font that is there; the compiler says which are looked for when none is."""
    title = script if script == "CJK" else script.title()
    names = _FONTS.get(script, (f"Noto Serif {title}", f"Noto Sans {title}", "FreeSerif"))
    none = f"\\PackageError{{ctxlearn}}{{no font for {title}: install {' or '.join(names[:2])}}}{{}}"
    chain = none
    for name in reversed(names):
        chain = f"\\IfFontExistsTF{{{name}}}{{{use % name}}}{{{chain}}}"
    return chain
