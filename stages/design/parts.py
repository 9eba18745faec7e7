"""The parts of roles: services, secrets, databases, schemas, catalog entries, formations."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from stages.design.manifest import Command, Wait

DUMPS = "/usr/share/stagegate/schemas"


class Mode(Enum):
    """The protocol between the load balancer and a service."""

    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Service:
    """What a role offers through the load balancer.

    With `one_writer`, every load balancer uses the same single server and keeps the others as backups;
    connections to a server that is no longer the one in use are closed. Connections may be idle for
    `idle_timeout`, in HAProxy's form; None means as long as the load balancers' settings say. Its API begins
    with the path `root`. Where requests have to queue, a POST to the path `waits_last` lets all others go
    first.
    """

    name: str
    port: int
    mode: Mode
    health_path: str
    health_port: int
    one_writer: bool = False
    idle_timeout: str | None = None
    root: str = ""
    waits_last: str = ""

    def endpoint(self, vip: str) -> str:
        """Where clients find it behind this VIP: a URL, or an address and a port."""
        place = f"{vip}:{self.port}{self.root}"
        return f"http://{place}" if self.mode is Mode.HTTP else place


@dataclass(frozen=True, slots=True)
class Listens:
    """A TCP port where a host answers other hosts directly; those of its services are known already.

    `peers` is whether the other hosts of its role connect. `users` are the other roles that do; None means
    those that need its role.
    """

    port: int
    what: str
    peers: bool = False
    users: tuple[str, ...] | None = ()


class SecretKind(Enum):
    """How the value of a secret is generated."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind
    FERNET = "fernet"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of a stage, generated in the site and named by a mark in manifests.

    target.json says where to find one that is `for_suites`.
    """

    name: str
    kind: SecretKind = SecretKind.PASSWORD
    for_suites: bool = False


@dataclass(frozen=True, slots=True)
class Database:
    """A database in the shared cluster, and the account that owns it; one account may own several.

    The account's password is the secret `database_<account>_password`.
    """

    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that one command of the release creates, identically in one or several databases.

    The image build runs the same command on the first database and dumps it; all it configures is the URL of
    the database, in `section` of the first of `configurations`. On a host, `user` runs the command, and
    `client` is the option file of the account that owns the databases.
    """

    databases: tuple[str, ...]
    command: tuple[str, ...]
    user: str
    client: str
    configurations: tuple[str, ...]
    section: str = "database"

    @property
    def dump(self) -> str:
        """Where the image has the dump: what the command creates in an empty database."""
        return f"{DUMPS}/{self.databases[0]}.sql"

    def to_json(self) -> dict[str, Any]:
        """What the image build needs of it."""
        return {
            "database": self.databases[0],
            "command": list(self.command),
            "configurations": list(self.configurations),
            "section": self.section,
        }


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A service in Keystone's catalog: its user and its endpoint; `path` is that of its URL.

    The user's password is the secret `identity_<user>_password`.
    """

    type: str
    user: str
    port: int
    path: str = ""


class Phase(Enum):
    """How far a role has come, in this order; each formation belongs to one."""

    BOOTSTRAP = 1  # its cluster is formed, and its hosts are in it
    EXPAND = 2  # what its programs keep their data in exists as the release needs it
    MIGRATE = 3  # and so do the rows that they need to begin
    SERVE = 4  # they run and answer


@dataclass(frozen=True, slots=True)
class Milestone:
    """A role's formations of this phase and of those before are done.

    With SERVE, all that is planned for the role is done: its hosts are as desired, too.
    """

    role: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class Tables:
    """The databases whose tables a formation makes; `name` and `revision` are the record that it did."""

    databases: tuple[str, ...]
    name: str
    revision: str


@dataclass(frozen=True, slots=True)
class Formation:
    """Something done once hosts have their manifests: bootstrap or join a cluster, create a schema.

    `done` is a command that exits 0 on the host when nothing is to be done; with None it is always done.
    `after` names formations of this role that come first. So do the milestones in `needs`; None means that
    the roles which its own role needs serve. A formation that needs a milestone of its own role, or of one
    that comes after its own, is late: no other role waits for it.
    """

    id: str
    kind: str  # of its step: cluster, schema, upgrade-check, backup, service or ready
    phase: Phase
    host: str
    title: str
    commands: tuple[Command | Wait, ...]
    done: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    irreversible: str | None = None  # why it can't be undone
    needs: tuple[Milestone, ...] | None = None
    tables: Tables | None = None  # what it makes, if it is a release's own way to a new schema


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the role can't be formed, and what a person can do about it."""

    what: str
    next: str
