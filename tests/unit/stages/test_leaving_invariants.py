"""A plan in which a host leaves too early, or two at once, would not be performed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from stage_sample import all_well, altered, blueprint, formed, wanted

from stages.design.blueprint import Blueprint
from stages.errors import PlanUnsafe
from stages.planning.departures import departures
from stages.planning.leaving_invariants import require_safe_leaves
from stages.planning.observed import Observed
from stages.planning.order import make
from stages.planning.steps import Step

STAGE = "whole-prod"
WELL = all_well(STAGE)
CHANGED = ("update file /etc/x",)
BALANCERS = ("loadbalancer-1", "loadbalancer-2")


def without(*names: str) -> Blueprint:
    drawn = blueprint(STAGE)
    return drawn.having({host.name for host in drawn.hosts}.difference(names))


def judged(drawn: Blueprint, observed: Observed, steps: Sequence[Step]) -> str:
    """What is said of a plan with these steps; nothing when it holds all invariants."""
    formations = {role: formed(STAGE, role, observed.facts) for role in drawn.roles}
    formations = {
        role: tuple(item for item in formed if item.host in {host.name for host in drawn.hosts})
        for role, formed in formations.items()
    }
    leaving, _ = departures(drawn, observed, formations)
    try:
        require_safe_leaves(drawn, observed, formations, leaving, steps)
    except PlanUnsafe as error:
        return error.why
    return ""


@pytest.mark.parametrize(
    ("going", "observed", "name", "why"),
    [
        pytest.param(
            ("messaging-2", "messaging-3"),
            WELL,
            "leave/messaging-2/messaging-1",
            "host/messaging-3 and host/messaging-2 leave at once",
            id="two at once",
        ),
        pytest.param(
            ("messaging-2", "messaging-3"),
            altered(WELL, "messaging-1", changes=CHANGED),
            "leave/messaging-3/messaging-1",
            "host/messaging-3 does not wait for manifest/messaging-1",
            id="before the one that stays is as desired",
        ),
        pytest.param(
            ("database-2", "database-3"),
            altered(WELL, "database-1", changes=CHANGED),
            "manifest/database-1",
            "manifest/database-1 does not wait for host/database-3",
            id="after the one that stays was told",
        ),
        pytest.param(
            ("identity-blue-2",),
            altered(WELL, *BALANCERS, changes=CHANGED),
            "manifest/loadbalancer-2",
            "host/identity-blue-2 does not wait for drain/loadbalancer-2",
            id="not drained",
        ),
        pytest.param(
            ("identity-blue-2",),
            altered(WELL, *BALANCERS, changes=CHANGED),
            "host/identity-blue-2",
            "host/identity-blue-2 does not wait for manifest/loadbalancer-1",
            id="before the load balancers were told",
        ),
    ],
)
def test_a_step_that_waits_for_nothing_is_found(
    going: tuple[str, ...], observed: Observed, name: str, why: str
) -> None:
    drawn = without(*going)
    steps = make(drawn, observed, wanted(STAGE)).steps
    assert not judged(drawn, observed, steps)
    (broken,) = [step for step in steps if step.id == name]
    assert broken.needs
    hasty = [replace(step, needs=()) if step is broken else step for step in steps]
    assert why in judged(drawn, observed, hasty)
