"""What a plan does with the data of machines that leave."""

from dataclasses import replace

from stage_sample import all_well, blueprint, wanted

from stages.design.inventory import Inventory
from stages.planning.actions import RemoveHost
from stages.planning.order import make
from stages.planning.steps import Step

STAGE = "whole-prod"
DRAWN = blueprint(STAGE)
MACHINES = Inventory("192.0.2.5", "/etc/stagegate/root_key", {})


def removals(*names: str, on: Inventory | None) -> list[Step]:
    stays = {host.name for host in DRAWN.hosts} - set(names)
    roles = {host.role for host in DRAWN.hosts if host.name in stays}
    known = {name: role for name, role in DRAWN.roles.items() if name in roles}
    drawn = replace(DRAWN.having(stays), roles=known, inventory=on)
    plan = make(drawn, all_well(STAGE), wanted(STAGE))
    return [step for step in plan.steps if isinstance(step.action, RemoveHost)]


def test_a_machine_whose_role_stays_leaves_with_its_data_and_the_plan_says_so() -> None:
    (step,) = removals("database-3", on=MACHINES)
    assert step.action == RemoveHost(("/var/lib/mysql", "/var/lib/galera-backups"))
    assert step.title == "remove database-3 and its data, which the config no longer has"
    assert step.irreversible
    (step,) = removals("database-3", on=None)
    assert (step.action, step.irreversible) == (RemoveHost(), None)
    (step,) = removals("identity-blue-2", on=MACHINES)
    assert (step.action, step.irreversible) == (RemoveHost(), None), "it has no data"


def test_data_of_a_role_that_goes_as_a_whole_stay_on_its_machines() -> None:
    steps = removals("coordination-1", "coordination-2", "coordination-3", on=MACHINES)
    assert [(step.action, step.irreversible) for step in steps] == [(RemoveHost(), None)] * 3
