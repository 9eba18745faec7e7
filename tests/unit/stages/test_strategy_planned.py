"""Plans by which another control plane brings a change of code or config, both of one OpenStack release."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from stage_of_two import BALANCERS, GREEN, desired, marred, planned, services, stage, standing
from stage_sample import IMAGE, OLD_IMAGE, OPENSTACK, altered, assert_sound, behind, but, step

from pipeline.core import legs
from stages.design.blueprint import Blueprint, Tier
from stages.design.canary import Canary
from stages.design.colours import of, read
from stages.openstack import pending
from stages.planning import order, retiring
from stages.planning.actions import ApplyManifest, CreateHost, RemoveHost, TryColour
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.retiring import Retiring
from stages.planning.steps import Desired, Plan

ORDER = ["shared", "build", "cut-over", "follow"]
TOLD = ("update file /etc/haproxy/haproxy.cfg",)


@cache
def drawn(changed_over: int = 0, *, returns: bool = False) -> Blueprint:
    """Green is to take all clients from blue, or has those of so many services; both run one release."""
    found = stage(GREEN, served_by_other=True, newer=OPENSTACK)
    left = services(found)[changed_over:]
    return replace(found, served={name: found.served[name] for name in left}, returns=returns)


def well(blueprint: Blueprint, *, stands: bool) -> Observed:
    """What stands is as it should be; load balancers know of green if it stands."""
    found = standing(blueprint, own_stands=stands)
    return found if stands else altered(found, *BALANCERS, changes=TOLD)


def by_leg(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    return {leg.name: leg.steps for leg in plan.legs}


def shared(blueprint: Blueprint) -> list[str]:
    return [host.name for host in blueprint.hosts if host.tier is Tier.SHARED]


def another_base(observed: Observed, blueprint: Blueprint) -> Observed:
    """The same stage before Debian's own updates."""
    return altered(observed, *shared(blueprint), image=OLD_IMAGE, base="before")


def test_another_colour_is_built_looked_at_and_then_answers_without_any_phase_of_schemas() -> None:
    plan = planned(drawn(), well(drawn(), stands=False))
    assert [(leg.name, leg.gates, leg.asks_policy) for leg in plan.legs] == [
        ("build", ("smoke", "api", "neighbours"), False),
        ("cut-over", ("smoke", "api"), True),
        ("follow", (), False),
    ]
    build = by_leg(plan)["build"]
    green = {host.name for host in drawn().hosts if host.colour is GREEN}
    assert {one.host for one in plan.steps if isinstance(one.action, CreateHost)} >= green
    assert {f"host/{name}" for name in green} <= set(build)
    assert not [one.id for one in plan.steps if one.kind == "upgrade-check" or one.id.endswith("-expand")]
    assert [one.id for one in plan.steps if one.irreversible] == []
    assert all("-blue-" not in (one.host or "") for one in plan.steps)


def test_hosts_outside_the_control_plane_follow() -> None:
    follow = by_leg(planned(drawn(), well(drawn(), stands=False)))["follow"]
    assert {"host/compute-1", "host/compute-2", "host/object-store-1"} <= set(follow)


def test_until_the_first_client_changed_over_the_gates_before_it_are_asked_again() -> None:
    plan = planned(drawn(), well(drawn(), stands=True))
    assert [leg.name for leg in plan.legs] == ["build", "cut-over", "follow"]
    assert [name for name in by_leg(plan)["build"] if not name.startswith("ready/")] == []
    begun = planned(drawn(1), well(drawn(1), stands=True))
    assert [leg.name for leg in begun.legs] == ["cut-over", "follow"]


def test_a_rollback_gives_the_colour_that_stands_its_clients_back_at_once() -> None:
    back = drawn(returns=True)
    observed = another_base(altered(well(back, stands=True), *BALANCERS, changes=TOLD), back)
    observed = altered(observed, *BALANCERS, image=IMAGE)
    plan = planned(back, observed)
    assert [leg.name for leg in plan.legs] == ["cut-over", "follow"]
    assert {one.split("/")[0] for one in by_leg(plan)["cut-over"]} == {"cutover"}
    assert "host/database-1" in by_leg(plan)["follow"]


def test_a_rollback_that_has_to_mend_a_host_first_does_not_look_at_the_colour_that_it_leaves() -> None:
    back = drawn(returns=True)
    plan = planned(back, but(well(back, stands=True), image_green_1=None))
    assert by_leg(plan)["build"][0] == "host/image-green-1"
    assert plan.legs[0].gates == ("smoke", "api")


def test_a_colour_that_had_another_release_is_changed_while_it_answers_nobody() -> None:
    """What stands in the free colour is an older release of the same OpenStack."""
    observed = well(drawn(), stands=True)
    old = {host.name for host in drawn().hosts if host.colour is GREEN}
    plan = planned(drawn(), altered(observed, *old, image=OLD_IMAGE))
    assert {f"host/{name}" for name in old} <= set(by_leg(plan)["build"])


def test_shared_hosts_come_first_in_a_leg_of_their_own_with_load_balancers_that_are_replaced() -> None:
    plan = planned(drawn(), another_base(well(drawn(), stands=False), drawn()))
    assert [leg.name for leg in plan.legs] == ORDER
    assert plan.legs[0].gates == ("smoke", "api")
    first = by_leg(plan)["shared"]
    hosts = {f"host/{name}" for name in shared(drawn())}
    assert hosts <= set(first)
    coloured = {host.name for host in drawn().hosts if host.tier is not Tier.SHARED}
    assert not {one.host for one in plan.steps if one.id in first} & coloured
    build = set(by_leg(plan)["build"])
    assert not {one.host for one in plan.steps if one.id in build} & set(shared(drawn()))
    before = behind(plan)
    assert "host/loadbalancer-2" in before["host/loadbalancer-1"]


def test_they_come_first_too_where_the_new_colour_stands_and_waits_for_none_of_them() -> None:
    plan = planned(drawn(), another_base(well(drawn(), stands=True), drawn()))
    assert [leg.name for leg in plan.legs] == ORDER
    assert {f"host/{name}" for name in shared(drawn())} <= set(by_leg(plan)["shared"])


def test_a_load_balancer_that_only_learns_of_the_colour_does_so_in_the_leg_of_that_colour() -> None:
    observed = well(drawn(), stands=False)
    observed = altered(observed, "database-1", changes=("update file /etc/x",))
    plan = planned(drawn(), observed)
    assert {"manifest/loadbalancer-1", "manifest/loadbalancer-2"} <= set(by_leg(plan)["build"])
    assert "manifest/database-1" in by_leg(plan)["shared"]


def test_a_canary_tries_the_new_colour_and_no_rollback() -> None:
    canary = Canary(10, 60.0, requests=100, errors=1.0, slower=2.0)
    for returns, tried in ((False, 1), (True, 0)):
        blueprint = replace(drawn(returns=returns), canary=canary)
        plan = planned(blueprint, well(blueprint, stands=True))
        assert len([one for one in plan.steps if isinstance(one.action, TryColour)]) == tried


def test_a_stage_that_rehearses_does_so_for_every_takeover_but_a_rollback() -> None:
    for returns, names in ((False, ["back", "cut-over-again"]), (True, [])):
        blueprint = drawn(returns=returns)
        wanted = replace(desired(blueprint), rehearses=True)
        plan = order.make(blueprint, well(blueprint, stands=True), wanted)
        assert_sound(plan)
        assert [leg.name for leg in plan.legs if "back" in leg.name or "again" in leg.name] == names


def test_a_rollback_is_drawn_with_fewer_servers_up_and_its_steps_say_so() -> None:
    back = drawn(returns=True)
    cut = step(planned(back, well(back, stands=True)), "cutover/identity/loadbalancer-1")
    assert cut.colours.returns
    assert read(cut.to_json()["action"]["colours"]) == cut.colours
    forth = step(planned(drawn(), well(drawn(), stands=True)), "cutover/identity/loadbalancer-1")
    assert not forth.colours.returns
    assert isinstance(cut.action, ApplyManifest)
    assert cut.action != forth.action


def test_schemas_that_wait_for_a_retirement_are_not_brought_on_in_one_go() -> None:
    waiting = f"2025.2 {OPENSTACK}"
    observed = altered(well(drawn(), stands=False), "identity-blue-1", facts={pending.FACT: waiting})
    assert "schema/keystone" in behind(planned(drawn(), well(drawn(), stands=False)))
    assert "schema/keystone" not in behind(planned(drawn(), observed))


@pytest.mark.parametrize("killed_after", range(0, 75, 5))
def test_a_run_that_was_killed_goes_on_with_what_it_has_not_done(killed_after: int) -> None:
    """What a step does is seen the next time: the rest is planned, and nothing is done twice."""
    whole = planned(drawn(), well(drawn(), stands=False))
    before = [one for one in whole.steps if one.id not in set(by_leg(whole)["follow"])]
    before = [one for one in before if one.kind != "cutover"]
    done = before[:killed_after]
    observed = well(drawn(), stands=False)
    all_there = well(drawn(), stands=True)
    for one in done:
        if one.host is None or one.kind not in {"host", "manifest"}:
            continue
        now = all_there.host(one.host)
        observed = but(observed, **{one.host: replace(now, done=frozenset())})
    for one in done:
        if one.host is not None and one.kind not in {"host", "manifest", "ready"}:
            seen = observed.host(one.host)
            observed = altered(observed, one.host, done=seen.done | {one.id})
    left = planned(drawn(), observed)
    assert [leg.name for leg in left.legs] == ["build", "cut-over", "follow"]
    changed = {one.id for one in left.steps if one.kind in {"host", "manifest"}}
    assert changed.isdisjoint(one.id for one in done)
    needs = {one.id: one.needs for one in left.steps}
    assert list(legs.problems([legs.Leg(**one.to_json()) for one in left.legs], needs)) == []


def test_the_colour_from_before_is_retired_with_no_step_of_schemas() -> None:
    both = replace(drawn(), served={})
    alone = replace(both, beside=None)
    observed = well(both, stands=True)
    observed = altered(observed, *(name for name in observed.hosts if "compute-" in name), image=IMAGE)
    observed = altered(observed, "object-store-1", image=IMAGE)
    observed = altered(observed, *BALANCERS, changes=TOLD)
    plan = retiring.make(Retiring(alone, of(both), observed, desired(alone), "r" * 64))
    assert plan.refusals == ()
    assert [leg.name for leg in plan.legs] == ["remove"]
    assert [one.id for one in plan.steps if one.irreversible] == []
    assert both.beside is not None
    removed = {one.host for one in plan.steps if isinstance(one.action, RemoveHost)}
    assert removed == {host.name for host in both.beside.hosts}


def test_a_load_balancer_is_replaced_before_another_one_learns_of_the_colour() -> None:
    observed = altered(well(drawn(), stands=False), "loadbalancer-1", image=OLD_IMAGE, done=frozenset())
    plan = planned(drawn(), observed)
    assert by_leg(plan)["shared"] == ("host/loadbalancer-1",)
    assert "host/loadbalancer-1" in step(plan, "manifest/loadbalancer-2").needs


def test_silent_and_stopped_hosts_of_the_new_colour_are_made_again_before_anybody_is_sent_there() -> None:
    stopped = HostSeen(State.STOPPED, IMAGE, OPENSTACK)
    silent = HostSeen(State.SILENT, IMAGE, OPENSTACK, why="no answer")
    observed = but(well(drawn(), stands=True), image_green_1=stopped, identity_green_2=silent)
    build = by_leg(planned(drawn(), observed))["build"]
    assert {"host/image-green-1", "host/identity-green-2"} <= set(build)


@cache
def found(changed_over: int, *, returns: bool, stands: bool) -> tuple[Blueprint, Observed, Desired]:
    """A takeover when so many services have changed over; all that stands is as it should be."""
    blueprint = drawn(changed_over, returns=returns)
    return blueprint, well(blueprint, stands=stands), desired(blueprint)


@examples(40)
@given(st.sampled_from([0, 1, 6]), st.booleans(), st.booleans(), st.data())
def test_whatever_is_found_no_leg_changes_a_shared_host_together_with_the_colour(
    changed_over: int,
    returns: bool,  # noqa: FBT001 - drawn
    stands: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    blueprint, as_it_should_be, wanted = found(changed_over, returns=returns, stands=stands)
    names = [name for name in as_it_should_be.hosts if "database" not in name and "-blue-" not in name]
    plan = order.make(blueprint, marred(as_it_should_be, names, data), wanted)
    if plan.refusals:
        assert (plan.steps, plan.legs) == ((), ())
        return
    assert_sound(plan)
    needs = {one.id: one.needs for one in plan.steps}
    assert list(legs.problems([legs.Leg(**one.to_json()) for one in plan.legs], needs)) == []
    named = [leg.name for leg in plan.legs]
    assert named == [name for name in ORDER if name in named]
    tiers = {host.name: host.tier for host in blueprint.hosts}
    for leg in plan.legs:
        changed = {
            tiers[one.host]
            for one in plan.steps
            if one.id in leg.steps and one.host in tiers and one.kind in {"host", "manifest"}
            if one.host not in BALANCERS or (isinstance(one.action, CreateHost) and not returns)
        }
        assert not {Tier.SHARED, Tier.COLOURED} <= changed, leg.name
