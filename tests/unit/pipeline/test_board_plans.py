"""The plans that a server has made for its board: one at a time, and each for as long as it counts."""

import threading
import time

import pytest

from pipeline.board.plans import KEPT_S, Plans
from pipeline.core.errors import TryAgain


def test_one_plan_is_made_at_a_time_and_asking_twice_is_asking_once() -> None:
    made, goes_on = [], threading.Event()

    def make(release: str, stage: str) -> dict[str, object]:
        made.append((release, stage))
        goes_on.wait(30)
        raise RuntimeError("what nobody thought of")

    plans = Plans(make, lambda: 0.0)
    plans.begin("r", "staging")
    plans.begin("r", "staging")
    with pytest.raises(TryAgain, match="a plan for staging is being made"):
        plans.begin("r", "prod")
    before = plans.changes()
    goes_on.set()
    while plans.changes() == before:
        time.sleep(0.01)

    found = plans.of("r", "staging")
    assert made == [("r", "staging")]
    assert found is not None
    assert found.trouble == ("RuntimeError: what nobody thought of",)


def test_plans_that_count_no_more_are_forgotten_when_another_is_made() -> None:
    now = 0.0
    plans = Plans(lambda _release, stage: {"digest": stage}, lambda: now)

    def made(stage: str) -> None:
        before = plans.changes()
        plans.begin("r", stage)
        while plans.changes() < before + 2:
            time.sleep(0.01)

    made("staging")
    now = KEPT_S
    made("prod")
    now = 0.0  # so that only what is not there any more is not shown

    assert plans.of("r", "staging") is None
    assert plans.of("r", "prod") is not None
