from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ctxlearn.errors import CapReached
from ctxlearn.settings import Cap
from ctxlearn.spending import Reservation, Spending, Spent
from tests.tiny import environment

MODEL = "openai/gpt-4.1"


def book(tmp_path: Path, cap: Cap | None = None, **options: object) -> Spending:
    return Spending(tmp_path / "ledger.sqlite", cap, **options)  # type: ignore[arg-type]  # as it takes them


def now(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_what_is_settled_stands_instead_of_what_was_reserved(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        held = spending.reserve("job", MODEL, 2.0, 5.0)
        assert spending.of_job("job") == Spent(reserved_usd=2.0)
        spending.settle(held, 0.25)
        assert spending.of_job("job") == Spent(usd=0.25, requests=1)
        spending.settle(held, 0.25)  # once is enough
        assert spending.of_job("job") == Spent(usd=0.25, requests=1)


def test_what_is_released_was_never_there(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        spending.release(spending.reserve("job", MODEL, 2.0))
        assert spending.of_job("job") == Spent()


def test_what_is_lost_counts_as_spent_and_is_shown_as_lost(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        spending.lose(spending.reserve("job", MODEL, 2.0, 3.0))
        assert spending.of_job("job") == Spent(lost=1, lost_usd=2.0)
        with pytest.raises(CapReached, match=r"\$2\.00 are spent, \$2\.00 of it perhaps"):
            spending.reserve("job", MODEL, 1.01, 3.0)
        spending.release(spending.reserve("job", MODEL, 1.0, 3.0))


def test_a_request_that_could_pass_the_limit_is_refused(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        spending.settle(spending.reserve("job", MODEL, 1.0, 2.0), 1.0)
        with pytest.raises(CapReached, match="--max-cost") as caught:
            spending.reserve("job", MODEL, 1.000000001, 2.0)
        assert caught.value.exit_code == 5
        spending.settle(spending.reserve("job", MODEL, 1.0, 2.0), 1.0)
        with pytest.raises(CapReached):
            spending.reserve("job", MODEL, 1e-9, 2.0)
        spending.reserve("another", MODEL, 2.0, 2.0)


def test_the_cap_of_the_settings_holds_for_all_jobs_of_its_period(tmp_path: Path) -> None:
    days = {"today": "2026-11-22"}
    with book(tmp_path, Cap(3.0, "month"), now=lambda: now(days["today"])) as spending:
        spending.settle(spending.reserve("one", MODEL, 2.0), 2.0)
        with pytest.raises(CapReached, match=r"settings\.toml for a month"):
            spending.reserve("two", MODEL, 1.5)
        days["today"] = "2026-11-30"
        with pytest.raises(CapReached):
            spending.reserve("two", MODEL, 1.5)
        days["today"] = "2026-12-01"
        spending.settle(spending.reserve("two", MODEL, 1.5), 1.5)
        assert spending.of_period("day").usd == spending.of_period("month").usd == 1.5
        assert spending.of_period("ever").usd == 3.5


def test_a_day_and_ever_are_periods_too(tmp_path: Path) -> None:
    days = {"today": "2026-11-22"}
    with book(tmp_path, Cap(3.0, "day"), now=lambda: now(days["today"])) as spending:
        spending.settle(spending.reserve("one", MODEL, 3.0), 3.0)
        days["today"] = "2026-11-23"
        spending.settle(spending.reserve("one", MODEL, 3.0), 3.0)
    with book(tmp_path, Cap(6.5, "ever")) as spending, pytest.raises(CapReached):
        spending.reserve("two", MODEL, 1.0)


def test_what_is_unknown_passes_no_cap_unless_it_may_go_uncounted(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        with pytest.raises(CapReached, match="price is not known"):
            spending.reserve("job", MODEL, None, 5.0)
        spending.settle(spending.reserve("job", MODEL, None, 5.0, uncounted=True), None)
        spending.settle(spending.reserve("job", MODEL, None), None)
        spent = spending.of_job("job")
    assert spent == Spent(requests=2, unpriced=2)
    assert spent.cost_usd is None


def test_a_cost_that_is_not_known_in_the_end_counts_as_what_was_reserved(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        spending.settle(spending.reserve("job", MODEL, 2.0, 3.0), None)
        with pytest.raises(CapReached):
            spending.reserve("job", MODEL, 1.5, 3.0)


def test_who_would_only_pass_the_cap_because_of_what_is_under_way_waits_for_it(tmp_path: Path) -> None:
    waited = []
    with book(tmp_path) as spending:
        first = spending.reserve("job", MODEL, 2.0, 3.0)

        def settle_then(_: float) -> None:
            waited.append(True)
            if len(waited) == 3:
                spending.settle(first, 0.1)

        with book(tmp_path, sleep=settle_then) as other:
            other.settle(other.reserve("job", MODEL, 2.0, 3.0), 0.1)
        assert len(waited) == 3
        assert spending.of_job("job") == Spent(usd=0.2, requests=2)


def test_credit_is_taken_off(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        spending.settle(spending.reserve("job", MODEL, 2.0), 1.0)
        spending.credit("job", MODEL, -0.25)
        assert spending.of_job("job") == Spent(usd=0.75, requests=1)
        assert spending.by_model("month") == {MODEL: Spent(usd=0.75, requests=1)}


def test_a_measured_ratio_is_kept(tmp_path: Path) -> None:
    with book(tmp_path) as spending:
        assert spending.ratio(MODEL) is None
        spending.learn_ratio(MODEL, 1.2)
        spending.learn_ratio(MODEL, 1.1)
    with book(tmp_path) as spending:
        assert spending.ratio(MODEL) == 1.1


# -- threads and processes

SPEND = """
import sys, random, threading
from pathlib import Path
from ctxlearn.errors import CapReached
from ctxlearn.settings import Cap
from ctxlearn.spending import Spending

def work(spending, seed):
    chance = random.Random(seed)
    try:
        for _ in range(200):
            held = spending.reserve("shared", "m", 0.05, 1.0)
            spending.settle(held, chance.choice([0.05, 0.01, 0.03]))
    except CapReached:
        pass

with Spending(Path(sys.argv[1]), Cap(0.9, "ever")) as spending:
    threads = [threading.Thread(target=work, args=(spending, f"{sys.argv[2]} {n}")) for n in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_threads_of_several_processes_together_stay_under_one_cap_and_use_it_up(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    command = [sys.executable, "-c", SPEND, str(path)]
    started = [subprocess.Popen([*command, str(number)], env=environment()) for number in range(4)]
    assert [it.wait(120) for it in started] == [0] * 4
    with Spending(path) as spending:
        spent = spending.of_job("shared")
    assert spent.reserved_usd == 0
    assert spent.lost == 0
    assert 0.85 < spent.usd <= 0.9


DIE = """
import sys, time
from pathlib import Path
from ctxlearn.spending import Spending
spending = Spending(Path(sys.argv[1]))
spending.settle(spending.reserve("job", "m", 0.5, 2.0), 0.25)
spending.reserve("job", "m", 0.75, 2.0)
print("held", flush=True)
time.sleep(60)
"""


def test_what_was_under_way_at_a_kill_is_shown_as_lost_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with subprocess.Popen([sys.executable, "-c", DIE, str(path)], env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with Spending(path) as spending:
            assert spending.of_job("job") == Spent(usd=0.25, requests=1, reserved_usd=0.75)
        process.kill()
        process.wait()
    with Spending(path) as spending:
        assert spending.of_job("job") == Spent(usd=0.25, requests=1, lost=1, lost_usd=0.75)
        with pytest.raises(CapReached):
            spending.reserve("job", "m", 1.5, 2.0)
        spending.reserve("job", "m", 1.0, 2.0)


def test_the_threads_of_a_process_take_turns(tmp_path: Path) -> None:
    with book(tmp_path) as spending:

        def work() -> None:
            for _ in range(20):
                spending.settle(spending.reserve("job", MODEL, 0.01, 100.0), 0.001)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert spending.of_job("job") == Spent(usd=0.16, requests=160)


# -- whatever is done in whatever order


AMOUNT = st.integers(0, 3_000_000_000).map(lambda nano: nano / 1_000_000_000)


class NeverMore(RuleBasedStateMachine):
    """Spent, lost and reserved together never pass a cap, and what is refused would have."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.spending = Spending(self.folder / "ledger.sqlite", Cap(5.0, "ever"), sleep=self.busy)

    def busy(self, _: float) -> None:
        raise InterruptedError

    @rule(target=held, job=st.sampled_from("ab"), usd=AMOUNT)
    def reserve(self, job: str, usd: float) -> Reservation | None:
        before = self.sums()
        try:
            return self.spending.reserve(job, MODEL, usd, 3.0)
        except (CapReached, InterruptedError):
            assert before[job] + usd > 3.0 - 1e-9 or before["a"] + before["b"] + usd > 5.0 - 1e-9
            return None

    @rule(held=consumes(held), share=st.floats(0, 1))
    def settle(self, held: Reservation | None, share: float) -> None:
        if held is not None:
            self.spending.settle(held, (held.nanodollars or 0) / 1e9 * share)

    @rule(held=consumes(held))
    def release(self, held: Reservation | None) -> None:
        if held is not None:
            self.spending.release(held)

    @rule(held=consumes(held))
    def lose(self, held: Reservation | None) -> None:
        if held is not None:
            self.spending.lose(held)

    @rule()
    def open_again(self) -> None:
        self.spending.close()
        self.spending = Spending(self.folder / "ledger.sqlite", Cap(5.0, "ever"), sleep=self.busy)

    @invariant()
    def never_more_than_the_caps(self) -> None:
        sums = self.sums()
        assert max(sums.values()) <= 3.0 + 1e-9
        assert sums["a"] + sums["b"] <= 5.0 + 1e-9

    def sums(self) -> dict[str, float]:
        found = {job: self.spending.of_job(job) for job in "ab"}
        return {job: it.usd + it.lost_usd + it.reserved_usd for job, it in found.items()}

    def teardown(self) -> None:
        self.spending.close()
        shutil.rmtree(self.folder)


TestNeverMore = NeverMore.TestCase
TestNeverMore.settings = limits(max_examples=12, stateful_step_count=20)
