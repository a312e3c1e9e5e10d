"""Context: what a model will read of a language, section by section."""

from __future__ import annotations

import streamlit as st


def show() -> None:
    """Show the page."""
    st.title("Context")
