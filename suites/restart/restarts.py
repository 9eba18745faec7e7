"""Restarts the units of hosts, and polls until their components do their job again."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest

from suites.clients.runner import Clients
from suites.errors import LeaseLost, NotWithin, ReadingFailed, SuitesError
from suites.harness.component import Component, Use
from suites.harness.fixtures import Progress
from suites.hosts.host import Host
from suites.hosts.reading import Observation, look, until
from suites.openstack.asking import Asking
from suites.restart.calm_clock import CalmClock, stalled
from suites.seam.lease import Lease, require_ours
from suites.seam.report import Outcome, one_line
from suites.seam.target import Target, TargetHost

SHARED = "shared"
# Not how long a service may be down, which the failover gate judges, but a limit for one that recovers at
# all. The slowest is nova-compute: 10 s to load, 5 s to its first report. Time in which programs wait for a
# CPU counts little: all programs of a stage load in parallel, and the machine may be busy with others.
BACK_WITHIN_S = 60.0
# systemd kills what does not stop by itself within 20 s, and then a daemon of Nova that waits for Placement
# may take 150 s to start. The last requests of an API, which may take a minute, are over by then.
STARTED_WITHIN_S = 180
EVERY_S = 1.0


def rounds(hosts: Iterable[TargetHost]) -> tuple[tuple[TargetHost, ...], ...]:
    """Return the hosts in rounds, one host of each role per round, so that no cluster loses its quorum.

    The shared tier, on which all others depend, comes first: if a service restarted together with its
    database, nobody could tell which of the two does not recover.
    """
    chosen = tuple(hosts)
    below = [host for host in chosen if host.tier == SHARED]
    above = [host for host in chosen if host.tier != SHARED]
    return (*_rounds(below), *_rounds(above))


def _rounds(hosts: Iterable[TargetHost]) -> list[tuple[TargetHost, ...]]:
    by_role: dict[str, list[TargetHost]] = {}
    for host in hosts:
        by_role.setdefault(host.role, []).append(host)
    return [tuple(host for host in turn if host is not None) for turn in zip_longest(*by_role.values())]


def unclaimed(units: Iterable[str], components: Iterable[Component]) -> tuple[str, ...]:
    """Return the units that belong to no component of their host, so that no check would cover them."""
    known = {unit for component in components for unit in component.units}
    return tuple(unit for unit in units if unit not in known)


def own(units: Iterable[str], component: Component) -> tuple[str, ...]:
    """Return a component's own units among those of its host."""
    return tuple(unit for unit in units if unit in component.units)


def waiting_for(host: TargetHost, away: Mapping[str, Sequence[str]]) -> str | None:
    """Return a host of the same role that has not recovered; its peers must not be restarted then."""
    return next(iter(away.get(host.role, ())), None)


Chosen = Mapping[str, Sequence[Component]]  # by host


@dataclass(frozen=True, slots=True)
class Back:
    """What became of a component on a host; `holds` is None if it was not restarted."""

    holds: bool | None
    seen: str

    @property
    def outcome(self) -> Outcome:
        """The outcome of the check."""
        if self.holds is None:
            return Outcome.SKIPPED
        return Outcome.PASSED if self.holds else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Restarts:
    """Restarts hosts' units in rounds. `name` is unique, and names what the checks create.

    Nothing is restarted once the stage does not belong to `lease` any more; None: no run is known.
    `told` is called with a component, its host and what became of it, when their round is over.
    """

    target: Target
    lease: Lease | None
    fleet: Mapping[str, Host]
    clients: Clients
    api: Asking
    progress: Progress
    name: str
    told: Callable[[str, str, Back], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    seen: dict[tuple[str, str], Back] = field(default_factory=dict)

    def run(self, chosen: Chosen) -> None:
        """Restart the units of all these components; `seen` then has what became of each."""
        away: dict[str, list[str]] = {}
        for together in rounds(self.target.host(name) for name in chosen):
            with ThreadPoolExecutor(len(together)) as pool:
                done = list(pool.map(lambda host: self._host(host, chosen[host.name], away), together))
            for host, back in zip(together, done, strict=True):
                if not all(one.holds for one in back.values()):
                    away.setdefault(host.role, []).append(host.name)
                for name, one in back.items():
                    self.seen[name, host.name] = one
                    self.told(name, host.name, one)

    def _host(
        self, host: TargetHost, components: Sequence[Component], away: Mapping[str, Sequence[str]]
    ) -> dict[str, Back]:
        try:
            require_ours(self.lease, self.target.stage)
        except LeaseLost as error:
            return _all(components, Back(holds=None, seen=one_line(f"not restarted: {error}")))
        missing = waiting_for(host, away)
        if missing is not None:
            return _all(components, Back(holds=None, seen=f"not restarted, as {missing} has not come back"))
        units = tuple(dict.fromkeys(unit for component in components for unit in own(host.units, component)))
        try:
            since = self._restarted(host.name, units)
        except ReadingFailed as error:
            return _all(components, Back(holds=False, seen=one_line(str(error))))
        begun = self.clock()
        with ThreadPoolExecutor(len(components)) as pool:
            looks = [pool.submit(self._back, component, host, since, begun) for component in components]
        return {c.name: look.result() for c, look in zip(components, looks, strict=True)}

    def _restarted(self, name: str, units: Sequence[str]) -> float:
        """Restart the units; return when that was done, by the host's clock, in seconds since the epoch."""
        if not units:
            raise ReadingFailed("target.json names no unit of the components", where=name)
        self.progress(f"restarting {', '.join(units)}", name)
        script = f"systemctl restart {' '.join(units)} && date +%s.%N"
        return float(self.fleet[name].read(script, within=STARTED_WITHIN_S).split()[-1])

    def _back(self, component: Component, host: TargetHost, since: float, begun: float) -> Back:
        mine = own(host.units, component)
        if not mine:  # other components of the host have some
            return Back(holds=False, seen=f"the host starts no unit of {component.name}")
        use = Use(
            self.fleet[host.name],
            since,
            f"{self.name}-{component.name}-{host.name}",
            self.target,
            self.fleet,
            self.clients,
            self.api,
        )
        look = partial(_look, component, use)
        try:
            seen = until(
                look,
                within=BACK_WITHIN_S,
                every=EVERY_S,
                clock=CalmClock(self.clock, stalled),
                sleep=self.sleep,
            )
        except NotWithin as error:
            return Back(holds=False, seen=one_line(f"{', '.join(mine)} restarted: {error}"))
        took = self.clock() - begun
        self.progress(f"{component.name} works again after {took:.1f} s", host.name)
        return Back(
            holds=True, seen=one_line(f"{len(mine)} units work again after {took:.1f} s: {seen.seen}")
        )


def _look(component: Component, use: Use) -> Observation:
    """Check that a component is healthy, settled and does its job; an error means that it does not."""
    try:
        seen = look(use.host, component.readings(use.host, use.target))
        return component.of_use(use) if seen.holds else seen
    except SuitesError as error:
        return Observation(holds=False, seen=one_line(str(error)))


def _all(components: Sequence[Component], back: Back) -> dict[str, Back]:
    return {component.name: back for component in components}
