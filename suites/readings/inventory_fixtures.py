"""Fixtures for the checks that note what a stage has, and compare it later."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suites.clients.runner import Clients
from suites.errors import NotMeasured, SuitesError
from suites.harness.component import Component
from suites.hosts.host import Host
from suites.openstack.asking import Asking
from suites.readings import inventory, inventory_notes
from suites.readings.inventory import Listing, Thing
from suites.readings.inventory_notes import Noted
from suites.seam.target import Target

Listed = Callable[[], tuple[Thing, ...]]
Note = Callable[[tuple[Thing, ...]], None]


@pytest.fixture(scope="session")
def listing_api(clients: Clients, target: Target) -> Iterator[Asking]:
    """The client that asks for lists, through the VIP."""
    api = Asking(clients, target)
    yield api
    api.stop()


@pytest.fixture
def listed(
    component: Component, listing: Listing, target: Target, fleet: Mapping[str, Host], listing_api: Asking
) -> Listed:
    """Return a function that lists what the check's component has now.

    It raises NotMeasured if that can't be read: other checks judge whether an API answers.
    """
    host = fleet[target.names(component.name)[0]]

    def now() -> tuple[Thing, ...]:
        try:
            return inventory.things(listing, listing_api, target.endpoints, host)
        except SuitesError as error:
            raise NotMeasured("not all can be listed", where=component.name, why=str(error)) from None

    return now


@pytest.fixture
def note(component: Component, pytestconfig: pytest.Config) -> Note:
    """Return a function that notes what the check's component has."""
    beside = Path(pytestconfig.getoption("--target")).resolve()
    return lambda things: inventory_notes.note(beside, component.name, things, datetime.now(UTC))


@pytest.fixture
def noted(component: Component, pytestconfig: pytest.Config) -> Noted:
    """What was noted of the check's component before the gates."""
    return inventory_notes.of(Path(pytestconfig.getoption("--target")).resolve(), component.name)
