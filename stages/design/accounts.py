"""The accounts of services on hosts, with their numbers. Pure.

Data outlives the host that wrote it, and belongs to a number, not to a name. Debian's packages take the next
number that is free: one new package gives another account the number of the old one, and MariaDB can't read
its own data. So every account has its number here, and the image has them before any package is installed.

A number of data that is kept (mysql, rabbitmq, redis, swift, nova) must never change: older releases read the
same data. They are those that images had before this table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from stages.design.manifest import User


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a service. Its group has the same name, and a number of its own."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str = "/usr/sbin/nologin"

    @property
    def passwd(self) -> str:
        """Its line of /etc/passwd: nobody can log in with a password."""
        return f"{self.name}:*:{self.uid}:{self.gid}::{self.home}:{self.shell}"

    @property
    def group(self) -> str:
        """The line of its group in /etc/group."""
        return f"{self.name}:*:{self.gid}:"


_ALL = (
    # Debian's: home and shell as its packages would make them. Debian counts upwards from 100.
    Account("mysql", 100, 101, "/nonexistent", "/bin/false"),
    Account("memcache", 104, 105, "/nonexistent", "/bin/false"),
    Account("redis", 105, 106, "/var/lib/redis"),
    Account("haproxy", 106, 108, "/var/lib/haproxy"),
    Account("rabbitmq", 108, 109, "/var/lib/rabbitmq"),
    Account("swift", 109, 110, "/var/lib/swift", "/bin/false"),
    # Ours, where systemd counts downwards and passes over those that are taken.
    Account("keystone", 999, 997, "/var/lib/keystone"),
    Account("nova", 997, 996, "/var/lib/nova"),
    Account("glance", 990, 990, "/var/lib/glance"),
    Account("placement", 989, 989, "/var/lib/placement"),
    Account("neutron", 988, 988, "/var/lib/neutron"),
    Account("cinder", 987, 987, "/var/lib/cinder"),
    Account("dependency-check", 986, 986, "/nonexistent"),
    Account("mongodb", 985, 985, "/var/lib/mongodb"),
)
FIRST = 760  # the number of the first account on hosts that had an operating system before
ACCOUNTS: Mapping[str, Account] = {account.name: account for account in _ALL}


def user(name: str) -> User:
    """The account as a part of a manifest, which refuses a host where it has another number.

    Raises KeyError if the table has no such account.
    """
    own = ACCOUNTS[name]
    return User(own.name, own.home, own.shell, own.uid, own.gid)


def on_machines() -> tuple[Account, ...]:
    """All accounts with the numbers that they have on hosts which had an operating system before.

    There the numbers above belong to Debian's own accounts. Packages count upwards from 100 and systemd
    downwards from 999, so this block is free on a machine that does nothing else. New ones go to the end.
    """
    return tuple(replace(own, uid=FIRST + at, gid=FIRST + at) for at, own in enumerate(_ALL))


def elsewhere(users: tuple[User, ...]) -> tuple[User, ...]:
    """The users of a manifest, with those numbers."""
    known = {own.name: own for own in on_machines()}
    return tuple(
        replace(one, uid=known[one.name].uid, gid=known[one.name].gid) if one.name in known else one
        for one in users
    )


def table(accounts: Iterable[Account] = _ALL) -> str:
    """The accounts as lines `name:uid:gid`, sorted; a host has it as /usr/share/stagegate/accounts."""
    return "".join(f"{own.name}:{own.uid}:{own.gid}\n" for own in sorted(accounts, key=lambda own: own.name))
