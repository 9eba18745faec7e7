"""No plan breaks an invariant, whatever a role is found as; one that did would not be performed."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from stage_sample import IMAGE, OLD_IMAGE, all_well, altered, blueprint, but, formed, planned, step, wanted

from stages.errors import PlanUnsafe
from stages.planning.invariants import require_invariants
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.steps import Step

WELL = all_well()
CHANGED = ("restart unit",)
SILENT = HostSeen(State.SILENT, IMAGE, "2026.1")
NOTHING = Observed(gateway=False, hosts={})


def found(well: HostSeen) -> tuple[HostSeen | None, ...]:
    """Everything that a host can be found as which a plan tells apart."""
    out = replace(well, done=frozenset(), facts={"galera": "stopped fresh"})
    return (
        None,
        HostSeen(State.STOPPED, IMAGE, well.openstack),
        SILENT,
        *(replace(one, changes=changes) for one in (well, out) for changes in ((), CHANGED)),
        replace(well, image=OLD_IMAGE),
    )


# A plan that refuses proves nothing about the invariants: it does when most databases are silent (22 of 512).
@pytest.mark.parametrize(("role", "made"), [("database", 490), ("identity", 64), ("loadbalancer", 64)])
def test_whatever_the_hosts_of_a_role_are_found_as_its_plan_holds_the_invariants(
    role: str, made: int
) -> None:
    names = [host.name for host in blueprint().everywhere(role)]
    each = [found(WELL.host(name)) for name in names]
    plans = [
        make(blueprint(), but(WELL, **dict(zip(names, seen, strict=True))), wanted())
        for seen in product(*each)
    ]
    assert sum(not plan.refusals for plan in plans) == made


def judged(observed: Observed, steps: Sequence[Step]) -> str:
    """What is said of a plan with these steps; nothing when it holds all invariants."""
    formations = {role: formed("prod", role, observed.facts) for role in blueprint().roles}
    try:
        require_invariants(blueprint(), observed, formations, steps)
    except PlanUnsafe as error:
        return error.why
    return ""


def test_a_host_that_is_changed_by_two_steps_is_found() -> None:
    observed = but(WELL, loadbalancer_1=None)
    plan = planned(observed)
    twice = replace(plan.steps[0], id="manifest/loadbalancer-1", kind="manifest", needs=(plan.steps[0].id,))
    assert judged(observed, [*plan.steps, twice]) == "loadbalancer-1 is changed by several steps"


@pytest.mark.parametrize(
    ("observed", "name", "need", "why"),
    [
        (
            altered(WELL, "loadbalancer-1", "loadbalancer-2", changes=CHANGED),
            "manifest/loadbalancer-1",
            "manifest/loadbalancer-2",
            "manifest/loadbalancer-2 and manifest/loadbalancer-1 are done at once",
        ),
        (
            but(WELL, identity_blue_1=SILENT, identity_blue_2=SILENT),
            "host/identity-blue-1",
            "service/identity-blue-2",
            "host/identity-blue-2 and host/identity-blue-1 are done at once",
        ),
        (
            altered(but(WELL, database_3=None), "database-2", changes=CHANGED),
            "manifest/database-2",
            "cluster/database-3",
            "manifest/database-2 does not wait for cluster/database-3",
        ),
        (  # a bootstrap asks every peer first
            NOTHING,
            "cluster/database-1",
            "host/database-2",
            "cluster/database-1 does not wait for host/database-2",
        ),
    ],
)
def test_a_step_that_does_not_wait_for_another_is_found(
    observed: Observed, name: str, need: str, why: str
) -> None:
    plan = planned(observed)
    assert not judged(observed, plan.steps)
    needs = step(plan, name).needs
    assert need in needs
    broken = replace(step(plan, name), needs=tuple(one for one in needs if one != need))
    assert judged(observed, [broken if one.id == name else one for one in plan.steps]) == why
