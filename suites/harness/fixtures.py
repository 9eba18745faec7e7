"""What checks are given. `conftest.py` of a suites folder takes these fixtures by importing them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from suites.clients.runner import Clients
from suites.errors import OptionMissing
from suites.faults.drills import Drilled, read_drills
from suites.harness.collection import TARGET, entry_of, loaded
from suites.harness.component import Component
from suites.harness.errands import Begun, Errands, Setting, errand_of
from suites.harness.gathering import ASKS, ASKS_LAST, Gathering, scripts_of
from suites.harness.layout import ONCE, place_of
from suites.hosts.host import Host, reach
from suites.hosts.reading import Observation
from suites.seam.report import FaultCost, Outcome, Retake
from suites.seam.target import Target, TargetHost

SEEN = pytest.StashKey[list[str]]()
FAULTS = pytest.StashKey[tuple[FaultCost, ...]]()
RETAKES = pytest.StashKey[tuple[Retake, ...]]()
PROGRESS = pytest.StashKey["Progress"]()
REPORT_EARLY = pytest.StashKey["ReportingEarly"]()
# What takes longest comes first.
EARLY = ("service_watch", "errands", "gathering")

Progress = Callable[[str, str | None], None]
Seeing = Callable[[str], None]
Retaking = Callable[[Retake], None]
Costing = Callable[[FaultCost], None]
ReportingEarly = Callable[[pytest.Item, Outcome, str], None]
MustHold = Callable[[Observation], None]


class Inconclusive(Exception):
    """What a check raises when too little was seen to judge; pytest itself counts it as a failure."""


def inconclusive(why: str) -> NoReturn:
    """End the check. Raises Inconclusive."""
    raise Inconclusive(why)


@pytest.fixture(scope="session", autouse=True)
def target(pytestconfig: pytest.Config) -> Target:
    """What is under test; without it every check is an error."""
    found = pytestconfig.stash.get(TARGET, None)
    if found is None:
        raise OptionMissing(
            "there is nothing to check without a target",
            next="pytest suites --target .stagegate/stages/STAGE/target.json -m smoke",
        )
    return found


@pytest.fixture(scope="session")
def into(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a check leaves files as evidence: the gate's directory; by hand, a temporary one."""
    path = pytestconfig.getoption("--into")
    return tmp_path_factory.mktemp("evidence") if path is None else Path(path).resolve()


@pytest.fixture(scope="session")
def drilled(pytestconfig: pytest.Config) -> tuple[Drilled, ...]:
    """When faults were made on purpose in the stage."""
    return read_drills(Path(pytestconfig.getoption("--target")))


@pytest.fixture(scope="session")
def fleet(target: Target) -> Mapping[str, Host]:
    """All hosts of the target by name, their connections kept for the whole session."""
    return reach(target)


@pytest.fixture(scope="session")
def gathering(
    request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host]
) -> Iterator[Gathering]:
    """What the chosen checks say that they ask, being asked of their hosts from now on."""
    yield from _begun(ASKS, request, target, fleet)


@pytest.fixture(scope="session")
def last_gathering(
    request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host]
) -> Iterator[Gathering]:
    """What the chosen checks ask last, being asked since the first of them had its turn."""
    yield from _begun(ASKS_LAST, request, target, fleet)


def _begun(
    mark: str, request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host]
) -> Iterator[Gathering]:
    found = Gathering(fleet)
    found.begin(_wanted(mark, request.session.items, target, fleet))
    yield found
    found.end()


def _wanted(
    mark: str, items: Iterable[pytest.Item], target: Target, fleet: Mapping[str, Host]
) -> Mapping[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for item in items:
        entry = entry_of(item)
        names = [host.name for host in target.carrying(entry.component) if entry.host in (host.name, ONCE)]
        for name in names if list(item.iter_markers(mark)) else ():
            component = loaded(place_of(item.path).root.name, entry.component)
            wanted.setdefault(name, []).extend(_asked(mark, item, component, fleet[name]))
    return wanted


def _asked(mark: str, item: pytest.Item, component: Component, host: Host) -> tuple[str, ...]:
    what = [one for marker in item.iter_markers(mark) for one in marker.args]
    return scripts_of(what, component, host)


@pytest.fixture(scope="session")
def errands(
    request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host], clients: Clients
) -> Iterator[Errands]:
    """What the chosen checks begin with, being done from now on."""
    being = Errands()
    for item in request.session.items:
        if (errand := errand_of(item)) is not None:
            entry = entry_of(item)
            hosts = tuple(fleet[host.name] for host in target.carrying(entry.component))
            about = hosts[0] if entry.host == ONCE else fleet[entry.host]
            being.begin(item.nodeid, errand, Setting(clients, target, about, hosts))
    yield being
    being.end()


@pytest.fixture
def begun(request: pytest.FixtureRequest, errands: Errands) -> Begun:
    """Return what came of what the check begins with (`begins`), when it is done."""
    return lambda: errands.result(request.node.nodeid)


@pytest.fixture(scope="session", autouse=True)
def early(request: pytest.FixtureRequest, target: Target) -> None:
    """Begin at once what chosen checks will want, so that none of it waits for their turn."""
    del target
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in EARLY:
        if name in wanted:
            request.getfixturevalue(name)


@pytest.fixture(scope="session")
def clients(target: Target) -> Clients:
    """Runs client processes inside the stage."""
    return Clients(target)


def _print(message: str, host: str | None) -> None:
    sys.stdout.write(f"{host or ONCE}: {message}\n")


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Progress:
    """Tell what happens, and on which host, while a check takes long; by hand, it is printed."""
    return pytestconfig.stash.get(PROGRESS, _print)


@pytest.fixture(scope="session")
def report_early(pytestconfig: pytest.Config) -> ReportingEarly:
    """Report a check's outcome, and what was seen, before its turn comes.

    For work that many checks wait for together: a gate that is ended meanwhile loses no known outcome.
    """
    return pytestconfig.stash.get(REPORT_EARLY, lambda _item, _outcome, _seen: None)


@pytest.fixture
def component(request: pytest.FixtureRequest) -> Component:
    """The component under test: the folder's own, or the one that a generic check is multiplied by."""
    place = place_of(request.path)
    name = getattr(request, "param", None) or place.component
    return loaded(request.module.__name__.split(".")[0], str(name))


@pytest.fixture
def host(request: pytest.FixtureRequest, component: Component, target: Target, gathering: Gathering) -> Host:
    """The host that the check is about; a check that takes it runs on every host of its component."""
    return _first_asked(request, component, target.host(request.param), gathering)


@pytest.fixture
def hosts(
    request: pytest.FixtureRequest, component: Component, target: Target, gathering: Gathering
) -> tuple[Host, ...]:
    """All hosts that carry the component."""
    return tuple(
        _first_asked(request, component, host, gathering) for host in target.carrying(component.name)
    )


def _first_asked(
    request: pytest.FixtureRequest, component: Component, host: TargetHost, gathering: Gathering
) -> Host:
    mark = ASKS
    if list(request.node.iter_markers(ASKS_LAST)):
        mark, gathering = ASKS_LAST, request.getfixturevalue("last_gathering")
    return gathering.of(host.name, _asked(mark, request.node, component, gathering.fleet[host.name]))


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Seeing:
    """Record what the check saw, for the report; may be called several times."""
    notes: list[str] = request.node.stash.setdefault(SEEN, [])
    return notes.append


@pytest.fixture
def retaken(request: pytest.FixtureRequest) -> Retaking:
    """Record that the check measured again what could not be measured, and why."""
    stash = request.node.stash

    def record(retake: Retake) -> None:
        stash[RETAKES] = (*stash.get(RETAKES, ()), retake)

    return record


@pytest.fixture
def cost(request: pytest.FixtureRequest) -> Costing:
    """Record what a fault cost that the check made."""
    stash = request.node.stash

    def record(fault: FaultCost) -> None:
        stash[FAULTS] = (*stash.get(FAULTS, ()), fault)

    return record


@pytest.fixture
def must_hold(seen: Seeing) -> MustHold:
    """Record an observation, and fail the check with it when it does not hold."""

    def judge(observation: Observation) -> None:
        if not observation.holds:
            pytest.fail(observation.seen, pytrace=False)
        seen(observation.seen)

    return judge
