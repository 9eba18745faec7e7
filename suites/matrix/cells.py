"""The matrix as a table: for each component and kind of fault, those that are made, or why none can be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class FaultKind(Enum):
    """What happens to a host or a process, as the columns of the matrix have it."""

    KILLED = "killed"
    FROZEN = "frozen"
    CUT_OFF = "cut off"
    HOST_LOST = "host lost"
    FULL = "full"
    SLOW = "slow"
    ALL = "all at once"


@dataclass(frozen=True, slots=True)
class Cell:
    """The faults that hit a component and are of one kind; or, if there are none, the reason.

    A fault that is made for another component has that one's name before it: `glance/store_gone`.
    """

    faults: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if bool(self.faults) is bool(self.reason):
            raise ValueError("a cell has faults, or the reason why it has none")


Cells = Mapping[FaultKind, Cell]
KILLED, FROZEN, CUT_OFF = FaultKind.KILLED, FaultKind.FROZEN, FaultKind.CUT_OFF
HOST_LOST, FULL, SLOW, ALL = FaultKind.HOST_LOST, FaultKind.FULL, FaultKind.SLOW, FaultKind.ALL

NO_DISK = "keeps nothing on a disk"
NO_PEERS = "its hosts do not talk to each other"
NONE_LEFT = "nobody serves then, and nothing is kept that could be lost"
AS_FROZEN = "a hung API is the harder case: frozen"
ONE_STORE = "the stage has one host of it, which is gone or frozen for glance"
OF_THE_CLOUD = "compute hosts are not part of the control plane: their servers are lost with them"
AS_KEYSTONE = "as keystone/host_slow: nothing takes a slow host out of use"
NOT_TAKEN_OUT = (
    "nothing takes a slow one out of use, so everybody waits for it: there is no bound to judge by"
)


def made(*faults: str) -> Cell:
    """Return the cell of faults that are made."""
    return Cell(faults)


def because(reason: str) -> Cell:
    """Return the cell of a fault that can't be made or judged."""
    return Cell(reason=reason)


def _api(host_lost: Cell, frozen: Cell | None = None, killed: Cell | None = None) -> dict[FaultKind, Cell]:
    return {
        KILLED: killed or because(AS_FROZEN),
        FROZEN: frozen or made("api_frozen"),
        CUT_OFF: because(NO_PEERS),
        HOST_LOST: host_lost,
        FULL: because(NO_DISK),
        SLOW: because(AS_KEYSTONE),
        ALL: because(NONE_LEFT),
    }


def _worker(host: str, killed: Cell) -> dict[FaultKind, Cell]:
    frozen = because(
        "it keeps what it took off the bus for as long as its heartbeat lasts: no bound for a client"
    )
    return _api(because(f"its host is that of {host}"), frozen, killed)


CELLS: Mapping[str, Cells] = MappingProxyType(
    {
        "keepalived": {
            KILLED: made("killed_on_holder"),
            FROZEN: because("it keeps the VIP and says nothing, as when it is killed: killed_on_holder"),
            CUT_OFF: made("cut_off"),
            HOST_LOST: made("holder_lost"),
            FULL: because(NO_DISK),
            SLOW: because("it runs with real-time priority"),
            ALL: because(NONE_LEFT),
        },
        "haproxy": {
            KILLED: because("the same check of keepalived notices: frozen_on_holder takes it longer"),
            FROZEN: made("frozen_on_holder"),
            CUT_OFF: because("the servers behind it are cut off, each by itself: their rows"),
            HOST_LOST: because("its host is that of keepalived"),
            FULL: because(NO_DISK),
            SLOW: because(NOT_TAKEN_OUT),
            ALL: because(NONE_LEFT),
        },
        "galera": {
            KILLED: made("writer_killed", "bystander_killed", "writer_and_holder_lost"),
            FROZEN: made("writer_frozen", "writer_thawed"),
            CUT_OFF: made("writer_cut_off", "parted_in_three"),
            HOST_LOST: made("bystander_lost"),
            FULL: made("bystander_full", "bystander_without_files"),
            SLOW: because(
                "flow control has all wait for the slowest member, however slow: no bound to judge by"
            ),
            ALL: because(
                "a person says which of them starts: promote bootstrap, tests/e2e/test_lost_databases.py"
            ),
        },
        "rabbitmq": {
            KILLED: made("killed"),
            FROZEN: because("net_ticktime counts as for one that is cut off, which can say so: cut_off"),
            CUT_OFF: made("cut_off"),
            HOST_LOST: made("host_lost", "follower_lost"),
            FULL: because("one broker without room has all publishers wait, by RabbitMQ's own rule"),
            SLOW: because(NOT_TAKEN_OUT),
            ALL: made("all_killed"),
        },
        "redis": {
            KILLED: made("master_killed"),
            FROZEN: made("master_frozen"),
            CUT_OFF: made("master_cut_off"),
            HOST_LOST: made("master_lost", "replica_lost"),
            FULL: because("a master without room refuses writes and stays master, by Redis's own rule"),
            SLOW: because(NOT_TAKEN_OUT),
            ALL: made("all_killed"),
        },
        "keystone": {**_api(made("host_lost")), SLOW: made("host_slow")},
        "memcached": {
            KILLED: made("gone"),
            FROZEN: because(
                "a client waits cache_timeout for a silent one, and not at all for one that is gone"
            ),
            CUT_OFF: because(NO_PEERS),
            HOST_LOST: because("its hosts are those of the services"),
            FULL: because(NO_DISK),
            SLOW: because("beyond cache_timeout it counts as gone"),
            ALL: made("all_gone"),
        },
        "glance": _api(made("host_lost")),
        "swift": {
            KILLED: made("glance/store_gone"),
            FROZEN: made("glance/store_frozen"),
            CUT_OFF: because(ONE_STORE),
            HOST_LOST: because(ONE_STORE),
            FULL: because(ONE_STORE),
            SLOW: because(ONE_STORE),
            ALL: because(ONE_STORE),
        },
        "placement": _api(because("its host is that of nova-api")),
        "nova-api": _api(made("host_lost")),
        "nova-conductor": _worker("nova-api", made("killed")),
        "nova-scheduler": _worker("nova-api", made("killed")),
        "neutron": _api(made("host_lost"), killed=made("rpc_server_killed", "maintenance_killed")),
        "cinder": _api(made("host_lost"), killed=made("scheduler_killed")),
        "nova-compute": {kind: because(OF_THE_CLOUD) for kind in FaultKind},
        "ovn": {
            KILLED: made("northd_killed"),
            FROZEN: because("a frozen northd keeps its lock for 2 x inactivity_probe, two minutes"),
            CUT_OFF: made("leader_cut_off"),
            HOST_LOST: because("as leader_cut_off, which its clients notice later"),
            FULL: because("a member without room leaves its cluster as one that is cut off"),
            SLOW: because("a slow leader is deposed after election_timer: leader_cut_off"),
            ALL: because(NONE_LEFT),
        },
        "ovn-controller": {
            KILLED: made("killed"),
            FROZEN: because("every change waits for each chassis, for as long as one is frozen"),
            CUT_OFF: because(NO_PEERS),
            HOST_LOST: because(OF_THE_CLOUD),
            FULL: because(NO_DISK),
            SLOW: because("every change waits for the slowest chassis"),
            ALL: because("the same to clients as one: every change waits for each chassis"),
        },
        "mongodb": {kind: because("unproven: in no stage of the lab") for kind in FaultKind},
    }
)


def faults() -> Iterator[tuple[str, str]]:
    """Yield every fault of the matrix, as the component that it is made for, and its name."""
    for component, cells in CELLS.items():
        for cell in cells.values():
            yield from (named(component, fault) for fault in cell.faults)


def named(component: str, fault: str) -> tuple[str, str]:
    """Return the component that a fault in a cell of this one is made for, and its name."""
    other, _, name = fault.rpartition("/")
    return other or component, name
