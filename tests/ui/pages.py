"""One page without a browser: opened by itself, and its elements found by what a person reads on them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from streamlit.testing.v1 import AppTest

from ctxlearn import settings
from ctxlearn.jobs import Job, Jobs
from tests.tiny import PATIENCE


def opened(name: str, **state: object) -> AppTest:
    """Return a page of the app as it is shown first, to a tab that remembers that; a fault in it fails the test."""
    page = AppTest.from_string(f"from ui.views import {name}\n{name}.show()", default_timeout=PATIENCE)
    for key, value in state.items():
        page.session_state[key] = value
    return shown(page)


def shown(page: AppTest) -> AppTest:
    """Run a page anew."""
    page.run()
    assert not page.exception, page.exception
    return page


def pressed(page: AppTest, label: str) -> AppTest:
    """Press a button, and return the page as it is shown then."""
    labelled(page.button, label).click()
    return shown(page)


def labelled(elements: Iterable[Any], label: str) -> Any:
    """Return the first element whose label begins so."""
    found = [it for it in elements if it.label.startswith(label)]
    assert found, (label, [it.label for it in elements])
    return found[0]


def texts(page: AppTest) -> str:
    """Return all that a page says in words, tables included."""
    kinds = ("markdown", "text", "caption", "code", "error", "warning", "info", "success", "header", "subheader")
    said = [str(it.value) for kind in kinds for it in getattr(page, kind)]
    tables = [it.value.to_string() for it in page.dataframe]
    return "\n".join([*said, *tables, *(it.label for it in page.expander)])


def over() -> Job:
    """Wait until the newest job is over, and return it."""
    end = time.monotonic() + PATIENCE
    while True:
        with Jobs(settings.read()) as jobs:
            job = jobs.list()[0]
        if job.is_over:
            return job
        assert time.monotonic() < end, (job, job.log())
        time.sleep(0.05)
