"""Corpora: the languages on this machine and the books each is learned from."""

from __future__ import annotations

import streamlit as st


def show() -> None:
    """Show the page."""
    st.title("Corpora")
