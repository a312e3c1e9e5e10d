"""The ledger: what was entered is kept, and nothing is half counted."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ctxlearn.errors import StoreError, UsageError
from ctxlearn.models.base import Alternative, Prefix, Problem, Usage
from ctxlearn.processes import this_process
from ctxlearn.runs import Ledger, Run, RunSegment
from ctxlearn.store import MIGRATIONS
from scoring import Score

PREFIX = Prefix("# Toy (qaa) and English (eng)\n\n# Examples\nKen tora. | My secret house.\n", 20, "f1")
RUN = Run(
    corpus="toy",
    corpus_path="corpora/toy",
    test="dev",
    test_hash="ab12",
    direction="qaa-eng",
    model="embedded",
    sections=("dictionary", "examples"),
    system="model:embedded|dir:qaa-eng",
    n=2,
    parameters={"n": 1, "temperature": 0.25},
    versions={"ctxlearn": "0.1.0"},
)
SEGMENTS = (
    RunSegment(
        0,
        "d1",
        "Ken tora.",
        ("My house.", "It is my house."),
        "A house.",
        (Alternative("House.", -1.5),),
        confidence=0.25,
        score=41.5,
        usage=Usage(read=20, cached=None, made=2),
        model="gpt-2026-05",
        attempts=2,
    ),
    RunSegment(1, "d2", "Mili.", ("See.",), "", problem=Problem("refused", "no")),
)
SCORES = (Score("chrf", 40.5, 30.25, 50.125, "nrefs:var|x"), Score("bleu", 5.5, None, None, "nrefs:var|y"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as opened:
        yield opened


def finished(ledger: Ledger, run: Run = RUN, prefix: Prefix = PREFIX) -> str:
    run_id = ledger.begin(run, prefix)
    ledger.enter_segments(run_id, SEGMENTS)
    ledger.finish(run_id, SCORES)
    return run_id


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start another process that has begun a run in the ledger at `path` under the name `run_id`."""
    start = (
        "import sys, time; from pathlib import Path; from test_runs import *\n"
        "path = Path(sys.argv[1]); ledger = Ledger(path); run_id = ledger.begin(replace(RUN, n=1000), PREFIX)\n"
    )
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])}
    command = [sys.executable, "-c", start + program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=where)


def test_a_run_is_read_back_as_it_was_entered(ledger: Ledger) -> None:
    run_id = ledger.begin(RUN, PREFIX, [{"title": "Examples", "tokens": 8}])
    ledger.enter_segments(run_id, SEGMENTS[1:])
    ledger.enter_segments(run_id, SEGMENTS[:1])
    ledger.finish(
        run_id,
        SCORES,
        failed=1,
        usage=Usage(read=40, cached=None, made=2),
        seconds=1.5,
        leaks={"removed": 1, "items": []},
        coverage={"types": 0.5},
        floors={"copy": {"bleu": 0.5}},
    )
    run = ledger.show(run_id)
    assert run == replace(
        RUN,
        id=run_id,
        context="f1",
        status="done",
        scores=SCORES,
        answered_by=("gpt-2026-05",),
        failed=1,
        usage=Usage(read=40, cached=None, made=2),
        cost_usd=None,
        seconds=1.5,
        leaks={"removed": 1, "items": []},
        coverage={"types": 0.5},
        floors={"copy": {"bleu": 0.5}},
        started=run.started,
        finished=run.finished,
    )
    assert re.fullmatch(r"\d{8}-[0-9a-f]{6}", run_id)
    assert ledger.segments(run_id) == SEGMENTS
    assert ledger.context("f1") == PREFIX


def test_runs_are_listed_with_the_newest_first(ledger: Ledger) -> None:
    ids = [finished(ledger), finished(ledger, replace(RUN, corpus="other")), finished(ledger)]
    assert [run.id for run in ledger.list()] == ids[::-1]
    assert [run.id for run in ledger.list("toy")] == [ids[2], ids[0]]
    assert ledger.list()[0].scores == SCORES


def test_a_run_is_shown_by_the_beginning_of_its_id_when_only_one_begins_so(ledger: Ledger) -> None:
    one, two = finished(ledger), finished(ledger)
    assert ledger.show(one).id == one
    with pytest.raises(UsageError, match=f"not one run; it could be .*{max(one, two)}"):
        ledger.show(one[:8])
    for unknown in ("1999", "", "%", one + "0"):
        with pytest.raises(UsageError, match="no run"):
            ledger.show(unknown)


def test_the_text_of_a_context_is_stored_once(ledger: Ledger, path: Path) -> None:
    big = Prefix("".join(random.Random(1).choices("abcdefgh ", k=400_000)), 100_000, "f2")
    finished(ledger, prefix=big)
    size = path.stat().st_size + path.with_name(path.name + "-wal").stat().st_size
    finished(ledger, prefix=big)
    assert path.stat().st_size + path.with_name(path.name + "-wal").stat().st_size < size + 100_000
    assert ledger.context("f2") == big


def test_an_unknown_context_is_a_wrong_question(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="no run has read a context 'f9'"):
        ledger.context("f9")


def test_a_run_is_not_done_before_all_its_segments_are_entered(ledger: Ledger) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    ledger.enter_segments(run_id, SEGMENTS[:1])
    with pytest.raises(StoreError, match="1 of 2 segments"):
        ledger.finish(run_id, SCORES)
    run = ledger.show(run_id)
    assert (run.status, run.scores, run.finished) == ("running", (), None)


def test_a_segment_entered_again_replaces_the_first(ledger: Ledger) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    ledger.enter_segments(run_id, SEGMENTS)
    ledger.enter_segments(run_id, [replace(SEGMENTS[1], hypothesis="See.", problem=None)])
    assert [segment.hypothesis for segment in ledger.segments(run_id)] == ["A house.", "See."]


@pytest.mark.parametrize("end", ["interrupted", "failed", "done"])
def test_a_run_that_has_ended_is_not_changed_any_more(ledger: Ledger, end: str) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    ledger.enter_segments(run_id, SEGMENTS)
    if end == "done":
        ledger.finish(run_id, SCORES)
    else:
        {"interrupted": ledger.interrupt, "failed": ledger.fail}[end](run_id)
    assert ledger.show(run_id).status == end
    for change in (ledger.interrupt, ledger.fail):
        with pytest.raises(StoreError, match=f"is {end} and cannot be changed"):
            change(run_id)
    with pytest.raises(StoreError, match=f"is {end} and cannot be changed"):
        ledger.enter_segments(run_id, [replace(SEGMENTS[0], hypothesis="new")])
    assert ledger.segments(run_id) == SEGMENTS


def test_a_batch_is_entered_whole_or_not_at_all(ledger: Ledger) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    ledger.enter_segments(run_id, SEGMENTS[:1])
    broken = replace(SEGMENTS[1], source=None)  # type: ignore[arg-type]  # what a column refuses
    with pytest.raises(StoreError, match="NOT NULL"):
        ledger.enter_segments(run_id, [replace(SEGMENTS[0], hypothesis="new"), broken])
    assert ledger.segments(run_id) == SEGMENTS[:1]


def test_a_run_whose_process_was_killed_is_interrupted_and_keeps_its_segments(ledger: Ledger, path: Path) -> None:
    process = python(
        "for n in range(0, 1000, 2):\n"
        "    ledger.enter_segments(run_id, [replace(segment, position=n + i) for i, segment in enumerate(SEGMENTS)])\n"
        "    print(run_id, flush=True)\n"
        "time.sleep(600)",  # it is killed before
        path,
    )
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    alive = ledger.show(run_id).status
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    run = ledger.show(run_id)
    assert (alive, run.status, run.scores) == ("running", "interrupted", ())
    entered = ledger.segments(run_id)
    assert len(entered) >= 12 and len(entered) % 2 == 0
    assert [segment.position for segment in entered] == list(range(len(entered)))


def test_the_number_of_a_dead_process_given_to_another_does_not_revive_its_run(ledger: Ledger, path: Path) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    with sqlite3.connect(path) as connection:
        host, pid, _ = this_process().rsplit(":", 2)
        connection.execute("UPDATE run SET process = ?", (f"{host}:{pid}:1",))
    assert ledger.show(run_id).status == "interrupted"


def test_a_run_on_another_machine_is_taken_to_run(ledger: Ledger, path: Path) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE run SET process = 'elsewhere:1:1'")
    assert ledger.show(run_id).status == "running"


def test_several_processes_open_a_new_ledger_and_write_to_it_at_once(path: Path) -> None:
    program = (
        "for n in range(40):\n"
        "    ledger.enter_segments(run_id, [replace(SEGMENTS[0], position=n)])\n"
        "ledger.interrupt(run_id)\n"
    )
    processes = [python(program, path) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    with Ledger(path) as ledger:
        runs = ledger.list()
        assert [run.status for run in runs] == ["interrupted"] * 4
        assert [len(ledger.segments(run.id)) for run in runs] == [40] * 4


def test_a_corpus_that_is_forgotten_leaves_no_trace_in_the_files(ledger: Ledger, path: Path) -> None:
    kept = finished(ledger, replace(RUN, corpus_path="corpora/other"), Prefix("other", 1, "f2"))
    shared = finished(ledger, replace(RUN, corpus_path="corpora/other"), Prefix("shared", 1, "f3"))
    secret = replace(SEGMENTS[0], hypothesis="The-Secret-Sentence")
    for prefix in (PREFIX, Prefix("shared", 1, "f3")):
        run_id = ledger.begin(RUN, prefix)
        ledger.enter_segments(run_id, [secret])
    assert ledger.forget("corpora/toy") == 2
    assert {run.id for run in ledger.list()} == {kept, shared}
    assert ledger.context("f3").text == "shared"
    with pytest.raises(UsageError):
        ledger.context("f1")
    for file in path.parent.iterdir():
        assert b"The-Secret-Sentence" not in file.read_bytes()
    assert ledger.forget("corpora/toy") == 0


def test_forgetting_says_when_a_reader_keeps_traces_in_the_files(ledger: Ledger, path: Path) -> None:
    finished(ledger)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM run").fetchone()
    with (
        Ledger(path, patience=0.1) as other,
        pytest.raises(StoreError, match=r"runs are deleted, but .* forget the corpus again"),
    ):
        other.forget("corpora/toy")
    reader.close()
    assert ledger.forget("corpora/toy") == 0
    assert ledger.list() == ()


def test_a_run_forgotten_while_it_goes_on_says_so(ledger: Ledger) -> None:
    run_id = ledger.begin(RUN, PREFIX)
    ledger.forget("corpora/toy")
    with pytest.raises(StoreError, match="its corpus was forgotten in the meantime"):
        ledger.enter_segments(run_id, SEGMENTS)


def test_only_its_owner_may_read_the_ledger(ledger: Ledger, path: Path) -> None:
    finished(ledger)
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_a_ledger_of_a_newer_version_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="made by a newer ctxlearn"):
        Ledger(path)
    assert path.read_bytes() == before


def older(path: Path, version: int) -> None:
    """Make a ledger as an earlier version made it, with a run in it."""
    with sqlite3.connect(path) as connection:
        for script in MIGRATIONS[:version]:
            connection.executescript(script)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO context VALUES ('f1', x'', 20, '[]')")
        connection.execute(
            "INSERT INTO run (id, process, started, finished, status, corpus, corpus_path, test, test_hash, direction, "
            "model, sections, system, context, n, versions, usage, leaks, coverage, floors) VALUES ('20260101-abcdef', "
            "'gone:1:1', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z', 'done', 'toy', 'corpora/toy', 'dev', 'ab12', "
            "'qaa-eng', 'embedded', '[]', 'model:embedded', 'f1', 1, '{}', '{}', '{}', '{}', '{}')"
        )
        connection.execute(
            "INSERT INTO segment (run, position, id, source, refs, hypothesis, alternatives) "
            "VALUES ('20260101-abcdef', 0, 'd1', 'Ken tora.', '[\"My house.\"]', 'A house.', '[]')"
        )
        connection.execute("INSERT INTO score VALUES ('20260101-abcdef', 0, 'chrf', 40.5, NULL, NULL, 'x')")


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_ledger_of_every_older_version_opens_with_all_that_is_in_it_and_takes_more(path: Path, version: int) -> None:
    older(path, version)
    with Ledger(path) as ledger:
        (run,) = ledger.list()
        assert (run.id, run.status, run.answered_by, run.parameters) == ("20260101-abcdef", "done", (), {})
        assert run.scores == (Score("chrf", 40.5, None, None, "x"),)
        assert ledger.segments(run.id) == (RunSegment(0, "d1", "Ken tora.", ("My house.",), "A house."),)
        assert ledger.show(finished(ledger)).scores == SCORES


def test_several_processes_bring_an_older_ledger_up_to_date_at_once(path: Path) -> None:
    older(path, 1)
    processes = [python("ledger.enter_segments(run_id, SEGMENTS)", path) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    with Ledger(path) as ledger:
        assert [len(ledger.segments(run.id)) for run in ledger.list()] == [2, 2, 2, 2, 1]


def test_a_file_that_is_no_ledger_is_left_alone(path: Path) -> None:
    path.write_bytes(b"my own notes, nothing else " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=re.escape(str(path)) + r".*left as it is; move it away"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_damaged_ledger_is_told_and_left_as_it_is(path: Path) -> None:
    with Ledger(path) as ledger:
        for _ in range(20):
            finished(ledger)
    content = bytearray(path.read_bytes())
    content[4096 : len(content)] = random.Random(2).randbytes(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged and was left as it is"), Ledger(path) as ledger:
        ledger.list()
    assert path.read_bytes() == content


def test_a_locked_ledger_says_that_another_process_writes(ledger: Ledger, path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with Ledger(path, patience=0.05) as other:
        assert other.list() == ()
        with pytest.raises(StoreError, match="another process is writing to it"):
            other.begin(RUN, PREFIX)
    writer.close()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory; the state file cannot be opened"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_on_a_full_disk_the_batch_is_refused_and_the_earlier_ones_are_kept(path: Path) -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "try:\n"
        "    for n in range(1000):\n"
        "        ledger.enter_segments(run_id, [replace(SEGMENTS[0], position=n, source=str(n) * 3000)])\n"
        "        done = n + 1\n"
        "except StoreError as error:\n"
        "    print(done, error)\n"
    )
    process = python(program, path)
    said, _ = process.communicate()
    assert process.returncode == 0
    assert "what was entered before is kept" in said
    with Ledger(path) as ledger:
        (run,) = ledger.list()
        assert run.status == "interrupted"
        assert len(ledger.segments(run.id)) == int(said.split()[0]) > 0
