"""Machines that are to become a stage: each shows its host key, and then says what it is. All at once."""

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from stages.config.inventory import hosts_of
from stages.design.blueprint import Host
from stages.design.inventory import Inventory, Machine
from stages.errors import HostRefused
from stages.machine.site import Site
from stages.machine.substrates.candidates import fingerprint, login, shown_key, way
from stages.machine.substrates.remote import RemoteHost
from stages.planning.fitness import HostFit, Needs
from stages.planning.machine_report import Described
from stages.planning.machines import Place, silent
from stages.requests.machines import MANY, ask, needed
from stages.roles import ROLES, load

UNKNOWN = "ssh-ed25519 AAAA"  # stands for the host key of a machine that showed none, in a file never written


@dataclass(frozen=True, slots=True)
class Wanted:
    """The stage that is asked for. `addresses` has address and port of each machine, by role.

    `owner` is what a machine says that is a host of this very stage already.
    """

    stage: str
    vip: str
    key: str
    namespace: str | None
    addresses: Mapping[str, Sequence[tuple[str, int]]]
    owner: str
    user: str = "root"

    def hosts(self) -> dict[Host, tuple[str, int]]:
        """Where each host of a known role is to be, in the order of the stage."""
        known = {role: len(there) for role, there in self.addresses.items() if role in ROLES}
        return {host: self.addresses[host.role][host.number - 1] for host in hosts_of(known)}

    def inventory(self, machines: Mapping[str, Machine]) -> Inventory:
        """With these machines."""
        return Inventory(self.vip, self.key, machines, self.namespace, self.user)


@dataclass(frozen=True, slots=True)
class Asked:
    """One machine, and whether it can be its host.

    `shown` is the host key that it showed, empty if none; `told` is what it said of itself, if it did.
    """

    needs: Needs
    machine: Machine
    fit: HostFit
    shown: str = ""
    told: Described | None = None

    @property
    def host(self) -> str:
        """The name of the host that it is to be."""
        return self.needs.host

    @property
    def fingerprint(self) -> str:
        """Of the host key; empty if it showed none."""
        return fingerprint(self.shown) if self.shown else ""

    def to_json(self) -> dict[str, Any]:
        """Its row of the result."""
        own = {"address": self.machine.address, "port": self.machine.port, "fingerprint": self.fingerprint}
        return {**asdict(self.fit), **own}


def all_asked(site: Site, wanted: Wanted) -> tuple[Asked, ...]:
    """Each machine of a known role, in the order of the stage."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(MANY) as pool:
        places = wanted.hosts().items()
        first = tuple(pool.map(lambda place: _shown(wanted, place[0], *place[1]), places))
        inventory = wanted.inventory({one.host: one.machine for one in first})
        config = way(site, wanted.stage, inventory, Path(folder))
        return tuple(pool.map(lambda one: _described(wanted, config, one), first))


def _shown(wanted: Wanted, host: Host, address: str, port: int) -> Asked:
    """The machine with the host key that it shows."""
    needs, machine = needed(host, load(host.role).memory_mb), Machine(address, UNKNOWN, port)
    inside = () if wanted.namespace is None else ("nsenter", f"--net={wanted.namespace}")
    try:
        key = shown_key(host.name, address, port, inside)
    except HostRefused as error:
        why = silent(needs, error.what, error.why, login(machine, wanted.inventory({})))
        return Asked(needs, machine, why)
    nothing_yet = HostFit(host.name, host.role, fit=True, seen="", problems=())
    return Asked(needs, replace(machine, host_key=key), nothing_yet, shown=key)


def _described(wanted: Wanted, config: Path, one: Asked) -> Asked:
    """The same machine with what it says of itself, through a connection that this key was pinned for."""
    if not one.shown:
        return one
    way_in = login(one.machine, wanted.inventory({}))
    place = Place(one.machine.address, None, wanted.owner, way_in)
    fit, told = ask(RemoteHost(one.host, config), one.needs, place)
    at = None if told is None else told.at.get(one.machine.address)
    machine = one.machine if at is None else replace(one.machine, interface=at[0])
    return replace(one, fit=fit, machine=machine, told=told)
