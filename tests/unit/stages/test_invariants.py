"""No plan breaks an invariant, whatever a role is found as; one that did would not be performed."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from stage_sample import IMAGE, OLD_IMAGE, all_well, blueprint, but, planned, step, wanted

from stages.errors import PlanUnsafe
from stages.planning.invariants import require_invariants
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.steps import Plan, Step

WELL = all_well()
CHANGED = ("restart unit",)
NOTHING = Observed(gateway=False, hosts={})


def found(well: HostSeen) -> tuple[HostSeen | None, ...]:
    """Everything that a host can be found as which a plan tells apart."""
    out = replace(well, done=frozenset(), facts={"galera": "stopped fresh"})
    return (
        None,
        HostSeen(State.STOPPED, IMAGE, well.openstack),
        HostSeen(State.SILENT, IMAGE, well.openstack),
        *(replace(one, changes=changes) for one in (well, out) for changes in ((), CHANGED)),
        replace(well, image=OLD_IMAGE),
    )


# A plan that refuses proves nothing about the invariants: it does when most databases are silent (22 of 512).
@pytest.mark.parametrize(("role", "made"), [("database", 490), ("identity", 64), ("loadbalancer", 64)])
def test_whatever_the_hosts_of_a_role_are_found_as_its_plan_holds_the_invariants(
    role: str, made: int
) -> None:
    names = [host.name for host in blueprint().hosts_of(role)]
    each = [found(WELL.host(name)) for name in names]
    plans = [
        make(blueprint(), but(WELL, **dict(zip(names, seen, strict=True))), wanted())
        for seen in product(*each)
    ]
    assert sum(not plan.refusals for plan in plans) == made


def judged(observed: Observed, steps: Sequence[Step]) -> str:
    """What is said of a plan with these steps; nothing when it holds all invariants."""
    formations = {}
    for name, role in blueprint().roles.items():
        formed = role.form(blueprint(), observed.facts)
        assert isinstance(formed, tuple)
        formations[name] = formed
    try:
        require_invariants(blueprint(), observed, formations, steps)
    except PlanUnsafe as error:
        return error.why
    return ""


def without(plan: Plan, name: str, need: str) -> list[Step]:
    """The plan's steps, in which one no longer waits for another."""
    left = tuple(one for one in step(plan, name).needs if one != need)
    assert left != step(plan, name).needs
    return [replace(one, needs=left) if one.id == name else one for one in plan.steps]


def test_a_host_that_is_changed_by_two_steps_is_found() -> None:
    observed = but(WELL, loadbalancer_1=None)
    plan = planned(observed)
    twice = replace(plan.steps[0], id="manifest/loadbalancer-1", kind="manifest", needs=(plan.steps[0].id,))
    assert not judged(observed, plan.steps)
    assert judged(observed, [*plan.steps, twice]) == "loadbalancer-1 is changed by several steps"


def test_two_hosts_that_run_and_are_changed_at_once_are_found() -> None:
    names = ("loadbalancer-1", "loadbalancer-2")
    observed = but(WELL, **{name: replace(WELL.host(name), changes=CHANGED) for name in names})
    plan = planned(observed)
    assert not judged(observed, plan.steps)
    broken = without(plan, "manifest/loadbalancer-1", "manifest/loadbalancer-2")
    assert judged(observed, broken) == "manifest/loadbalancer-2 and manifest/loadbalancer-1 are done at once"


def test_a_member_that_is_changed_while_another_one_is_out_is_found() -> None:
    observed = but(WELL, database_3=None, database_2=replace(WELL.host("database-2"), changes=CHANGED))
    plan = planned(observed)
    assert not judged(observed, plan.steps)
    broken = without(plan, "manifest/database-2", "cluster/database-3")
    assert judged(observed, broken) == "manifest/database-2 does not wait for cluster/database-3"


def test_a_bootstrap_that_does_not_wait_for_a_peer_is_found() -> None:
    plan = planned(NOTHING)
    assert not judged(NOTHING, plan.steps)
    broken = without(plan, "cluster/database-1", "host/database-2")
    assert judged(NOTHING, broken) == "cluster/database-1 does not wait for host/database-2"
