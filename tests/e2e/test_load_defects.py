"""The load gate on a whole control plane: red at the check that is there for each defect, else green."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from checkout import Checkout
from gate_by_hand import Check, order, red, run
from health import await_health
from load_defects import DEFECTS
from seeding import Defect, judge, seeded

STAGE = "staging"
CASES = [
    pytest.param(DEFECTS, id=f"{len(DEFECTS)}-defects"),
    *(pytest.param((one,), id=one.name) for one in DEFECTS),
]


def loaded(whole: Checkout, folder: Path) -> list[Check]:
    return run(order("load", whole.target_path(STAGE), folder / "into"), folder / "into")


@pytest.mark.prove
@pytest.mark.parametrize("defects", CASES)
def test_defects_that_show_only_under_load_are_each_seen(
    whole: Checkout, defects: Sequence[Defect], tmp_path: Path
) -> None:
    with ExitStack() as standing:
        for defect in defects:
            standing.enter_context(seeded(whole, STAGE, defect))
        judge(defects, loaded(whole, tmp_path))


@pytest.mark.prove
def test_a_sound_stage_is_green_under_load(whole: Checkout, tmp_path: Path) -> None:
    await_health(whole.target_path(STAGE))
    checks = loaded(whole, tmp_path)
    assert {check["outcome"] for check in checks} == {"passed"}, red(checks)
