"""The app: its table of pages. Adding one is a file in views/ and a line here."""

from __future__ import annotations

import importlib
import sys
from functools import partial
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:  # `streamlit run ui/app.py` has only the folder of this file there
    sys.path.append(ROOT)

from ui import access, blocks  # noqa: E402  # found by the line above

# By the name of the module in views/: the title and the icon.
PAGES = {
    "translate": ("Translate", ":material/translate:"),
    "context": ("Context", ":material/menu_book:"),
    "corpora": ("Corpora", ":material/library_books:"),
    "evaluate": ("Evaluate", ":material/speed:"),
    "runs": ("Runs", ":material/monitoring:"),
    "settings": ("Settings & keys", ":material/settings:"),
}


def _show(name: str) -> None:
    importlib.import_module(f"ui.views.{name}").show()  # late: a page waits for no other page's imports


def main() -> None:
    """Show the page that the address names to whoever may see it."""
    st.set_page_config(page_title="ctxlearn", page_icon=":material/translate:", layout="wide")
    access.check()
    pages = [
        st.Page(partial(_show, name), title=title, icon=icon, url_path=name, default=name == "translate")
        for name, (title, icon) in PAGES.items()
    ]
    page = st.navigation(pages)
    blocks.style()
    page.run()


if __name__ == "__main__":
    main()
