"""Defects in a standing stage: each turns the smoke gate red, at the check that is there for it."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import gate_by_hand
import pytest
from checkout import Checkout
from defects import Row, rows
from gate_by_hand import Check
from health import await_health
from seeding import judge, seeded

STAGE = "staging"
ROWS = rows("loadbalancer-1", "loadbalancer-2")  # for their number and names; who holds the VIP is asked
NAMES = [defect.name for row in ROWS for defect in row]

Gate = Callable[[], list[Check]]


@pytest.fixture
def gate(staging_target: Path, tmp_path: Path) -> Gate:
    """Run the smoke gate on the stage as if it had been deployed now; return what it says of each check."""

    def run() -> list[Check]:
        # What an earlier defect left in the journals is not this one's.
        target, into = gate_by_hand.deployed_now(staging_target, tmp_path), tmp_path / "into"
        return gate_by_hand.run(gate_by_hand.order("smoke", target, into), into)

    return run


@pytest.fixture
def defects(shared: Checkout) -> tuple[Row, ...]:
    """The rows of defects, for who holds the VIP now."""
    vip = shared.target(STAGE)["vip"]
    balancers = ("loadbalancer-1", "loadbalancer-2")
    holds = {name: f"inet {vip}/" in shared.ssh(STAGE, name, "ip -o addr") for name in balancers}
    assert sorted(holds.values()) == [False, True], holds
    standby, holder = sorted(holds, key=lambda name: holds[name])
    return rows(holder, standby)


@pytest.mark.lab
@pytest.mark.parametrize("row", range(len(ROWS)))
def test_defects_at_once_are_each_seen_by_their_own_checks(
    shared: Checkout, defects: tuple[Row, ...], gate: Gate, row: int
) -> None:
    with ExitStack() as standing:
        for defect in defects[row]:
            standing.enter_context(seeded(shared, STAGE, defect))
        judge(defects[row], gate())


@pytest.mark.prove
@pytest.mark.parametrize("name", NAMES)
def test_a_defect_alone_turns_the_gate_red_at_its_own_checks(
    shared: Checkout, defects: tuple[Row, ...], gate: Gate, name: str
) -> None:
    (defect,) = (one for row in defects for one in row if one.name == name)
    with seeded(shared, STAGE, defect):
        judge([defect], gate())


@pytest.mark.lab
def test_the_stage_is_green_once_the_defects_are_out(staging_target: Path, gate: Gate) -> None:
    await_health(staging_target)
    assert gate_by_hand.red(gate()) == {}
