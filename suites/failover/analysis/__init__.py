"""What a client went through while something failed: from traces to measures, from history to lost writes.

Everything here is computed from values; nothing asks a host, a clock or a file (`published` and `__main__`
excepted, which read traces that others recorded).
"""

from suites.failover.analysis.acknowledged import History, WriteFindings, check_writes, history_of
from suites.failover.analysis.measures import MAY_MISS, Budget, Enough, Latency, Measures, Verdict
from suites.failover.analysis.measuring import LATE_S, measure, unseen_s

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
