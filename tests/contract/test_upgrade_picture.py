"""The picture of an upgrade in docs/upgrade.md is how the plan is drawn that stages make of it."""

import json
import re
from dataclasses import replace
from pathlib import Path

from stage_of_two import BALANCERS, GREEN, desired, stage, standing
from stage_sample import altered

from pipeline.adapters import stages_answers as answers
from pipeline.cli.legs_shown import legs_lines, reversible
from pipeline.core.kinds import Kind
from pipeline.core.plan import Plan
from stages.planning import order

PAGE = Path(__file__).resolve().parents[2] / "docs" / "upgrade.md"


def upgrade() -> Plan:
    """The plan of an upgrade of a stage with all roles that rehearses it, as the engine reads it."""
    drawn = stage(GREEN, served_by_other=True)
    stands = replace(standing(drawn, own_stands=False), previews={})
    told = altered(stands, *BALANCERS, changes=("update file /etc/haproxy/haproxy.cfg",))
    plan = order.make(drawn, told, replace(desired(drawn), rehearses=True))
    return answers.plan({"ok": True, "plan": json.loads(json.dumps(plan.to_json()))})


def test_the_blocks_of_the_page_are_those_of_the_plan() -> None:
    written = re.findall(r"^(?:╭─|   policy).*$", PAGE.read_text(), re.MULTILINE)
    plan = upgrade()
    assert written == [line for line in legs_lines(plan, Kind.PROMOTE, ()) if line[0] in "╭ "]
    assert reversible(plan, Kind.PROMOTE) in PAGE.read_text()


def test_the_counts_of_steps_on_the_page_are_those_of_the_plan() -> None:
    plan, text = upgrade(), PAGE.read_text()
    expand, build, *_ = plan.legs
    assert set(re.findall(r"of (\d+) steps", text)) == {str(len(plan.steps))}
    assert f"between, {len(expand.steps) + len(build.steps)} of" in text
    assert f"leg 1 of {len(plan.legs)}, expand, begins: {len(expand.steps)} steps" in text
