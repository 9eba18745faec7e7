"""The stage that faults are made on, whether it has recovered, and what all faults share."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from suites.clients.runner import Clients
from suites.errors import ReadingFailed
from suites.failover.holders import Watch
from suites.failover.own_machine import Heartbeat
from suites.faults.injector import Injector
from suites.harness.component import Component
from suites.harness.fixtures import Progress
from suites.harness.gathering import gathered
from suites.harness.loading import loaded
from suites.hosts.host import Host
from suites.hosts.reading import Observation, look
from suites.seam.target import Target

# A stage that was healthy this long ago, after the last fault, is not checked again before the next.
LATELY_S = 20.0
# Hosts are checked while clients are measured, and may share one machine. On two cores, checking six in
# parallel was no faster than two, and in five of twelve drills a client waited for more than a second.
LOOKED_AT_ONCE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A component on one of its hosts."""

    component: Component
    host: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The target's hosts, and the components that they carry."""

    target: Target
    fleet: Mapping[str, Host]
    components: tuple[Component, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every component on every host that carries it."""
        return tuple(
            Place(component, host.name)
            for component in self.components
            for host in self.target.carrying(component.name)
        )

    def health(self, places: Sequence[Place]) -> Mapping[Place, Observation]:
        """Return whether components are healthy and settled; on an unreachable host they are not.

        Only LOOKED_AT_ONCE hosts are checked in parallel, each with one connection.
        """
        by_host: dict[str, list[Place]] = {}
        for place in places:
            by_host.setdefault(place.host, []).append(place)
        with ThreadPoolExecutor(LOOKED_AT_ONCE) as pool:
            found = pool.map(self._on, by_host, by_host.values())
            return {place: seen for those in found for place, seen in those.items()}

    def _on(self, name: str, places: Sequence[Place]) -> Mapping[Place, Observation]:
        host = self.fleet[name]
        wanted = [one.script for place in places for one in place.component.readings(host, self.target)]
        asked = gathered(host, wanted)
        return {place: _look(place.component, asked, self.target) for place in places}


@dataclass(slots=True)
class Recovering:
    """Checks whether every component is healthy and settled on every host.

    Only the unhealthy ones are checked again; once none is left, all are checked once more, which decides.
    """

    stage: Stage
    clock: Callable[[], float] = time.monotonic
    wrong: tuple[Place, ...] | None = None
    well_at: float | None = None

    def disturb(self) -> None:
        """Forget what was seen, because something is about to be done to the stage."""
        self.wrong, self.well_at = None, None

    @property
    def lately(self) -> bool:
        """Whether everything was healthy within the last LATELY_S seconds, and nothing was done since."""
        return self.well_at is not None and self.clock() - self.well_at <= LATELY_S

    def look(self) -> Observation:
        """Say whether everything is healthy now."""
        if self.wrong:
            seen = self._ask(self.wrong)
            if not seen.holds:
                return seen
        begin = self.clock()
        seen = self._ask(self.stage.places)
        self.well_at = begin if seen.holds else None
        return seen

    def _ask(self, places: Sequence[Place]) -> Observation:
        seen = self.stage.health(places)
        bad = {place: one.seen for place, one in seen.items() if not one.holds}
        self.wrong = tuple(bad)
        said = "; ".join(f"{place.component.name} on {place.host}: {why}" for place, why in bad.items())
        return Observation(holds=not bad, seen=said or "every component is healthy")


def carried(target: Target, fleet: Mapping[str, Host]) -> Stage:
    """Return the stage with the components of its hosts, loaded by their names."""
    names = sorted({name for host in target.hosts for name in host.components})
    return Stage(target, fleet, tuple(loaded("suites", name) for name in names))


def _look(component: Component, host: Host, target: Target) -> Observation:
    try:
        return look(host, component.readings(host, target))
    except ReadingFailed as error:
        return Observation(holds=False, seen=str(error).splitlines()[0])


@dataclass(frozen=True, slots=True)
class Rig:
    """The stage, its watchers, and the injector of faults; `seed` determines the random choices."""

    stage: Stage
    recovering: Recovering
    clients: Clients
    watch: Watch
    heartbeat: Heartbeat
    injector: Injector
    seed: int
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
