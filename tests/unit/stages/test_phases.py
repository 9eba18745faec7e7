"""What each phase of an upgrade does on which host, and how it is known to be done."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from stage_of_two import stage

from pipeline.adapters.heard import LIMIT_S
from stages.design.blueprint import Colour, Plane, Tier
from stages.design.manifest import Command
from stages.design.parts import Formation
from stages.design.upgrading import UpgradePhase
from stages.machine.images import releases
from stages.openstack import phases
from stages.openstack.hosts import APPLIED, PHASE
from stages.openstack.review import Review

EXPAND, MIGRATE, ONLINE, CONTRACT = UpgradePhase
PROJECTS = {"keystone", "glance", "placement", "nova", "neutron", "cinder"}
STEP = ("2025.2", "2026.1")
TWO = stage(Colour.GREEN, served_by_other=True)
DRAWN = replace(
    TWO, beside=Plane(Tier.COLOURED, Colour.BLUE, STEP[0], TWO.beside.hosts if TWO.beside else ())
)


def review() -> Review:
    found = releases.read().review(*STEP)
    assert found is not None
    return found


def plane() -> Plane:
    (found,) = [one for one in DRAWN.planes if one.colour]
    return found


def made(*some: UpgradePhase) -> dict[str, Formation]:
    return {one.id: one for one in phases.formations(DRAWN, plane(), review(), some)}


def told(formation: Formation) -> Mapping[str, Any]:
    """What the program on the host is told."""
    (command,) = [one for one in formation.commands if isinstance(one, Command) and one.run[0] == PHASE]
    found: Mapping[str, Any] = json.loads(command.run[-1])
    return found


def commands(formation: Formation) -> list[str]:
    return [" ".join(work["command"]) for work in told(formation)["works"]]


def test_each_project_is_asked_then_expanded_and_glance_alone_migrates_rows_before_the_cut_over() -> None:
    found = made(EXPAND, MIGRATE)
    expected = {f"schema/{name}-{what}" for name in PROJECTS for what in ("ready", "expand")}
    assert set(found) == expected | {"schema/glance-migrate"}
    for name in PROJECTS:
        assert found[f"schema/{name}-expand"].after == (f"schema/{name}-ready",)
    assert found["schema/glance-migrate"].after == ("schema/glance-expand",)


def test_a_project_is_asked_each_time_until_the_first_client_has_changed_over() -> None:
    asked = made(EXPAND)["schema/nova-ready"]
    assert asked.done is None
    begun = replace(DRAWN, served={"image": Colour.BLUE})
    found = phases.formations(begun, plane(), review(), [EXPAND])
    assert [one.id for one in found if one.kind == phases.CHECK] == []
    assert {one.after for one in found} == {()}


def test_all_is_done_on_the_first_host_of_its_own_colour() -> None:
    hosts = {one.host for one in made(*UpgradePhase).values()}
    assert hosts == {
        f"{role}-green-1" for role in ("identity", "image", "compute-api", "network-api", "volume-api")
    }


def test_commands_run_as_the_project_and_wait_for_the_database_without_a_limit() -> None:
    api, cells = commands(made(EXPAND)["schema/nova-expand"])
    assert api.startswith("runuser -u nova -- env ")
    assert "OS_API_DATABASE__CONNECTION_PARAMETERS= OS_DATABASE__CONNECTION_PARAMETERS= /opt" in api
    assert api.endswith("nova-manage --config-file /etc/nova/nova.conf api_db sync")
    assert cells.endswith("db sync")


def test_accepted_are_the_reviewed_revisions_of_the_phase_and_of_those_after_it() -> None:
    heads = review().heads["neutron"]
    assert heads.expanded != heads.before
    expanded, contracted = (
        made(EXPAND, CONTRACT)["schema/neutron-expand"],
        made(CONTRACT)["schema/neutron-contract"],
    )
    (head,) = told(expanded)["heads"]
    assert head["accepted"] == [sorted(heads.expanded), sorted(heads.contracted)]
    (head,) = told(contracted)["heads"]
    assert head["accepted"] == [sorted(heads.contracted)]
    (head,) = told(made(EXPAND)["schema/neutron-ready"])["heads"]
    assert sorted(heads.before) in head["accepted"]


def test_both_cells_are_looked_at() -> None:
    assert {head["schema"] for head in told(made(EXPAND)["schema/nova-expand"])["heads"]} == {
        "nova_api",
        "nova",
        "nova_cell0",
    }


def test_a_question_that_can_not_be_relied_upon_is_not_asked() -> None:
    later = releases.read().review("2026.1", "2026.2")
    assert later is not None
    found = {one.id: one for one in phases.formations(DRAWN, plane(), later, [EXPAND])}
    assert told(found["schema/glance-ready"])["question"] is None
    assert told(found["schema/nova-ready"])["question"]["command"][-2:] == ["upgrade", "check"]


def test_before_the_cut_over_nothing_ends_the_release_before() -> None:
    assert {one.irreversible for one in made(EXPAND, MIGRATE).values()} == {None}


@pytest.mark.parametrize("phase", [ONLINE, CONTRACT])
def test_later_phases_say_why_they_end_it_and_record_that_first(phase: UpgradePhase) -> None:
    found = [one for one in made(phase).values() if one.id.endswith(phase.value)]
    assert found
    for one in found:
        assert one.irreversible
        first, *_ = (command for command in one.commands if isinstance(command, Command))
        project = one.id.removeprefix("schema/").partition("-")[0]
        assert first.run == (APPLIED, "note", f"ended/{project}", "2025.2")
        assert first.unless is None


@pytest.mark.parametrize("phase", [EXPAND, MIGRATE])
def test_before_the_cut_over_a_phase_that_failed_goes_on_with_a_promotion(phase: UpgradePhase) -> None:
    assert all("then: promote --stage prod: " in told(one)["then"] for one in made(phase).values())


@pytest.mark.parametrize("phase", [ONLINE, CONTRACT])
def test_afterwards_only_a_retirement_goes_on(phase: UpgradePhase) -> None:
    found = [one for one in made(phase).values() if one.kind == "schema" and one.irreversible]
    assert found
    assert all("then: promote retire --stage prod" in told(one)["then"] for one in found)


def test_what_neutron_may_not_do_while_it_serves_is_asked_and_is_for_a_person() -> None:
    ask = made(CONTRACT)["schema/neutron-contract-ready"]
    assert (ask.kind, ask.done, ask.irreversible) == (phases.CHECK, None, None)
    assert told(ask)["question"]["command"][-1] == "has_offline_migrations"
    assert "upgrade --contract; then: promote retire --stage prod" in told(ask)["then"]
    assert [name for name in made(ONLINE, CONTRACT) if name.endswith("-ready")] == [
        "schema/neutron-contract-ready"
    ]


def test_online_migrations_are_known_from_a_record_since_no_revision_tells() -> None:
    spec = told(made(ONLINE)["schema/nova-online"])
    assert spec["noted"] == [APPLIED, "known", "online/nova", "2025.2-2026.1"]
    assert spec["note"] == [APPLIED, "note", "online/nova", "2025.2-2026.1"]
    assert spec["works"][0]["again"] == 1


def test_after_contract_the_way_of_a_new_stage_counts_as_done() -> None:
    own = {
        one.id: one
        for name in DRAWN.roles
        for of in DRAWN.planes_of(name)
        for one in DRAWN.roles[name].form(DRAWN, of, {})
        if isinstance(one, Formation) and one.tables
    }
    found = made(ONLINE, CONTRACT)
    assert len(own) == 7
    for name, one in own.items():
        assert found[name].done == one.done
        (command,) = found[name].commands
        assert isinstance(command, Command)
        assert command.run == (APPLIED, "note", *(one.done or ())[2:])
        assert set(found[name].after) <= set(found)
        assert found[name].after


def test_the_host_ends_a_migration_before_the_engine_ends_the_call() -> None:
    run = made(EXPAND)["schema/nova-expand"].commands[-2]
    assert isinstance(run, Command)
    assert run.within + phases.ASKED_WITHIN < LIMIT_S


def test_nothing_that_is_done_is_done_again() -> None:
    for one in (one for one in made(EXPAND, MIGRATE).values() if one.kind != phases.CHECK):
        guarded = [command for command in one.commands if isinstance(command, Command) and not command.tells]
        assert [command.unless for command in guarded] == [one.done]
