"""The legs of a plan by which one colour takes over from the other, whatever is found."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from stage_of_two import (
    BALANCERS,
    BLUE,
    CHANGED,
    GREEN,
    NEXT,
    desired,
    marred,
    planned,
    services,
    stage,
    standing,
)
from stage_sample import OPENSTACK, altered, assert_sound, behind, but, step

from pipeline.core import legs
from stages.design import steady
from stages.design.blueprint import Blueprint, Colour, Tier
from stages.openstack import pending
from stages.planning import order
from stages.planning.actions import ApplyManifest
from stages.planning.observed import Observed
from stages.planning.steps import Desired, Plan

OWN: Mapping[Colour, Blueprint] = {
    GREEN: stage(GREEN, served_by_other=True),
    BLUE: stage(BLUE, served_by_other=True),
}
WANTED = {own: desired(drawn) for own, drawn in OWN.items()}
SERVICES = services(OWN[GREEN])
PROJECTS = ("keystone", "glance", "placement", "nova", "neutron", "cinder")
ORDER = ["shared", "expand", "build", "cut-over", "follow"]


def by_leg(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    return {leg.name: leg.steps for leg in plan.legs}


def told(observed: Observed) -> Observed:
    """The same; load balancers don't know yet of a second colour."""
    return altered(observed, *BALANCERS, changes=("update file /etc/haproxy/haproxy.cfg",))


def upgrade() -> Plan:
    return planned(OWN[GREEN], told(standing(OWN[GREEN], own_stands=False)))


def test_an_upgrade_has_four_legs_each_with_its_gates_and_policy_is_asked_before_clients_change_over() -> (
    None
):
    assert [(leg.name, leg.gates, leg.asks_policy) for leg in upgrade().legs] == [
        ("expand", ("smoke", "api"), False),
        ("build", ("smoke", "api", "neighbours"), False),
        ("cut-over", ("smoke", "api"), True),
        ("follow", (), False),
    ]


def test_a_leg_ends_with_those_of_its_gates_that_the_stage_has_and_never_without_any() -> None:
    observed = standing(OWN[GREEN], own_stands=False)
    plan = planned(OWN[GREEN], observed, gates=("failover", "smoke"))
    assert [leg.gates for leg in plan.legs] == [("smoke",)] * 3 + [()]
    plan = planned(OWN[GREEN], observed, gates=("failover",))
    assert [leg.gates for leg in plan.legs] == [("failover",)] * 3 + [()]


def test_expand_holds_a_backup_the_phases_of_the_schemas_and_one_host_of_each_project() -> None:
    steps = by_leg(upgrade())["expand"]
    hosts = [name for name in steps if name.startswith("host/")]
    assert sorted(hosts) == [
        f"host/{role}-green-1" for role in ("compute-api", "identity", "image", "network-api", "volume-api")
    ]
    assert {name for name in steps if name not in hosts} == {
        *(f"schema/{name}-{what}" for name in PROJECTS for what in ("ready", "expand")),
        "schema/glance-migrate",
        "backup/database-3",
    }


def test_each_colour_can_be_asked_as_such_before_the_first_gate() -> None:
    plan = planned(OWN[GREEN], replace(told(standing(OWN[GREEN], own_stands=False)), previews={}))
    assert "network" in by_leg(plan)["expand"]
    assert step(plan, "network").title == "create a preview gateway for each colour"


def test_every_project_is_asked_before_any_schema_is_changed() -> None:
    before = behind(upgrade())
    asked = {f"schema/{name}-ready" for name in PROJECTS}
    assert all(asked <= before[f"schema/{name}-expand"] for name in PROJECTS)


def test_no_release_brings_its_schemas_to_its_own_state_in_one_go() -> None:
    plan = upgrade()
    assert {"schema/keystone", "schema/glance", "schema/nova-cells", "schema/neutron"}.isdisjoint(
        behind(plan)
    )
    before = behind(plan)
    assert "schema/glance-migrate" in before["service/image-green-2"]
    assert {"schema/nova-expand", "schema/placement-expand"} <= before["service/compute-api-green-1"]


def test_nothing_of_it_ends_the_release_before() -> None:
    plan = upgrade()
    assert step(plan, "schema/keystone-accounts").irreversible is None
    assert [one.id for one in plan.steps if one.irreversible] == []


def test_load_balancers_learn_of_both_colours_one_by_one_before_anything_is_asked_through_them() -> None:
    plan, before = upgrade(), behind(upgrade())
    first, second = "manifest/loadbalancer-2", "manifest/loadbalancer-1"
    assert first in before[second]
    build = by_leg(plan)["build"]
    assert {first, second} <= set(build)
    asking = [name for name in build if name.startswith(("service/", "ready/", "schema/keystone"))]
    assert len(asking) > 10
    assert all(second in before[name] for name in asking)


def test_what_a_colour_needs_of_shared_hosts_comes_first_and_one_by_one() -> None:
    observed = altered(standing(OWN[GREEN], own_stands=False), "database-1", "messaging-2", changes=CHANGED)
    plan = planned(OWN[GREEN], observed)
    shared = by_leg(plan)["shared"]
    assert set(shared) >= {"manifest/database-1", "manifest/messaging-2"}
    assert [leg.name for leg in plan.legs] == ORDER
    assert plan.legs[0].gates == ("smoke", "api")


def test_a_colour_that_stands_whole_gets_its_clients_back_at_once() -> None:
    drawn = OWN[BLUE]
    observed = altered(told(standing(drawn, own_stands=True)), "database-1", changes=CHANGED)
    plan = planned(drawn, observed)
    assert [leg.name for leg in plan.legs] == ["cut-over", "follow"]
    assert "manifest/database-1" in by_leg(plan)["follow"]
    assert [name for name in by_leg(plan)["cut-over"] if not name.startswith("cutover/")] == []
    assert "manifest/loadbalancer-1" not in behind(plan)  # the cut over gives it the same


def test_a_host_that_is_lost_of_the_colour_that_comes_back_is_made_first() -> None:
    drawn = OWN[BLUE]
    plan = planned(drawn, but(standing(drawn, own_stands=True), image_blue_1=None))
    assert by_leg(plan)["build"][0] == "host/image-blue-1"
    assert "schema/glance-serves" in by_leg(plan)["build"]
    assert plan.legs[0].gates == ("smoke", "api")  # whatever is wrong with the colour that is left


def test_the_older_release_is_refused_once_the_schemas_went_on_without_it() -> None:
    drawn = OWN[BLUE]
    observed = standing(drawn, own_stands=True)
    done = observed.host("image-blue-1").done - {"schema/glance-serves"}
    plan = order.make(drawn, altered(observed, "image-blue-1", done=done), desired(drawn))
    (refusal,) = plan.refusals
    assert refusal.startswith("prod: the schemas of glance went on to what only 2026.2 can use")
    assert plan.legs == ()
    # A host that is to be changed first may not know the question yet: it is asked in its turn.
    older = altered(observed, "image-blue-1", done=done, changes=CHANGED)
    assert "schema/glance-serves" in by_leg(planned(drawn, older))["build"]


def test_until_the_first_client_changed_over_the_gates_before_it_are_asked_again() -> None:
    plan = planned(OWN[GREEN], standing(OWN[GREEN], own_stands=True))
    assert [leg.name for leg in plan.legs] == ["expand", "build", "cut-over", "follow"]
    assert by_leg(plan)["expand"] == tuple(f"schema/{name}-ready" for name in PROJECTS)
    assert [name for name in by_leg(plan)["build"] if not name.startswith("ready/")] == []
    begun = stage(GREEN, served_by_other=SERVICES[1:])
    plan = planned(begun, standing(begun, own_stands=True))
    assert [leg.name for leg in plan.legs] == ["cut-over", "follow"]


def test_a_stage_that_rehearses_has_clients_go_back_and_over_again_before_the_rest_follows() -> None:
    drawn = OWN[GREEN]
    wanted = replace(WANTED[GREEN], rehearses=True)
    plan = order.make(drawn, standing(drawn, own_stands=True), wanted)
    assert_sound(plan)
    assert [(leg.name, leg.gates, leg.asks_policy) for leg in plan.legs[2:]] == [
        ("cut-over", ("smoke",), True),
        ("back", ("smoke",), False),
        ("cut-over-again", ("smoke",), False),
        ("follow", (), False),
    ]
    over, back, again = (plan.legs[number].steps for number in (2, 3, 4))
    assert len(over) == len(back) == len(again) == 10
    assert step(plan, back[0]).title == "send clients of identity back to blue"
    assert step(plan, back[0]).colours.served == ("identity",)
    assert step(plan, back[-1]).colours.served == tuple(sorted(SERVICES))
    assert step(plan, again[-1]).colours.served == ()
    assert step(plan, back[-1]).action == steady_action(drawn, "loadbalancer-2")
    before = behind(plan)
    assert over[-1] in before[back[0]]
    assert back[-1] in before[again[0]]
    follow = plan.legs[5].steps
    assert all(again[-1] in before[name] for name in follow)


def steady_action(drawn: Blueprint, balancer: str) -> ApplyManifest:
    """What the load balancer gets when the other colour answers all again."""
    return ApplyManifest(steady.manifest(drawn, drawn.host(balancer)).digest())


def test_the_way_back_and_an_upgrade_that_clients_have_seen_are_not_rehearsed() -> None:
    begun = stage(GREEN, served_by_other=SERVICES[1:])
    for drawn in (OWN[BLUE], begun):
        wanted = replace(desired(drawn), rehearses=True)
        plan = order.make(drawn, standing(drawn, own_stands=True), wanted)
        assert [leg.name for leg in plan.legs] == ["cut-over", "follow"]


def test_what_is_expanded_already_is_left_out() -> None:
    observed = standing(OWN[GREEN], own_stands=True)
    left = observed.host("volume-api-green-1").done - {"schema/cinder-expand"}
    plan = planned(OWN[GREEN], altered(observed, "volume-api-green-1", done=left))
    assert [name for name in by_leg(plan)["expand"] if not name.endswith("-ready")] == [
        "backup/database-3",
        "schema/cinder-expand",
    ]


def test_once_a_newer_release_serves_its_plans_have_no_legs_and_no_phase_is_repeated() -> None:
    drawn = stage(GREEN, served_by_other=False)
    plan = planned(drawn, but(standing(drawn, own_stands=True, outside=NEXT), identity_green_1=None))
    assert plan.legs == ()
    assert "schema/keystone" not in behind(plan)
    assert "schema/keystone-expand" in behind(plan)  # whether it is done, its new host tells


def test_a_step_that_upstream_does_not_support_is_refused() -> None:
    observed = standing(OWN[GREEN], own_stands=False)
    planes = tuple(replace(one, openstack="2027.1") if one.colour else one for one in OWN[GREEN].planes)
    drawn = replace(OWN[GREEN], planes=planes)
    (refusal,) = order.make(drawn, observed, WANTED[GREEN]).refusals
    assert "upstream supports no step from 2026.1 to 2027.1" in refusal


def test_schemas_that_wait_for_a_retirement_to_go_on_are_not_brought_on_in_one_go() -> None:
    drawn = replace(stage(GREEN, served_by_other=False), beside=None)
    well = standing(stage(GREEN, served_by_other=False), own_stands=True, outside=NEXT)
    gone = {name: seen for name, seen in well.hosts.items() if "-blue-" not in name}
    observed = replace(well, hosts=gone)
    assert "schema/keystone" in behind(planned(drawn, observed))
    waiting = altered(observed, "identity-green-1", facts={pending.FACT: f"{OPENSTACK} {NEXT}"})
    assert [name for name in behind(planned(drawn, waiting)) if name.startswith("schema/")] == []


def test_hosts_lost_after_the_first_change_over_wait_for_schemas_that_were_not_done() -> None:
    drawn = stage(GREEN, served_by_other=SERVICES[1:])
    well = standing(drawn, own_stands=True)
    lost = but(altered(well, "image-green-1", changes=CHANGED, done=frozenset()), identity_green_1=None)
    plan = planned(drawn, lost)
    assert "schema/keystone-expand" in behind(plan)["manifest/image-green-1"]
    assert by_leg(plan)["expand"][0].startswith("backup/")


@cache
def found(own: Colour, changed_over: int, *, own_stands: bool) -> tuple[Blueprint, Observed, Desired]:
    """A takeover when so many services have changed over; all that stands is as it should be."""
    drawn = stage(own, served_by_other=SERVICES[changed_over:])
    return drawn, standing(drawn, own_stands=own_stands), desired(drawn)


@examples(60)
@given(st.sampled_from([BLUE, GREEN]), st.sampled_from([0, 1, 6]), st.booleans(), st.data())
def test_whatever_is_found_the_legs_hold(
    own: Colour,
    changed_over: int,
    stands: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    drawn, well, wanted = found(own, changed_over, own_stands=stands or own is BLUE)
    names = [host.name for host in drawn.hosts if host.role != "database" and host.name in well.hosts]
    plan = order.make(drawn, marred(well, names, data), wanted)
    if plan.refusals:
        assert (plan.steps, plan.legs) == ((), ())
        return
    needs = {one.id: one.needs for one in plan.steps}
    assert list(legs.problems([legs.Leg(**one.to_json()) for one in plan.legs], needs)) == []
    names = [leg.name for leg in plan.legs]
    assert names == [name for name in ORDER if name in names]
    assert "cut-over" in names
    assert drawn.beside is not None
    beside = {host.name for host in drawn.beside.hosts}
    tiers = {host.name: host.tier for host in drawn.hosts}
    for leg in plan.legs:
        for one in (step(plan, name) for name in leg.steps):
            assert one.host not in beside
            assert (one.kind == "cutover") == (leg.name == "cut-over"), one.id
            if one.kind == "backup":
                assert leg.name == "expand"
            elif leg.name in {"expand", "build"} and one.host is not None and one.host not in BALANCERS:
                assert tiers[one.host] is Tier.COLOURED, one.id
            if leg.name == "follow":
                assert one.colours.served == ()
