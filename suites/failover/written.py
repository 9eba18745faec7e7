"""The rows that probes wrote, as each database node holds them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from suites.failover.analysis.acknowledged import History, WriteFindings, history_of
from suites.hosts.host import Host
from suites.probes.trace import Request, RequestOutcome, Trace

REFUSED = "refused: "
# Server errors after which the row may or may not exist: the commit itself failed (1180), the transaction
# conflicted with another one during its commit and may have been replayed (1213), or the server ended the
# connection or the statement in progress. 1047 is not among them: it comes before anything is done.
OUTCOME_UNKNOWN = frozenset({1053, 1152, 1158, 1159, 1160, 1161, 1180, 1184, 1213, 1317, 1927})
# A node answers only after it has applied everything that the cluster had committed at the query's begin.
IN_STEP = "SET SESSION wsrep_sync_wait=1"


def said_no(request: Request) -> bool:
    """Say whether the server itself answered, with an error that is final, that it did not commit."""
    error = request.error or ""
    if request.outcome is not RequestOutcome.ERROR or not error.startswith(REFUSED):
        return False
    code = error.removeprefix(REFUSED).partition(" ")[0]
    return not (code.isdigit() and int(code) in OUTCOME_UNKNOWN)


def history(traces: Sequence[Trace]) -> History:
    """Return the history of the SQL probes' rows."""
    return history_of(
        (request for trace in traces if trace.kind == "sql" for request in trace.requests), said_no
    )


def rows(hosts: Sequence[Host], prefix: str) -> Mapping[str, Sequence[str]]:
    """Return, by node, the keys that begin with `prefix`. Raises ReadingFailed."""
    query = f"SELECT id FROM stagegate.probe WHERE id LIKE '{prefix}-%'"  # noqa: S608 - our own prefix
    script = f'mariadb --batch --skip-column-names -e "{IN_STEP}; {query}"'
    with ThreadPoolExecutor(max(1, len(hosts))) as pool:
        read = pool.map(lambda host: host.read(script).split(), hosts)
        return dict(zip((host.name for host in hosts), read, strict=True))


def forget(host: Host, prefix: str) -> None:
    """Delete the rows whose keys begin with `prefix`. Raises ReadingFailed."""
    host.read(f"mariadb -e \"DELETE FROM stagegate.probe WHERE id LIKE '{prefix}-%'\"")  # noqa: S608 - our own


def told(findings: WriteFindings) -> str:
    """Return the findings as a phrase."""
    parts = [
        f"{sum(map(len, there.values()))} {what} on {', '.join(there)}"
        for what, there in (
            ("acknowledged rows lost", findings.lost),
            ("rows twice", findings.duplicated),
            ("refused rows are there", findings.refused_but_there),
            ("unanswered rows not everywhere", findings.disagreed),
        )
        if there
    ]
    return "; ".join(parts) or f"lost writes 0 of {findings.acknowledged}"
