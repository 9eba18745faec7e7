"""A step waits for what it needs of a role, and not for all that is planned there."""

from itertools import pairwise

import pytest
from stage_sample import all_well, altered, behind, blueprint, but, formed, planned, wanted

from stages.design.parts import Formation, Milestone, Phase
from stages.planning.observed import Observed

STAGE = "whole-prod"
DRAWN = blueprint(STAGE)
NEW = behind(planned(Observed(gateway=False, hosts={}), STAGE, wanted(STAGE)))
EVERY = {item.id: item for role in DRAWN.roles for item in formed(STAGE, role)}
SCHEMAS = [name for name, item in EVERY.items() if item.needs and item.kind == "schema"]
KINDS = {
    Phase.BOOTSTRAP: {"cluster"},
    Phase.EXPAND: {"schema"},
    Phase.MIGRATE: {"schema"},
    Phase.SERVE: {"service", "ready"},
}


def until(role: str, phase: Phase) -> set[str]:
    """The formations up to a milestone."""
    return {item.id for item in formed(STAGE, role) if item.phase.value <= phase.value}


@pytest.mark.parametrize("formation", EVERY.values(), ids=EVERY)
def test_a_formation_comes_after_none_of_a_later_phase(formation: Formation) -> None:
    assert formation.kind in KINDS[formation.phase]
    assert all(EVERY[name].phase.value <= formation.phase.value for name in formation.after)


def test_phases_are_in_the_order_in_which_a_role_gets_there() -> None:
    order = [phase.value for phase in Phase]
    assert all(one < other for one, other in pairwise(order))
    assert {item.phase for item in EVERY.values()} == set(Phase), "each is used"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_waits_until_its_database_exists_behind_load_balancers_and_for_no_more(name: str) -> None:
    first = {"cluster/database-1", "schema/accounts"}
    assert {*first, "host/loadbalancer-1", "host/loadbalancer-2"} <= NEW[name]
    others = {one for one in NEW[name] if one.startswith(("cluster/", "service/", "ready/"))}
    assert others == {"cluster/database-1"}


def test_databases_join_a_new_cluster_when_all_tables_are_made_there_whatever_else_is_made_elsewhere() -> (
    None
):
    waited = NEW["cluster/database-2"]
    for name, role in DRAWN.roles.items():
        if role.databases:
            assert until(name, Phase.MIGRATE) <= waited
            assert waited.isdisjoint(until(name, Phase.SERVE) - until(name, Phase.MIGRATE))
    assert waited.isdisjoint({"schema/ovn", "schema/bucket", "cluster/messaging-1", "cluster/coordination-1"})


def test_a_missing_schema_waits_for_a_member_that_is_out_and_not_for_services_of_another_role() -> None:
    observed = altered(but(all_well(STAGE), database_3=None), "image-blue-1", done=frozenset())
    after = behind(
        planned(altered(observed, "identity-blue-2", changes=("update file /etc/x",)), STAGE, wanted(STAGE))
    )
    assert "cluster/database-3" in after["schema/glance"]
    assert "manifest/identity-blue-2" not in after["schema/glance"]
    assert "manifest/identity-blue-2" in after["service/image-blue-1"]


def test_a_formation_that_needs_what_comes_later_is_waited_for_by_nobody() -> None:
    late = {item.id for item in EVERY.values() if Milestone("identity", Phase.MIGRATE) in (item.needs or ())}
    assert late == {"cluster/database-2", "cluster/database-3"}
    assert all(late.isdisjoint(waited) for name, waited in NEW.items() if name not in late)
