"""A plan does what is needed, in an order in which no service is lost, and nothing else."""

import itertools
from dataclasses import replace

import pytest
from stage_sample import (
    IMAGE,
    OLD_IMAGE,
    all_well,
    behind,
    blueprint,
    but,
    ids,
    planned,
    step,
    wanted,
)

from stages.planning.actions import CreateHost, RemoveHost, StartHost
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make

NOTHING = Observed(gateway=False, hosts={})
DATABASES = ("database-1", "database-2", "database-3")
CHANGED = ("update file /etc/mysql/mariadb.conf.d/90-stagegate.cnf", "restart unit mariadb.service")


def seen(stage: Observed, name: str, **changed: object) -> HostSeen:
    return replace(stage.host(name), **changed)  # type: ignore[arg-type] # each test names a field it knows


WELL = all_well()
SILENT = HostSeen(State.SILENT, IMAGE, "2026.1", why="no result within 20 s")
DOWN = {name: seen(WELL, name, facts={"galera": "stopped data"}, done=frozenset()) for name in DATABASES}


def test_a_fresh_dev_stage_is_built_from_the_image_up() -> None:
    plan = planned(NOTHING, "dev", wanted("dev", None, build=True))
    assert ids(plan)[:2] == ["image", "network"]
    assert {step.host for step in plan.steps if step.kind == "host" and step.host} == {
        "loadbalancer-1",
        "database-1",
        "identity-blue-1",
    }
    after = behind(plan)
    assert after["network"] == {"image"}
    assert after["host/identity-blue-1"] == {"image", "network"}, "hosts are made all at once"
    assert {"cluster/database-1", "schema/accounts", "host/loadbalancer-1"} <= after["schema/keystone"]
    assert "host/identity-blue-1" in after["schema/keystone"]
    assert ids(plan)[-1] == "ready/identity"


def test_a_stage_is_new_where_no_host_of_it_was_there() -> None:
    assert planned(NOTHING).new
    assert planned(Observed(gateway=True, hosts={})).new
    assert not planned(WELL).new
    hosts = {name: replace(host, state=State.STOPPED, image=OLD_IMAGE) for name, host in WELL.hosts.items()}
    assert not planned(Observed(gateway=False, hosts=hosts)).new, (
        "all are made anew, and their data were there"
    )


def test_a_fresh_highly_available_stage_deploys_the_recorded_image_and_its_databases_join_in_turn() -> None:
    plan = planned(NOTHING)
    assert "image" not in ids(plan)
    after = behind(plan)
    everybody = {f"host/{name}" for name in DATABASES}
    assert after["cluster/database-1"] == {"network", *everybody}, "the bootstrapping host asks all others"
    assert "cluster/database-1" in after["cluster/database-2"]
    assert "cluster/database-2" in after["cluster/database-3"]
    first_hosts = [item for item in plan.steps if item.kind == "host" and item.host]
    assert all(item.needs == ("network",) for item in first_hosts)


def test_databases_join_a_new_cluster_when_all_tables_are_made_and_nobody_waits_for_them() -> None:
    # The backup by which a member joins fails when tables are made meanwhile.
    plan = planned(NOTHING, "whole-prod", wanted("whole-prod"))
    after = behind(plan)
    schemas = {step.id for step in plan.steps if step.kind == "schema"}
    assert schemas <= after["cluster/database-2"]
    assert {"cluster/database-1", "schema/accounts"} <= after["schema/keystone"]
    joins = {"cluster/database-2", "cluster/database-3"}
    assert all(joins.isdisjoint(after[step.id]) for step in plan.steps if step.id not in joins)


def test_databases_join_a_cluster_that_is_there_before_tables_are_made() -> None:
    lost = but(WELL, database_3=None)
    without = seen(lost, "identity-blue-1", done=frozenset())
    after = behind(planned(but(lost, identity_blue_1=without)))
    assert "cluster/database-3" in after["schema/keystone"]


def test_a_lost_database_is_back_before_another_role_is_changed() -> None:
    changed = seen(WELL, "identity-blue-1", changes=("restart unit keystone.service",))
    after = behind(planned(but(WELL, database_3=None, identity_blue_1=changed)))
    assert "cluster/database-3" in after["manifest/identity-blue-1"]


@pytest.mark.parametrize("role", ["messaging", "coordination", "ovn"])
def test_members_of_a_new_cluster_join_at_once_behind_the_one_that_starts_it(role: str) -> None:
    after = behind(planned(NOTHING, "whole-prod", wanted("whole-prod")))
    first, *others = (f"cluster/{role}-{number}" for number in (1, 2, 3))
    assert all(first in after[other] for other in others)
    assert all(after[one].isdisjoint(others) for one in others)


@pytest.mark.parametrize("role", ["messaging", "coordination", "ovn"])
def test_members_that_run_outside_any_cluster_join_in_turn(role: str) -> None:
    whole = all_well("whole-prod")
    names = [f"{role}-{number}" for number in (1, 2, 3)]
    out = {name: seen(whole, name, done=frozenset()) for name in names}
    after = behind(planned(but(whole, **out), "whole-prod", wanted("whole-prod")))
    assert f"cluster/{names[1]}" in after[f"cluster/{names[2]}"]


def test_what_can_not_be_undone_says_why() -> None:
    told = {item.id: item.to_json()["undo"] for item in planned(NOTHING).steps}
    assert told["schema/keystone"] == {"possible": False, "why": "a schema migration can't be reverted"}
    assert told["host/database-1"] == {"possible": True, "why": None}
    assert all(undo["why"] for undo in told.values() if not undo["possible"])


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_where_nothing_is_to_be_done_the_plan_is_empty(stage: str) -> None:
    plan = planned(all_well(stage), stage)
    assert plan.to_json() == {"steps": [], "refusals": [], "summary": [], "new": False, "retries": []}


def test_an_image_that_is_built_already_is_only_recorded() -> None:
    plan = planned(all_well("dev"), "dev", wanted("dev", build=True))
    assert [item.title for item in plan.steps] == ["record the host image, which is built already"]


def test_a_changed_my_cnf_goes_node_by_node_with_the_first_member_last() -> None:
    plan = planned(but(WELL, **{name: seen(WELL, name, changes=CHANGED) for name in DATABASES}))
    assert ids(plan) == [f"{kind}/{name}" for name in reversed(DATABASES) for kind in ("manifest", "cluster")]
    assert step(plan, "manifest/database-2").needs == ("cluster/database-3",), "Synced before the next"
    assert step(plan, "manifest/database-3").title == "; ".join(CHANGED)


def test_replaced_members_are_chained_through_their_cluster_steps() -> None:
    plan = planned(but(WELL, **{name: seen(WELL, name, image=OLD_IMAGE) for name in DATABASES}))
    chain = [f"{kind}/{name}" for name in reversed(DATABASES) for kind in ("host", "cluster")]
    assert ids(plan) == chain
    after = behind(plan)
    assert all(after[later] >= set(chain[:index]) for index, later in enumerate(chain))


def test_a_stopped_host_is_started_and_joins_again() -> None:
    plan = planned(but(WELL, database_2=HostSeen(State.STOPPED, IMAGE, "2026.1")))
    assert ids(plan) == ["host/database-2", "cluster/database-2"]
    digest = wanted().manifests["database-2"]
    assert step(plan, "host/database-2").action == StartHost(digest)
    assert step(plan, "cluster/database-2").title == "join database-2 to the Galera cluster"


def test_a_stopped_host_of_another_image_is_made_anew() -> None:
    plan = planned(but(WELL, loadbalancer_2=HostSeen(State.STOPPED, OLD_IMAGE, "2026.1")))
    assert isinstance(step(plan, "host/loadbalancer-2").action, CreateHost)


def test_a_host_that_does_not_answer_is_replaced_and_the_plan_says_why() -> None:
    plan = planned(but(WELL, identity_blue_2=SILENT))
    create = step(plan, "host/identity-blue-2")
    assert create.action == CreateHost(wanted().manifests["identity-blue-2"])
    assert create.title == "replace identity-blue-2, which does not answer (no result within 20 s)"


def test_hosts_that_do_not_answer_are_replaced_in_turn_and_before_one_that_does_is_touched() -> None:
    after = behind(planned(but(WELL, identity_blue_1=SILENT, identity_blue_2=SILENT)))
    assert "host/identity-blue-2" in after["host/identity-blue-1"]
    changed = seen(WELL, "loadbalancer-2", changes=("restart unit haproxy.service",))
    after = behind(planned(but(WELL, loadbalancer_1=SILENT, loadbalancer_2=changed)))
    assert "host/loadbalancer-1" in after["manifest/loadbalancer-2"]


def test_a_member_that_is_surely_out_joins_before_one_that_does_not_answer_is_replaced() -> None:
    after = behind(planned(but(WELL, database_1=SILENT, database_2=None)))
    assert "cluster/database-2" in after["host/database-1"]


def test_who_bootstraps_a_cluster_asks_one_that_did_not_answer_only_when_it_is_made_anew() -> None:
    fresh = {
        name: seen(WELL, name, facts={"galera": "stopped fresh"}, done=frozenset()) for name in DATABASES[:2]
    }
    after = behind(planned(but(WELL, **fresh, **{"database-3": SILENT})))
    assert "host/database-3" in after["cluster/database-1"]


def test_when_most_members_that_keep_data_do_not_answer_none_is_replaced() -> None:
    plan = planned(but(WELL, database_1=SILENT, database_3=SILENT))
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert refusal.startswith("database-1, database-3 run and do not answer")
    assert "docs/operate.md" in refusal


def test_a_single_database_that_does_not_answer_is_replaced() -> None:
    plan = planned(but(all_well("dev"), database_1=SILENT), "dev")
    assert ids(plan)[:2] == ["host/database-1", "cluster/database-1"]


def test_a_member_that_is_out_is_back_in_its_cluster_before_another_one_is_touched() -> None:
    changed = {name: seen(WELL, name, changes=CHANGED) for name in DATABASES[:2]}
    after = behind(planned(but(WELL, database_3=None, **changed)))
    assert "cluster/database-3" in after["manifest/database-2"]
    assert after["manifest/database-1"] > after["manifest/database-2"]


def test_a_member_whose_database_stopped_joins_before_another_one_is_touched() -> None:
    out = seen(WELL, "database-3", done=frozenset(), facts={"galera": "stopped data"})
    plan = planned(but(WELL, database_3=out, database_2=seen(WELL, "database-2", changes=CHANGED)))
    assert ids(plan) == ["cluster/database-3", "manifest/database-2", "cluster/database-2"]
    assert step(plan, "manifest/database-2").needs == ("cluster/database-3",)


def test_another_image_replaces_hosts_one_by_one_and_the_roles_in_the_order_of_needs() -> None:
    plan = planned(
        Observed(gateway=True, hosts={name: seen(WELL, name, image=OLD_IMAGE) for name in WELL.hosts})
    )
    after = behind(plan)
    for role, count in (("loadbalancer", 2), ("database", 3), ("identity-blue", 2)):
        order = [f"host/{role}-{number}" for number in range(count, 0, -1)]
        assert all(earlier in after[later] for earlier, later in itertools.pairwise(order))
    others = {item.id for item in plan.steps if not (item.host or "").startswith("identity")}
    assert others <= after["host/identity-blue-2"]


def test_a_stage_that_stands_in_another_network_is_refused_with_what_to_do() -> None:
    plan = planned(Observed(gateway=True, hosts={}, elsewhere="10.1.2.10"))
    assert plan.steps == ()
    assert "10.1.2.10" in plan.refusals[0]
    assert "promote lab down --stage" in plan.refusals[0]


def test_a_host_that_the_config_no_longer_has_is_removed_last_and_alone() -> None:
    extra = {"database-4": seen(WELL, "database-2"), "database-5": seen(WELL, "database-2")}
    hosts = {
        **WELL.hosts,
        **extra,
        "loadbalancer-1": seen(WELL, "loadbalancer-1", changes=("update file x",)),
    }
    plan = planned(Observed(gateway=True, hosts=hosts))
    assert ids(plan) == ["manifest/loadbalancer-1", "host/database-4", "host/database-5"]
    assert behind(plan)["host/database-5"] == {"manifest/loadbalancer-1", "host/database-4"}
    assert step(plan, "host/database-4").action == RemoveHost()


def test_the_summary_says_what_happens_to_each_host() -> None:
    document = planned(but(WELL, loadbalancer_1=None)).to_json()
    assert document["summary"] == [{"host": "loadbalancer-1", "change": "create loadbalancer-1"}]


def test_another_openstack_release_is_refused() -> None:
    other = replace(blueprint(), openstack="2026.2")
    plan = make(other, WELL, wanted())
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert "prod runs OpenStack 2026.1, the release asks for 2026.2" in refusal
    assert "(next: restore openstack in config/stagegate.yaml)" in refusal


def test_a_later_stage_without_a_recorded_image_is_refused() -> None:
    plan = make(blueprint(), NOTHING, replace(wanted(image=None), recorded=False))
    assert plan.steps == ()
    assert [text.split(":")[0] for text in plan.refusals] == ["no image is recorded for this release"]


def test_databases_that_are_all_down_with_data_are_refused_without_a_guess() -> None:
    plan = planned(but(WELL, **DOWN))
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert "database-3 is stopped data" in refusal
    assert "docs/operate.md" in refusal


def test_all_reasons_to_refuse_are_told_at_once() -> None:
    other = replace(blueprint(), openstack="2026.2")
    plan = make(other, but(WELL, **DOWN), replace(wanted(image=None), recorded=False))
    assert len(plan.refusals) == 3


def test_roles_that_need_each_other_are_a_mistake_that_is_named() -> None:
    drawn = blueprint()
    tangled = {**drawn.roles, "database": replace(drawn.roles["database"], needs=("identity",))}
    with pytest.raises(ValueError, match="need each other: database, identity"):
        make(replace(drawn, roles=tangled), WELL, wanted())
