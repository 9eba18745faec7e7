"""The final look: what is left over is named, and a stage that is as it was is green."""

from pathlib import Path

import pytest
from checkout import Checkout
from final_defects import LEFT_OVER
from gate_by_hand import Check, order, run, smoke
from seeding import judge, seeded

STAGE = "staging"
ASKED = tuple((name, "inventory_is_as_before") for name in ("nova-api", "keystone", "rabbitmq"))


def looked(whole: Checkout, folder: Path) -> list[Check]:
    return run(order("final", whole.target_path(STAGE), folder / "final", ASKED), folder / "final")


@pytest.mark.prove
def test_what_a_killed_run_left_is_named(whole: Checkout, tmp_path: Path) -> None:
    with seeded(whole, STAGE, LEFT_OVER):
        judge((LEFT_OVER,), looked(whole, tmp_path))


@pytest.mark.prove
def test_a_stage_in_which_nothing_changed_is_as_before(whole: Checkout, tmp_path: Path) -> None:
    smoke(whole.target_path(STAGE), tmp_path)
    checks = looked(whole, tmp_path)
    assert {one["check"]: one["outcome"] for one in checks} == {"inventory_is_as_before": "passed"}, checks
