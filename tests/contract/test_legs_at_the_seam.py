"""Legs at the seam: what `stages` writes is what `pipeline` reads, and what a release is told of them."""

import json
from dataclasses import replace
from pathlib import Path

from release_programs import CONTEXT, STEP, Release, answer

from pipeline.adapters import stages_answers as answers
from pipeline.core import legs as read
from pipeline.core.plan import Plan
from stages.planning import steps as written


def test_the_legs_that_stages_writes_are_those_that_pipeline_reads() -> None:
    legs = (
        written.Leg("build", ("a",), ("smoke",)),
        written.Leg("cut-over", (), asks_policy=True),
    )
    document = json.loads(json.dumps(written.Plan((), (), legs=legs).to_json()))

    assert answers.plan({"ok": True, "plan": document}).legs == (
        read.Leg("build", ("a",), ("smoke",)),
        read.Leg("cut-over", (), (), asks_policy=True),
    )


def test_a_plan_of_one_leg_is_written_without_any() -> None:
    assert "legs" not in written.Plan((), ()).to_json()


def test_a_release_that_knows_no_legs_plans_one_that_holds_everything(release: Release) -> None:
    real = release.stages(answer(plan={"steps": [], "refusals": [], "summary": []}))
    assert real.plan(CONTEXT) == Plan()


def test_a_step_and_a_gate_of_a_leg_tell_the_release_which(release: Release) -> None:
    real = release.stages("assert request['leg'] == 'build'\n" + answer(ok=True, hosts=[]))
    in_leg = replace(CONTEXT, leg="build")

    assert real.perform(in_leg, STEP).trouble is None
    real.fence(in_leg)


def test_who_makes_a_roster_and_who_shows_the_stage_knows_whose_gate_it_is(release: Release) -> None:
    asked = "assert request['leg'] == 'build'\n"
    in_leg = replace(CONTEXT, leg="build")

    seen = {"roster": [], "within_s": 1, "definition": "d", "inputs": {}}
    assert release.stages(asked + answer(**seen)).roster(in_leg, "smoke").entries == ()
    shown = {"path": "/target.json", "environment": "e"}
    assert release.stages(asked + answer(**shown)).target(in_leg).path == Path("/target.json")


def test_without_legs_a_release_is_told_of_none(release: Release) -> None:
    real = release.stages("assert 'leg' not in request\n" + answer(ok=True))
    assert real.perform(CONTEXT, STEP).trouble is None
