"""The steps by which data are backed up before an upgrade changes them. Pure."""

from collections.abc import Iterator

from stages.design.backing_up import Baseline
from stages.design.blueprint import Blueprint
from stages.planning.actions import RunCommands
from stages.planning.observed import Observed
from stages.planning.steps import Step


def backup_steps(blueprint: Blueprint, observed: Observed, state: Baseline) -> Iterator[Step]:
    """A step for each role of the stage that says how its data are backed up."""
    for role in blueprint.roles.values():
        if role.back_up is not None:
            item = role.back_up(blueprint, observed.facts, state)
            yield Step(item.id, item.kind, item.host, item.title, (), RunCommands.of(item))
