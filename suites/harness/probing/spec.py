"""What a probe is: what it asks, how often, over which connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from suites.harness.trace import Connection

CONNECTIONS: tuple[Connection, ...] = ("new", "kept")


class Kind(Enum):
    """What a probe does: ask for health, show a token, take a token by password, commit a row."""

    HTTP = "http"
    VALIDATE = "validate"
    ISSUE = "issue"
    SQL = "sql"


# Requests a second of each connection mode. A token by password costs a hash; the others are cheap.
RATES: Mapping[Kind, float] = {Kind.HTTP: 20.0, Kind.VALIDATE: 20.0, Kind.ISSUE: 5.0, Kind.SQL: 20.0}
TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: `rate` requests a second, each given up after `timeout_s` seconds, none tried again."""

    kind: Kind
    connection: Connection
    rate: float
    timeout_s: float = TIMEOUT_S

    @property
    def name(self) -> str:
        """Its name in files and reports: `sql-kept`."""
        return f"{self.kind.value}-{self.connection}"


def probes(kind: Kind) -> tuple[Probe, ...]:
    """Return the probes of a kind: one that connects for each request, one that keeps its connection."""
    return tuple(Probe(kind, connection, RATES[kind]) for connection in CONNECTIONS)
