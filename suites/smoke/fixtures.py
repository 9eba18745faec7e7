"""The fixture of smoke's round trips."""

import uuid
from collections.abc import Iterator

import pytest

from suites.clients.runner import Clients
from suites.harness.collection import entry_of
from suites.harness.layout import ONCE
from suites.openstack.round_trips import MADE_BY, RoundTrips
from suites.seam.target import Target


@pytest.fixture(scope="session")
def round_trips(request: pytest.FixtureRequest, clients: Clients, target: Target) -> Iterator[RoundTrips]:
    """The round trips of the selected checks, at the hosts' own addresses; and the catalog."""
    needing = [item for item in request.session.items if "round_trips" in getattr(item, "fixturenames", ())]
    entries = dict.fromkeys(map(entry_of, needing))
    asked = [(one.component, one.host) for one in entries if one.component in MADE_BY and one.host != ONCE]
    trips = RoundTrips(clients, target, asked, f"stagegate-smoke-{uuid.uuid4()}")
    trips.begin()
    yield trips
    trips.stop()
