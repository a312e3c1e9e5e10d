"""Long jobs on a page: how far each is, and the buttons that pause, resume, cancel and delete it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ctxlearn import settings
from ctxlearn.jobs import Job, Jobs
from ui.words import errors_in_words, plain

LOOK = 1.0  # seconds between two looks at a job that is running

_WORDS = {
    "running": ("running", "blue", ":material/progress_activity:"),
    "paused": ("paused", "orange", ":material/pause_circle:"),
    "interrupted": ("broken off: its process has gone", "orange", ":material/power_off:"),
    "done": ("done", "green", ":material/check_circle:"),
    "failed": ("failed", "red", ":material/error:"),
    "cancelled": ("cancelled", "gray", ":material/cancel:"),
}


def show_jobs(corpus: Path, command: str, result: Callable[[Job], None] | None = None) -> None:
    """Show the jobs of a corpus that are calls of that command, the newest first; `result` shows what one gave."""
    with Jobs(settings.read()) as jobs:
        found = [it for it in jobs.list(str(corpus.resolve())) if it.arguments[:1] == (command,)]
    for job in found:
        with st.container(border=True, key=f"job-{job.id}"):
            # Looked at again and again by itself, so that nothing that is typed elsewhere on the page waits for it.
            st.fragment(_panel, run_every=None if job.is_over else LOOK)(job.id)
            if job.state == "done" and result is not None:
                with errors_in_words():
                    result(job)


def _panel(job_id: str) -> None:
    with errors_in_words(), Jobs(settings.read()) as jobs:
        job = jobs.show(job_id)
        _rerun_when_over(job)
        words, colour, icon = _WORDS[job.state]
        if job.state == "done" and job.code == 3:
            words, colour, icon = "done; some segments failed", "orange", ":material/warning:"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(job.title)}**", width="stretch")
            st.badge(f"{job.wanted} asked" if job.wanted else words, color=colour, icon=icon)  # type: ignore[arg-type]
        if job.state != "done":
            _progress(job)
        if job.error:
            st.error(plain(job.error))
        _buttons(jobs, job)


def _rerun_when_over(job: Job) -> None:
    """Show the page anew, once, when a job that this tab saw running is over: its results may stand elsewhere."""
    seen = f"seen-running-{job.id}"
    if not job.is_over:
        st.session_state[seen] = True
    elif st.session_state.pop(seen, False):
        st.rerun(scope="app")


def _progress(job: Job) -> None:
    if job.total:
        share = min(1.0, job.done / job.total)
        st.progress(share, text=f"{job.done:,} of {job.total:,} sentences. {plain(job.text)}")
    elif job.state == "running":
        st.progress(
            0.0, text=plain(job.text) or "Packing the context and learning from it; this is done once and kept."
        )


def _buttons(jobs: Jobs, job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.state == "running":
            _button("Pause", ":material/pause:", job, jobs.pause, help="What is finished is kept.")
            _button("Cancel", ":material/cancel:", job, jobs.cancel)
        elif job.can_resume:
            again = "Try again" if job.state == "failed" else "Resume"
            _button(again, ":material/play_arrow:", job, jobs.resume, help="Goes on from what is finished.")
            _button("Cancel", ":material/cancel:", job, jobs.cancel)
        if job.is_over:
            _button("Delete", ":material/delete:", job, jobs.remove, help="Deletes the job, not the runs it made.")
        with st.popover("Details", type="tertiary"):
            st.caption(f"Job {job.id}, begun {job.created}" + (f", ended {job.finished}" if job.finished else ""))
            st.text("The same on the command line:")
            st.code(" ".join(["ctxlearn", *map(_quoted, job.arguments)]), language=None, wrap_lines=True)
            st.text("Its log:")
            st.code(job.log() or "(empty)", language=None, wrap_lines=True)


def _button(label: str, icon: str, job: Job, act: Callable[[str], object], help: str = "") -> None:  # noqa: A002
    if st.button(label, icon=icon, key=f"{label}-{job.id}", help=help or None):
        act(job.id)
        st.rerun(scope="app")


def _quoted(argument: str) -> str:
    return argument if argument and " " not in argument else f"'{argument}'"
