"""A button that puts a text on the clipboard, which only the browser can do."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2 import component

_JS = """
export default function({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data);
      button.textContent = "Copied";
    } catch (refused) {
      button.textContent = "The browser does not allow it";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
}
"""
_CSS = """
button {
  font: inherit; font-size: .875rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  min-height: 2.5rem; padding: .25rem .75rem; border-radius: var(--st-button-radius, .5rem);
  border: 1px solid var(--st-border-color);
}
button:hover { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""


@st.cache_resource(show_spinner=False)
def _button() -> object:
    """Register the component once for the process; it holds nothing of anybody's."""
    return component("copy", html='<button type="button">Copy</button>', css=_CSS, js=_JS)


def copy_button(text: str, key: str) -> None:
    """Show the button; the text is handed to the clipboard as it is."""
    _button()(key=key, data=text, width="content")  # type: ignore[operator]  # what `component` returns
