"""Settings & keys: where data are kept, which models can be asked, and what may be spent."""

from __future__ import annotations

import streamlit as st


def show() -> None:
    """Show the page."""
    st.title("Settings & keys")
