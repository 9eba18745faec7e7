"""What the checks of a gate rest on, as the release's suites tell it in their report. Values only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Reach(Enum):
    """Whose defect can explain one of a component: that of any host, of its hosts alone, or of its own."""

    ANY = "any"
    ITS_HOSTS = "its_hosts"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Reliance:
    """What components and checks rest on. Without any of it, every finding of a check that ran is a cause.

    `hosts` carry a component, and these are its `units` there; `rests_on` is what it uses directly, and whose
    of it; `looks_at` are, by "component/check", the components that a red of the check may be about, its own
    if it is about that of other hosts. Checks `of_host` are of the whole host. Of the checks of one component
    `first` come first, the others rest on them, and those of `last` tell of all that went wrong.
    """

    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rests_on: Mapping[str, Mapping[str, Reach]] = field(default_factory=dict)
    looks_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_host: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    def merged(self, other: "Reliance") -> "Reliance":
        """Both as one, as of the parts of a gate that were run apart; where they differ, the other counts."""
        return Reliance(
            {**self.hosts, **other.hosts},
            {**self.units, **other.units},
            {**self.rests_on, **other.rests_on},
            {**self.looks_at, **other.looks_at},
            other.of_host or self.of_host,
            other.first or self.first,
            other.last or self.last,
        )

    def beneath(self, component: str) -> frozenset[str]:
        """The components that it rests on, directly or not; not itself."""
        found: set[str] = set()
        waiting = [component]
        while waiting:
            new = set(self.rests_on.get(waiting.pop(), {})) - found
            found |= new
            waiting += new
        return frozenset(found - {component})

    def used(self, component: str, host: str | None) -> dict[tuple[str, str], int]:
        """The components that it uses, each with the host, from this host; None: from any of its own.

        The value is by how many steps, 1 for what it uses directly.
        """
        found: dict[tuple[str, str], int] = {}
        at = {(component, one) for one in self.hosts.get(component, ()) if host in (None, one)}
        steps = 0
        while at:
            steps += 1
            at = {further for one in at for further in self._directly(*one)} - found.keys()
            found |= dict.fromkeys(at, steps)
        return found

    def _directly(self, component: str, host: str) -> Iterator[tuple[str, str]]:
        near = {Reach.OWN: (host,), Reach.ITS_HOSTS: self.hosts.get(component, ())}
        for name, reach in self.rests_on.get(component, {}).items():
            carriers = self.hosts.get(name, ())
            yield from ((name, at) for at in carriers if reach is Reach.ANY or at in near[reach])
