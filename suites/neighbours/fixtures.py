"""Fixtures for the checks of the neighbours gate. The `conftest.py` of a suites folder imports them."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from suites.clients.runner import Clients
from suites.harness.collection import entry_of
from suites.harness.fixtures import MustHold, Progress, Seeing, inconclusive
from suites.neighbours import versions
from suites.neighbours.crossing import Said, Tell, Walk, crossed
from suites.neighbours.leftovers import clear
from suites.neighbours.made import PREFIX, Made
from suites.neighbours.pair import Neighbour, Pair
from suites.openstack.asking import Asking
from suites.seam.report import Outcome
from suites.seam.target import Target

Judging = Callable[[Said], None]
Crossing = Callable[[Walk], None]
VersionsMeet = Callable[[str], None]
Making = Callable[[], Made]
COLOURS = 2


@pytest.fixture(scope="session")
def pair(target: Target, clients: Clients, telling: Tell) -> Iterator[Pair]:
    """Both colours, each asked from its own preview; inconclusive if the stage has one colour alone.

    What the checks make is looked for by its name: before they run, since a run that was killed leaves some,
    and after them, since the answer to a request may have been lost.
    """
    own = target.colour
    if own is None or own not in target.preview or len(target.preview) != COLOURS:
        inconclusive(f"{own or 'no colour'} stands alone in {target.stage}: it has no neighbour to look at")
    (other,) = set(target.preview) - {own}
    asking = {colour: _asking(clients, target.previewed(colour)) for colour in (own, other)}
    mine, theirs = (Neighbour(colour, api, target.endpoints) for colour, api in asking.items())
    both = Pair(mine, theirs)
    try:
        clear(both, telling)
        yield both
        clear(both, telling)
    finally:
        for one in asking.values():
            one.stop()


def _asking(clients: Clients, target: Target) -> Asking:
    return Asking(replace(clients, target=target), target)


@pytest.fixture(scope="session")
def run_name() -> str:
    """What everything that this run makes is named after."""
    return f"{PREFIX}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def check_name(request: pytest.FixtureRequest, run_name: str) -> str:
    """What everything that the check makes is named after, so that no check meets what another one left."""
    return f"{run_name}-{entry_of(request.node).check.replace('_', '-')}"


@pytest.fixture(scope="session")
def telling(progress: Progress) -> Tell:
    """Report what happens in the stage as a whole."""
    return lambda text: progress(text, None)


@pytest.fixture
def judging(seen: Seeing) -> Judging:
    """Record the result of a check, or end the check with it if it is not a pass."""

    def judge(said: Said) -> None:
        if said.outcome is Outcome.FAILED:
            pytest.fail(said.seen, pytrace=False)
        if said.outcome is not Outcome.PASSED:
            inconclusive(said.seen)
        seen(said.seen)

    return judge


@pytest.fixture
def crossing(pair: Pair, check_name: str, telling: Tell, judging: Judging) -> Crossing:
    """Walk from each colour to the other, and judge the check by both ways."""
    return lambda walk: judging(crossed(pair, check_name, walk, telling))


@pytest.fixture
def making(pair: Pair, check_name: str, telling: Tell) -> Making:
    """Return what notes the resources that a check makes by itself."""
    return lambda: Made(pair, check_name, telling)


@pytest.fixture
def versions_meet(pair: Pair, must_hold: MustHold) -> VersionsMeet:
    """Judge the check by the versions that an API of both colours speaks, by the name of its endpoint."""
    return lambda endpoint: must_hold(versions.meet(versions.read(pair, endpoint)))
