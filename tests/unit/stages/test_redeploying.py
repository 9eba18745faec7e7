"""One host is replaced: drained, gone, created, joined; nothing else changes, and no last copy is lost."""

from dataclasses import replace

import pytest
import stage_of_two
from stage_sample import IMAGE, all_well, altered, assert_sound, behind, blueprint, but, ids, step, wanted

from stages.design.colours import of
from stages.planning.actions import CreateHost, RemoveHost, RunCommands
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.redeploying import make
from stages.planning.steps import Plan

STAGE, RELEASE = "whole-prod", "0123456789abcdef"
BACK = f"(next: promote rollback --stage prod --to {RELEASE[:12]})"
DRAWN = blueprint(STAGE)
APIS = ("compute-api-blue-1", "compute-api-blue-2")
OVNS = ("ovn-1", "ovn-2", "ovn-3")
WELL = altered(
    altered(all_well(STAGE), *APIS, facts={"servers": "elsewhere-1\t2"}), *OVNS, facts={"ovn": "member"}
)
LOST = HostSeen(State.STOPPED, IMAGE, "2026.1")
CHANGED = ("update file /etc/x",)
DRAIN, EXPECT = (
    [f"{verb}/{name}" for name in ("loadbalancer-1", "loadbalancer-2")] for verb in ("drain", "expect")
)


def redeployed(name: str, observed: Observed = WELL, stage: str = STAGE) -> Plan:
    plan = make(blueprint(stage), observed, wanted(stage), name, RELEASE)
    assert_sound(plan)
    return plan


def refused(name: str, observed: Observed = WELL) -> str:
    plan = redeployed(name, observed)
    assert plan.steps == ()
    return "\n".join(plan.refusals)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        (
            "loadbalancer-2",
            ["leave/loadbalancer-2/loadbalancer-1", "gone/loadbalancer-2", "host/loadbalancer-2"],
        ),
        (
            "database-2",
            [
                "leave/database-2/database-1",
                "gone/database-2",
                "left/database-2/database-1",
                "host/database-2",
                "cluster/database-2",
            ],
        ),
        (
            "messaging-2",
            ["leave/messaging-2/messaging-1", "gone/messaging-2", "host/messaging-2", "cluster/messaging-2"],
        ),
        (
            "coordination-2",
            [
                "leave/coordination-2/coordination-1",
                "gone/coordination-2",
                "left/coordination-2/coordination-1",
                "left/coordination-2/coordination-3",
                "host/coordination-2",
                "cluster/coordination-2",
            ],
        ),
        ("ovn-2", ["leave/ovn-2/ovn-1", "gone/ovn-2", "host/ovn-2", "cluster/ovn-2", "ready/ovn"]),
        *(
            (
                f"{role}-blue-2",
                [
                    *DRAIN,
                    f"gone/{role}-blue-2",
                    *EXPECT,
                    f"host/{role}-blue-2",
                    f"service/{role}-blue-2",
                    f"ready/{role}",
                ],
            )
            for role in ("identity", "image", "compute-api", "network-api", "volume-api")
        ),
        (
            "compute-2",
            [
                "leave/compute-2/compute-api-blue-1",
                "gone/compute-2",
                "host/compute-2",
                "service/compute-2",
                "ready/compute",
                "ready/compute-queues",
            ],
        ),
        ("object-store-1", ["gone/object-store-1", "host/object-store-1"]),
    ],
)
def test_a_host_of_each_role_goes_and_comes_one_step_after_the_other(name: str, steps: list[str]) -> None:
    plan = redeployed(name)
    assert ids(plan) == steps
    assert plan.redeploys == name
    after = behind(plan)
    assert all(after[later] == set(steps[:index]) for index, later in enumerate(steps))
    assert isinstance(step(plan, f"host/{name}").action, CreateHost)


def test_every_role_of_the_table_has_an_answer() -> None:
    assert [name for name, role in DRAWN.roles.items() if role.redeploy is None] == []


DATA = {
    "database-2": ("/var/lib/mysql",),
    "messaging-2": ("/var/lib/rabbitmq",),
    "coordination-2": ("/var/lib/redis",),
    "ovn-2": ("/var/lib/ovn",),
    "compute-2": (),
    "object-store-1": (),
}


@pytest.mark.parametrize(("name", "discards"), DATA.items())
def test_data_go_only_where_the_others_have_them(name: str, discards: tuple[str, ...]) -> None:
    plan = redeployed(name)
    gone, made = step(plan, f"gone/{name}"), step(plan, f"host/{name}")
    assert gone.action == RemoveHost(discards)
    assert ("its data, which the other hosts have" in gone.title) == bool(discards)
    assert ("it keeps its data" in made.title) == (not discards)


@pytest.mark.parametrize("name", [host.name for host in blueprint("whole-dev").hosts])
def test_the_only_host_of_a_role_keeps_its_data_and_the_plan_says_that_nobody_serves(name: str) -> None:
    dev = all_well("whole-dev")
    apis = altered(dev, "compute-api-blue-1", facts={"servers": ""})
    plan = redeployed(name, apis, "whole-dev")
    assert step(plan, f"gone/{name}").action == RemoveHost()
    made = step(plan, f"host/{name}")
    role = blueprint("whole-dev").roles[blueprint("whole-dev").host(name).role]
    assert f"no other host is {role.name}, so nobody does its work meanwhile" in made.title
    assert ("it keeps its data" in made.title) == bool(role.keeps)
    assert [one.id for one in plan.steps if one.id.startswith(("drain", "leave", "left"))] == (
        ["leave/compute-1/compute-api-blue-1"] if name == "compute-1" else []
    )


def test_the_database_of_a_stage_that_stands_is_one_that_the_new_host_starts_again() -> None:
    plan = redeployed("database-1", all_well("whole-dev"), "whole-dev")
    assert "cluster/database-1" in ids(plan)


def test_load_balancers_let_go_of_a_host_and_count_it_as_down_until_its_checks_pass() -> None:
    plan = redeployed("compute-api-blue-2")
    drain, expect = step(plan, "drain/loadbalancer-1"), step(plan, "expect/loadbalancer-1")
    assert isinstance(drain.action, RunCommands)
    for action in (drain.action, expect.action):
        for service in ("compute", "metadata", "placement"):
            assert f"{service}/compute-api-blue-2" in str(action)
    assert drain.title == "send nothing more to compute-api-blue-2"


LOST_STEPS = {
    "identity-blue-2": ["gone/identity-blue-2", "host/identity-blue-2", "service/identity-blue-2"],
    "database-2": ["leave/database-2/database-1", "gone/database-2", "left/database-2/database-1"],
    "compute-2": ["gone/compute-2", "host/compute-2", "service/compute-2"],
}


@pytest.mark.parametrize(("name", "first"), LOST_STEPS.items())
def test_a_lost_host_is_redeployed_without_what_it_would_have_to_do_itself(
    name: str, first: list[str]
) -> None:
    assert ids(redeployed(name, but(WELL, **{name: LOST})))[:3] == first


def test_a_host_of_which_nothing_is_left_is_not_removed_but_its_volume_may_be() -> None:
    identity = redeployed("identity-blue-2", but(WELL, identity_blue_2=None))
    assert ids(identity)[0] == "host/identity-blue-2"
    assert "gone/database-2" in ids(redeployed("database-2", but(WELL, database_2=None)))


def test_a_host_that_does_not_answer_may_still_serve_so_it_is_drained_like_any_other() -> None:
    silent = replace(WELL.host("identity-blue-2"), state=State.SILENT)
    assert ids(redeployed("identity-blue-2", but(WELL, identity_blue_2=silent)))[:2] == DRAIN


def test_an_unknown_host_is_refused_with_those_that_there_are() -> None:
    said = refused("identity-blue-3")
    assert "prod has no host identity-blue-3; it has loadbalancer-1, " in said
    assert said.endswith("(next: promote lab status --stage prod)")


CLUSTERS = ("database", "messaging", "coordination", "ovn")


@pytest.mark.parametrize("role", CLUSTERS)
@pytest.mark.parametrize("lost", [LOST, None])
def test_a_cluster_that_is_not_whole_lets_nobody_go(role: str, lost: HostSeen | None) -> None:
    hurt = but(WELL, **{f"{role}-3": lost})
    said = refused(f"{role}-2", hurt)
    assert f"{role}: {role}-2 can't be redeployed: {role}-3 is out of the cluster" in said
    assert said.endswith(BACK)
    assert redeployed(f"{role}-3", hurt).steps, "the one that is missing is redeployed"


def test_a_member_that_runs_and_is_in_no_cluster_counts_as_missing() -> None:
    out = replace(WELL.host("messaging-3"), done=frozenset())
    assert "messaging-3 is out of the cluster" in refused("messaging-2", but(WELL, messaging_3=out))


@pytest.mark.parametrize(
    ("other", "seen", "said"),
    [
        ("image-blue-1", {"changes": CHANGED}, "image-blue-1: update file /etc/x"),
        ("identity-blue-1", {"done": frozenset()}, "identity-blue-1: start keystone"),
        ("compute-1", {"state": State.STOPPED}, "compute-1: start compute-1, which is stopped"),
        ("loadbalancer-1", {"state": State.SILENT}, "loadbalancer-1: replace loadbalancer-1"),
    ],
)
def test_in_a_stage_that_is_not_otherwise_as_it_should_be_nothing_is_redeployed(
    other: str, seen: dict[str, object], said: str
) -> None:
    told = refused("identity-blue-2", altered(WELL, other, **seen))
    assert "other hosts are not as the release has them" in told
    assert said in told
    assert told.endswith(BACK)


def test_what_has_changed_on_the_host_itself_is_no_obstacle() -> None:
    drifted = altered(WELL, "identity-blue-2", changes=CHANGED, image="sha256:old", done=frozenset())
    assert ids(redeployed("identity-blue-2", drifted)) == ids(redeployed("identity-blue-2"))


def test_a_compute_host_with_servers_stays_unless_it_has_lost_them_anyhow() -> None:
    busy = altered(WELL, *APIS, facts={"servers": "compute-2\t3"})
    assert "compute-2 has 3 servers, to be moved or deleted first" in refused("compute-2", busy)
    assert "no compute-api host says" in refused("compute-2", altered(WELL, *APIS, facts={}))
    assert redeployed("compute-2", but(busy, compute_2=LOST)).steps


def test_a_role_without_an_answer_is_refused() -> None:
    roles = {**DRAWN.roles, "image": replace(DRAWN.roles["image"], redeploy=None)}
    plan = make(replace(DRAWN, roles=roles), WELL, wanted(STAGE), "image-blue-2", RELEASE)
    assert "how a host of this role is replaced is not known" in plan.refusals[0]


def test_the_release_refuses_as_for_any_other_plan() -> None:
    assert "no image is recorded" in "".join(
        make(DRAWN, WELL, wanted(STAGE, image=None), "image-blue-2", RELEASE).refusals
    )


@pytest.mark.parametrize("name", ["compute-1", "compute-api-green-2", "loadbalancer-1"])
@pytest.mark.parametrize("beside", [True, False])
def test_where_green_serves_each_step_is_drawn_for_the_colours_that_stand(name: str, *, beside: bool) -> None:
    drawn = stage_of_two.stage(stage_of_two.GREEN, served_by_other=False)
    seen = stage_of_two.standing(drawn, own_stands=True, outside=stage_of_two.NEXT)
    if not beside:
        drawn = replace(drawn, beside=None)
        seen = replace(seen, previews={}, hosts={host.name: seen.hosts[host.name] for host in drawn.hosts})
    facts = {host: {"servers": "elsewhere-1\t2"} for host in seen.hosts if host.startswith("compute-api")}
    hosts = {
        host: replace(one, image=IMAGE, facts=facts.get(host, one.facts)) for host, one in seen.hosts.items()
    }
    wanted_of = stage_of_two.desired(drawn)
    plan = make(drawn, replace(seen, hosts=hosts), wanted_of, name, RELEASE)
    assert plan.refusals == ()
    assert {step.colours for step in plan.steps} == {of(drawn)}
    assert {"leave", "host"} <= {step.kind for step in plan.steps}
