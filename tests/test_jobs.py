"""Long jobs: real processes that outlive who began them, pause, go on, are cancelled, killed and forgotten."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from ctxlearn import settings
from ctxlearn.errors import UsageError
from ctxlearn.jobs import Job, Jobs
from ctxlearn.processes import this_process
from ctxlearn.runs import Ledger
from tests.tiny import PATIENCE, TINY, copy_of_tiny, environment, main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def jobs(home: Path) -> Iterator[Jobs]:
    with Jobs(settings.read()) as found:
        yield found
        for job in found.list():
            if not job.is_over:
                found.forget(job.corpus_path)


def until(jobs: Jobs, job: Job, reached: Callable[[Job], bool]) -> Job:
    """Wait until a job is as it should be."""
    end = time.monotonic() + PATIENCE
    while not reached(found := jobs.show(job.id)):
        assert time.monotonic() < end, (found, found.log())
        time.sleep(0.02)
    return found


def is_over(job: Job) -> bool:
    return job.is_over


def translating(jobs: Jobs, lines: int, corpus: Path = TINY) -> Job:
    """Begin to translate a file of that many lines."""
    text = "".join(f"Tari mola {number}\n" for number in range(lines))

    def arguments(folder: Path) -> list[str]:
        return ["translate", str(corpus), "--to", "eng", "-i", str(folder / "input"), "-o", str(folder / "out")]

    return jobs.start(corpus, arguments, "translate a file", {"input": text.encode()})


def test_a_job_does_what_the_command_line_does_and_keeps_what_it_printed(jobs: Jobs) -> None:
    job = jobs.start(TINY, ["evaluate", str(TINY), "--model", "copy", "--json"], "copy")
    done = until(jobs, job, is_over)
    assert (done.state, done.code, done.error) == ("done", 0, ""), done.log()
    runs = json.loads(done.result.read_text(encoding="utf-8"))["runs"]
    assert done.runs == tuple(run["run"] for run in runs)
    assert (done.done, done.total) == (sum(run["n"] for run in runs), sum(run["n"] for run in runs))


def test_the_files_of_a_job_are_for_its_owner_alone(jobs: Jobs) -> None:
    job = until(jobs, translating(jobs, 1), is_over)
    for folder in (job.folder, job.folder.parent):
        assert sys.platform == "win32" or stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_paused_translation_goes_on_where_it_stopped(jobs: Jobs) -> None:
    job = translating(jobs, 20_000)
    until(jobs, job, lambda it: it.done > 0)
    jobs.pause(job.id)
    paused = until(jobs, job, is_over)
    assert (paused.state, paused.code) == ("paused", 130)
    journal = (job.folder / "out.part").read_bytes()
    jobs.resume(job.id)
    until(jobs, job, lambda it: it.done >= paused.done)
    assert (job.folder / "out.part").read_bytes().startswith(journal[: journal.rfind(b"\n") + 1])
    jobs.cancel(job.id)
    assert until(jobs, job, is_over).state == "cancelled"


def test_a_job_that_is_cancelled_at_once_is_cancelled(jobs: Jobs) -> None:
    for _ in range(3):
        job = translating(jobs, 20_000)
        jobs.cancel(job.id)
        assert until(jobs, job, is_over).state == "cancelled"


def test_what_is_running_already_is_not_begun_again(jobs: Jobs) -> None:
    first = translating(jobs, 20_000)
    assert translating(jobs, 20_000).id == first.id
    other = translating(jobs, 19_999)  # another file
    assert {it.id for it in jobs.list()} == {first.id, other.id}
    assert {it.name for it in first.folder.parent.iterdir()} == {first.id, other.id}
    jobs.cancel(first.id)
    assert translating(jobs, 20_000).id not in (first.id, other.id)


def test_of_two_presses_at_once_one_begins_the_job(jobs: Jobs) -> None:
    def press() -> None:
        with Jobs(settings.read()) as mine:
            translating(mine, 20_000)

    presses = [Thread(target=press) for _ in range(4)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    assert len(jobs.list()) == 1


def test_a_job_whose_process_was_killed_is_interrupted_and_goes_on_to_the_same_end(jobs: Jobs) -> None:
    job = translating(jobs, 1_000)
    until(jobs, job, lambda it: it.done > 0)
    pid = int(jobs._store.read("SELECT process FROM job")[0]["process"].rsplit(":", 2)[1])
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert until(jobs, job, is_over).state in ("interrupted", "done")
    if jobs.show(job.id).can_resume:
        jobs.resume(job.id)
    done = until(jobs, job, is_over)
    assert (done.state, done.error) == ("done", "")
    assert len((job.folder / "out").read_text(encoding="utf-8").splitlines()) == 1_000


DEAF = """
import signal, sys
from ctxlearn import worker
signal.signal(signal.SIGINT, signal.SIG_IGN)
worker.GRACE = 3600
sys.exit(worker.main(sys.argv[1]))
"""


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_a_job_stops_at_once_although_its_app_was_started_deaf_to_ctrl_c(jobs: Jobs) -> None:
    job = translating(jobs, 20_000)
    jobs.pause(job.id)
    until(jobs, job, is_over)
    with jobs._store.writing() as connection:  # begun again, by hand
        connection.execute("UPDATE job SET status = 'running', process = ?", (this_process(),))
    process = subprocess.Popen([sys.executable, "-c", DEAF, job.id], env=environment())
    try:
        until(jobs, job, lambda it: it.done > 0)
        jobs.pause(job.id)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
        process.wait()
    assert jobs.show(job.id).state == "paused"


def test_a_job_goes_on_when_the_program_that_began_it_has_ended(jobs: Jobs) -> None:
    program = (
        "from pathlib import Path; from ctxlearn import settings; from ctxlearn.jobs import Jobs; import sys\n"
        "with Jobs(settings.read()) as jobs:\n"
        "    print(jobs.start(Path(sys.argv[1]), ['evaluate', sys.argv[1], '--model', 'copy', '--json'], 'x').id)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(TINY)], env=environment(), capture_output=True, text=True, check=True
    )
    done = until(jobs, jobs.show(run.stdout.strip()), is_over)
    assert (done.state, done.code) == ("done", 0)


def test_a_broken_off_ablation_makes_only_the_runs_that_are_missing(jobs: Jobs) -> None:
    arguments = ["evaluate", str(TINY), "--ablate", "--model", "word-for-word", "--direction", "qaa-eng", "--json"]
    first = until(jobs, jobs.start(TINY, arguments, "ablation"), is_over)
    assert first.state == "done"
    with Ledger(settings.read().ledger) as ledger:
        ledger.remove(first.runs[0])
    with jobs._store.writing() as connection:  # as if it had been broken off then
        connection.execute("UPDATE job SET status = 'interrupted'")
    jobs.resume(first.id)
    again = until(jobs, first, is_over)
    assert (again.state, again.done) == ("done", again.total)
    assert set(again.runs) > set(first.runs)
    with Ledger(settings.read().ledger) as ledger:
        assert len(ledger.list()) == len(first.runs)
    shown = json.loads(again.result.read_text(encoding="utf-8"))
    assert len(shown["runs"]) == len(first.runs)


def test_why_a_job_failed_is_said_in_words(jobs: Jobs, tmp_path: Path) -> None:
    corpus = copy_of_tiny(tmp_path)
    job = jobs.start(corpus, ["evaluate", str(corpus), "--test", "nosuch"], "no such test")
    failed = until(jobs, job, is_over)
    assert (failed.state, failed.code) == ("failed", 2)
    assert failed.error.startswith("test 'nosuch': no such file")


def test_a_call_that_says_by_its_exit_code_that_it_failed_has_failed(jobs: Jobs, tmp_path: Path) -> None:
    corpus = copy_of_tiny(tmp_path)
    with (corpus / "dictionary.tsv").open("a", encoding="utf-8") as file:
        file.write("only one cell\n")
    failed = until(jobs, jobs.start(corpus, ["check", str(corpus)], "check"), is_over)
    assert (failed.state, failed.code) == ("failed", 4)
    assert "exit code 4" in failed.error


def test_a_job_that_is_over_cannot_be_stopped_and_one_that_is_done_not_resumed(jobs: Jobs) -> None:
    job = until(jobs, translating(jobs, 1), is_over)
    for action in (jobs.pause, jobs.cancel, jobs.resume):
        with pytest.raises(UsageError, match=f"job {job.id} is done"):
            action(job.id)


def test_forgetting_a_corpus_ends_its_jobs_and_deletes_their_files(jobs: Jobs, capsys: Capture, tmp_path: Path) -> None:
    corpus = copy_of_tiny(tmp_path)
    job, other = translating(jobs, 20_000, corpus), until(jobs, translating(jobs, 1), is_over)
    until(jobs, job, lambda it: it.done > 0)
    code, out, _ = main(capsys, "forget", corpus)
    assert code == 0
    assert "1 job" in out
    assert not job.folder.exists()
    assert [it.id for it in jobs.list()] == [other.id]


def test_the_command_line_lists_shows_and_deletes_jobs(jobs: Jobs, capsys: Capture) -> None:
    assert main(capsys, "jobs") == (0, "no jobs\n", "")
    job = until(jobs, translating(jobs, 1), is_over)
    code, out, _ = main(capsys, "jobs", "show", job.id, "--json")
    assert code == 0
    (shown,) = json.loads(out)["jobs"]
    assert (shown["job"], shown["state"], shown["done"], shown["total"]) == (job.id, "done", 1, 1)
    assert main(capsys, "jobs", "rm", job.id)[:2] == (0, "no jobs\n")
    assert not job.folder.exists()
    assert main(capsys, "jobs", "pause")[0] == 2
