"""Every unit that a host's manifest starts belongs to a component, so that the restart gate sees it work."""

from __future__ import annotations

import pytest
from stage_sample import blueprint, manifest

from stages.design.manifest import Wanted
from suites.harness.collection import loaded
from suites.restart.restarts import own, unclaimed

STAGE = "whole-staging"


@pytest.mark.parametrize("host", [host.name for host in blueprint(STAGE).hosts])
def test_every_unit_has_a_component_and_every_component_a_unit(host: str) -> None:
    drawn = blueprint(STAGE)
    components = [loaded("suites", name) for name in drawn.roles[drawn.host(host).role].components]
    units = [unit.name for unit in manifest(STAGE, host).units if unit.wanted is not Wanted.STOPPED]
    assert unclaimed(units, components) == ()
    assert [component.name for component in components if not own(units, component)] == []
