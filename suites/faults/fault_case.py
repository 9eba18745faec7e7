"""Fault cases: which fault, on which host of a component, and which probes notice it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from suites.faults.fault import Fault
from suites.probes.spec import LOADS, USUAL, Kind
from suites.seam.target import Target, TargetHost


@dataclass(frozen=True, slots=True)
class Scene:
    """The stage just before a fault: who holds the VIP, who takes the writes, the source of randomness.

    `answering` names the host that answers a kind's probes, if one host answers them all.
    """

    target: Target
    carriers: tuple[TargetHost, ...]
    holder: str | None
    writer: str | None
    random: Random
    answering: Mapping[Kind, str] = field(default_factory=dict)

    def any(self) -> TargetHost:
        """Return a random one of the component's hosts."""
        return self.random.choice(self.carriers)

    def holding(self) -> TargetHost:
        """Return the host that holds the VIP. Raises LookupError if there is not exactly one."""
        return self._named(self.holder, "holds the VIP")

    def writing(self) -> TargetHost:
        """Return the host that takes the writes. Raises LookupError if it is unknown."""
        return self._named(self.writer, "takes the writes")

    def standing_by(self) -> TargetHost:
        """Return a random one of the component's hosts that don't take the writes. Raises LookupError."""
        self.writing()
        others = [host for host in self.carriers if host.name != self.writer]
        if not others:
            raise LookupError("no host stands by")
        return self.random.choice(others)

    def publishing(self) -> TargetHost:
        """Return the broker that messages are published to, which leads their queue. Raises LookupError."""
        return self._named(self.answering.get(Kind.AMQP), "takes the messages")

    def keeping(self) -> TargetHost:
        """Return the master, on which keys are set. Raises LookupError if it is unknown."""
        return self._named(self.answering.get(Kind.REDIS), "takes the keys")

    def beside(self, component: str) -> TargetHost:
        """Return a random one of the component's hosts that also carry `component`. Raises LookupError."""
        return self._any_of([host for host in self.carriers if component in host.components], component)

    def other(self, component: str) -> TargetHost:
        """Return a random host of another component, on which this one depends. Raises LookupError."""
        return self._any_of(self.target.carrying(component), component)

    def _any_of(self, hosts: Sequence[TargetHost], component: str) -> TargetHost:
        if not hosts:
            raise LookupError(f"no host of {component} to choose from")
        return self.random.choice(hosts)

    def _named(self, name: str | None, does: str) -> TargetHost:
        found = [host for host in self.carriers if host.name == name]
        if not found:
            raise LookupError(f"no host of the component {does}")
        return found[0]


@dataclass(frozen=True, slots=True)
class FaultCase:
    """A fault that a component must survive, as a check of the failover gate.

    `notice` are the probes that its budget judges; the minimum cost of the fault is checked on the worst of
    them. `errors` is how many requests may fail; None allows any number within the budget. `takes` are
    components that the fault may take down completely, whatever their quorum.
    """

    name: str
    fault: Callable[[Target, TargetHost], Fault]
    victim: Callable[[Scene], TargetHost]
    notice: tuple[Kind, ...] = USUAL
    errors: int | None = None
    takes: frozenset[str] = frozenset()

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
        return self.takes.union(*(LOADS[kind].through for kind in self.probes))
