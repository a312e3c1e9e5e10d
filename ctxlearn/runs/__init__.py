"""The ledger of runs: `base.py` says what a run is, `rows.py` how it is stored, `ledger.py` when."""

from ctxlearn.runs.base import Run, RunSegment, Status, Totals, worst_first
from ctxlearn.runs.ledger import Ledger

__all__ = ["Ledger", "Run", "RunSegment", "Status", "Totals", "worst_first"]
