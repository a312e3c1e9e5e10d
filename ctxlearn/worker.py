"""The process of one job: `python -m ctxlearn.worker JOB` runs its call of the command line, and tells how far it is.

It is apart from the command line because it stands above it. A thread looks every half second whether the job is to
stop, and then does what Ctrl-C would; if nothing comes of that, as inside a long computation, the process ends itself:
all that it writes is written whole or not at all.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress

from ctxlearn import cli, settings
from ctxlearn.errors import CtxlearnError, StoreError
from ctxlearn.jobs import Job, Jobs, State
from ctxlearn.settings import Settings
from ctxlearn.watching import Watcher, watched_by

LOOK = 0.5  # seconds between two looks at what is wanted
GRACE = 20.0  # seconds to stop in
TELL = 0.2  # least seconds between two reports

_ENDED = (0, 3)  # exit codes of a call that did its work, 3 though some segments failed
_STATES: dict[str, State] = {"pause": "paused", "cancel": "cancelled", "": "interrupted"}


class _Reporter(Watcher):
    """Enters in the job's row how far the work is, a few times a second at most."""

    def __init__(self, jobs: Jobs, job: Job) -> None:
        self._jobs = jobs
        self._job = job.id
        self.earlier = job.runs
        self._runs = [*job.runs]
        self._done, self._text = 0, ""
        self._total: int | None = None
        self._told = 0.0

    def expect(self, total: int) -> None:
        self._total = total
        self.tell()

    def say(self, text: str) -> None:
        self._text = text
        self.tell()

    def advance(self, n: int) -> None:
        self._done += n
        if time.monotonic() - self._told >= TELL:
            self.tell()

    def finished(self, run_id: str) -> None:
        if run_id not in self._runs:
            self._runs.append(run_id)
        self.tell()

    def tell(self) -> None:
        """Report now; a state file that is busy is no reason to stop the work."""
        self._told = time.monotonic()
        with suppress(StoreError):
            self._jobs.report(self._job, self._done, self._total, self._text, self._runs)


def main(job_id: str) -> int:
    """Run a job to its end and return the call's exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the app was started by nohup or with &
    here = settings.read()
    if hasattr(os, "nice"):
        os.nice(5)  # the page that a person types in goes first
    with Jobs(here) as jobs:
        job = jobs.claim(job_id)
        if job.state != "running":
            return 0  # it was cancelled before it began
        reporter = _Reporter(jobs, job)
        try:
            code, error = _call(job, reporter, here)
        except KeyboardInterrupt:  # at the very end of the call
            code, error = 130, ""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what comes now comes too late
        reporter.tell()
        state: State = "failed" if error else "done"
        if code == 130:
            state = _STATES[jobs.wanted(job.id)]
        jobs.end(job.id, state, code=code, error=error)
    return code


def _call(job: Job, reporter: _Reporter, here: Settings) -> tuple[int, str]:
    """Return the exit code of the call, and why it failed; anything that is no error of ours goes to the log whole."""
    with watched_by(reporter):
        try:
            threading.Thread(target=_obey, args=(here, job.id), daemon=True).start()  # here, where Ctrl-C is caught
            code = cli.call(job.arguments)
            sys.stdout.flush()
        except CtxlearnError as error:
            return error.exit_code, str(error)
        except KeyboardInterrupt:
            return 130, ""
        except OSError as error:
            return 1, str(StoreError(f"{error.filename or job.folder}: {error.strerror or error}"))
        except SystemExit as error:  # argparse's way to end
            return int(error.code or 0), f"the call was not understood; see {job.folder / 'log'}"
        except Exception as error:  # noqa: BLE001  # the last stop: whatever it is, the page has to say so
            traceback.print_exc()
            return 1, f"{type(error).__name__}: {error}; this is a fault of the program; {job.folder / 'log'} has more"
    if code not in _ENDED:
        return code, f"it ended with exit code {code}; its log says why"
    return code, ""


def _obey(here: Settings, job_id: str) -> None:
    """Stop this process when that is wanted."""
    with Jobs(here) as jobs:
        while not (wanted := _wanted(jobs, job_id)):
            time.sleep(LOOK)
        _interrupt()
        time.sleep(GRACE)
        with suppress(StoreError):
            jobs.end(job_id, _STATES[wanted], code=130)
    os._exit(130)


def _wanted(jobs: Jobs, job_id: str) -> str:
    with suppress(StoreError):  # busy: look again later
        return jobs.wanted(job_id)
    return ""


def _interrupt() -> None:
    """Do to the main thread what Ctrl-C does."""
    if sys.platform == "win32":
        import _thread

        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
