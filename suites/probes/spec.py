"""What a probe is: its request, rate and connection, and the component that a stage must have for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from suites.probes.trace import Connection
from suites.seam.target import Target

CONNECTIONS: tuple[Connection, ...] = ("new", "kept")
TIMEOUT_S = 1.0
# Calm lasts long enough for the successes that the judgement needs of a baseline, and one more, since one may
# be missing. Of servers, which take seconds each, none may be missing.
CALM_S, CALM_PERIODS, SERVER_CALM_PERIODS = 2.2, 6.2, 2.2
# Creating and deleting a server takes several requests: each has SERVER_STEP_S, all together have this. Nova
# makes some two dozen calls over the bus, and oslo.messaging polls for each answer every half second: 12 s,
# and up to 18 s if another program uses one of two cores.
SERVER_TIMEOUT_S = 30.0
SERVER_STEP_S = 4.0
# Glance discards what it has fetched for its cache when the client stops waiting. On a busy machine, fetching
# an image that a host does not have yet takes some seconds: impatient clients would keep the cache empty.
IMAGE_TIMEOUT_S = 4.0
# An answer of an API needs a password hash, or queries if the cache is gone: it took over a second while
# another program used one of two cores, and so did every answer of the other Keystone while one started. Real
# clients of these APIs wait a minute.
API_TIMEOUT_S = 3.0


class Kind(Enum):
    """What a probe does.

    In order: check health, validate a token, get a token by password, commit a row, publish a message until
    it is confirmed, set a key and get it, read an image, list flavors, create and delete a server; call a
    conductor over the bus, have every chassis apply a change, list networks, volume types, and resource
    providers. The rest make records of an API, read them and delete them again (suites/probes/records.py).
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
    CALL = "call"
    CHASSIS = "chassis"
    NETWORKS = "networks"
    VOLUME_TYPES = "volume-types"
    PROVIDERS = "providers"
    GROUP = "group"
    IMAGE_RECORD = "image-record"
    FLAVOR = "flavor"
    TRAIT = "trait"
    NETWORK = "network"
    VOLUME_TYPE = "volume-type"


# They run where they are asked for by name: the load of the failover gate is what its budgets are made for.
RECORDS = frozenset({Kind.GROUP, Kind.IMAGE_RECORD, Kind.FLAVOR, Kind.TRAIT, Kind.NETWORK, Kind.VOLUME_TYPE})
# Asked by the faults of few components, which name them.
SPECIAL = frozenset({Kind.CALL, Kind.CHASSIS, Kind.NETWORKS, Kind.VOLUME_TYPES, Kind.PROVIDERS})
USUAL = tuple(kind for kind in Kind if kind not in RECORDS | SPECIAL)


# The components that take part in an answer about this. Caches are not named: each service has its own, on
# its own hosts.
VIP = frozenset({"haproxy", "keepalived"})
ROWS = VIP | {"galera"}
TOKENS = ROWS | {"keystone"}
IMAGES = TOKENS | {"glance", "swift"}
SERVERS = IMAGES | {
    "neutron", "nova-api", "nova-compute", "nova-conductor", "nova-scheduler", "ovn", "ovn-controller",
    "placement", "rabbitmq",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """The component that a kind asks, requests per second of each connection mode, a request's timeout.

    `through` are all components that take part in an answer, its own included.
    """

    component: str
    rate: float
    through: frozenset[str]
    timeout_s: float = TIMEOUT_S


# All probes of one fault together must leave one of two cores idle, even if a cache is gone or a host starts:
# otherwise the probes themselves slow down the stage. A token costs a Keystone without its cache three times
# the work, one by password a hash, an image its bytes, a server the work of six services.
LOADS: Mapping[Kind, Load] = {
    Kind.HTTP: Load("keystone", 2.0, TOKENS, API_TIMEOUT_S),
    Kind.VALIDATE: Load("keystone", 2.0, TOKENS, API_TIMEOUT_S),
    Kind.ISSUE: Load("keystone", 2.0, TOKENS, API_TIMEOUT_S),
    Kind.SQL: Load("galera", 10.0, ROWS),
    Kind.AMQP: Load("rabbitmq", 10.0, frozenset({"rabbitmq"})),
    Kind.REDIS: Load("redis", 10.0, frozenset({"redis"})),
    Kind.IMAGE: Load("glance", 3.0, IMAGES, IMAGE_TIMEOUT_S),
    Kind.COMPUTE: Load("nova-api", 5.0, TOKENS | {"nova-api"}, API_TIMEOUT_S),
    Kind.SERVER: Load("nova-api", 0.125, SERVERS, SERVER_TIMEOUT_S),
    Kind.CALL: Load("nova-conductor", 4.0, frozenset({"rabbitmq", "nova-conductor"}), API_TIMEOUT_S),
    Kind.CHASSIS: Load("ovn", 2.0, frozenset({"ovn", "ovn-controller"}), API_TIMEOUT_S),
    Kind.NETWORKS: Load("neutron", 3.0, TOKENS | {"neutron"}, API_TIMEOUT_S),
    Kind.VOLUME_TYPES: Load("cinder", 3.0, TOKENS | {"cinder"}, API_TIMEOUT_S),
    Kind.PROVIDERS: Load("placement", 3.0, TOKENS | {"placement"}, API_TIMEOUT_S),
    Kind.GROUP: Load("keystone", 1.0, TOKENS, API_TIMEOUT_S),
    Kind.IMAGE_RECORD: Load("glance", 1.0, TOKENS | {"glance"}, API_TIMEOUT_S),
    Kind.FLAVOR: Load("nova-api", 1.0, TOKENS | {"nova-api"}, API_TIMEOUT_S),
    Kind.TRAIT: Load("placement", 1.0, TOKENS | {"placement"}, API_TIMEOUT_S),
    Kind.NETWORK: Load("neutron", 1.0, TOKENS | {"neutron", "ovn", "rabbitmq"}, API_TIMEOUT_S),
    Kind.VOLUME_TYPE: Load("cinder", 1.0, TOKENS | {"cinder"}, API_TIMEOUT_S),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: `rate` requests per second, each with a timeout of `timeout_s` seconds, without retries."""

    kind: Kind
    connection: Connection
    rate: float
    timeout_s: float = TIMEOUT_S

    @property
    def calm_s(self) -> float:
        """How long a probe must have been answered to count as served."""
        periods = SERVER_CALM_PERIODS if self.kind is Kind.SERVER else CALM_PERIODS
        return max(CALM_S, periods / self.rate)

    @property
    def name(self) -> str:
        """Its name in files and reports: `sql-kept`."""
        return f"{self.kind.value}-{self.connection}"


def probes(kind: Kind) -> tuple[Probe, ...]:
    """Return the probes of a kind: one that connects for each request, one that keeps its connection.

    Creating a server takes many requests, so that kind has only the probe that connects for each server.
    """
    connections = CONNECTIONS[:1] if kind is Kind.SERVER else CONNECTIONS
    load = LOADS[kind]
    return tuple(Probe(kind, connection, load.rate, load.timeout_s) for connection in connections)


def askable(target: Target) -> tuple[Kind, ...]:
    """Return the kinds of probe that can run on a stage."""
    return tuple(kind for kind in Kind if target.carrying(LOADS[kind].component))
