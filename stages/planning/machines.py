"""What a machine lacks that is to become a host and was not prepared yet, by its own report. Pure."""

import ipaddress
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from stages.design.accounts import on_machines
from stages.planning.fitness import Answer, HostFit, Needs, Problem, ahead, resources
from stages.planning.machine_report import Described

SYSTEM = "debian:bookworm"
DIRECTORY = "/var/lib/stagegate"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the machine should be, and whose it may be.

    `interface` is where the stage's file says its address is; None: that is asked. `owner` is what a machine
    of this very stage says it belongs to. `login` is how a person gets there.
    """

    address: str
    interface: str | None
    owner: str
    login: str


def judge(needed: Needs, place: Place, told: Described, asked: float, answered: float) -> HostFit:
    """What the machine lacks. The two times are those of the question and the answer, of this clock."""
    answer = Answer(asked, answered, told.resources)
    problems = (
        *_system(needed.host, told),
        *_address(needed.host, place, told),
        *_owner(needed.host, place, told),
        *_accounts(needed.host, told),
        *resources(needed, answer),
    )
    free = min(room["free_mb"] for room in told.resources["directories"].values())
    interface, prefix = told.at.get(place.address, ("no interface with its address", None))
    where = interface if prefix is None else f"{interface} {place.address}/{prefix}"
    where += "" if (mtu := told.mtu(place.address)) is None else f", MTU {mtu}"
    seen = (
        f"{told.pretty}, {where}, {told.resources['memory_mb']} MB, {free} MB of disk free, "
        f"clock {ahead(answer):+.1f} s, {f'Python {told.python}' if told.python else 'no Python yet'}"
    )
    return HostFit(needed.host, needed.role, fit=not problems, seen=seen, problems=problems)


def silent(needed: Needs, what: str, why: str, following: str) -> HostFit:
    """A machine that gave no report."""
    problem = Problem(what, needed.host, why, following)
    return HostFit(needed.host, needed.role, fit=False, seen="no answer", problems=(problem,))


def vip_problems(
    vip: str, balancer: str, owner: str, told: Mapping[str, Described], addresses: Mapping[str, str]
) -> Iterator[Problem]:
    """What is wrong with the VIP, by what the machines said; `balancer` is a load balancer among them.

    `told` has those that reported, and `addresses` all, by host.
    """
    for name, one in told.items():
        if vip in one.at and one.owner != owner:
            yield Problem(
                f"the VIP {vip} is taken",
                name,
                f"{one.at[vip][0]} of this machine has it",
                "give another --vip: a free address of the machines' network",
            )
    at = told[balancer].at.get(addresses[balancer]) if balancer in told else None
    # A cloud may give a machine its address alone, as /32: that says nothing of the network.
    if at is None or at[1] == ipaddress.IPV4LENGTH:
        return
    network = ipaddress.IPv4Network(f"{addresses[balancer]}/{at[1]}", strict=False)
    if ipaddress.IPv4Address(vip) not in network:
        yield Problem(
            f"the VIP {vip} is outside of the load balancers' network",
            "--vip",
            f"that is {network}, and its other machines would never find the VIP",
            "give another --vip: a free address of that network",
        )


def mtu_problems(
    told: Mapping[str, Described], addresses: Mapping[str, str], running: Collection[int] = ()
) -> Iterator[Problem]:
    """Machines whose MTU is not that of most, by what they said; `addresses` are those of all, by host.

    `running` has the MTU of each host that runs beside them.
    """
    found = {name: (one.mtu(addresses[name]), one.at.get(addresses[name])) for name, one in told.items()}
    known = {name: (mtu, at[0]) for name, (mtu, at) in found.items() if mtu is not None and at is not None}
    if not known:
        return
    # Of two that as many have, that of hosts which run counts.
    (usual, _), *_ = Counter([*running, *(mtu for mtu, _ in known.values())]).most_common(1)
    for name, (mtu, interface) in known.items():
        if mtu != usual:
            yield Problem(
                f"its MTU is {mtu}, and {usual} on most others",
                name,
                "between the two, large packets may vanish, while small ones get through",
                f"ip link set dev {interface} mtu {usual}, there and in its own configuration of the network",
            )


def same_keys(keys: Mapping[str, str]) -> Iterator[Problem]:
    """Machines that showed the same host key; `keys` are those of all, by host."""
    first: dict[str, str] = {}
    for name, key in keys.items():
        if first.setdefault(key, name) != name:
            yield Problem(
                f"it shows the host key of {first[key]}",
                name,
                "they are one machine, or copies that could pass for each other",
                "correct the address, or on one of them: rm /etc/ssh/ssh_host_*; "
                "dpkg-reconfigure openssh-server",
            )


def _system(host: str, told: Described) -> Iterator[Problem]:
    if told.system != SYSTEM:
        yield Problem(
            f"it runs {told.pretty}",
            host,
            "its software comes from a host image of Debian 12",
            "install Debian 12 on it",
        )
    if not told.systemd:
        yield Problem("systemd is not running", host, "it runs all services of a host", "boot with systemd")


def _address(host: str, place: Place, told: Described) -> Iterator[Problem]:
    if place.address not in told.at:
        known = ", ".join(f"{address} on {name}" for address, (name, _) in sorted(told.at.items()))
        yield Problem(
            f"no interface of it has the address {place.address}",
            host,
            f"hosts listen at their address, and this machine has {known or 'none that it can tell'}",
            "give the address that the machine itself has; an address translated on the way is none",
        )
    elif place.interface not in (None, told.at[place.address][0]):
        yield Problem(
            f"its address is on {told.at[place.address][0]}",
            host,
            f"the stage's file says interface: {place.interface}",
            f"in the stage's file, write interface: {told.at[place.address][0]} for it",
        )


def _owner(host: str, place: Place, told: Described) -> Iterator[Problem]:
    if told.owner not in ("", place.owner):
        yield Problem(
            f"it is a host of {told.owner} already",
            host,
            f"{DIRECTORY}/host on it says so, and this is {place.owner}",
            "correct the address, or let it leave that stage there (promote lab down)",
        )


def _accounts(host: str, told: Described) -> Iterator[Problem]:
    """Accounts of services that would not get their numbers, in one problem."""
    wrong = []
    for one in on_machines():
        own = told.users.get(one.name, (one.uid, one.gid))
        group = told.groups.get(one.name, one.gid)
        if (*own, group) != (one.uid, one.gid, one.gid):
            wrong.append(f"{one.name} has {own[0]}:{own[1]} and the group {group}, and must have {one.uid}")
        wrong += [
            f"{one.uid}, of {one.name}, belongs to the account {name}"
            for name, (uid, _) in told.users.items()
            if name != one.name and uid == one.uid
        ]
        wrong += [
            f"{one.gid}, of {one.name}, belongs to the group {name}"
            for name, gid in told.groups.items()
            if name != one.name and gid == one.gid
        ]
    if wrong:
        yield Problem(
            "accounts have other numbers than on all hosts",
            host,
            "; ".join(wrong),
            "remove these accounts and groups, or give a machine on which nothing else runs",
        )
