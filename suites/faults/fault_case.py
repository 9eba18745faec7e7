"""Fault cases: which fault, on which hosts of a component, and which probes notice it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from suites.faults.away import Meanwhile
from suites.faults.fault import Fault
from suites.hosts.host import Host
from suites.probes.spec import LOADS, USUAL, Kind
from suites.seam.target import Target, TargetHost


@dataclass(frozen=True, slots=True)
class Scene:
    """The stage just before a fault: who holds the VIP, who takes the writes, the source of randomness.

    `answering` names the host that answers a kind's probes, if one host answers them all. `fleet` has the
    target's hosts by name, for what only they know.
    """

    target: Target
    carriers: tuple[TargetHost, ...]
    holder: str | None
    writer: str | None
    random: Random
    answering: Mapping[Kind, str] = field(default_factory=dict)
    fleet: Mapping[str, Host] = field(default_factory=dict)

    def any(self) -> TargetHost:
        """Return a random one of the component's hosts."""
        return self.random.choice(self.carriers)

    def holding(self) -> TargetHost:
        """Return the host that holds the VIP, whatever the component. Raises LookupError if not just one."""
        return _named(self.target.hosts, self.holder, "holds the VIP")

    def writing(self) -> TargetHost:
        """Return the host that takes the writes. Raises LookupError if it is unknown."""
        return self._named(self.writer, "takes the writes")

    def standing_by(self) -> TargetHost:
        """Return a random one of the component's hosts that don't take the writes. Raises LookupError."""
        return self._any_but(self.writing())

    def publishing(self) -> TargetHost:
        """Return the broker that messages are published to, which leads their queue. Raises LookupError."""
        return self._named(self.answering.get(Kind.AMQP), "takes the messages")

    def keeping(self) -> TargetHost:
        """Return the master, on which keys are set. Raises LookupError if it is unknown."""
        return self._named(self.answering.get(Kind.REDIS), "takes the keys")

    def following(self) -> TargetHost:
        """Return a random broker that messages are not published to. Raises LookupError."""
        return self._any_but(self.publishing())

    def copying(self) -> TargetHost:
        """Return a random replica of the master. Raises LookupError."""
        return self._any_but(self.keeping())

    def where(self, does: str, holds: Callable[[Host], bool]) -> TargetHost:
        """Return the component's host of which this holds, asked now; `does` says what it is.

        Raises LookupError if it does not hold of exactly one, and what `holds` raises.
        """
        found = [host.name for host in self.carriers if holds(self.fleet[host.name])]
        return self._named(found[0] if len(found) == 1 else None, does)

    def beside(self, component: str) -> TargetHost:
        """Return a random one of the component's hosts that also carry `component`. Raises LookupError."""
        return self._any_of([host for host in self.carriers if component in host.components], component)

    def other(self, component: str) -> TargetHost:
        """Return a random host of another component, on which this one depends. Raises LookupError."""
        return self._any_of(self.target.carrying(component), component)

    def _any_but(self, taken: TargetHost) -> TargetHost:
        others = [host for host in self.carriers if host.name != taken.name]
        if not others:
            raise LookupError("no host stands by")
        return self.random.choice(others)

    def _any_of(self, hosts: Sequence[TargetHost], component: str) -> TargetHost:
        if not hosts:
            raise LookupError(f"no host of {component} to choose from")
        return self.random.choice(hosts)

    def _named(self, name: str | None, does: str) -> TargetHost:
        return _named(self.carriers, name, does)


def _named(hosts: Sequence[TargetHost], name: str | None, does: str) -> TargetHost:
    found = [host for host in hosts if host.name == name]
    if not found:
        raise LookupError(f"no host of the component {does}")
    return found[0]


Making = Callable[[Target, TargetHost], Fault]


def the_others(scene: Scene, victim: TargetHost) -> tuple[TargetHost, ...]:
    """Return the component's hosts without the victim."""
    return tuple(host for host in scene.carriers if host.name != victim.name)


@dataclass(frozen=True, slots=True)
class Strike:
    """A further fault, made at once after the first; `victims` chooses its hosts, given the first one's."""

    fault: Making
    victims: Callable[[Scene, TargetHost], Sequence[TargetHost]] = the_others


@dataclass(frozen=True, slots=True)
class FaultCase:
    """A fault that a component must survive, as a check of the failover gate or of the matrix.

    `notice` are the probes that its budget judges; the minimum cost of the fault is checked on the worst of
    them. `errors` is how many requests may fail; None allows any number within the budget. `hits` are the
    components that the fault takes from its hosts; None: all that are there. `takes` are components that it
    may take down completely, whatever their quorum.

    `also` are further faults, which last as long as the first. It lasts `held_s` at least, also when clients
    have long been served again. `meanwhile` is asked during the fault until it holds, and must.

    A `total` fault leaves nobody who could serve: then its budget counts from the undo. One that `parts_vip`
    leaves two load balancers that hold the VIP, which are to agree within the budget from the undo.
    """

    name: str
    fault: Making
    victim: Callable[[Scene], TargetHost]
    notice: tuple[Kind, ...] = USUAL
    errors: int | None = None
    takes: frozenset[str] = frozenset()
    hits: frozenset[str] | None = None
    also: tuple[Strike, ...] = ()
    held_s: float = 0.0
    meanwhile: Meanwhile | None = None
    total: bool = False
    parts_vip: bool = False

    def __post_init__(self) -> None:
        if self.total and not self.held_s:
            raise ValueError(f"{self.name}: nobody serves until the undo, so say how long it lasts")

    @property
    def probes(self) -> frozenset[Kind]:
        """The probes that run. SQL always does: it shows who takes the writes, and whether one was lost."""
        return frozenset({*self.notice, Kind.SQL})

    @property
    def looks_at(self) -> frozenset[str]:
        """The components that its probes ask, and those that it may take down.

        That every component of the stage must be healthy before the fault and after it does not count: then
        each fault would look at everything.
        """
        return self.takes.union(self.hits or (), *(LOADS[kind].through for kind in self.probes))
