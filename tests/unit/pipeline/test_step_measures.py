"""What a release measured in a step is in the ledger, and promote show has it."""

import pytest
from desk import Desk, green

from pipeline.ports import StepResult
from pipeline.testing.deployer import FakeDeployer


def test_show_has_what_a_step_measured_and_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = {"measured": {"identity green requests": 109, "identity green 5xx": 0}, "told": ["as good"]}
    result = StepResult(receipt=receipt, artifacts={"image": "sha256:1"})
    monkeypatch.setattr(FakeDeployer, "perform", lambda *_: result)
    desk(*green(desk))

    (bar, _) = desk.document("show", "p1")["timeline"]
    assert (bar["measured"], bar["told"]) == (receipt["measured"], receipt["told"])
    assert desk("show", "p1") == 0
    assert "a: as good\na measured: identity green requests 109\n" in desk.out
