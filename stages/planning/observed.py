"""An observed stage, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from stages.design.blueprint import Colour
from stages.design.parts import Formation


class State(Enum):
    """The state of a host. A silent one runs but does not answer; it can only be replaced."""

    ABSENT = "absent"
    STOPPED = "stopped"
    SILENT = "silent"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class HostSeen:
    """An observed host: what applying its manifest would change, its facts, its formations that are done.

    `address` is where it is, if its substrate knows. `base` is the digest of its image without OpenStack;
    empty if the image does not tell. `packages` has the versions of its Debian packages, as far as they are
    known. `outliving` are its directories that outlive it; None if that is not known.
    """

    state: State
    image: str = ""
    openstack: str = ""
    changes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    why: str = ""  # why the host counts as silent
    retried: str = ""  # why the first try failed, if there was a retry
    base: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    outliving: tuple[str, ...] | None = None


ABSENT = HostSeen(State.ABSENT)


@dataclass(frozen=True, slots=True)
class Observed:
    """An observed stage.

    `gateway` is whether its network and gateway are up; `elsewhere` is the gateway's address if it differs
    from the blueprint's. `previews` has each colour with a preview gateway, and whether that runs.
    """

    gateway: bool
    hosts: Mapping[str, HostSeen]
    elsewhere: str = ""
    previews: Mapping[Colour, bool] = field(default_factory=dict)

    def host(self, name: str) -> HostSeen:
        """The host as observed; ABSENT when it was not found."""
        return self.hosts.get(name, ABSENT)

    def is_missing(self, formation: Formation) -> bool:
        """Whether the formation must be done: its host is not running, or reports it as not done."""
        seen = self.host(formation.host)
        return formation.id not in seen.done or seen.state is not State.RUNNING

    @property
    def facts(self) -> dict[str, Mapping[str, str]]:
        """The facts of the hosts that answered, by host."""
        return {name: seen.facts for name, seen in self.hosts.items() if seen.state is State.RUNNING}
