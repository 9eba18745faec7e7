"""What checks are given. `conftest.py` of a suites folder takes these fixtures by importing them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from suites.errors import OptionMissing
from suites.harness.clients import Clients
from suites.harness.collection import TARGET, loaded
from suites.harness.component import Component
from suites.harness.drills import Drilled, read_drills
from suites.harness.hosts import Host, reach
from suites.harness.layout import ONCE, place_of
from suites.harness.observation import Observation
from suites.harness.target import Target

SEEN = pytest.StashKey[list[str]]()
PROGRESS = pytest.StashKey["Progress"]()

Progress = Callable[[str, str | None], None]
Seeing = Callable[[str], None]
MustHold = Callable[[Observation], None]


@pytest.fixture(scope="session", autouse=True)
def target(pytestconfig: pytest.Config) -> Target:
    """What is under test; without it every check is an error."""
    found = pytestconfig.stash.get(TARGET, None)
    if found is None:
        raise OptionMissing(
            "there is nothing to check without a target",
            next_step="pytest suites --target .stagegate/stages/STAGE/target.json -m smoke",
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
def clients(target: Target) -> Clients:
    """Runs client processes inside the stage."""
    return Clients(target)


def _print(message: str, host: str | None) -> None:
    sys.stdout.write(f"{host or ONCE}: {message}\n")


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Progress:
    """Tell what happens, and on which host, while a check takes long; by hand, it is printed."""
    return pytestconfig.stash.get(PROGRESS, _print)


@pytest.fixture
def component(request: pytest.FixtureRequest) -> Component:
    """The component under test: the folder's own, or the one that a generic check is multiplied by."""
    place = place_of(request.path)
    name = getattr(request, "param", None) or place.component
    return loaded(request.module.__name__.split(".")[0], str(name))


@pytest.fixture
def host(request: pytest.FixtureRequest, target: Target, fleet: Mapping[str, Host]) -> Host:
    """The host that the check is about; a check that takes it runs on every host of its component."""
    return fleet[target.host(request.param).name]


@pytest.fixture
def hosts(component: Component, target: Target, fleet: Mapping[str, Host]) -> tuple[Host, ...]:
    """All hosts that carry the component."""
    return tuple(fleet[host.name] for host in target.carrying(component.name))


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Seeing:
    """Record what the check saw, for the report; may be called several times."""
    notes: list[str] = request.node.stash.setdefault(SEEN, [])
    return notes.append


@pytest.fixture
def must_hold(seen: Seeing) -> MustHold:
    """Record an observation, and fail the check with it when it does not hold."""

    def judge(observation: Observation) -> None:
        if not observation.holds:
            pytest.fail(observation.seen, pytrace=False)
        seen(observation.seen)

    return judge
