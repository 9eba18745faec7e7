"""What a client went through while something failed: from traces to measures, from history to lost writes.

Everything here is computed from values; nothing asks a host, a clock or a file (`published` and `__main__`
excepted, which read traces that others recorded).
"""

from suites.failover.analysis.budget import MAY_MISS, Budget, Enough
from suites.failover.analysis.measures import Latency, Measures, Verdict
from suites.failover.analysis.measuring import LATE_S, measure, unseen_s
from suites.failover.analysis.writes import History, WriteFindings, check_writes, history_of

__all__ = [
    "LATE_S",
    "MAY_MISS",
    "Budget",
    "Enough",
    "History",
    "Latency",
    "Measures",
    "Verdict",
    "WriteFindings",
    "check_writes",
    "history_of",
    "measure",
    "unseen_s",
]
