"""What roles are made of: services, secrets, databases, schemas, catalog entries, formations."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from stages.design.manifest import Command, Wait

DUMPS = "/usr/share/stagegate/schemas"


class Mode(Enum):
    """How the load balancer speaks to a service."""

    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Service:
    """What a role offers through the load balancer.

    A service with one writer has one server in use, the same on every load balancer; the others
    stand by, and no connection stays behind on a server that is no longer the one.
    """

    name: str
    port: int
    mode: Mode
    health_path: str
    health_port: int
    one_writer: bool = False
    idle_timeout: str = "1m"


class SecretKind(Enum):
    """How the value of a secret is made up."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind
    FERNET = "fernet"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of a stage: generated into the site, and named by a mark in manifests.

    One that is for the suites is named, by its file, in target.json.
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
    """The tables that one command of the release makes, in one or several databases alike.

    The image build runs the same command on the first of them and dumps it: `section` of the first of its
    `configurations` says where the database is, and nothing else need be said. `user` runs the command on a
    host, where `client` is the option file of the account that owns the databases.
    """

    databases: tuple[str, ...]
    command: tuple[str, ...]
    user: str
    client: str
    configurations: tuple[str, ...]
    section: str = "database"

    @property
    def dump(self) -> str:
        """Where the image has what the command makes of an empty database."""
        return f"{DUMPS}/{self.databases[0]}.sql"

    def to_json(self) -> dict[str, Any]:
        """What the image build is told of it."""
        return {
            "database": self.databases[0],
            "command": list(self.command),
            "configurations": list(self.configurations),
            "section": self.section,
        }


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A service as Keystone knows it: its user, and where it is found; `path` is of its URL.

    The user's password is the secret `identity_<user>_password`.
    """

    type: str
    user: str
    port: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Formation:
    """Something done once the hosts have their manifests: a cluster bootstrapped or joined, a schema made.

    `done` is a command that exits 0 on the host when there is nothing to do; None: always do it.
    `after` names formations of this role that come first. All of a role in `needs` comes before, too; None
    stands for all that the formation's own role needs. One that is `behind_schemas` waits for every schema of
    the stage, and no role waits for it.
    """

    id: str
    kind: str  # cluster, schema, service or ready
    host: str
    title: str
    commands: tuple[Command | Wait, ...]
    done: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    irreversible: str | None = None  # why it can't be undone
    needs: tuple[str, ...] | None = None
    behind_schemas: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """What stands in the way of forming the role, and what a person can do about it."""

    what: str
    next: str
