"""What a first translation needs, loaded while the visitor still reads and types: the model, and the books' indexes.

Loading them takes longer than translating. It is done once for each context and direction of the process, after the
page was sent, and only where the language is learned already: to learn one is for the visitor to say.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ctxlearn import models
from ctxlearn.data import Direction, Segment
from ctxlearn.errors import CtxlearnError
from ctxlearn.models.base import Prefix, Request
from ctxlearn.settings import Settings
from ui.opened import Books

_FIRST = 0.6  # seconds that the browser is left to fetch and draw the page
_begun: set[tuple[str, str, str]] = set()  # context, direction and state folder; nothing of any visitor's


def get_ready(books: Books, direction: Direction, here: Settings) -> threading.Thread | None:
    """Begin to load what the embedded model needs to translate; return at once who does, None if that was begun."""
    what = (books.pack.fingerprint, str(direction), str(here.home))
    if what in _begun:
        return None
    _begun.add(what)
    loader = threading.Thread(target=_load, args=(books, direction, here), name="ahead", daemon=True)
    loader.start()
    return loader


def _load(books: Books, direction: Direction, here: Settings) -> None:
    time.sleep(_FIRST)
    try:
        word = min(books.pack.vocabulary[direction.source], default="")
        model = models.open_model("embedded", here)
        knows: Callable[[str, Direction], bool] = model.knows  # type: ignore[attr-defined]  # the embedded one's own
        if knows(books.pack.fingerprint, direction):
            prefix = Prefix(books.pack.prefix, books.pack.tokens, books.pack.fingerprint)
            model.complete(Request(prefix, direction, (Segment("", word),)))
        books.evidence.of(word, direction.source, "source")
        books.glosses.of(word)
    except (CtxlearnError, OSError) as error:  # it is said when somebody translates
        logging.getLogger(__name__).info("not loaded ahead: %s", error)
