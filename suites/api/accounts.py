"""The accounts that tempest's tests use: the gate's own, used for nothing else. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import yaml

PREFIX = "stagegate-api"
DOMAIN = "Default"


class Kind(Enum):
    """What an account may do: what members may, everything, or only read a project or the whole cloud."""

    MEMBER = "member"
    ADMIN = "admin"
    READER = "reader"
    SYSTEM_READER = "system-reader"

    @property
    def role(self) -> str:
        """The name of its role."""
        return "reader" if self is Kind.SYSTEM_READER else self.value


# The most accounts that a test class takes; each worker runs one class at a time. A class that takes a member
# may also take the reader of the same project. Which member is not known in advance, so each has a reader.
# Members come first: tempest hands out "anybody else" in the order of the file, and that must not be a reader
# that another worker is about to request.
A_WORKER = {Kind.MEMBER: 2, Kind.ADMIN: 1, Kind.READER: 2, Kind.SYSTEM_READER: 1}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the default domain with one role, in a project or (None) in the whole system."""

    user: str
    kind: Kind
    password: str = field(repr=False)

    @property
    def project(self) -> str | None:
        """The name of its project: its own, or for a reader that of its member."""
        if self.kind is Kind.READER:
            return _named(Kind.MEMBER, int(self.user.rpartition("-")[2]))
        return None if self.kind is Kind.SYSTEM_READER else self.user


def needed(workers: int, password: Callable[[], str]) -> tuple[Account, ...]:
    """Return the accounts for this many workers.

    Names are always the same; `password` is called for each account; it may return letters, digits, - and _.
    """
    return tuple(
        Account(_named(kind, number), kind, password())
        for kind, each in A_WORKER.items()
        for number in range(1, each * workers + 1)
    )


def administrator(accounts: Sequence[Account]) -> Account:
    """Return the first administrator account."""
    return next(account for account in accounts if account.kind is Kind.ADMIN)


def to_yaml(accounts: Sequence[Account], *, with_networks: bool = False) -> str:
    """Return the accounts as tempest's accounts.yaml, optionally with networks named like their projects."""
    return yaml.safe_dump(
        [_entry(account, with_network=with_networks) for account in accounts], sort_keys=False
    )


def from_yaml(text: str) -> tuple[Account, ...]:
    """Return the accounts of an accounts.yaml that `to_yaml` made."""
    kinds = {(kind.role, kind is Kind.SYSTEM_READER): kind for kind in Kind}
    return tuple(
        Account(entry["username"], kinds[entry["roles"][0], "system" in entry], entry["password"])
        for entry in yaml.safe_load(text)
    )


def _named(kind: Kind, number: int) -> str:
    return f"{PREFIX}-{kind.value}-{number}"


def _entry(account: Account, *, with_network: bool) -> dict[str, object]:
    user = {"username": account.user, "user_domain_name": DOMAIN, "password": account.password}
    roles = {"roles": [account.kind.role]}
    if account.project is None:
        return {**user, "system": "all", **roles}
    network = {"resources": {"network": account.project}} if with_network else {}
    return {**user, "project_name": account.project, "project_domain_name": DOMAIN, **roles, **network}
