"""What stands of a stage, plane by plane, as its release tells it; what a plane is, it alone knows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

ALL = 100


@dataclass(frozen=True, slots=True)
class PlaneSeen:
    """Hosts that are upgraded together: what they run, how many stand and run, and which do not."""

    name: str
    runs: str
    hosts: int
    running: int
    away: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """By plane, how many of a hundred requests to a service it answers.

    `steps` are the ids of those that may have made it so, in whichever plan.
    """

    service: str
    parts: Mapping[str, int]
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanesSeen:
    """The planes that stand, and who answers each service; `unknown` is why that is not known, or empty."""

    planes: tuple[PlaneSeen, ...] = ()
    services: tuple[ServiceSeen, ...] = ()
    unknown: str = ""

    @property
    def answering(self) -> tuple[str, ...]:
        """The planes that may answer services, in order; several while clients can change over."""
        names = {name for service in self.services for name in service.parts}
        return tuple(plane.name for plane in self.planes if plane.name in names)

    def answers(self, plane: str) -> int:
        """How many services this plane answers, all or a part of their requests."""
        return sum(service.parts.get(plane, 0) > 0 for service in self.services)
