"""The components of the stage under test, and whether they have got over a fault."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.harness.collection import loaded
from suites.harness.component import Component
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.target import Target


@dataclass(frozen=True, slots=True)
class Stage:
    """The target's hosts, and the components that they carry."""

    target: Target
    fleet: Mapping[str, Host]
    components: tuple[Component, ...]

    def health(self, component: Component) -> Mapping[str, Observation]:
        """Return by host whether a component is healthy and settled there; a silent host is not."""
        names = [host.name for host in self.target.carrying(component.name)]
        with ThreadPoolExecutor(max(1, len(names))) as pool:
            seen = pool.map(lambda name: _look(component, self.fleet[name]), names)
        return dict(zip(names, seen, strict=True))

    def healthy(self) -> Observation:
        """Say whether every component is healthy and settled on every host."""
        wrong = [
            f"{component.name} on {name}: {seen.seen}"
            for component in self.components
            for name, seen in self.health(component).items()
            if not seen.holds
        ]
        return Observation(holds=not wrong, seen="; ".join(wrong) or "every component is healthy")


def carried(target: Target, fleet: Mapping[str, Host]) -> Stage:
    """Return the stage with the components of its hosts, loaded by their names."""
    names = sorted({name for host in target.hosts for name in host.components})
    return Stage(target, fleet, tuple(loaded("suites", name) for name in names))


def _look(component: Component, host: Host) -> Observation:
    try:
        seen = component.healthy(host)
        if seen.holds and component.settled is not None:
            return component.settled(host)
    except ReadingFailed as error:
        return Observation(holds=False, seen=str(error).splitlines()[0])
    return seen
