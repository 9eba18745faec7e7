"""A stage as it was found, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from stages.design.parts import Formation


class State(Enum):
    """How a host was found. One that runs but does not answer can only be replaced."""

    ABSENT = "absent"
    STOPPED = "stopped"
    SILENT = "silent"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class HostSeen:
    """One host as found: what applying its manifest would change, its facts, the formations that are done."""

    state: State
    image: str = ""
    openstack: str = ""
    changes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    why: str = ""  # why a silent host is called so
    retried: str = ""  # why it was asked a second time, if it was


ABSENT = HostSeen(State.ABSENT)


@dataclass(frozen=True, slots=True)
class Observed:
    """The stage as found.

    `gateway` is whether its network and operator host stand, `elsewhere` the operator's address if it is
    not the one that the blueprint gives it.
    """

    gateway: bool
    hosts: Mapping[str, HostSeen]
    elsewhere: str = ""

    def host(self, name: str) -> HostSeen:
        """How this host was found."""
        return self.hosts.get(name, ABSENT)

    def is_missing(self, formation: Formation) -> bool:
        """Whether the formation is to be done: its host does not run, or says that it is not done."""
        seen = self.host(formation.host)
        return formation.id not in seen.done or seen.state is not State.RUNNING

    @property
    def facts(self) -> dict[str, Mapping[str, str]]:
        """The facts of the hosts that answered, by host."""
        return {name: seen.facts for name, seen in self.hosts.items() if seen.state is State.RUNNING}
