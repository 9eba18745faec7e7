"""What a probe is: what it asks, how often, over which connection, and what must be there to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from suites.probes.trace import Connection
from suites.seam.target import Target

CONNECTIONS: tuple[Connection, ...] = ("new", "kept")
TIMEOUT_S = 1.0
# Calm lasts until it holds the successes that the judgement asks of a baseline, and one more: one may be
# missing. Of servers, which take seconds each, none may.
CALM_S, CALM_PERIODS, SERVER_CALM_PERIODS = 2.2, 6.2, 2.2
# A server is made and deleted by several requests: each has SERVER_STEP_S, all together have this. It takes
# Nova some two dozen calls over the bus; oslo.messaging looks for the answer to each every half second: 12 s,
# and up to 18 s where another program has one of two cores.
SERVER_TIMEOUT_S = 30.0
SERVER_STEP_S = 4.0
# Glance throws away what it has fetched for its cache when who asked gives up. A host that is new to an image
# takes some seconds to fetch it on a busy machine: clients in more of a hurry keep it from ever having it.
IMAGE_TIMEOUT_S = 4.0
# An answer of an API takes a password's hash, or queries where the cache is gone: more than a second has been
# seen beside another program on one of two cores. Real clients of these APIs wait a minute.
API_TIMEOUT_S = 3.0


class Kind(Enum):
    """What a probe does.

    Ask for health, show a token, take a token by password, commit a row; publish a message until it is
    confirmed, set a key and get it, read an image, list flavors, make a server and delete it.
    """

    HTTP = "http"
    VALIDATE = "validate"
    ISSUE = "issue"
    SQL = "sql"
    AMQP = "amqp"
    REDIS = "redis"
    IMAGE = "image"
    COMPUTE = "compute"
    SERVER = "server"


# Requests a second of each connection mode. The probes of one fault together must leave one of two cores
# idle, even when a cache is gone or a host starts: otherwise the probes themselves make the stage late. A
# token costs a Keystone without its cache three times the work, one by password a hash, an image its bytes, a
# server the work of six services.
RATES: Mapping[Kind, float] = {
    Kind.HTTP: 3.0,
    Kind.VALIDATE: 3.0,
    Kind.ISSUE: 2.0,
    Kind.SQL: 10.0,
    Kind.AMQP: 10.0,
    Kind.REDIS: 10.0,
    Kind.IMAGE: 3.0,
    Kind.COMPUTE: 5.0,
    Kind.SERVER: 0.125,
}
# When a request is given up; of the kinds that are not here, after TIMEOUT_S.
TIMEOUTS: Mapping[Kind, float] = {
    Kind.VALIDATE: API_TIMEOUT_S,
    Kind.ISSUE: API_TIMEOUT_S,
    Kind.COMPUTE: API_TIMEOUT_S,
    Kind.IMAGE: IMAGE_TIMEOUT_S,
    Kind.SERVER: SERVER_TIMEOUT_S,
}
# The component that a stage must carry for a probe of the kind to have something to ask.
ASKED: Mapping[Kind, str] = {
    Kind.HTTP: "keystone",
    Kind.VALIDATE: "keystone",
    Kind.ISSUE: "keystone",
    Kind.SQL: "galera",
    Kind.AMQP: "rabbitmq",
    Kind.REDIS: "redis",
    Kind.IMAGE: "glance",
    Kind.COMPUTE: "nova-api",
    Kind.SERVER: "nova-api",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: `rate` requests a second, each given up after `timeout_s` seconds, none tried again."""

    kind: Kind
    connection: Connection
    rate: float
    timeout_s: float = TIMEOUT_S

    @property
    def calm_s(self) -> float:
        """How long a probe must have been served to say that it is."""
        periods = SERVER_CALM_PERIODS if self.kind is Kind.SERVER else CALM_PERIODS
        return max(CALM_S, periods / self.rate)

    @property
    def name(self) -> str:
        """Its name in files and reports: `sql-kept`."""
        return f"{self.kind.value}-{self.connection}"


def probes(kind: Kind) -> tuple[Probe, ...]:
    """Return the probes of a kind: one that connects for each request, one that keeps its connection.

    A server takes many requests to make: of that kind there is one probe, which connects for each.
    """
    if kind is Kind.SERVER:
        return (Probe(kind, "new", RATES[kind], TIMEOUTS[kind]),)
    timeout = TIMEOUTS.get(kind, TIMEOUT_S)
    return tuple(Probe(kind, connection, RATES[kind], timeout) for connection in CONNECTIONS)


def askable(target: Target) -> tuple[Kind, ...]:
    """Return the kinds that have something to ask in a stage."""
    return tuple(kind for kind in Kind if target.carrying(ASKED[kind]))
