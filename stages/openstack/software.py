"""The OpenStack software on a role's hosts, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from stages.design.parts import CatalogEntry, Mode, Service

BIN = "/opt/openstack/bin"
UNITS = "/etc/systemd/system"
# For the environment of OpenStack's programs: where the image's find-plugins put stevedore's cache.
PLUGINS = "XDG_CACHE_HOME=/usr/share/stagegate/cache"


@dataclass(frozen=True, slots=True)
class Api:
    """A WSGI application under uwsgi: which module, as which user, at which port of the host's address.

    `path` is its health check and returns 200 if the application answers. Its API begins with the path
    `root`. Its user in Keystone has the same name as its user on the host. Each process has so many `pools`
    of connections to the database: one for each database that it uses.
    """

    name: str
    module: str
    user: str
    port: int
    path: str = "/healthcheck"
    root: str = ""
    environment: Mapping[str, str] | None = None
    pools: int = 1

    def offered_as(self, name: str) -> Service:
        """The service that a role offers through the load balancer."""
        return Service(name, self.port, Mode.HTTP, self.path, self.port, root=self.root)

    def in_catalog(self, kind: str) -> CatalogEntry:
        """Its entry in Keystone's catalog, as this kind of service."""
        return CatalogEntry(kind, self.user, self.port, self.root)

    @property
    def unit(self) -> str:
        """The systemd unit's name."""
        return f"{self.name}.service"


@dataclass(frozen=True, slots=True)
class Daemon:
    """A service without an API: it gets its work from the message bus or by polling.

    `prepare` runs before each of its starts, as the same user. It starts once the API that it `waits_for`
    answers at the VIP, or after a while without it. `pools` is as in Api. A service that `forks` starts as
    many processes as its host has workers, beside its first.
    """

    name: str
    user: str
    command: tuple[str, ...]
    prepare: tuple[str, ...] = ()
    waits_for: Api | None = None
    pools: int = 1
    forks: bool = False

    @property
    def unit(self) -> str:
        """The systemd unit's name."""
        return f"{self.name}.service"


class Dependency(Enum):
    """A dependency of a service, which the dependency check tests."""

    DATABASE = "database"
    MESSAGING = "messaging"
    IDENTITY = "identity"
    MEMCACHED = "memcached"
    PLACEMENT = "placement"
    OBJECT_STORE = "object-store"
    OVN = "ovn"
    COORDINATION = "coordination"


# By which roles. memcached and Placement run on the hosts themselves, the database behind load balancers.
GIVEN_BY: Mapping[Dependency, tuple[str, ...]] = {
    Dependency.DATABASE: ("database", "loadbalancer"),
    Dependency.MESSAGING: ("messaging",),
    Dependency.IDENTITY: ("identity",),
    Dependency.MEMCACHED: (),
    Dependency.PLACEMENT: (),
    Dependency.OBJECT_STORE: ("object-store",),
    Dependency.OVN: ("ovn",),
    Dependency.COORDINATION: ("coordination",),
}


@dataclass(frozen=True, slots=True)
class Software:
    """All OpenStack software on the hosts of one role.

    `configurations` maps a path on the host to the user who may read it; its template, in the role's folder,
    has the file's name. `programs` are templates, too, of what the services run from LIB. `database` is the
    account with which the host itself connects to the database. Services that are `self_starting` are started
    by the manifest, others by a formation once their dependencies exist.
    """

    configurations: Mapping[str, str]
    services: tuple[Api | Daemon, ...]
    dependencies: tuple[Dependency, ...] = ()
    database: str | None = None
    programs: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()  # directories below a user's home that a service requires
    self_starting: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """The roles that provide what its services depend on."""
        return tuple(dict.fromkeys(role for one in self.dependencies for role in GIVEN_BY[one]))

    @property
    def users(self) -> tuple[str, ...]:
        """The accounts that the services run as, each once."""
        return tuple(dict.fromkeys(service.user for service in self.services))

    @property
    def apis(self) -> tuple[Api, ...]:
        """The services that answer over HTTP."""
        return tuple(service for service in self.services if isinstance(service, Api))

    def connections(self, settings: Any) -> int:  # noqa: ANN401 - the settings of a role that runs services
        """How many connections to the database a host's services may have open at once, by their pools.

        0 if they use none. `settings` has `workers`, `database_pool` and `database_overflow`.
        """
        if self.database is None:
            return 0
        pools = sum(service.pools * _processes(service, settings.workers) for service in self.services)
        return int(pools * (settings.database_pool + settings.database_overflow))


def _processes(service: Api | Daemon, workers: int) -> int:
    if isinstance(service, Api):
        return workers  # uwsgi's master loads no application
    return 1 + workers if service.forks else 1
