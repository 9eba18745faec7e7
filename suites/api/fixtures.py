"""Fixtures for the checks of tempest's tests. The `conftest.py` of a suites folder imports them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from suites.api.groups import judge
from suites.api.session import ask_tempest
from suites.api.stream import Stream
from suites.clients.runner import Clients
from suites.errors import SuiteMisplaced
from suites.harness.collection import entry_of
from suites.harness.fixtures import Progress, ReportingEarly, Seeing, inconclusive
from suites.harness.layout import folder_of, place_of
from suites.harness.loading import tempest_groups
from suites.seam.report import Outcome

TempestPasses = Callable[[], None]
# How long the run took, until a check has reported it.
COST = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def tempest(
    request: pytest.FixtureRequest,
    clients: Clients,
    into: Path,
    progress: Progress,
    report_early: ReportingEarly,
) -> Stream:
    """The results of a single run of all tempest tests that the chosen checks need."""
    chosen = {
        item: tests_of(item)
        for item in request.session.items
        if "tempest" in getattr(item, "fixturenames", ())
    }
    known: set[pytest.Item] = set()

    def so_far(stream: Stream) -> None:
        for item, tests in chosen.items():
            said = judge(tests, stream)
            if said.outcome is not Outcome.INCONCLUSIVE and item not in known:
                known.add(item)
                report_early(item, said.outcome, said.seen)

    wanted = sorted({test for tests in chosen.values() for test in tests})
    told = ask_tempest(wanted, clients, into, progress, so_far)
    cost = told.cost
    progress(cost, None)
    request.config.stash[COST] = cost
    return told.stream


@pytest.fixture
def tempest_passes(request: pytest.FixtureRequest, tempest: Stream, seen: Seeing) -> TempestPasses:
    """Judge the check by the tests of its group; if they prove nothing, it is inconclusive."""

    def hold() -> None:
        said = judge(tests_of(request.node), tempest)
        if (cost := request.config.stash.get(COST, None)) is not None:
            # The report has it once, with the check that waited for the run.
            del request.config.stash[COST]
            seen(cost)
        if said.outcome is Outcome.FAILED:
            pytest.fail(said.seen, pytrace=False)
        if said.outcome is not Outcome.PASSED:
            inconclusive(said.seen)
        seen(said.seen)

    return hold


def tests_of(item: pytest.Item) -> tuple[str, ...]:
    """Return the tempest tests of a check: its group in its component's `api.py`.

    Raises SuiteMisplaced if there is none.
    """
    entry = entry_of(item)
    groups = tempest_groups(place_of(item.path).root.name, entry.component)
    if entry.check not in groups:
        raise SuiteMisplaced(
            f"the check {entry.check} has no group of tests",
            where=f"components/{folder_of(entry.component)}/api.py",
            next="name its tests under GROUPS, by the name of the check",
        )
    return groups[entry.check]
