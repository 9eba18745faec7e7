"""The fixtures that checks use. The `conftest.py` of a suites folder imports them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from suites.clients.runner import Clients
from suites.errors import OptionMissing
from suites.faults.drills import Drilled, read_drills
from suites.harness.collection import TARGET, entry_of
from suites.harness.component import Component
from suites.harness.errands import Begun, Errands, Setting, errand_of
from suites.harness.gathering import ASKS, ASKS_LAST, Gathering, scripts_of
from suites.harness.layout import ONCE, place_of
from suites.harness.loading import loaded
from suites.hosts.host import Host, reach
from suites.hosts.reading import Observation
from suites.seam.report import FaultCost, Outcome, Retake
from suites.seam.target import Target, TargetHost

T = TypeVar("T")
SEEN = pytest.StashKey[list[str]]()
FAULTS = pytest.StashKey[list[FaultCost]]()
RETAKES = pytest.StashKey[list[Retake]]()
PROGRESS = pytest.StashKey["Progress"]()
REPORT_EARLY = pytest.StashKey["ReportingEarly"]()
# The slowest first.
EARLY = ("service_watch", "round_trips", "errands", "gathering")

Progress = Callable[[str, str | None], None]
Seeing = Callable[[str], None]
Retaking = Callable[[Retake], None]
Costing = Callable[[FaultCost], None]
ReportingEarly = Callable[[pytest.Item, Outcome, str], None]
MustHold = Callable[[Observation], None]


class Inconclusive(Exception):
    """Raised by a check that saw too little to judge; pytest itself counts it as a failure."""


def inconclusive(why: str) -> NoReturn:
    """End the check. Raises Inconclusive."""
    raise Inconclusive(why)


@pytest.fixture(scope="session", autouse=True)
def target(pytestconfig: pytest.Config) -> Target:
    """What is under test; without it, every check is an error."""
    found = pytestconfig.stash.get(TARGET, None)
    if found is None:
        raise OptionMissing(
            "there is nothing to check without a target",
            next="pytest suites --target .stagegate/stages/STAGE/target.json -m smoke",
        )
    return found


@pytest.fixture(scope="session")
def into(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a check writes files as evidence: the gate's directory, or a temporary one without `--into`."""
    path = pytestconfig.getoption("--into")
    return tmp_path_factory.mktemp("evidence") if path is None else Path(path).resolve()


@pytest.fixture(scope="session")
def drilled(pytestconfig: pytest.Config) -> tuple[Drilled, ...]:
    """The periods in which faults were made on purpose in the stage."""
    return read_drills(Path(pytestconfig.getoption("--target")))


@pytest.fixture(scope="session")
def fleet(target: Target) -> Mapping[str, Host]:
    """All hosts of the target by name; their connections are kept for the whole session."""
    return reach(target)


@pytest.fixture(scope="session")
def gathering(
    request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host]
) -> Iterator[Gathering]:
    """Start to run the scripts that the selected checks declare with `asks`, on their hosts."""
    yield from _begun(ASKS, request, target, fleet)


@pytest.fixture(scope="session")
def last_gathering(
    request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host]
) -> Iterator[Gathering]:
    """Start to run the scripts declared with `asks_last`, when the first of those checks runs."""
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
            wanted.setdefault(name, []).extend(_asked(mark, item, component, fleet[name], target))
    return wanted


def _asked(mark: str, item: pytest.Item, component: Component, host: Host, target: Target) -> tuple[str, ...]:
    what = [one for marker in item.iter_markers(mark) for one in marker.args]
    return scripts_of(what, component, host, target)


@pytest.fixture(scope="session")
def errands(
    request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host], clients: Clients
) -> Iterator[Errands]:
    """Start the errands of the selected checks."""
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
    """Return a function that waits for the check's errand (`begins`) and returns its result."""
    return lambda: errands.result(request.node.nodeid)


@pytest.fixture(scope="session", autouse=True)
def early(request: pytest.FixtureRequest, target: Target) -> None:
    """Start in advance what the selected checks will need, so that it runs while other checks do."""
    del target
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in EARLY:
        if name in wanted:
            request.getfixturevalue(name)


@pytest.fixture(scope="session")
def clients(target: Target) -> Clients:
    """Runs client processes inside the stage. Without their secrets, no check that has clients begins."""
    found = Clients(target)
    found.require_secrets()
    return found


def _print(message: str, host: str | None) -> None:
    sys.stdout.write(f"{host or ONCE}: {message}\n")


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Progress:
    """Report what happens, and on which host, during a long check; without a recorder, print it."""
    return pytestconfig.stash.get(PROGRESS, _print)


@pytest.fixture(scope="session")
def report_early(pytestconfig: pytest.Config) -> ReportingEarly:
    """Report a check's outcome, and what was seen, before the check runs.

    For work whose result many checks share: if the gate is ended meanwhile, no known outcome is lost.
    """
    return pytestconfig.stash.get(REPORT_EARLY, lambda _item, _outcome, _seen: None)


@pytest.fixture
def component(request: pytest.FixtureRequest) -> Component:
    """The component under test: the folder's own, or the parameter of a generic check."""
    place = place_of(request.path)
    name = getattr(request, "param", None) or place.component
    return loaded(request.module.__name__.split(".")[0], str(name))


@pytest.fixture
def host(request: pytest.FixtureRequest, component: Component, target: Target, gathering: Gathering) -> Host:
    """The host that the check is about; a check that takes it runs on every host of its component."""
    return _first_asked(request, component, target.host(request.param), target, gathering)


@pytest.fixture
def hosts(
    request: pytest.FixtureRequest, component: Component, target: Target, gathering: Gathering
) -> tuple[Host, ...]:
    """All hosts that carry the component."""
    return tuple(
        _first_asked(request, component, host, target, gathering) for host in target.carrying(component.name)
    )


def _first_asked(
    request: pytest.FixtureRequest,
    component: Component,
    host: TargetHost,
    target: Target,
    gathering: Gathering,
) -> Host:
    mark = ASKS
    if list(request.node.iter_markers(ASKS_LAST)):
        mark, gathering = ASKS_LAST, request.getfixturevalue("last_gathering")
    asked = _asked(mark, request.node, component, gathering.fleet[host.name], target)
    return gathering.of(host.name, asked)


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Seeing:
    """Record what the check saw, for the report; it may be called several times."""
    return _append_to(SEEN, request)


@pytest.fixture
def retaken(request: pytest.FixtureRequest) -> Retaking:
    """Record that the check repeated a failed measurement, and why."""
    return _append_to(RETAKES, request)


@pytest.fixture
def cost(request: pytest.FixtureRequest) -> Costing:
    """Record the cost of a fault that the check made."""
    return _append_to(FAULTS, request)


def _append_to(key: pytest.StashKey[list[T]], request: pytest.FixtureRequest) -> Callable[[T], None]:
    notes: list[T] = request.node.stash.setdefault(key, [])
    return notes.append


@pytest.fixture
def must_hold(seen: Seeing) -> MustHold:
    """Record an observation, or fail the check with it if it does not hold."""

    def judge(observation: Observation) -> None:
        if not observation.holds:
            pytest.fail(observation.seen, pytrace=False)
        seen(observation.seen)

    return judge
