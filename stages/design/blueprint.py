"""The blueprint of a stage: its planes with their hosts, and the definition of each role. Pure.

A role reads the blueprint, and a blueprint has its roles, so both are defined here. Which hosts are meant, of
several planes, each question says: `Plane.hosts_of` and the questions to the blueprint.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from stages.design.backing_up import Baseline
from stages.design.canary import Canary
from stages.design.data_package import DataPackage
from stages.design.declaring import Setting
from stages.design.inventory import Inventory
from stages.design.leaving import Going, Leave
from stages.design.manifest import Command, Manifest
from stages.design.parts import CatalogEntry, Database, Formation, Listens, Refused, Schema, Secret, Service
from stages.design.upgrading import Upgrade

VIP, OPERATOR = 5, 10
BALANCER_PORT = 8405  # where a load balancer reports the state of its servers
# The header by which load balancers tell hosts and previews which pool answered, while two colours stand.
POOL_TOLD = "Stagegate-Pool"
REGION = "RegionOne"
CHOSEN = "chosen"  # the fact of a host from whose data a person wants its cluster started

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


PREVIEWS = {Colour.BLUE: 11, Colour.GREEN: 12}


def pool(service: str, colour: Colour | None) -> str:
    """The name of the load balancers' pool for a service, of the hosts of this colour.

    It is the same whichever colour serves: no host has to be told that it serves now. Blue's pools have the
    name of the service, as when they were the only ones.
    """
    return f"{service}-{colour.value}" if colour is Colour.GREEN else service


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
class Plane:
    """The hosts of one tier, or of one colour of the coloured tier: what is upgraded and replaced together.

    `openstack` is the release that its hosts run, such as "2026.1"; empty in the shared plane: it runs none.
    """

    tier: Tier
    colour: Colour | None
    openstack: str
    hosts: tuple[Host, ...]

    def hosts_of(self, role: str) -> tuple[Host, ...]:
        """Its hosts of this role, by number; empty if it has none."""
        return tuple(host for host in self.hosts if host.role == role)


@dataclass(frozen=True, slots=True)
class Role:
    """What a host of this role is, what it needs, and when it is ready.

    manifest     what one host must be
    facts        commands, by name, whose output on each running host `form` needs
    looks        the same, but asked only for a bootstrap by a person: they may take a minute
    left_out     commands of its manifest that such a bootstrap takes the place of
    form         the formations of its hosts in one plane, given the facts of the running hosts
    leave        how hosts that the config no longer has leave, in this order; None: there is no answer, and a
                 plan that removes one is refused
    leaves_first whether they leave before the hosts that stay get their new manifests, not after
    redeploy     how one host leaves so that a new one takes its name, given the stage without it; None: there
                 is no answer, and its redeployment is refused
    back_up      how data that an upgrade changes are backed up before it, given the facts of running hosts
    drain        what a running host does before it forgets these servers, by pool: it sends them nothing
                 more; None where it sends nothing to other roles
    expect       what it does when such servers are gone and come back: it sends them requests once they are
                 seen to be up
    needs        roles that must be formed before this one
    serves       roles of which the stage must have one: a role that none uses can't be tested
    keeps        directories that outlive a host: its data
    data_package the Debian package that owns them: hosts with data get no other version series of it
    databases    its databases in the shared cluster
    schemas      what the release creates in them
    upgrades     how they come to the next release, phase by phase, while the one before serves
    catalog      its entries in Keystone's catalog
    services     what it offers through the load balancer
    listens      at which other ports its hosts answer other hosts
    own_secrets  its secrets, except for the passwords of `databases` and `catalog`
    connections  how many connections to the database a host with these settings may have open at once
    memory_mb    resident memory of a host in the lab, operating system included; measured
    weight       CPU time of a host in the lab, where all share one machine, as a multiple of other hosts'
    real_time    whether programs of it ask for real-time priority, which a host in the lab must be allowed
    declares     the settings that its running programs must have, from one host's manifest
    diagnostics  commands, by name, that show its state to a person
    peer_files   files of which each change restarts, even where only other hosts came or went
    uses_openstack  whether its hosts use OpenStack's environment; to others only the rest of an image matters
    unproven     why it could never be tested: a plan for the lab refuses a stage that has it
    """

    name: str
    tier: Tier
    slot: int  # its block of eight addresses in the tier; unique within the tier
    components: tuple[str, ...]
    folder: Path
    manifest: "Callable[[Blueprint, Host], Manifest]"
    form: "Callable[[Blueprint, Plane, Facts], tuple[Formation, ...] | Refused]" = lambda *_: ()
    leave: "Callable[[Blueprint, Facts, tuple[Going, ...]], tuple[Leave, ...] | Refused] | None" = None
    leaves_first: bool = False
    redeploy: "Callable[[Blueprint, Facts, Going], Leave | Refused] | None" = None
    back_up: "Callable[[Blueprint, Facts, Baseline], Formation] | None" = None
    drain: "Callable[[Blueprint, Mapping[str, tuple[str, ...]]], Command] | None" = None
    expect: Callable[[Mapping[str, tuple[str, ...]]], Command] | None = None
    needs: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    data_package: DataPackage | None = None
    databases: tuple[Database, ...] = ()
    schemas: tuple[Schema, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    catalog: tuple[CatalogEntry, ...] = ()
    memory_mb: int = 60
    weight: int = 1
    real_time: bool = False
    services: tuple[Service, ...] = ()
    listens: tuple[Listens, ...] = ()
    own_secrets: tuple[Secret, ...] = ()
    declares: Callable[[Manifest], tuple[Setting, ...]] = lambda _manifest: ()
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    diagnostics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    connections: Callable[[Any], int] = lambda _settings: 0
    peer_files: tuple[str, ...] = ()
    uses_openstack: bool = False
    unproven: str | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Its own secrets, and the passwords of its accounts in the shared cluster and in Keystone."""
        accounts = {f"database_{database.account}_password": None for database in self.databases}
        users = {f"identity_{entry.user}_password": None for entry in self.catalog}
        return (*self.own_secrets, *(Secret(name) for name in accounts | users))


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The desired stage: its planes, its network, and each role's settings.

    `colour` is the one that the release is about: its hosts are made, changed and looked after. If the other
    one stands, too, it is `beside`: load balancers know its hosts, and nothing else here does.
    """

    site: str
    stage: str
    colour: Colour
    network: str  # an IPv4 /24 such as "10.77.3.0/24"
    planes: tuple[Plane, ...]
    roles: Mapping[str, Role]
    settings: Mapping[str, Any]  # by role, each an instance of its Settings
    inventory: Inventory | None = None  # the machines, if the stage has its own
    canary: Canary | None = None  # what precedes a change of colours
    beside: Plane | None = None
    served: Mapping[str, Colour] = field(default_factory=dict)  # by service, where another colour answers
    returns: bool = False  # whether somebody rolls back to the release

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All hosts of all planes, by role in the config's order."""
        return tuple(host for role in self.roles for host in self.everywhere(role))

    @property
    def reachable(self) -> tuple[Host, ...]:
        """All hosts of the stage that requests may have to reach: also those of the colour beside."""
        return (*self.hosts, *(() if self.beside is None else self.beside.hosts))

    def everywhere(self, role: str) -> tuple[Host, ...]:
        """The hosts of a role in all planes: for plans and evidence, not for what hosts know of others."""
        return tuple(host for plane in self.planes for host in plane.hosts_of(role))

    def peers(self, host: Host) -> tuple[Host, ...]:
        """The hosts of its role in its own plane, itself included."""
        return self.plane(host).hosts_of(host.role)

    def members(self, role: str) -> tuple[Host, ...]:
        """The hosts of a role of which the stage has one set; empty if the stage lacks the role.

        Raises ValueError for a coloured role: whoever asks must say which colour is meant.
        """
        if role in self.roles and self.roles[role].tier is Tier.COLOURED:
            raise ValueError(
                f"{role} has a set of hosts per colour: ask for its peers, or for those that serve"
            )
        return self.everywhere(role)

    def answering(self, service: str) -> Colour:
        """The colour that answers clients of this service of a coloured role."""
        return self.served.get(service, self.colour)

    @property
    def answers_nobody(self) -> bool:
        """Whether the colour beside answers all that both offer; not if there is none, or nothing of both."""
        both = (role for name, role in self.roles.items() if len(self.pooled(name)) > 1)
        offered = {one.name for role in both for one in role.services}
        return bool(offered) and offered <= self.served.keys()

    def pooled(self, role: str) -> tuple[Plane, ...]:
        """The planes whose hosts of this role load balancers know, blue first."""
        beside = (self.beside,) if self.beside is not None and self.beside.hosts_of(role) else ()
        found = (*self.planes_of(role), *beside)
        return tuple(sorted(found, key=lambda plane: plane.colour is Colour.GREEN))

    def serving(self, role: str) -> tuple[Host, ...]:
        """The hosts that the role's work is done on: of a coloured role, those of `colour`."""
        return tuple(host for host in self.everywhere(role) if host.colour in {None, self.colour})

    def plane(self, host: Host) -> Plane:
        """The plane of a host."""
        (own,) = (one for one in self.planes if (one.tier, one.colour) == (host.tier, host.colour))
        return own

    def planes_of(self, role: str) -> tuple[Plane, ...]:
        """The planes that have this role of the stage: several if it is coloured."""
        return tuple(plane for plane in self.planes if plane.tier is self.roles[role].tier)

    def host(self, name: str) -> Host:
        """Return the host of this name. Raises KeyError when there is none."""
        for plane in self.planes:
            for host in plane.hosts:
                if host.name == name:
                    return host
        raise KeyError(name)

    def having(self, names: Collection[str]) -> "Blueprint":
        """The same stage with these of its hosts alone."""
        planes = (
            replace(plane, hosts=tuple(host for host in plane.hosts if host.name in names))
            for plane in self.planes
        )
        return replace(self, planes=tuple(planes))

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

    @property
    def previews(self) -> Mapping[Colour, str]:
        """The address of each colour's preview gateway, while two stand in a network that is made here."""
        if self.beside is None or self.inventory is not None:
            return {}
        return {colour: self.address(last) for colour, last in PREVIEWS.items()}

    def address(self, last: int) -> str:
        """The address in the stage's network with this last octet."""
        return f"{self.network.rsplit('.', 1)[0]}.{last}"
