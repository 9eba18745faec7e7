"""The blueprint of a stage: its hosts with names and addresses, and the definition of each role. Pure.

A role reads the blueprint, and a blueprint has its roles, so both are defined here.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from stages.design.inventory import Inventory
from stages.design.leaving import Going, Leave
from stages.design.manifest import Command, Manifest
from stages.design.parts import CatalogEntry, Database, Formation, Listens, Refused, Schema, Secret, Service

VIP, OPERATOR = 5, 10
BALANCER_PORT = 8405  # where a load balancer reports the state of its servers
REGION = "RegionOne"
CHOSEN = "chosen"  # the fact of a host from whose data a person wants its cluster started
SHARED_START, OUTSIDE_START, BLUE_START, GREEN_START, SLOT_SIZE = 16, 72, 96, 168, 8

Facts = Mapping[str, Mapping[str, str]]  # by host, what the facts of its role printed


class Tier(Enum):
    """Whether a role has one set of hosts per stage, or one per colour.

    Hosts outside the control plane are one set, too. They are used, but nothing is promised for them.
    """

    SHARED = "shared"
    COLOURED = "coloured"
    OUTSIDE = "outside"


class Colour(Enum):
    """Which of the two control planes a coloured host belongs to."""

    BLUE = "blue"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Host:
    """A desired host. `name` is unique in the stage; `number` counts from 1 in the role."""

    name: str
    role: str
    number: int
    tier: Tier
    colour: Colour | None
    address: str
    interface: str = "eth0"  # where the address is


@dataclass(frozen=True, slots=True)
class Role:
    """What a host of this role is, what it needs, and when it is ready.

    manifest     what one host must be
    facts        commands, by name, whose output on each running host `form` needs
    looks        the same, but asked only for a bootstrap by a person: they may take a minute
    left_out     commands of its manifest that such a bootstrap takes the place of
    form         the formations, given the facts of the running hosts
    leave        how hosts that the config no longer has leave, in this order; None: there is no answer, and a
                 plan that removes one is refused
    leaves_first whether they leave before the hosts that stay get their new manifests, not after
    redeploy     how one host leaves so that a new one takes its name, given the stage without it; None: there
                 is no answer, and its redeployment is refused
    drain        what a running host does before it forgets these servers, by service: it sends them nothing
                 more; None where it sends nothing to other roles
    expect       what it does when such servers are gone and come back: it sends them requests once they are
                 seen to be up
    needs        roles that must be formed before this one
    serves       roles of which the stage must have one: a role that none uses can't be tested
    keeps        directories that outlive a host: its data
    databases    its databases in the shared cluster
    schemas      what the release creates in them
    catalog      its entries in Keystone's catalog
    services     what it offers through the load balancer
    listens      at which other ports its hosts answer other hosts
    own_secrets  its secrets, except for the passwords of `databases` and `catalog`
    connections  how many connections to the database a host with these settings may have open at once
    memory_mb    resident memory of a host in the lab, operating system included; measured
    weight       CPU time of a host in the lab, where all share one machine, as a multiple of other hosts'
    real_time    whether programs of it ask for real-time priority, which a host in the lab must be allowed
    diagnostics  commands, by name, that show its state to a person
    peer_files   files of which each change restarts, even where only other hosts came or went
    unproven     why it could never be tested: a plan for the lab refuses a stage that has it
    """

    name: str
    tier: Tier
    slot: int  # its block of eight addresses in the tier; unique within the tier
    components: tuple[str, ...]
    folder: Path
    manifest: "Callable[[Blueprint, Host], Manifest]"
    form: "Callable[[Blueprint, Mapping[str, Mapping[str, str]]], tuple[Formation, ...] | Refused]" = (
        lambda _blueprint, _facts: ()
    )
    leave: "Callable[[Blueprint, Facts, tuple[Going, ...]], tuple[Leave, ...] | Refused] | None" = None
    leaves_first: bool = False
    redeploy: "Callable[[Blueprint, Facts, Going], Leave | Refused] | None" = None
    drain: "Callable[[Blueprint, Mapping[str, tuple[str, ...]]], Command] | None" = None
    expect: Callable[[Mapping[str, tuple[str, ...]]], Command] | None = None
    needs: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    databases: tuple[Database, ...] = ()
    schemas: tuple[Schema, ...] = ()
    catalog: tuple[CatalogEntry, ...] = ()
    memory_mb: int = 60
    weight: int = 1
    real_time: bool = False
    services: tuple[Service, ...] = ()
    listens: tuple[Listens, ...] = ()
    own_secrets: tuple[Secret, ...] = ()
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    diagnostics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    connections: Callable[[Any], int] = lambda _settings: 0
    peer_files: tuple[str, ...] = ()
    unproven: str | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Its own secrets, and the passwords of its accounts in the shared cluster and in Keystone."""
        accounts = {f"database_{database.account}_password": None for database in self.databases}
        users = {f"identity_{entry.user}_password": None for entry in self.catalog}
        return (*self.own_secrets, *(Secret(name) for name in accounts | users))


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The desired stage: its hosts, its network, and each role's settings."""

    site: str
    stage: str
    openstack: str
    colour: Colour
    network: str  # an IPv4 /24 such as "10.77.3.0/24"
    hosts: tuple[Host, ...]
    roles: Mapping[str, Role]
    settings: Mapping[str, Any]  # by role, each an instance of its Settings
    inventory: Inventory | None = None  # the machines, if the stage has its own

    def hosts_of(self, role: str) -> tuple[Host, ...]:
        """The hosts of a role, by number; empty when the stage has none."""
        return tuple(host for host in self.hosts if host.role == role)

    def host(self, name: str) -> Host:
        """Return the host of this name. Raises KeyError when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets of all its roles."""
        return tuple(secret for role in self.roles.values() for secret in role.secrets)

    @property
    def vip(self) -> str:
        """The address that clients of the stage use."""
        return self.inventory.vip if self.inventory is not None else self.address(VIP)

    @property
    def operator(self) -> str:
        """The address of the gateway."""
        return self.address(OPERATOR)

    def address(self, last: int) -> str:
        """The address in the stage's network with this last octet."""
        return f"{self.network.rsplit('.', 1)[0]}.{last}"


def network(site: str, position: int) -> str:
    """The /24 of a stage, from the site's id and the stage's place in the order (0 to 15)."""
    digest = hashlib.sha256(site.encode()).digest()
    return f"10.{64 + digest[0] % 128}.{16 * (digest[1] % 16) + position}.0/24"


def hosts(counts: Mapping[str, int], roles: Mapping[str, Role], colour: Colour, net: str) -> tuple[Host, ...]:
    """All hosts of a stage. A role's slot and a host's number set its address, whatever other hosts exist."""
    prefix = net.rsplit(".", 1)[0]
    found = []
    for name, count in counts.items():
        role = roles[name]
        own = colour if role.tier is Tier.COLOURED else None
        for number in range(1, count + 1):
            last = _start(role.tier, colour) + SLOT_SIZE * role.slot + number - 1
            found.append(Host(_name(name, own, number), name, number, role.tier, own, f"{prefix}.{last}"))
    return tuple(found)


def placed(drawn: tuple[Host, ...], inventory: Inventory | None) -> tuple[Host, ...]:
    """The same hosts, at the addresses of their machines if the stage has its own."""
    if inventory is None:
        return drawn
    at = inventory.machines
    return tuple(
        replace(host, address=at[host.name].address, interface=at[host.name].interface) for host in drawn
    )


def _start(tier: Tier, colour: Colour) -> int:
    match tier:
        case Tier.SHARED:
            return SHARED_START
        case Tier.OUTSIDE:
            return OUTSIDE_START
        case Tier.COLOURED:
            return BLUE_START if colour is Colour.BLUE else GREEN_START


def _name(role: str, colour: Colour | None, number: int) -> str:
    return f"{role}-{number}" if colour is None else f"{role}-{colour.value}-{number}"
