"""Database connections: exhausted pools of services, and the connections that the servers have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suites.errors import ReadingFailed
from suites.faults.drills import Drilled
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.readings.journal import Line, parse

# SQLAlchemy's message for an exhausted pool, and MariaDB's for one client too many.
DRY = "QueuePool limit of size|Too many connections"
COUNTS = (
    'mariadb --batch --skip-column-names -e "SHOW GLOBAL STATUS WHERE Variable_name IN'
    " ('Threads_connected', 'Max_used_connections'); SHOW GLOBAL VARIABLES LIKE 'max_connections'\""
)
# One in ten stays free for the connections that arrive when a host is lost.
MOST = 0.9


@dataclass(frozen=True, slots=True)
class Connections:
    """A database server's connections: current, peak since its start, and allowed."""

    now: int
    peak: int
    allowed: int


def ran_dry(host: Host, since: datetime) -> tuple[Line, ...]:
    """Return what a host's services logged since a time about exhausted pools. Raises ReadingFailed."""
    script = (
        f"journalctl --quiet --no-pager --output=json --since=@{since.timestamp():.0f} --case-sensitive=true"
        f" --grep='{DRY}' _TRANSPORT=stdout || test $? -eq 1"
    )
    return parse(host.read(script))


def connections(database: Host) -> Connections:
    """Return the connections of a database server. Raises ReadingFailed."""
    return counted(database.read(COUNTS))


def counted(text: str) -> Connections:
    """Parse the connections from the tab-separated output of the statements. Raises ReadingFailed."""
    values = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    try:
        return Connections(
            now=int(values["Threads_connected"]),
            peak=int(values["Max_used_connections"]),
            allowed=int(values["max_connections"]),
        )
    except (KeyError, ValueError) as error:
        raise ReadingFailed("the number of connections can't be parsed", why=str(error)) from None


def none_dry(said: Mapping[str, Iterable[Line]], drilled: Sequence[Drilled]) -> Observation:
    """Say whether no service lacked a connection, except while faults were made on purpose."""
    wrong = []
    for host, lines in said.items():
        mine = [line for line in lines if not any(one.explains(line.at) for one in drilled)]
        if mine:
            wrong.append(f"{host}: {len(mine)} times, first at {mine[0].at:%H:%M:%S} by {mine[0].source}")
    if wrong:
        return Observation(holds=False, seen=f"no connection was left on {'; '.join(wrong)}")
    return Observation(holds=bool(said), seen=f"no pool ran dry on {len(said)} hosts")


def have_room(servers: Mapping[str, Connections]) -> Observation:
    """Say whether the database servers can take more connections."""
    full = [host for host, one in servers.items() if one.now > MOST * one.allowed]
    listed = ", ".join(
        f"{host} {one.now} of {one.allowed} (at most {one.peak})" for host, one in servers.items()
    )
    short = f"; no room on {', '.join(full)}" if full else ""
    return Observation(
        holds=bool(servers) and not full, seen=f"connections: {listed or 'nobody said'}{short}"
    )
