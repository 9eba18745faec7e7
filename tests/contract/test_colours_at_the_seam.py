"""The colours of a step reach the code that performs it, through an engine that knows none."""

import json

from pipeline.adapters import stages_answers as answers
from pipeline.core.codec import plain
from stages.design import colours
from stages.design.blueprint import Colour
from stages.planning import steps
from stages.planning.actions import ApplyManifest

UPGRADE = colours.Colours(
    Colour.GREEN, colours.Beside(Colour.BLUE, "2026.1", ("identity-blue-1",)), ("identity",)
)


def handed_back(written: steps.Step) -> dict[str, object]:
    """The action of a step of a plan, as the engine has it when it has the step performed."""
    document = json.loads(json.dumps(steps.Plan((written,), ()).to_json()))
    (step,) = answers.plan({"ok": True, "plan": document}).steps
    action: dict[str, object] = json.loads(json.dumps(plain(step)))["action"]
    return action


def test_they_travel_with_the_action() -> None:
    step = steps.Step(
        "cutover/identity/loadbalancer-1", "cutover", "loadbalancer-1", "", (), ApplyManifest("d")
    )
    upgrade = steps.Step(step.id, step.kind, step.host, "", (), step.action, None, UPGRADE)
    assert colours.read(handed_back(upgrade)["colours"]) == UPGRADE  # type: ignore[arg-type] # what was written
    assert "colours" not in handed_back(step)
