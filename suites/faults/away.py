"""A stage while a fault lasts: whom it hit, and who is left to be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from suites.clients.runner import Clients
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.seam.target import Target


@dataclass(frozen=True, slots=True)
class Away:
    """The stage and its clients, with the names of the hosts that the fault hit, the first of them first."""

    target: Target
    fleet: Mapping[str, Host]
    clients: Clients
    victims: tuple[str, ...]

    @property
    def victim(self) -> Host:
        """The host that was hit first. Who was lost answers nothing."""
        return self.fleet[self.victims[0]]

    def left(self, component: str) -> tuple[Host, ...]:
        """Return the hosts that carry a component and were not hit, in the target's order."""
        return tuple(self.fleet[name] for name in self.target.names(component) if name not in self.victims)


# Says what must hold while the fault lasts, such as that what is left of a cluster takes a write.
Meanwhile = Callable[[Away], Observation]
