"""Fixtures for the checks of the restart gate."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suites.clients.runner import Clients
from suites.faults.drills import Drilled, close_drills, write_drill
from suites.harness.collection import entry_of
from suites.harness.component import Component
from suites.harness.fixtures import Progress, ReportingEarly, Seeing
from suites.harness.layout import place_of
from suites.harness.loading import loaded
from suites.hosts.host import Host
from suites.openstack.asking import Asking
from suites.restart.restarts import Back, Restarts, unclaimed
from suites.seam.lease import Lease
from suites.seam.report import Outcome
from suites.seam.target import Target

ComesBack = Callable[[Component, Host], None]


@pytest.fixture(scope="session")
def restarts(  # noqa: PLR0913, PLR0917 - each is a fixture
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    target: Target,
    fleet: Mapping[str, Host],
    clients: Clients,
    progress: Progress,
    report_early: ReportingEarly,
    lease: Lease | None,
) -> Restarts:
    """The units of all chosen checks, restarted once, and what became of their components."""
    chosen: dict[str, list[Component]] = {}
    checks: dict[tuple[str, str], pytest.Item] = {}
    for item in request.session.items:
        if "restarts" in getattr(item, "fixturenames", ()):
            entry, package = entry_of(item), place_of(item.path).root.name
            chosen.setdefault(entry.host, []).append(loaded(package, entry.component))
            checks[entry.component, entry.host] = item

    def told(component: str, host: str, back: Back) -> None:
        report_early(checks[component, host], back.outcome, back.seen)

    beside = Path(pytestconfig.getoption("--target")).resolve()
    close_drills(beside, datetime.now(UTC))
    began = datetime.now(UTC)
    write_drill(beside, Drilled(began))
    api = Asking(clients, target)
    done = Restarts(target, lease, fleet, clients, api, progress, f"restart-{int(time.time()):x}", told)
    try:
        done.run(chosen)
    finally:
        api.stop()
        write_drill(beside, Drilled(began, datetime.now(UTC)))
    return done


@pytest.fixture
def comes_back(restarts: Restarts, target: Target, seen: Seeing) -> ComesBack:
    """Judge a component on a host by what was seen of it after the restart."""

    def hold(component: Component, host: Host) -> None:
        back = restarts.seen[component.name, host.name]
        there = target.host(host.name)
        if component.name == there.components[0]:
            beside = [loaded("suites", name) for name in there.components]
            if unwatched := unclaimed(there.units, beside):
                pytest.fail(f"no component sees whether {', '.join(unwatched)} works", pytrace=False)
        if back.outcome is Outcome.SKIPPED:
            pytest.skip(back.seen)
        if back.outcome is Outcome.FAILED:
            pytest.fail(back.seen, pytrace=False)
        seen(back.seen)

    return hold
