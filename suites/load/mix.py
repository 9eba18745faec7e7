"""What clients ask of an API under load, and how many at once a host of it is to take."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from suites.probes.spec import Kind
from suites.seam.target import Target, TargetHost


class Act(Enum):
    """What a request does: reads a list, signs in by password, or makes a record and deletes it again."""

    READ = "read"
    SIGN_IN = "sign in"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Mix:
    """The requests to a component's API: the lists that are read, below its endpoint, and a record's kind.

    With `signs_in`, clients also get tokens by password. `watches` are the components that take part in the
    answers, besides the own one.
    """

    endpoint: str
    reads: tuple[str, ...]
    record: Kind
    watches: frozenset[str]
    signs_in: bool = False

    @property
    def asks(self) -> tuple[tuple[Act, str], ...]:
        """Everything that a host is asked for: what, and the path."""
        reads = tuple((Act.READ, path) for path in self.reads)
        return (*reads, *(((Act.SIGN_IN, "/auth/tokens"),) if self.signs_in else ()))


def at_once(settings: Mapping[str, Mapping[str, object]], host: TargetHost) -> int:
    """Return how many requests a host is to take at once: its role's processes, each with its threads.

    1 if the role says nothing of them.
    """
    said = settings.get(host.role, {})
    return max(1, int(str(said.get("workers", 1)))) * int(str(said.get("threads", 1)))


@dataclass(frozen=True, slots=True)
class Subject:
    """A component under load: its mix, and by name its hosts, with how many requests each takes at once."""

    component: str
    mix: Mix
    hosts: Mapping[str, int]


def subject(component: str, mix: Mix, target: Target) -> Subject:
    """Return the component with the hosts of a target."""
    hosts = {host.name: at_once(target.settings, host) for host in target.carrying(component)}
    return Subject(component, mix, hosts)
