"""Which release waits for a stage, and is promoted by a job that comes regularly."""

import pytest
from runs import go, verified

from pipeline.core.errors import StageHeld
from pipeline.core.kinds import Outcome
from pipeline.core.policy.waiting import waiting
from pipeline.core.verdict import Verdict
from pipeline.engine.gate import run_gate
from pipeline.engine.holds import hold, unhold
from pipeline.testing import Bench


def waits(bench: Bench, stage: str = "staging") -> str | None:
    history = bench.shop().history()
    assert history.line is not None
    rules = history.line.stage(stage)
    assert rules is not None
    found = waiting(history, rules)
    return found.alias if found else None


def test_what_stands_verified_before_waits_until_it_is_brought(bench: Bench) -> None:
    verified(bench)
    assert waits(bench) == "r1"
    go(bench, "staging")
    assert waits(bench) is None


def test_what_a_hold_kept_out_waits(bench: Bench) -> None:
    verified(bench)
    hold(bench.shop(), "staging", "fair", None)
    with pytest.raises(StageHeld):
        go(bench, "staging")
    assert waits(bench) == "r1"
    unhold(bench.shop(), "h1", None)
    assert waits(bench) == "r1"


def test_what_has_failed_is_not_tried_again_not_even_after_a_gate_by_hand(bench: Bench) -> None:
    verified(bench)
    go(bench, "staging")
    second = bench.commit("second", a="2")
    go(bench)
    assert waits(bench) == "r2"
    bench.answers[f"smoke of {second}"] = "failed"
    assert go(bench, "staging").first.outcome is Outcome.FAILED
    bench.answers.clear()
    assert run_gate(bench.shop(), "smoke", "staging").verdict is Verdict.PASS

    assert waits(bench) is None


def test_nothing_waits_for_the_first_stage_or_for_one_before_which_nothing_stands(bench: Bench) -> None:
    verified(bench)
    assert waits(bench, "dev") is None
    assert waits(bench, "prod") is None
