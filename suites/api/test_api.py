"""A check for each group of tempest's tests that a component names in its `api.py`."""

from suites.api.fixtures import TempestPasses
from suites.harness.component import Component


def test_group(component: Component, group: str, tempest_passes: TempestPasses) -> None:
    del component, group  # by which the check is named, and its tests are found
    tempest_passes()
