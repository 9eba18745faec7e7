"""The backup in the plan of an upgrade: where it stands, and when there is none."""

from collections.abc import Mapping
from dataclasses import replace

from stage_of_two import BLUE, GREEN, planned, stage, standing
from stage_sample import altered, behind, but, step

from stages.planning.steps import Plan

OWN = {own: stage(own, served_by_other=True) for own in (GREEN, BLUE)}


def by_leg(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    return {leg.name: leg.steps for leg in plan.legs}


def test_expand_begins_with_a_backup_of_a_database_that_takes_no_writes_and_every_change_waits_for_it() -> (
    None
):
    plan = planned(OWN[GREEN], standing(OWN[GREEN], own_stands=False))
    steps = by_leg(plan)["expand"]
    assert steps[0] == "backup/database-3"
    assert step(plan, "backup/database-3").irreversible is None
    before = behind(plan)
    changing = [name for name in steps if name.endswith(("-expand", "-migrate"))]
    assert len(changing) == 7
    assert all("backup/database-3" in before[name] for name in changing)


def test_the_backup_is_of_a_member_that_serves() -> None:
    well = standing(OWN[GREEN], own_stands=False)
    out = replace(well.host("database-3"), facts={"galera": "stopped data"})
    plan = planned(OWN[GREEN], but(well, database_3=out))
    assert by_leg(plan)["expand"][0] == "backup/database-2"


def test_once_every_schema_was_changed_nothing_is_backed_up_again() -> None:
    plan = planned(OWN[GREEN], standing(OWN[GREEN], own_stands=True))
    assert not [one for one in plan.steps if one.kind in {"backup", "schema"}]


def test_the_way_back_backs_up_nothing() -> None:
    plan = planned(OWN[BLUE], standing(OWN[BLUE], own_stands=True))
    assert not [one for one in plan.steps if one.kind == "backup"]


def test_as_long_as_a_phase_is_left_each_plan_backs_up_what_there_is_now() -> None:
    observed = standing(OWN[GREEN], own_stands=True)
    left = observed.host("volume-api-green-1").done - {"schema/cinder-expand"}
    plan = planned(OWN[GREEN], altered(observed, "volume-api-green-1", done=left))
    assert by_leg(plan)["expand"][0] == "backup/database-3"


def test_every_change_waits_for_it_though_a_service_has_changed_over() -> None:
    drawn = stage(GREEN, served_by_other=("image", "compute", "placement", "network", "volume"))
    observed = standing(drawn, own_stands=True)
    left = observed.host("volume-api-green-1").done - {"schema/cinder-expand"}
    plan = planned(drawn, altered(observed, "volume-api-green-1", done=left))
    assert "backup/database-3" in behind(plan)["schema/cinder-expand"]
