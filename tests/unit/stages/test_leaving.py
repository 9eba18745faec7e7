"""Hosts that the config no longer has leave one by one, never so that a cluster or a client loses."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from stage_sample import (
    IMAGE,
    all_well,
    altered,
    assert_sound,
    behind,
    blueprint,
    but,
    ids,
    step,
    wanted,
)

from stages.design.blueprint import Blueprint
from stages.planning.actions import RemoveHost
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.steps import Plan

STAGE = "whole-prod"
DRAWN = blueprint(STAGE)
APIS = ("compute-api-blue-1", "compute-api-blue-2")
# The last member says whether OVN is ready; with the others gone, that is the first.
READY = altered(all_well(STAGE), "ovn-1", done=all_well(STAGE).host("ovn-1").done | {"ready/ovn"})
WELL = altered(READY, *APIS, facts={"servers": "elsewhere-1\t2"})
CHANGED = ("update file /etc/x",)
STOPPED = HostSeen(State.STOPPED, IMAGE, "2026.1")


def without(*names: str) -> Blueprint:
    """The stage as a config draws it that has fewer hosts, and no role of which none is left."""
    hosts = [host for host in DRAWN.hosts if host.name not in names]
    roles = {name: role for name, role in DRAWN.roles.items() if name in {host.role for host in hosts}}
    return replace(DRAWN.having({host.name for host in hosts}), roles=roles)


def leaving(*names: str, observed: Observed = WELL) -> Plan:
    plan = make(without(*names), observed, wanted(STAGE))
    assert_sound(plan)
    return plan


def test_who_stays_is_told_the_address_at_which_a_machine_that_goes_is_seen() -> None:
    told = leaving("ovn-3", observed=altered(WELL, "ovn-3", address="198.51.100.7"))
    assert "198.51.100.7" in str([step.action for step in told.steps if step.kind == "leave"])


@pytest.mark.parametrize(
    ("going", "steps"),
    [
        (["loadbalancer-2"], ["leave/loadbalancer-2/loadbalancer-1", "host/loadbalancer-2"]),
        (
            ["database-2", "database-3"],
            [
                "leave/database-3/database-1",
                "host/database-3",
                "left/database-3/database-1",
                "leave/database-2/database-1",
                "host/database-2",
                "left/database-2/database-1",
            ],
        ),
        (
            ["messaging-2", "messaging-3"],
            [
                "leave/messaging-3/messaging-1",
                "host/messaging-3",
                "leave/messaging-2/messaging-1",
                "host/messaging-2",
            ],
        ),
        (
            ["coordination-2", "coordination-3"],
            [
                "leave/coordination-3/coordination-1",
                "host/coordination-3",
                "left/coordination-3/coordination-1",
                "leave/coordination-2/coordination-1",
                "host/coordination-2",
                "left/coordination-2/coordination-1",
            ],
        ),
        (
            ["ovn-2", "ovn-3"],
            ["leave/ovn-3/ovn-1", "host/ovn-3", "leave/ovn-2/ovn-1", "host/ovn-2"],
        ),
        (["identity-blue-2"], ["host/identity-blue-2"]),
        (["image-blue-2"], ["host/image-blue-2"]),
        (["network-api-blue-2"], ["host/network-api-blue-2", "left/network-api-blue-2/messaging-1"]),
        *(
            (
                [f"{role}-blue-2"],
                [
                    f"host/{role}-blue-2",
                    f"left/{role}-blue-2/{role}-blue-1",
                    f"left/{role}-blue-2/messaging-1",
                ],
            )
            for role in ("compute-api", "volume-api")
        ),
        (
            ["compute-2"],
            [
                "leave/compute-2/compute-api-blue-1",
                "host/compute-2",
                "left/compute-2/compute-api-blue-1",
                "left/compute-2/ovn-1",
                "left/compute-2/messaging-1",
            ],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and len(value) < 3 else "",
)
def test_hosts_of_every_role_leave_in_turn_and_the_last_number_first(
    going: list[str], steps: list[str]
) -> None:
    plan = leaving(*going)
    assert ids(plan) == steps
    after = behind(plan)
    assert all(after[later] == set(steps[:index]) for index, later in enumerate(steps))


def test_every_role_of_the_table_has_an_answer() -> None:
    assert [name for name, role in DRAWN.roles.items() if role.leave is None] == []


def test_databases_of_a_member_that_left_ovn_go_with_it_and_all_other_data_stay() -> None:
    assert step(leaving("ovn-2", "ovn-3"), "host/ovn-3").action == RemoveHost(("/var/lib/ovn",))
    for others in (("messaging-2", "messaging-3"), ("database-2", "database-3"), ("compute-2",)):
        assert step(leaving(*others), f"host/{others[-1]}").action == RemoveHost()
    whole = leaving("ovn-1", "ovn-2", "ovn-3")
    assert step(whole, "host/ovn-3").action == RemoveHost(), "with nobody left, they are the only copy"


def test_one_that_stays_is_changed_and_back_in_its_cluster_before_another_leaves() -> None:
    plan = leaving("messaging-2", "messaging-3", observed=altered(WELL, "messaging-1", changes=CHANGED))
    assert ids(plan)[:3] == ["manifest/messaging-1", "cluster/messaging-1", "leave/messaging-3/messaging-1"]


@pytest.mark.parametrize("role", ["database", "loadbalancer"])
def test_where_a_short_list_of_peers_does_harm_hosts_are_gone_before_the_others_get_it(role: str) -> None:
    going = [host.name for host in DRAWN.everywhere(role)][1:]
    plan = leaving(*going, observed=altered(WELL, f"{role}-1", changes=CHANGED))
    assert {f"host/{name}" for name in going} <= behind(plan)[f"manifest/{role}-1"]


def test_hosts_of_two_roles_do_not_leave_at_once_either() -> None:
    plan = leaving("loadbalancer-2", "database-2", "database-3", "identity-blue-2")
    gone = [one.id for one in plan.steps if isinstance(one.action, RemoveHost)]
    after = behind(plan)
    assert all(set(gone[:index]) <= after[name] for index, name in enumerate(gone))


def test_load_balancers_let_go_of_a_host_and_are_told_of_the_others_before_it_leaves() -> None:
    balancers = ("loadbalancer-1", "loadbalancer-2")
    plan = leaving("identity-blue-2", observed=altered(WELL, *balancers, changes=CHANGED))
    chain = [f"{verb}/{name}" for name in reversed(balancers) for verb in ("drain", "manifest")]
    assert ids(plan) == [*chain, "host/identity-blue-2"]
    drain = step(plan, "drain/loadbalancer-1")
    assert (drain.host, drain.title) == ("loadbalancer-1", "send nothing more to identity-blue-2")
    assert "identity/identity-blue-2" in str(drain.action)


def test_load_balancers_are_told_when_those_that_stay_are_as_desired_but_before_any_that_comes() -> None:
    observed = altered(WELL, "identity-blue-1", "loadbalancer-1", changes=CHANGED)
    order = ids(leaving("identity-blue-2", observed=observed))
    assert order.index("service/identity-blue-1") < order.index("drain/loadbalancer-1")
    comes = leaving("identity-blue-2", observed=but(observed, image_blue_2=None))
    assert "manifest/loadbalancer-1" in behind(comes)["service/image-blue-2"]
    assert "drain/loadbalancer-1" in behind(comes)["host/identity-blue-2"]


def test_nobody_is_drained_that_serves_nobody_or_sees_to_it_itself_or_does_not_run() -> None:
    changed = altered(WELL, "loadbalancer-1", changes=CHANGED)
    for going in (("messaging-2", "messaging-3"), ("database-2", "database-3"), ("compute-2",)):
        assert "drain/loadbalancer-1" not in ids(leaving(*going, observed=changed))
    stopped = but(changed, identity_blue_2=STOPPED)
    assert ids(leaving("identity-blue-2", observed=stopped)) == [
        "manifest/loadbalancer-1",
        "host/identity-blue-2",
    ]


def test_one_that_does_not_run_leaves_before_one_that_does() -> None:
    plan = leaving("messaging-2", "messaging-3", observed=but(WELL, messaging_2=STOPPED))
    gone = [one.id for one in plan.steps if isinstance(one.action, RemoveHost)]
    assert gone == ["host/messaging-2", "host/messaging-3"]


def test_a_member_that_stays_and_is_out_rejoins_before_another_leaves() -> None:
    five = but(WELL, **{f"messaging_{number}": WELL.host("messaging-1") for number in (4, 5)})
    plan = make(DRAWN, but(five, messaging_2=None), wanted(STAGE))
    assert "cluster/messaging-2" in behind(plan)["leave/messaging-5/messaging-1"]


def test_a_whole_role_leaves_last_after_those_that_need_it_and_none_of_it_acts() -> None:
    plan = leaving("volume-api-blue-1", "volume-api-blue-2", *(f"coordination-{n}" for n in (1, 2, 3)))
    assert [one for one in ids(plan) if not one.startswith("ready/")] == [
        "host/volume-api-blue-2",
        "left/volume-api-blue-2/messaging-1",
        "host/volume-api-blue-1",
        "left/volume-api-blue-1/messaging-1",
        "host/coordination-3",
        "host/coordination-2",
        "host/coordination-1",
    ]


def test_a_host_of_no_role_that_is_known_is_removed_last() -> None:
    plan = make(DRAWN, but(WELL, oracle_1=STOPPED), wanted(STAGE))
    assert ids(plan) == ["host/oracle-1"]


OUT = {"done": frozenset[str](), "facts": {}}


@pytest.mark.parametrize(
    ("going", "changed", "told"),
    [
        pytest.param(
            ["database-2", "database-3"],
            {"database-1": None},
            "database: no host can be removed: database-1 would stay, and is in no cluster: the data may be"
            " only on those that would go (next: set database: 3 in config/stages/prod.yaml, then promote)",
            id="the one that would stay is out",
        ),
        pytest.param(
            ["messaging-4", "messaging-5"],
            {f"messaging-{number}": replace(WELL.host(f"messaging-{number}"), **OUT) for number in (1, 2, 3)},
            "messaging-1, messaging-2, messaging-3 would stay, and none is in a cluster",
            id="nobody that would stay is in",
        ),
        pytest.param(
            ["ovn-2", "ovn-3"],
            {"ovn-2": STOPPED, "ovn-3": STOPPED},
            "ovn: no host can be removed: only 1 of the cluster's 3 members could run, which is no majority",
            id="no majority",
        ),
        pytest.param(
            ["loadbalancer-2"],
            {"loadbalancer-1": HostSeen(State.SILENT, IMAGE, "2026.1")},
            "loadbalancer: no host can be removed: loadbalancer-1 would stay, and gives no answer (next: ",
            id="nobody knows who takes over",
        ),
        pytest.param(
            ["compute-2"],
            dict.fromkeys(APIS, replace(WELL.host(APIS[0]), facts={"servers": "compute-1\t1\ncompute-2\t3"})),
            "compute: no host can be removed: compute-2 has 3 servers, to be moved or deleted first"
            " (next: promote lab exec --stage prod -- openstack server list --all-projects --host compute-2)",
            id="servers",
        ),
        pytest.param(
            ["compute-2"],
            dict.fromkeys(APIS, replace(WELL.host(APIS[0]), facts={})),
            "no compute-api host says on which compute hosts servers are",
            id="servers unknown",
        ),
        pytest.param(
            ["database-1", "database-2", "database-3"],
            {},
            "the last one has the only data that can be written to",
            id="the last copy",
        ),
        pytest.param(
            ["loadbalancer-1", "loadbalancer-2"], {}, "the last one holds the stage's address", id="the VIP"
        ),
        pytest.param(
            [], {"document-store-1": STOPPED}, "never tried (next: set document-store: 1 in", id="untried"
        ),
    ],
)
def test_what_would_lose_quorum_data_or_servers_is_refused_with_the_reason_and_the_next_command(
    going: list[str], changed: Mapping[str, HostSeen | None], told: str
) -> None:
    extra = {name: WELL.host("messaging-1") for name in going if name not in WELL.hosts}
    observed = but(WELL, **extra, **changed)
    plan = make(without(*going), observed, wanted(STAGE))
    assert plan.steps == ()
    assert [one for one in plan.refusals if told in one], plan.refusals


def test_a_role_without_an_answer_lets_nobody_go() -> None:
    drawn = without("identity-blue-2")
    mute = {**drawn.roles, "identity": replace(drawn.roles["identity"], leave=None)}
    (refusal,) = make(replace(drawn, roles=mute), WELL, wanted(STAGE)).refusals
    assert refusal == (
        "identity: no host can be removed: how a host leaves this role is not known "
        "(next: set identity: 2 in config/stages/prod.yaml, then promote)"
    )
