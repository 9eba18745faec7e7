"""What a Galera node reports of itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.durations import seconds
from suites.hosts.host import Host
from suites.hosts.reading import Observation

FLUSH = "innodb_flush_log_at_trx_commit"
OPTIONS = "wsrep_provider_options"
METHOD, DESYNC = "wsrep_sst_method", "wsrep_desync"
READ = (
    'mariadb --batch --skip-column-names --raw -e "'
    "SHOW GLOBAL STATUS LIKE 'wsrep\\_%'; "
    f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ('{OPTIONS}', '{FLUSH}', '{METHOD}', '{DESYNC}')\""
)
STATE, DONOR = "wsrep_local_state_comment", "Donor/Desynced"
MUST_SAY = {
    "wsrep_cluster_status": "Primary",
    STATE: "Synced",
    "wsrep_ready": "ON",
    "wsrep_connected": "ON",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A node's status and variables by name, and its provider's evs options by name."""

    values: Mapping[str, str]
    evs: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return a value, or "unknown" if the node did not report it."""
        return self.values.get(name) or "unknown"

    @property
    def cluster(self) -> str:
        """The UUID of the cluster that the node believes it is in."""
        return self.value("wsrep_cluster_state_uuid")

    @property
    def size(self) -> str:
        """How many nodes it sees, itself included."""
        return self.value("wsrep_cluster_size")


def read(host: Host) -> Node:
    """Read a node in one command. Raises ReadingFailed."""
    return parse(host.read(READ))


def parse(text: str) -> Node:
    """Parse a node from the tab-separated output of the statements. Raises ReadingFailed."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition("\t")
        if not separator:
            raise ReadingFailed("the status of the node can't be parsed", why=repr(line))
        values[name] = value
    options = (option.partition("=") for option in values.get(OPTIONS, "").split(";"))
    evs = {name.strip(): value.strip() for name, _, value in options if name.strip().startswith("evs.")}
    return Node(values, evs)


def is_synced(node: Node) -> Observation:
    """Say whether the node is part of a primary component, in sync and ready for statements.

    A donor to a joining node is out of sync meanwhile but still serves if it uses mariabackup (with rsync it
    does not). A node that a person desynced does not pass.
    """
    must_say = MUST_SAY
    if node.value(STATE) == DONOR and node.value(METHOD) == "mariabackup" and node.value(DESYNC) == "OFF":
        must_say = {**MUST_SAY, STATE: DONOR}
    wrong = [f"{name} is {node.value(name)}" for name, must in must_say.items() if node.value(name) != must]
    return Observation(holds=not wrong, seen=", ".join(wrong or must_say.values()))


def sees_all(node: Node, size: int) -> Observation:
    """Say whether the node sees as many nodes as there are hosts."""
    return Observation(holds=node.size == str(size), seen=f"sees {node.size} of {size} nodes")


def is_durable(node: Node) -> Observation:
    """Say whether a commit is on disk before it is acknowledged."""
    return Observation(holds=node.value(FLUSH) == "1", seen=f"{FLUSH}={node.value(FLUSH)}")


def one_cluster(nodes: Mapping[str, Node]) -> Observation:
    """Say whether all nodes are in the same cluster, by its UUID."""
    clusters = {host: node.cluster for host, node in nodes.items()}
    if len(set(clusters.values())) == 1 and "unknown" not in clusters.values():
        return Observation(holds=True, seen=f"{next(iter(clusters.values()))} on all {len(nodes)}")
    return Observation(holds=False, seen=", ".join(f"{host}: {uuid}" for host, uuid in clusters.items()))


def same_time_outs(nodes: Mapping[str, Node]) -> Observation:
    """Say whether all nodes have the same evs options, the timeouts after which a node is evicted."""
    names = sorted({name for node in nodes.values() for name in node.evs})
    wrong = []
    for name in names:
        values = {host: node.evs.get(name, "unset") for host, node in nodes.items()}
        if len(set(values.values())) > 1:
            wrong.append(f"{name}: " + ", ".join(f"{value} on {host}" for host, value in values.items()))
    if not names:
        return Observation(holds=False, seen="no node says its evs options")
    return Observation(holds=not wrong, seen="; ".join(wrong) or f"{len(names)} evs options equal everywhere")


def as_set(nodes: Mapping[str, Node], settings: Mapping[str, object]) -> Observation:
    """Say whether the nodes use the evs options of the target's settings (`evs_NAME`).

    Raises ValueError if one is not a duration.
    """
    wanted = {
        "evs." + name.removeprefix("evs_"): value
        for name, value in settings.items()
        if name.startswith("evs_")
    }
    wrong = [
        f"{name} is {node.evs.get(name, 'unset')} on {host}, set to {value}"
        for name, value in wanted.items()
        for host, node in nodes.items()
        if name not in node.evs or seconds(node.evs[name]) != seconds(value)
    ]
    listed = ", ".join(f"{name}={value}" for name, value in wanted.items()) or "no evs option is set"
    return Observation(holds=not wrong, seen="; ".join(wrong) or listed)
