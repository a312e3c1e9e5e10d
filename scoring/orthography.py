"""Spellings that writers of one language mix, made one: for a score beside the raw one, never in its place.

Where a spelling is young, or a keyboard lacks its letters, one text has ʼ and the next ' or ’ for the same sound, a
dash for a hyphen, an accent in one character or two. A raw score counts each as an error of translation.
"""

from __future__ import annotations

import re
import unicodedata

# Named in the signature of every score made with it; a change of what is made one is another number here.
SIGNATURE = "orth:nfkc+casefold+marks.1"

_ONE = {
    **dict.fromkeys(map(ord, "ʼʻʾʿˈ‘’‛`´ʹ′ꞌ"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»″"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), ""),  # seen by nobody
}


def normalise(text: str) -> str:
    """Return a text with case, composed letters, apostrophes, quotation marks, dashes and blanks made one.

    Letters keep their accents: in a tone language they are other letters.

    >>> normalise("Ma’a  –\u00a0E\u0301L")
    "ma'a - él"
    """
    # The marks first, since NFKC parts a spacing acute into a blank and an accent.
    folded = unicodedata.normalize("NFKC", text.translate(_ONE)).casefold()
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", folded)).strip()
