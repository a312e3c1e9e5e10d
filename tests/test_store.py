"""The state file among several connections and processes: what was written is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ctxlearn.store import Store
from tests.tiny import environment

WRITE = """
import sys
from pathlib import Path
from ctxlearn.store import Store
with Store(Path(sys.argv[1])) as store, store.writing() as connection:
    connection.execute("INSERT INTO tokenizer VALUES (?, 1.0)", (sys.argv[2],))
"""


def write_elsewhere(path: Path, name: str) -> None:
    subprocess.run([sys.executable, "-c", WRITE, str(path), name], env=environment(), check=True)


def test_what_a_process_writes_stays_when_it_has_opened_the_file_twice_and_another_has_closed_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    with Store(path) as first:
        assert first.read("SELECT * FROM tokenizer") == []
        with Store(path):
            pass
        write_elsewhere(path, "theirs")
        with first.writing() as connection:
            connection.execute("INSERT INTO tokenizer VALUES ('ours', 1.0)")
        write_elsewhere(path, "theirs again")
        assert len(first.read("SELECT * FROM tokenizer")) == 3
    with Store(path) as store:
        assert {row["model"] for row in store.read("SELECT * FROM tokenizer")} == {"ours", "theirs", "theirs again"}


def test_a_transaction_that_was_interrupted_as_it_began_leaves_nothing_and_hinders_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "ledger.sqlite") as store:
        begun = store.writing()
        begun.__enter__().execute("INSERT INTO tokenizer VALUES ('interrupted', 1.0)")  # and never ended
        with store.writing() as connection:
            connection.execute("INSERT INTO tokenizer VALUES ('next', 1.0)")
        assert [row["model"] for row in store.read("SELECT * FROM tokenizer")] == ["next"]
