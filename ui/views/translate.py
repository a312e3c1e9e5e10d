"""Translate: translate words, sentences and files, and see what in the books speaks for each word."""

from __future__ import annotations

import streamlit as st


def show() -> None:
    """Show the page."""
    st.title("Translate")
