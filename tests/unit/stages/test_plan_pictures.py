"""Whole plans, as they were when somebody last looked at them: each step, and what it waits for.

Where a change of an order is meant, the new picture is committed with it: what fails prints it.
"""

from pathlib import Path

import pytest
from stage_sample import OLD_IMAGE, all_well, altered, but, planned, wanted

from stages.planning.observed import HostSeen, Observed, State
from stages.planning.steps import Plan

STAGE = "whole-prod"
WELL = all_well(STAGE)
PICTURES = Path(__file__).parent / "printed"
CHANGED = ("update file /etc/x",)
FOUND = {
    "new": Observed(gateway=False, hosts={}),
    "another-image": altered(WELL, *WELL.hosts, image=OLD_IMAGE),
    "changed": altered(WELL, *WELL.hosts, changes=CHANGED),
    "lost": but(
        altered(WELL, "identity-blue-1", "image-blue-1", done=frozenset()),
        database_2=None,
        messaging_1=HostSeen(State.SILENT, OLD_IMAGE, "2026.1", why="no result within 20 s"),
        compute_1=None,
    ),
}


def picture(plan: Plan) -> str:
    return "".join(f"{step.id}: {' '.join(step.needs) or '-'}\n" for step in plan.steps)


@pytest.mark.parametrize("name", FOUND)
def test_a_plan_is_what_it_was(name: str) -> None:
    made = picture(planned(FOUND[name], STAGE, wanted(STAGE)))
    assert made.splitlines() == (PICTURES / f"plan-{name}.txt").read_text().splitlines(), made
