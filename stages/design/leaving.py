"""How hosts leave a role that goes on without them, as values. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stages.design.manifest import Command, Wait


@dataclass(frozen=True, slots=True)
class Going:
    """A host that the config no longer has. One that does not run is stopped, and can do nothing any more."""

    name: str
    address: str
    runs: bool


@dataclass(frozen=True, slots=True)
class Act:
    """What the host `host`, which stays, does so that another one can leave; doing it again is harmless."""

    host: str
    title: str
    commands: tuple[Command | Wait, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """How the host `host` leaves: what others do before it is removed, and after.

    `discards` are the directories that its role keeps and that it could not come back with: a member that has
    left its cluster for good would be refused. All other data outlive it. One that `loses_data`
    could come back with some that it discards.
    """

    host: str
    before: tuple[Act, ...] = ()
    after: tuple[Act, ...] = ()
    discards: tuple[str, ...] = ()
    loses_data: bool = False


def by_first(stay: Sequence[str], title: str, *commands: Command | Wait) -> tuple[Act, ...]:
    """What the first of the hosts that stay does; nothing where the whole role goes."""
    return tuple(Act(host, title, commands) for host in stay[:1])


def plainly(going: Iterable[Going]) -> tuple[Leave, ...]:
    """They are removed, and nobody has to do anything for it."""
    return tuple(Leave(host.name) for host in going)
