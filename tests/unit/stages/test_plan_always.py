"""Whatever a stage is found as: a plan is in order, holds the invariants, and is enough."""

import random
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from stage_sample import IMAGE, OLD_IMAGE, all_well, assert_sound, blueprint, but, wanted

from stages.planning.actions import ApplyManifest, CreateHost, MakeGateway, RemoveHost, RunCommands, StartHost
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.steps import Plan, Step

STAGES = st.sampled_from(["dev", "prod"])
GALERA = st.sampled_from(["primary", "running", "stopped fresh", "stopped safe", "stopped data"])
WELL = {stage: all_well(stage) for stage in ("dev", "prod")}


@st.composite
def hosts(draw: st.DrawFn, stage: str, name: str) -> HostSeen:
    well = WELL[stage].host(name)
    state = draw(st.sampled_from(State))
    image = draw(st.sampled_from([IMAGE, OLD_IMAGE]))
    if state is not State.RUNNING:
        return HostSeen(state, image, well.openstack)
    done = draw(st.frozensets(st.sampled_from(sorted(well.done)))) if well.done else frozenset[str]()
    facts = {"galera": draw(GALERA)} if "galera" in well.facts else {}
    changes = draw(st.sampled_from([(), ("update file /etc/x",)]))
    return HostSeen(state, image, well.openstack, changes, facts, done)


@st.composite
def stages(draw: st.DrawFn) -> tuple[str, Observed]:
    stage = draw(STAGES)
    found = {name: draw(hosts(stage, name)) for name in WELL[stage].hosts}
    if draw(st.booleans()):
        # No release makes the first of them; the others leave as their roles say.
        strangers = st.sampled_from(["database-9", "database-5", "loadbalancer-3", "identity-blue-3"])
        found[draw(strangers)] = HostSeen(State.RUNNING, IMAGE, "2026.1")
    present = {name: seen for name, seen in found.items() if seen.state is not State.ABSENT}
    return stage, Observed(gateway=draw(st.booleans()), hosts=present)


def planned(stage: str, observed: Observed, image: str | None = IMAGE, *, build: bool = False) -> Plan:
    # This raises PlanUnsafe when the plan breaks an invariant: test_invariants.py.
    plan = make(blueprint(stage), observed, wanted(stage, image, build=build))
    assume(not plan.refusals)
    assert_sound(plan)
    return plan


def done(stage: str, observed: Observed, step: Step) -> Observed:
    """A model of what a step does to a stage."""
    well = WELL[stage]
    if step.host is None:
        return replace(observed, gateway=observed.gateway or step.action == MakeGateway())
    name, seen = step.host, observed.host(step.host)
    match step.action:
        case CreateHost() | StartHost():
            kept = frozenset(item for item in well.host(name).done if item.startswith("schema/"))
            new = HostSeen(State.RUNNING, IMAGE, "2026.1", done=seen.done & kept)
        case ApplyManifest():
            assert seen.state is State.RUNNING, f"{step.id} on a host that is {seen.state.value}"
            new = replace(seen, changes=())
        case RunCommands():
            assert seen.state is State.RUNNING, f"{step.id} on a host that is {seen.state.value}"
            assert step.kind == "leave" or not seen.changes, f"{step.id} on a host without its manifest"
            facts = {"galera": "primary"} if step.kind == "cluster" else seen.facts
            new = replace(seen, done=seen.done | {step.id}, facts=facts)
        case _:
            return but(observed, **{name: None})
    return but(observed, **{name: new})


def in_some_order(plan: Plan, seed: int) -> list[Step]:
    """The steps in one of the orders that their needs allow."""
    chosen = random.Random(seed)  # noqa: S311 - an order, no secret
    rest, order, ended = list(plan.steps), list[Step](), set[str]()
    while rest:
        step = chosen.choice([item for item in rest if set(item.needs) <= ended])
        rest.remove(step)
        order.append(step)
        ended.add(step.id)
    return order


@given(stages(), st.booleans())
def test_a_host_is_made_what_it_should_be_in_one_step(found: tuple[str, Observed], build: bool) -> None:  # noqa: FBT001 - drawn
    plan = planned(*found, image=None if build else IMAGE, build=build)
    assert all(step.title and step.kind for step in plan.steps)
    changed = [step for step in plan.steps if step.host and step.kind in {"host", "manifest"}]
    assert len(changed) == len({step.host for step in changed})
    assert all(step.action == RemoveHost() or getattr(step.action, "manifest", "") for step in changed)


@given(stages(), st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=30))
def test_steps_in_any_order_leave_nothing_to_do_even_when_planned_again_halfway(
    found: tuple[str, Observed], seed: int, halfway: int
) -> None:
    stage, observed = found
    for ended in (halfway, None):
        for step in in_some_order(planned(stage, observed), seed)[:ended]:
            observed = done(stage, observed, step)
    again = make(blueprint(stage), observed, wanted(stage))
    assert (again.steps, again.refusals) == ((), ())
