"""A plan does what is needed, in an order in which no service is lost, and nothing else."""

import itertools
from dataclasses import replace

import pytest
from stage_sample import (
    DATABASES,
    IMAGE,
    OLD_IMAGE,
    all_well,
    altered,
    behind,
    blueprint,
    but,
    ids,
    planned,
    step,
    wanted,
    with_planes,
)

from stages.design.blueprint import Blueprint, Colour
from stages.planning.actions import CreateHost, StartHost
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.steps import Desired

NOTHING = Observed(gateway=False, hosts={})
CHANGED = ("update file /etc/mysql/mariadb.conf.d/90-stagegate.cnf", "restart unit mariadb.service")
WELL = all_well()
SILENT = HostSeen(State.SILENT, IMAGE, "2026.1", why="no result within 20 s")
LOST = but(WELL, database_3=None)
FRESH = altered(WELL, *DATABASES, facts={"galera": "stopped fresh"}, done=frozenset())
DOWN = altered(WELL, *DATABASES, facts={"galera": "stopped data"}, done=frozenset())
OTHER_RELEASE = with_planes(blueprint(), {Colour.BLUE: "2026.2"})
NO_IMAGE = replace(wanted(image=None), recorded=False)


def test_a_fresh_dev_stage_is_built_from_the_image_up() -> None:
    plan = planned(NOTHING, "dev", wanted("dev", None, build=True))
    assert ids(plan)[:2] == ["image", "network"]
    hosts = {name for name in ids(plan) if name.startswith("host/")}
    assert hosts == {"host/loadbalancer-1", "host/database-1", "host/identity-blue-1"}
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
    stopped = altered(WELL, *WELL.hosts, state=State.STOPPED, image=OLD_IMAGE)
    assert not planned(replace(stopped, gateway=False)).new, "all are replaced, and their data were there"


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
    elsewhere = {"schema/ovn", "schema/bucket"}
    schemas = {step.id for step in plan.steps if step.kind == "schema"} - elsewhere
    assert schemas <= after["cluster/database-2"]
    assert {"cluster/database-1", "schema/accounts"} <= after["schema/keystone"]
    joins = {"cluster/database-2", "cluster/database-3"}
    assert all(joins.isdisjoint(after[step.id]) for step in plan.steps if step.id not in joins)


@pytest.mark.parametrize(
    ("observed", "earlier", "later"),
    [
        # A lost database is back before another role is changed, and before tables are made in its cluster.
        (altered(LOST, "identity-blue-1", changes=CHANGED), "cluster/database-3", "manifest/identity-blue-1"),
        (altered(LOST, "identity-blue-1", done=frozenset()), "cluster/database-3", "schema/keystone"),
        # It is back before another member is changed, and those are changed in turn.
        (altered(LOST, *DATABASES[:2], changes=CHANGED), "cluster/database-3", "manifest/database-2"),
        (altered(LOST, *DATABASES[:2], changes=CHANGED), "manifest/database-2", "manifest/database-1"),
        # Hosts that do not answer are replaced in turn, and before one that answers is changed.
        (
            but(WELL, identity_blue_1=SILENT, identity_blue_2=SILENT),
            "host/identity-blue-2",
            "host/identity-blue-1",
        ),
        (
            altered(but(WELL, loadbalancer_1=SILENT), "loadbalancer-2", changes=CHANGED),
            "host/loadbalancer-1",
            "manifest/loadbalancer-2",
        ),
        # A member that is certainly out joins before one that does not answer is replaced.
        (but(WELL, database_1=SILENT, database_2=None), "cluster/database-2", "host/database-1"),
        # The bootstrapping host queries one that did not answer only when that is replaced.
        (but(FRESH, database_3=SILENT), "host/database-3", "cluster/database-1"),
    ],
)
def test_a_step_waits_for_another(observed: Observed, earlier: str, later: str) -> None:
    assert earlier in behind(planned(observed))[later]


@pytest.mark.parametrize("role", ["messaging", "coordination", "ovn"])
def test_members_join_a_new_cluster_at_once_but_one_by_one_where_they_run_outside_any(role: str) -> None:
    names = [f"{role}-{number}" for number in (1, 2, 3)]
    first, second, third = (f"cluster/{name}" for name in names)
    after = behind(planned(NOTHING, "whole-prod", wanted("whole-prod")))
    assert all(first in after[other] for other in (second, third))
    assert all(after[one].isdisjoint({second, third}) for one in (first, second, third))
    outside = altered(all_well("whole-prod"), *names, done=frozenset())
    assert second in behind(planned(outside, "whole-prod", wanted("whole-prod")))[third]


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


@pytest.mark.parametrize(
    ("kind", "fields"), [("manifest", {"changes": CHANGED}), ("host", {"image": OLD_IMAGE})]
)
def test_members_are_changed_one_by_one_each_in_its_cluster_before_the_next_and_the_first_last(
    kind: str, fields: dict[str, object]
) -> None:
    plan = planned(altered(WELL, *DATABASES, **fields))
    chain = [f"{done}/{name}" for name in reversed(DATABASES) for done in (kind, "cluster")]
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


def test_a_single_database_that_does_not_answer_is_replaced() -> None:
    plan = planned(but(all_well("dev"), database_1=SILENT), "dev")
    assert ids(plan)[:2] == ["host/database-1", "cluster/database-1"]


def test_a_member_whose_database_stopped_joins_before_another_one_is_touched() -> None:
    out = altered(WELL, "database-3", done=frozenset(), facts={"galera": "stopped data"})
    plan = planned(altered(out, "database-2", changes=CHANGED))
    assert ids(plan) == ["cluster/database-3", "manifest/database-2", "cluster/database-2"]
    change = step(plan, "manifest/database-2")
    assert (change.needs, change.title) == (("cluster/database-3",), "; ".join(CHANGED))


def test_another_image_replaces_hosts_one_by_one_and_the_roles_in_the_order_of_needs() -> None:
    plan = planned(altered(WELL, *WELL.hosts, image=OLD_IMAGE))
    after = behind(plan)
    for role, count in (("loadbalancer", 2), ("database", 3), ("identity-blue", 2)):
        order = [f"host/{role}-{number}" for number in range(count, 0, -1)]
        assert all(earlier in after[later] for earlier, later in itertools.pairwise(order))
    others = {item.id for item in plan.steps if not (item.host or "").startswith("identity")}
    assert others <= after["host/identity-blue-2"]


def test_the_summary_says_what_happens_to_each_host() -> None:
    document = planned(but(WELL, loadbalancer_1=None)).to_json()
    assert document["summary"] == [{"host": "loadbalancer-1", "change": "create loadbalancer-1"}]


@pytest.mark.parametrize(
    ("drawn", "observed", "desired", "told"),
    [
        (
            blueprint(),
            Observed(gateway=True, hosts={}, elsewhere="10.1.2.10"),
            wanted(),
            ["10.1.2.10", "promote lab down --stage"],
        ),
        (
            OTHER_RELEASE,
            WELL,
            wanted(),
            [
                "prod runs OpenStack 2026.1, the release asks for 2026.2",
                "(next: restore openstack in config/stagegate.yaml)",
            ],
        ),
        (blueprint(), NOTHING, NO_IMAGE, ["no image is recorded for this release: "]),
        # Which data are the newest is not guessed.
        (
            blueprint(),
            DOWN,
            wanted(),
            ["database-3 is stopped data", "(next: promote bootstrap --stage prod)"],
        ),
        (
            blueprint(),
            but(WELL, database_1=SILENT, database_3=SILENT),
            wanted(),
            ["database-1, database-3 run and do not answer", "docs/operate.md"],
        ),
    ],
)
def test_a_plan_that_refuses_has_no_steps_and_says_why_and_what_to_do(
    drawn: Blueprint, observed: Observed, desired: Desired, told: list[str]
) -> None:
    plan = make(drawn, observed, desired)
    (refusal,) = plan.refusals
    assert [part for part in told if part not in refusal] == []
    assert plan.steps == ()


def test_all_reasons_to_refuse_are_told_at_once() -> None:
    assert len(make(OTHER_RELEASE, DOWN, NO_IMAGE).refusals) == 3


def test_roles_that_need_each_other_are_a_mistake_that_is_named() -> None:
    drawn = blueprint()
    tangled = {**drawn.roles, "database": replace(drawn.roles["database"], needs=("identity",))}
    with pytest.raises(ValueError, match="need each other: database, identity"):
        make(replace(drawn, roles=tangled), WELL, wanted())


def test_a_host_with_which_data_would_be_lost_is_made_anew_where_that_is_known() -> None:
    keeps = ("/var/lib/mysql", "/var/lib/galera-backups")
    assert ids(planned(altered(WELL, "database-3", outliving=keeps))) == []
    plan = planned(altered(WELL, "database-3", outliving=keeps[:1]))
    assert ids(plan) == ["host/database-3", "cluster/database-3"]
    title = "replace database-3, with which /var/lib/galera-backups would be lost"
    assert step(plan, "host/database-3").title == title
