"""The rows that probes wrote, as every node of the database has them."""

from collections.abc import Mapping, Sequence

from suites.harness.analysis import History, WriteFindings, history_of
from suites.harness.hosts import Host
from suites.harness.trace import Outcome, Request, Trace

REFUSED = "refused: "


def said_no(request: Request) -> bool:
    """Say whether the server itself answered that it did not commit."""
    return request.outcome is Outcome.ERROR and (request.error or "").startswith(REFUSED)


def history(traces: Sequence[Trace]) -> History:
    """Return what the SQL probes were told about their rows."""
    return history_of(
        (request for trace in traces if trace.kind == "sql" for request in trace.requests), said_no
    )


def rows(hosts: Sequence[Host], prefix: str) -> Mapping[str, Sequence[str]]:
    """Return by node the keys that begin with a prefix. Raises ReadingFailed."""
    query = f"SELECT id FROM stagegate.probe WHERE id LIKE '{prefix}-%'"  # noqa: S608 - our own prefix
    script = f'mariadb --batch --skip-column-names -e "{query}"'
    return {host.name: host.read(script).split() for host in hosts}


def forget(host: Host, prefix: str) -> None:
    """Delete the rows again. Raises ReadingFailed."""
    host.read(f"mariadb -e \"DELETE FROM stagegate.probe WHERE id LIKE '{prefix}-%'\"")  # noqa: S608 - our own


def told(findings: WriteFindings) -> str:
    """Return the findings as half a sentence."""
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
