"""Runs: scores over time, and two runs side by side."""

from __future__ import annotations

import streamlit as st


def show() -> None:
    """Show the page."""
    st.title("Runs")
