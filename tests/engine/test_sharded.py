"""A promotion hands its gates over, shards judge them, and a resumption joins what they found."""

from dataclasses import replace

import pytest
from runs import go, interrupt, rolled_back, standing_and_in_legs, story, verified
from sharding import CHECKS, divided, hand_over, part, ran, shard

from pipeline.core import events as ev
from pipeline.core.errors import IllegalTransition, NotEligible, UsageProblem
from pipeline.core.history import replay
from pipeline.core.kinds import Outcome
from pipeline.core.shard import Shard
from pipeline.core.verdict import Verdict
from pipeline.engine.promote import Wish, promote
from pipeline.engine.resume import abort, resume
from pipeline.engine.shard import Part, run_shard
from pipeline.testing import Bench


@pytest.fixture
def handed() -> Bench:
    """A promotion into dev that waits for its gates to be judged."""
    return divided()


def test_it_stops_before_its_gates_open_and_free_for_others(handed: Bench) -> None:
    attempt = handed.shop().history().attempts["p1"]

    assert story(handed, "p1") == ["a"]
    assert (attempt.outcome, attempt.interrupted, handed.ran) == (None, True, [])
    assert handed.store.leases == {}


def test_what_all_shards_have_passed_is_run_once_and_verifies_the_release(handed: Bench) -> None:
    for number in (1, 2):
        assert shard(handed, number).report.evidence.verdict is Verdict.PASS
    result = resume(handed.shop(), "dev")

    evidence = result.attempt.evidence["smoke"]
    assert result.outcome is Outcome.VERIFIED
    assert (evidence.passed, evidence.wanted, evidence.findings) == (3, 3, ())
    assert ran(handed) == sorted(CHECKS)


def test_each_shard_leaves_its_evidence_in_a_folder_of_its_own_and_says_where(handed: Bench) -> None:
    found = [shard(handed, number) for number in (1, 2)]

    assert [one.directory for one in found] == [
        "runs/p1/smoke-shard-1-of-2-1",
        "runs/p1/smoke-shard-2-of-2-1",
    ]
    begun = [record.event for record in handed.store.records if isinstance(record.event, ev.ShardStarted)]
    assert [event.directory for event in begun] == [one.directory for one in found]
    assert all(len(one.report.report) == 64 for one in found)


def test_what_a_missing_shard_was_to_see_is_run_by_the_resumption(handed: Bench) -> None:
    shard(handed, 1)
    seen = set(ran(handed))
    result = resume(handed.shop(), "dev")

    assert result.outcome is Outcome.VERIFIED
    assert ran(handed) == sorted(CHECKS)
    assert 0 < len(seen) < 3


def test_a_missing_shard_is_never_a_pass(handed: Bench) -> None:
    shard(handed, 1)
    handed.answers["smoke"] = "failed"

    result = resume(handed.shop(), "dev")

    assert result.outcome is Outcome.FAILED
    assert {finding.component for finding in result.attempt.evidence["smoke"].findings} < {"a", "b", "c"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("failed", Outcome.FAILED),
        ("inconclusive", Outcome.INCONCLUSIVE),
        ("crash", Outcome.INCONCLUSIVE),
        ("skipped", Outcome.INCONCLUSIVE),
    ],
)
def test_one_shard_that_does_not_pass_decides_and_nothing_is_judged_again(
    bench: Bench, answer: str, outcome: Outcome
) -> None:
    bench.world.checks["smoke"] = CHECKS
    first = verified(bench)
    bench.ran.clear()
    bench.commit("second", a="2")
    hand_over(bench)
    shard(bench, 1)
    bench.answers["smoke"] = answer
    assert shard(bench, 2).report.evidence.verdict is not Verdict.PASS
    before = len(bench.ran)
    bench.answers.clear()

    result = resume(bench.shop(), "dev")

    assert result.first.outcome is outcome
    assert rolled_back(result).release == first
    assert len(bench.ran) == before + len(CHECKS)  # the gate of the rollback


def test_a_shard_that_has_reported_is_not_run_again_whatever_it_would_say_now(handed: Bench) -> None:
    first = shard(handed, 1)
    handed.answers["smoke"] = "failed"
    again = shard(handed, 1)

    assert (again.report, again.before) == (first.report, True)
    assert len([record for record in handed.store.records if isinstance(record.event, ev.ShardJudged)]) == 1


def test_a_shard_in_another_number_of_shards_is_refused(handed: Bench) -> None:
    shard(handed, 1)
    with pytest.raises(NotEligible, match="does not count") as caught:
        shard(handed, 1, 3)
    assert "in 2 shards, not in 3" in caught.value.why


def test_a_shard_of_another_attempt_is_refused(handed: Bench) -> None:
    with pytest.raises(NotEligible, match="p7 waits in dev for a gate to be judged no more"):
        run_shard(handed.shop(), part(1, attempt="p7"))
    assert run_shard(handed.shop(), part(1, attempt="p1")).report.attempt == "p1"


def test_nothing_waits_in_a_stage_without_an_open_promotion(bench: Bench) -> None:
    verified(bench)
    with pytest.raises(NotEligible, match="no promotion waits in dev"):
        shard(bench, 1)


def test_a_promotion_that_was_interrupted_before_its_gates_waits_for_no_shard(bench: Bench) -> None:
    bench.commit("first", a="1", b="1")
    interrupt(bench, lambda: go(bench))
    with pytest.raises(NotEligible, match="does not wait for smoke") as caught:
        shard(bench, 1)
    assert "performing" in caught.value.why


def test_a_gate_that_can_not_be_divided_is_left_to_the_resumption(bench: Bench) -> None:
    release = verified(bench)
    promote(bench.shop(), Wish("staging", release, hand_over=True))

    with pytest.raises(UsageProblem, match="failover can't be divided"):
        run_shard(bench.shop(), Part("staging", "failover", Shard(1, 1)))
    run_shard(bench.shop(), Part("staging", "smoke", Shard(1, 1)))
    assert resume(bench.shop(), "staging").outcome is Outcome.VERIFIED
    assert [line for line in bench.ran if "staging" in line] == [
        "smoke in staging: thing/smoke",
        "failover in staging: thing/failover",
    ]


def test_an_abort_leaves_shards_behind_and_rolls_back(bench: Bench) -> None:
    first = verified(bench)
    bench.commit("second", a="2")
    hand_over(bench)
    shard(bench, 1)

    assert rolled_back(abort(bench.shop(), "dev")).release == first


def test_in_a_plan_with_legs_only_the_gates_that_verify_are_handed_over(bench: Bench) -> None:
    standing_and_in_legs(bench)
    hand_over(bench)

    assert story(bench, "p2") == ["leg build", "a", "b", "gate build/smoke", "leg cut-over", "c"]
    found = shard(bench, 1, 1)
    assert found.directory == "runs/p2/cut-over/smoke-shard-1-of-1-1"
    assert resume(bench.shop(), "dev").outcome is Outcome.VERIFIED


def test_what_may_be_reused_is_run_by_no_shard_and_counts_as_reused(bench: Bench) -> None:
    bench.world.checks["smoke"] = CHECKS
    bench.world.rests = {name: (name,) for name in ("a", "b", "c")}
    bench.commit("first", a="1", b="1", c="1")
    go(bench)
    bench.commit("second", a="1", b="2", c="1")
    bench.ran.clear()
    hand_over(bench)
    for number in (1, 2):
        shard(bench, number)

    evidence = resume(bench.shop(), "dev").attempt.evidence["smoke"]
    assert ran(bench) == ["b/healthy"]
    assert (evidence.passed, evidence.wanted, evidence.reused) == (3, 3, {"p1": 2})


def test_what_shards_have_passed_may_be_reused_later(bench: Bench) -> None:
    bench.world.checks["smoke"] = CHECKS
    bench.world.rests = {name: (name,) for name in ("a", "b", "c")}
    bench.commit("first", a="1", b="1", c="1")
    hand_over(bench)
    for number in (1, 2):
        shard(bench, number)
    resume(bench.shop(), "dev")
    bench.commit("second", a="1", b="2", c="1")

    assert go(bench).attempt.evidence["smoke"].reused == {"p1": 2}


@pytest.mark.parametrize("wrong", [{"release": "another"}, {"plan": "another"}])
def test_a_ledger_in_which_a_shard_saw_another_release_or_plan_is_refused(
    handed: Bench, wrong: dict[str, str]
) -> None:
    shard(handed, 1)
    records = handed.store.records
    place, begun = next((n, r) for n, r in enumerate(records) if isinstance(r.event, ev.ShardStarted))
    records[place] = replace(begun, event=replace(begun.event, **wrong))

    with pytest.raises(IllegalTransition, match="another release, or on another plan"):
        replay(records)


def test_a_resumption_of_a_named_attempt_leaves_another_alone(handed: Bench) -> None:
    with pytest.raises(NotEligible, match="p7 is not open in dev any more"):
        resume(handed.shop(), "dev", named="p7")
    assert resume(handed.shop(), "dev", named="p1").outcome is Outcome.VERIFIED


def test_a_ledger_in_which_a_shard_began_while_the_promotion_was_driven_is_refused(handed: Bench) -> None:
    shard(handed, 1)
    without = [record for record in handed.store.records if not isinstance(record.event, ev.Interrupted)]
    records = [replace(record, seq=number) for number, record in enumerate(without, 1)]

    with pytest.raises(IllegalTransition, match="began while nobody waits for it"):
        replay(records)
