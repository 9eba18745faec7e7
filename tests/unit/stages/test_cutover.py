"""From one colour to the other: what a plan does, in which order, and what it leaves alone."""

from dataclasses import replace
from itertools import pairwise

import pytest
from stage_of_two import BALANCERS, BLUE, GREEN, NEXT, planned, stage, standing
from stage_sample import behind, ids

from stages.design import colours, steady
from stages.planning.steps import Plan


def cutovers(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps if step.kind == "cutover"]


@pytest.fixture
def upgrade() -> Plan:
    drawn = stage(GREEN, served_by_other=True)
    return planned(drawn, standing(drawn, own_stands=False))


def test_no_step_touches_a_host_of_the_colour_that_serves(upgrade: Plan) -> None:
    assert [step.id for step in upgrade.steps if step.host and "-blue-" in step.host] == []


def test_clients_change_over_when_all_of_the_other_colour_stands_one_service_after_the_other(
    upgrade: Plan,
) -> None:
    before, found = behind(upgrade), cutovers(upgrade)
    roles = list(dict.fromkeys(name.split("/")[1] for name in found))
    assert set(roles) == {"identity", "image", "compute-api", "network-api", "volume-api"}
    assert found == [f"cutover/{role}/{balancer}" for role in roles for balancer in BALANCERS]
    assert roles.index("identity") < roles.index("image")
    green = {step.id for step in upgrade.steps if step.host and "-green-" in step.host}
    assert green - {"ready/compute"} <= before[found[0]]  # that one is about the compute hosts
    for earlier, later in pairwise(found):
        assert earlier in before[later]


def test_each_step_of_it_gives_the_load_balancer_the_manifest_of_its_moment(upgrade: Plan) -> None:
    drawn = stage(GREEN, served_by_other=True)
    for step in (step for step in upgrade.steps if step.kind == "cutover"):
        then = replace(drawn, served=dict.fromkeys(step.colours.served, BLUE))
        made = steady.manifest(then, drawn.host(step.host or ""))
        assert step.action.manifest == made.digest()  # type: ignore[union-attr] # it applies a manifest
    last = [step for step in upgrade.steps if step.kind == "cutover"][-1]
    assert last.colours.served == ()


def test_compute_hosts_follow_when_the_new_control_plane_serves(upgrade: Plan) -> None:
    before, last = behind(upgrade), cutovers(upgrade)[-1]
    outside = [name for name in ids(upgrade) if name.startswith(("host/compute-1", "host/compute-2"))]
    assert len(outside) == 2
    assert all(last in before[name] for name in outside)


def test_every_step_says_for_which_colours_its_manifest_is(upgrade: Plan) -> None:
    drawn = stage(GREEN, served_by_other=True)
    for step in upgrade.steps:
        assert (step.colours.own, step.colours.beside) == (GREEN, colours.of(drawn).beside), step.id
        assert colours.read(step.to_json()["action"]["colours"]) == step.colours


def test_a_colour_that_stands_and_serves_keeps_its_clients() -> None:
    drawn = stage(GREEN, served_by_other=False)
    observed = standing(drawn, own_stands=True)
    assert cutovers(planned(drawn, observed)) == []


def test_the_way_back_is_the_same_steps_and_nothing_else_of_the_control_plane() -> None:
    drawn = stage(BLUE, served_by_other=True)
    plan = planned(drawn, standing(drawn, own_stands=True))
    first = plan.steps[: len(cutovers(plan))]
    assert [step.id for step in first] == cutovers(plan)
    assert len(first) == 10
    about = {"compute-1", "compute-2", "object-store-1"}
    assert {step.host for step in plan.steps[len(first) :] if step.id != "ready/compute"} == about


def test_the_colour_beside_does_not_leave() -> None:
    drawn = stage(GREEN, served_by_other=False)
    plan = planned(drawn, standing(drawn, own_stands=True))
    assert [name for name in ids(plan) if "-blue-" in name] == []


def test_it_leaves_like_other_hosts_when_the_stage_is_drawn_without_it() -> None:
    drawn = replace(stage(GREEN, served_by_other=False), beside=None)
    observed = standing(stage(GREEN, served_by_other=False), own_stands=True, outside=NEXT)
    told = {name: replace(observed.host(name), changes=("replace file haproxy.cfg",)) for name in BALANCERS}
    plan = planned(drawn, replace(observed, hosts={**observed.hosts, **told}))
    gone = {step.host for step in plan.steps if step.kind == "host" and step.host and "-blue-" in step.host}
    assert gone == {host.name for host in stage(BLUE, served_by_other=False).hosts if host.colour}
    drained = [step for step in plan.steps if step.id.startswith("drain/")]
    assert {step.host for step in drained} == set(BALANCERS)
