"""From one colour to the other: what a plan does, in which order, and what it leaves alone."""

from dataclasses import replace
from itertools import pairwise

import pytest
from stage_of_two import BALANCERS, BLUE, GREEN, NEXT, planned, stage, standing
from stage_sample import behind, ids

from stages.design import colours, steady
from stages.design.canary import Canary
from stages.planning import order
from stages.planning.actions import TryColour
from stages.planning.cutover import cutover_steps
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
    rest = {step.id: step.host for step in plan.steps[len(first) :]}
    assert {host for name, host in rest.items() if not name.startswith("ready/")} == about
    assert list(rest)[-1] == "ready/compute-queues"  # what only the newer nova-compute has read


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


def test_a_canary_comes_before_all_clients_at_all_load_balancers_at_once() -> None:
    drawn = replace(stage(GREEN, served_by_other=True), canary=Canary(10, 120.0))
    plan = planned(drawn, standing(drawn, own_stands=False))
    before, (tried, *over) = behind(plan), cutovers(plan)
    assert tried == "canary/green"
    (step,) = [step for step in plan.steps if step.id == tried]
    assert step.title == "send green 10% of the requests for 120 s, and compare its answers"
    assert (step.host, step.colours) == (None, colours.of(drawn))
    assert isinstance(step.action, TryColour)
    assert step.action.balancers == BALANCERS
    assert set(step.action.services) == set(drawn.served)
    assert Canary.read(step.to_json()["action"]["canary"]) == drawn.canary
    assert all(tried in before[name] for name in over)
    assert len(over) == 10
    green = {step.id for step in plan.steps if step.host and "-green-" in step.host}
    assert green - {"ready/compute"} <= before[tried]


def test_the_way_back_has_no_canary_nor_has_a_colour_that_serves() -> None:
    back = replace(stage(BLUE, served_by_other=True), canary=Canary(10, 120.0))
    serves = replace(stage(GREEN, served_by_other=False), canary=Canary(10, 120.0))
    for drawn in (back, serves):
        plan = planned(drawn, standing(drawn, own_stands=True))
        assert [name for name in ids(plan) if name.startswith("canary/")] == []


def test_a_canary_is_of_the_services_that_have_not_changed_over_yet() -> None:
    drawn = replace(stage(GREEN, served_by_other=True), canary=Canary(10, 120.0), served={"image": BLUE})
    (tried, *over) = (
        step for step in planned(drawn, standing(drawn, own_stands=True)).steps if step.kind == "cutover"
    )
    assert isinstance(tried.action, TryColour)
    assert tried.action.services == ("image",)
    assert [step.id for step in over] == [f"cutover/image/{name}" for name in BALANCERS]


def test_a_rehearsal_has_its_canary_once() -> None:
    drawn = replace(stage(GREEN, served_by_other=True), canary=Canary(10, 120.0))
    again = cutover_steps(drawn, order.in_order(drawn), ("back",), "cut-over-again")
    assert [step.id for step in again if step.id.startswith("canary/")] == []
    assert again[0].needs == ("back",)
