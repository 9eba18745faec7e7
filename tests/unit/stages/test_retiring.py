"""The colour that answers nobody is removed: what a plan does, in which order, and what it refuses."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from stage_of_two import BALANCERS, BLUE, GREEN, NEXT, desired, stage, standing
from stage_sample import IMAGE, OLD_IMAGE, OPENSTACK, all_done, assert_sound, behind, ids, step

from stages.design.blueprint import Blueprint, Colour, Tier
from stages.design.colours import Beside, Colours, read
from stages.design.upgrading import UpgradePhase
from stages.openstack import pending, phases
from stages.planning import order
from stages.planning.actions import RemoveHost
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.retiring import Retiring, make
from stages.planning.steps import Leg, Plan

PHASES = ("placement-online", "nova-online", "cinder-online", "keystone-contract", "glance-contract")
GATES = ("smoke", "restart", "api", "failover")
Facts = Mapping[str, str]


@cache
def alone(own: Colour) -> Blueprint:
    """The stage drawn for this colour alone: blue has the release from before, and green the next one."""
    return replace(stage(own, served_by_other=False), beside=None)


def beside(own: Colour, release: str | None = None) -> Beside:
    other = BLUE if own is GREEN else GREEN
    runs = release or (OPENSTACK if own is GREEN else NEXT)
    return Beside(other, runs, tuple(host.name for host in alone(other).hosts if host.colour))


def observed(own: Colour, *, told: bool = False, without: tuple[str, ...] = ("schema/keystone",)) -> Observed:
    """Both colours stand, as they should be. Load balancers know both, or have been `told` of one alone.

    An upgraded stage does not know the release's own way to its schemas as done: those in `without`.
    """
    drawn, hosts = alone(own), {}
    every = all_done(drawn)
    for host in drawn.hosts:
        facts = {"galera": "primary"} if host.role == "database" else {}
        changes = () if told or host.name not in BALANCERS else ("replace file haproxy.cfg",)
        done = every[host.name] - set(without)
        runs = drawn.plane(host).openstack
        hosts[host.name] = HostSeen(State.RUNNING, IMAGE, runs, changes, facts=facts, done=done)
    for name in beside(own).hosts:
        hosts[name] = HostSeen(State.RUNNING, OLD_IMAGE, beside(own).openstack)
    return Observed(gateway=True, hosts=hosts)


def retired(
    own: Colour,
    seen: Observed | None = None,
    colours: Colours | None = None,
    gates: tuple[str, ...] = GATES,
) -> Plan:
    both = colours or Colours(own, beside(own))
    wanted = desired(alone(own), gates)
    plan = make(Retiring(alone(own), both, seen or observed(own), wanted, release="r" * 64))
    assert_sound(plan)
    assert plan.retires
    return plan


def without_beside(seen: Observed, own: Colour, facts: Facts) -> Observed:
    """The other colour is gone, and the first host of Keystone tells this of the schemas."""
    name = f"identity-{own.value}-1"
    hosts = {host: one for host, one in seen.hosts.items() if host not in beside(own).hosts}
    return replace(seen, hosts={**hosts, name: replace(hosts[name], facts=facts)})


def of(plan: Plan, leg: str) -> tuple[str, ...]:
    return next(one.steps for one in plan.legs if one.name == leg)


@pytest.fixture(scope="module")
def after_upgrade() -> Plan:
    return retired(GREEN)


def test_all_hosts_of_the_other_colour_go_and_no_other_one(after_upgrade: Plan) -> None:
    gone = {one.host for one in after_upgrade.steps if isinstance(one.action, RemoveHost)}
    assert gone == set(beside(GREEN).hosts)


def test_load_balancers_forget_them_before_any_goes(after_upgrade: Plan) -> None:
    before = behind(after_upgrade)
    for balancer in BALANCERS:
        for name in beside(GREEN).hosts:
            assert f"manifest/{balancer}" in before[f"host/{name}"]


def test_nothing_is_drained_since_nothing_is_sent(after_upgrade: Plan) -> None:
    """Seen: to let go of the last server of a pool is an alarm in HAProxy's log, and smoke was red."""
    steps = ids(after_upgrade)
    assert not [name for name in steps if name.startswith("drain/")]
    assert {need for one in after_upgrade.steps for need in one.needs} <= set(steps)


def test_the_colour_that_serves_is_not_changed(after_upgrade: Plan) -> None:
    own = [one for one in after_upgrade.steps if one.host and "-green-" in one.host]
    assert {one.kind for one in own} == {"leave", "schema", phases.CHECK}
    assert all(one.id.startswith("left/") for one in own if one.kind == "leave")
    shared = [one for one in after_upgrade.steps if one.host and one not in own and "-blue-" not in one.host]
    assert {one.host for one in shared if one.kind != "leave"} == set(BALANCERS)
    assert {one.host for one in shared if one.kind == "leave"} == {"messaging-1"}


def test_brokers_delete_the_queues_of_each_host_that_called_over_the_bus(after_upgrade: Plan) -> None:
    """Seen: queues of hosts that were gone stood without a reader, and smoke was red."""
    before = behind(after_upgrade)
    calling = [name for name in beside(GREEN).hosts if not name.startswith(("identity", "image"))]
    acts = [one for one in after_upgrade.steps if one.host == "messaging-1"]
    assert sorted(one.id for one in acts) == sorted(f"left/{name}/messaging-1" for name in calling)
    assert all(f"host/{name}" in before[f"left/{name}/messaging-1"] for name in calling)


def test_schemas_are_contracted_when_the_old_code_is_gone_and_seen_not_to_be_missed(
    after_upgrade: Plan,
) -> None:
    remove, contract = after_upgrade.legs
    assert (remove.name, remove.gates, contract.name) == ("remove", ("smoke", "api"), "contract")
    assert {f"schema/{name}" for name in PHASES} <= set(contract.steps)
    assert not any(phase.value in name for phase in UpgradePhase for name in remove.steps)
    assert [name for one in after_upgrade.legs for name in one.steps] == ids(after_upgrade)


def test_what_may_not_run_while_a_project_serves_is_asked_before_any_schema_is_changed(
    after_upgrade: Plan,
) -> None:
    before, ask = behind(after_upgrade), "schema/neutron-contract-ready"
    changing = [name for name in of(after_upgrade, "contract") if name.endswith(("-online", "-contract"))]
    assert {"schema/nova-online", "schema/keystone-contract"} <= set(changing)
    assert all(ask in before[name] for name in changing)
    assert step(after_upgrade, ask).irreversible is None


def test_what_is_left_to_do_is_recorded_before_the_first_host_goes_and_cleared_last(
    after_upgrade: Plan,
) -> None:
    before, note, none = behind(after_upgrade), "schema/schemas-wait", "schema/schemas-wait-none"
    assert all(note in before[name] for name in of(after_upgrade, "remove") if name != note)
    assert set(of(after_upgrade, "contract")) == before[none] | {none}
    assert "2026.1 2026.2" in str(step(after_upgrade, note).action)
    assert {step(after_upgrade, name).host for name in (note, none)} == {"identity-green-1"}


def test_it_says_from_which_step_on_the_release_before_can_not_come_back(after_upgrade: Plan) -> None:
    first = next(one for one in after_upgrade.steps if one.irreversible)
    assert isinstance(first.action, RemoveHost)
    assert first.irreversible == "2026.1 can't serve again once hosts of blue are gone"
    assert first.title == f"remove {first.host}, which answers nobody"


def test_every_step_is_for_a_stage_of_one_colour(after_upgrade: Plan) -> None:
    for one in after_upgrade.steps:
        assert read(one.to_json()["action"]["colours"]) == Colours(GREEN)
    assert after_upgrade.to_json()["retires"] is True


def test_one_that_ended_half_way_goes_on_with_what_is_left() -> None:
    seen = observed(GREEN, told=True)
    gone = ("identity-blue-1", "compute-api-blue-2")
    half = replace(seen, hosts={name: one for name, one in seen.hosts.items() if name not in gone})
    left = replace(beside(GREEN), hosts=tuple(name for name in beside(GREEN).hosts if name not in gone))
    plan = retired(GREEN, half, Colours(GREEN, left))
    assert not [name for name in ids(plan) if name.startswith(("drain", "manifest"))], "they were told"
    assert {one.host for one in plan.steps if isinstance(one.action, RemoveHost)} == set(left.hosts)
    assert [one.name for one in plan.legs] == ["remove", "contract"]


def test_one_that_ended_before_the_schemas_goes_on_with_them_alone(after_upgrade: Plan) -> None:
    seen = without_beside(observed(GREEN, told=True), GREEN, {pending.FACT: f"{OPENSTACK} {NEXT}"})
    plan = retired(GREEN, seen, Colours(GREEN))
    assert plan.legs == (Leg("contract", of(after_upgrade, "contract"), asks_policy=True),)
    assert tuple(ids(plan)) == of(after_upgrade, "contract")


@pytest.mark.parametrize("state", [State.STOPPED, State.SILENT])
@pytest.mark.parametrize("name", ["network-api-green-1", "image-green-2", "loadbalancer-1"])
def test_no_schema_is_contracted_on_a_stage_that_is_not_well(name: str, state: State) -> None:
    seen = without_beside(observed(GREEN, told=True), GREEN, {pending.FACT: f"{OPENSTACK} {NEXT}"})
    hurt = HostSeen(state, IMAGE, seen.host(name).openstack)
    plan = retired(GREEN, replace(seen, hosts={**seen.hosts, name: hurt}), Colours(GREEN))
    assert plan.steps == ()
    (why,) = plan.refusals
    assert name in why
    assert f"next: promote rollback --stage prod --to {'r' * 12}" in why


@pytest.mark.parametrize("noted", ["", "nothing", f"{OPENSTACK} {OPENSTACK}", f"{NEXT} {NEXT}x"])
def test_where_one_control_plane_stands_and_no_schemas_wait_there_is_nothing_to_do(noted: str) -> None:
    seen = without_beside(observed(GREEN, told=True), GREEN, {pending.FACT: noted})
    plan = retired(GREEN, seen, Colours(GREEN))
    assert (plan.steps, plan.refusals, plan.legs) == ((), (), ())


def test_an_upgrade_that_was_abandoned_is_removed_and_the_schemas_stay_as_they_are() -> None:
    plan = retired(BLUE, observed(BLUE, without=()))
    assert [one.name for one in plan.legs] == ["remove"]
    assert {one.host for one in plan.steps if isinstance(one.action, RemoveHost)} == set(beside(BLUE).hosts)
    assert not [one for one in plan.steps if one.kind == "schema"]
    assert not [one for one in plan.steps if one.irreversible], "a promotion makes it again"


def test_a_colour_that_answers_clients_is_not_retired() -> None:
    (why,) = retired(GREEN, colours=Colours(GREEN, beside(GREEN), ("identity", "image"))).refusals
    assert why.startswith("blue, with OpenStack 2026.1, answers clients of identity, image: ")
    assert "next: promote the release that is to stay, promote --stage prod" in why


@pytest.mark.parametrize("name", ["database-2", "compute-1", "network-api-green-1", "loadbalancer-2"])
def test_nothing_else_of_the_stage_is_changed_on_the_way(name: str) -> None:
    seen = observed(GREEN)
    hurt = {
        "loadbalancer-2": HostSeen(State.STOPPED, IMAGE),
        "network-api-green-1": replace(seen.host("network-api-green-1"), done=frozenset()),
    }.get(name, replace(seen.host(name), changes=("replace file x",)))
    (why,) = retired(GREEN, replace(seen, hosts={**seen.hosts, name: hurt})).refusals
    assert name in why
    assert f"next: promote rollback --stage prod --to {'r' * 12}" in why


def test_hosts_that_the_config_no_longer_has_are_not_removed_along_with_it() -> None:
    seen = observed(GREEN)
    more = replace(seen, hosts={**seen.hosts, "object-store-2": HostSeen(State.RUNNING, IMAGE)})
    (why,) = retired(GREEN, more).refusals
    assert "object-store-2: remove object-store-2" in why


def test_a_step_that_nobody_has_reviewed_is_refused() -> None:
    (why,) = retired(GREEN, colours=Colours(GREEN, beside(GREEN, "2024.2"))).refusals
    assert "nobody has reviewed what the migrations from 2024.2 to 2026.2 drop" in why


def test_a_stage_without_these_gates_looks_by_its_first_one() -> None:
    assert retired(GREEN, gates=("restart", "failover")).legs[0].gates == ("restart",)


def test_every_role_of_the_coloured_tier_says_how_its_hosts_leave() -> None:
    coloured = [role for role in alone(GREEN).roles.values() if role.tier is Tier.COLOURED]
    assert coloured
    assert [role.name for role in coloured if role.leave is None] == []


def test_their_previews_go_with_them() -> None:
    seen = replace(observed(GREEN), previews={BLUE: True, GREEN: True})
    first, second, *_ = [one for one in retired(GREEN, seen).steps if one.kind != "schema"]
    assert (first.id, first.title) == ("network", "remove the preview gateways")
    assert second.id.startswith("manifest/")


def test_when_none_of_its_hosts_stands_the_release_before_is_a_downgrade() -> None:
    """What `promote rollback` says then, with what to do instead."""
    drawn = stage(BLUE, served_by_other=True)
    refusals = order.make(drawn, standing(drawn, own_stands=False), desired(drawn)).refusals
    assert len(refusals) == 1
    assert "2026.1 came before 2026.2, and no project can downgrade its database" in refusals[0]
    assert (
        "next: restore openstack in config/stagegate.yaml; what 2026.1 had is only in a backup" in refusals[0]
    )


def test_while_one_of_them_stands_the_schemas_are_as_it_needs_them_and_it_comes_back() -> None:
    drawn = stage(BLUE, served_by_other=True)
    there = standing(drawn, own_stands=True, outside=NEXT)
    left = {name: one for name, one in there.hosts.items() if "-blue-" not in name or name == "image-blue-1"}
    made = order.make(drawn, replace(there, hosts=left), desired(drawn))
    assert made.refusals == ()
    assert "cut-over" in [one.name for one in made.legs]
