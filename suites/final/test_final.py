"""A check for every component that has an inventory, in its `inventory.py`."""

import pytest

from suites.harness.component import Component
from suites.harness.fixtures import MustHold
from suites.readings.inventory import Listing, as_before
from suites.readings.inventory_fixtures import Listed
from suites.readings.inventory_notes import Noted


# The others make things, and remove them again.
@pytest.mark.looks_back
def test_inventory_is_as_before(
    component: Component, listing: Listing, noted: Noted, listed: Listed, must_hold: MustHold
) -> None:
    del component  # it only names the check
    must_hold(as_before(listing, noted.things, listed()))
