"""Colours go through an engine that knows none: to who performs a step, and to who asks what stands."""

import json
from dataclasses import asdict

from pipeline.adapters import stages_answers as answers
from pipeline.core.codec import plain
from pipeline.core.planes import PlaneSeen, PlanesSeen, ServiceSeen
from stages.design import colours
from stages.design.blueprint import Colour
from stages.planning import steps
from stages.planning.actions import ApplyManifest
from stages.requests.planes import PlaneRow, ServiceRow

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


def test_what_stands_is_told_in_rows_that_the_engine_reads_as_they_are() -> None:
    plane = PlaneRow("green", "OpenStack 2026.1", 2, 1, ("image-green-1 (silent)",))
    service = ServiceRow("identity", {"blue": 90, "green": 10}, ("cutover/identity/loadbalancer-1",))
    told = {"ok": True, "planes": [asdict(plane)], "services": [asdict(service)], "unknown": "why"}

    assert answers.planes(json.loads(json.dumps(told))) == PlanesSeen(
        (PlaneSeen("green", "OpenStack 2026.1", 2, 1, ("image-green-1 (silent)",)),),
        (ServiceSeen("identity", {"blue": 90, "green": 10}, ("cutover/identity/loadbalancer-1",)),),
        "why",
    )
