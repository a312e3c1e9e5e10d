"""Who may see the app: anybody on this machine; from elsewhere whoever logs in, or anybody when the owner says so."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from ctxlearn.commands.ui import is_of_this_machine

ANYONE = "--anyone"  # the script's argument by which `ctxlearn ui` says that no login is wanted


def check() -> None:
    """Stop the script unless the visitor may see the app."""
    address = st.get_option("server.address")  # None is every address there is
    if (address is not None and is_of_this_machine(address)) or ANYONE in sys.argv[1:]:
        return
    if not login_is_set_up():
        st.error(
            "This server can be reached from other machines and asks nobody who they are, so it shows nothing. "
            "Start it with `ctxlearn ui`; `ctxlearn ui --help` says how others may be let in."
        )
        st.stop()
    if not st.user.is_logged_in:
        st.title("ctxlearn")
        st.button("Log in", type="primary", on_click=st.login)
        st.stop()


def login_is_set_up() -> bool:
    """Whether Streamlit's secrets.toml names somebody who says who a visitor is (its `[auth]`)."""
    return any(Path(it).is_file() for it in st.get_option("secrets.files")) and "auth" in st.secrets
