"""What a host's database servers report of their Raft clusters."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.host import Host, last_line, stdout_of
from suites.hosts.places import NORTHBOUND, SOUTHBOUND
from suites.hosts.reading import Observation, Reading

DATABASES = {"OVN_Northbound": ("nb", 6643), "OVN_Southbound": ("sb", 6644)}
READ = "; ".join(
    [
        f"echo '== {name}'; ovn-appctl --timeout=5 -t /run/ovn/ovn{short}_db.ctl cluster/status {name} 2>&1"
        for name, (short, _) in DATABASES.items()
    ]
    + ["true"]
)
_SERVER = re.compile(r"^ +(\w+) \(\w+ at ([^)]+)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Member:
    """One server of one database: its status in the cluster, and the servers it knows (id and address)."""

    values: Mapping[str, str]
    servers: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """Return a value, or "unknown" if the server did not report it."""
        return self.values.get(name) or "unknown"

    @property
    def cluster(self) -> str:
        """The id of the cluster that it believes it is in."""
        return self.value("Cluster ID")

    @property
    def server(self) -> str:
        """Its own id, shortened."""
        return self.value("Server ID").split()[0]

    @property
    def leads(self) -> bool:
        """Whether it believes it is the leader."""
        return self.value("Role") == "leader"

    @property
    def leader(self) -> str:
        """The id of the leader that it follows, or its own id if it leads."""
        return self.server if self.leads else self.value("Leader")


Members = Mapping[str, Member]  # by database


def read(host: Host) -> Members:
    """Read both servers of a host in one command. Raises ReadingFailed."""
    return parse(host.read(READ))


def parse(text: str) -> Members:
    """Parse `READ`'s output; a server that does not answer has only a status. Raises ReadingFailed."""
    members = {}
    for part in text.split("== ")[1:]:
        name, _, body = part.partition("\n")
        values = dict(line.split(": ", 1) for line in body.splitlines() if re.match(r"[A-Z][\w ]*: ", line))
        if values.get("Name") != name:
            values = {"Status": f"silent ({last_line(body)})"}
        members[name] = Member(values, tuple(_SERVER.findall(body)))
    if set(members) != set(DATABASES):
        raise ReadingFailed("not both databases were read", why=repr(text[:80]))
    return members


def both_joined(members: Members) -> Observation:
    """Say whether both servers are members of clusters that have a leader."""
    wrong = [
        f"{name} is {member.value('Status')}, leader {member.leader}"
        for name, member in members.items()
        if member.value("Status") != "cluster member" or member.leader == "unknown"
    ]
    return Observation(holds=not wrong, seen=", ".join(wrong or [f"{', '.join(members)}: cluster member"]))


JOINED = Reading(READ, lambda output: both_joined(parse(stdout_of(output))))


def as_hosts(members: Members, addresses: Iterable[str]) -> Observation:
    """Say whether the servers of both clusters are exactly the hosts, each once."""
    hosts = tuple(addresses)
    wrong = []
    for name, member in members.items():
        there = Counter(address for _, address in member.servers)
        must = Counter(f"tcp:{address}:{DATABASES[name][1]}" for address in hosts)
        wrong += [f"{name} lacks {address}" for address in sorted(must - there)]
        wrong += [f"{name} has {address} too" for address in sorted(there - must)]
    return Observation(holds=not wrong, seen="; ".join(wrong) or f"{len(hosts)} servers in each cluster")


def one_leader(hosts: Mapping[str, Members]) -> Observation:
    """Say whether each database has one cluster with one leader, known to all members."""
    wrong, leaders = [], []
    for name in DATABASES:
        members = {host: of[name] for host, of in hosts.items()}
        leading = [host for host, member in members.items() if member.leads]
        views = {(member.cluster, member.value("Term"), member.leader) for member in members.values()}
        if len(leading) == 1 and len(views) == 1:
            leaders.append(f"{name} is led by {leading[0]}, term {next(iter(views))[1]}")
        else:
            seen = (
                f"{host}: {member.value('Role')} of {member.cluster[:4]} in term {member.value('Term')},"
                f" leader {member.leader}"
                for host, member in members.items()
            )
            wrong.append(f"{name}: {'; '.join(seen) or 'no member'}")
    return Observation(holds=not wrong, seen=" | ".join(wrong) or ", ".join(leaders))


def asking(host: Host) -> str:
    """Return the script that reads a number of each database as a client of this very member."""
    return "; ".join(
        f"ovn-{short}ctl --timeout=10 --no-leader-only --db=tcp:{host.address}:{port}"
        f" get {short.upper()}_Global . nb_cfg 2>&1 | tail -n 1"
        for short, port in (("nb", NORTHBOUND), ("sb", SOUTHBOUND))
    )


def served(printed: str) -> Observation:
    """Say whether both servers of a host answered a client that asked for no leader."""
    lines = printed.splitlines()
    wrong = [
        f"{name} says {said}" for name, said in zip(DATABASES, lines, strict=False) if not said.isdecimal()
    ]
    if len(lines) != len(DATABASES):
        wrong.append(f"{len(lines)} answers from {len(DATABASES)} databases")
    return Observation(not wrong, "; ".join(wrong) or f"{', '.join(DATABASES)} answer clients")
