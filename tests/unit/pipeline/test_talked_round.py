"""The engine can't be talked round: no sequence of commands makes a turned-down release good."""

import pytest
from desk import Desk, too_early

from pipeline.cli.render import moment
from pipeline.core.kinds import Outcome


def verified_twice(desk: Desk) -> None:
    """r1, then r2, verified in dev; r2 stands there."""
    for name, value in (("first", "1"), ("second", "2")):
        desk.bench.commit(name, a=value)
        assert desk("--stage", "dev") == 0


def turned_down_again(desk: Desk) -> None:
    """r2 is promoted once more, turned down by the gate, and interrupted right after the verdict."""
    verified_twice(desk)
    desk.bench.answers["smoke"] = "failed"
    # started, planned (nothing to change), gate started, gate judged
    desk.interrupted("--stage", "dev", "--release", "r2", after=4)
    desk.bench.answers.clear()


def test_an_abort_launders_no_red_gate(desk: Desk) -> None:
    turned_down_again(desk)

    assert desk("abort", "--stage", "dev") == 0

    history = desk.bench.shop().history()
    first, second = history.releases
    assert history.stage("dev").verified == (first,)
    assert history.attempts["p4"].release == first, "the rollback goes to what no gate has turned down"
    assert desk("--stage", "staging", "--release", "r2") == 9
    assert "r2 is not verified in dev" in desk.err
    assert desk.bench.world.stages["dev"] == {"a": "1"}
    assert second not in history.stage("staging").verified


def test_a_release_is_turned_down_by_the_verdict_and_not_by_the_end_of_the_attempt(desk: Desk) -> None:
    turned_down_again(desk)

    assert desk("--stage", "staging", "--release", "r2") == 9


def turned_down_in_dev(desk: Desk, number: int) -> None:
    """Promote a release to dev once more, by its place in the order of pinning; its gate fails there."""
    release = list(desk.bench.shop().history().releases)[number]
    desk.bench.answers[f"smoke of {release}"] = "failed"
    assert desk("--stage", "dev", "--release", release) == 3, desk.err
    desk.bench.answers.clear()


def in_staging_when_dev_turns_it_down(desk: Desk, after: int) -> None:
    verified_twice(desk)
    assert desk("--stage", "staging", "--release", "r1") == 0
    desk.interrupted("--stage", "staging", "--release", "r2", after=after)
    turned_down_in_dev(desk, 1)


# It has begun a step, or has passed both gates and would only have to end.
@pytest.mark.parametrize("after", [3, 8], ids=["begun", "passed"])
def test_a_release_that_lost_its_eligibility_meanwhile_only_goes_back(desk: Desk, after: int) -> None:
    in_staging_when_dev_turns_it_down(desk, after)

    assert desk("resume", "--stage", "staging") == 9
    assert "r2 may no longer enter staging" in desk.err
    assert "promote abort --stage staging" in desk.err
    assert desk("abort", "--stage", "staging") == 0
    assert desk.bench.world.stages["staging"] == {"a": "1"}


def test_a_rejected_release_goes_nowhere_until_the_rejection_is_withdrawn(desk: Desk) -> None:
    verified_twice(desk)
    for release in ("r1", "r2"):
        assert desk("--stage", "staging", "--release", release) == 0
    desk.interrupted("--stage", "prod", "--release", "r2", after=3)
    assert desk("reject", "r2", "--reason", "it loses rows") == 0
    assert desk("reject", "r2", "--reason", "again") == 9

    for argv in (
        ("resume", "--stage", "prod"),
        ("--stage", "staging", "--release", "r2"),
        ("--stage", "dev"),
    ):
        assert desk(*argv) == 9, argv
        assert "r2 was rejected by operator@desk (unverified): it loses rows" in desk.err
    assert desk("rollback", "--stage", "staging", "--to", "r2") == 9
    assert [row["rejected"] for row in desk.document("releases")["releases"]] == [None, "it loses rows"]

    assert desk("reject", "r2", "--withdraw", "--reason", "it was the test") == 0
    assert desk("resume", "--stage", "prod") == 0
    assert desk("reject", "r2", "--withdraw", "--reason", "again") == 9
    assert desk("reject", "r9", "--reason", "who?") == 2


def test_no_rollback_goes_to_a_rejected_release(desk: Desk) -> None:
    verified_twice(desk)
    assert desk("reject", "r2", "--reason", "it loses rows") == 0
    third = desk.bench.commit("third", a="3")
    desk.bench.answers[f"smoke of {third}"] = "failed"

    assert desk("--stage", "dev") == 3

    assert desk.bench.world.stages["dev"] == {"a": "1"}, "r1, and not r2, which stood there"


def test_a_rollback_goes_on_whatever_the_stage_before_thinks_of_its_release(desk: Desk) -> None:
    verified_twice(desk)
    assert desk("--stage", "staging", "--release", "r1") == 0
    desk.bench.answers["failover"] = "failed"
    # started, planned, a step, two gates with their verdicts, diagnostics, ended and rollback started
    desk.interrupted("--stage", "staging", "--release", "r2", after=11)
    desk.bench.answers.clear()
    turned_down_in_dev(desk, 0)

    desk("resume", "--stage", "staging")

    attempts = desk.bench.shop().history().run("p4")
    assert [attempt.outcome for attempt in attempts] == [Outcome.FAILED, Outcome.ROLLED_BACK]


def test_by_default_the_next_stage_takes_what_stands_verified_before(desk: Desk) -> None:
    verified_twice(desk)
    assert desk("--stage", "dev", "--release", "r1") == 0

    assert desk("--stage", "staging") == 0

    history = desk.bench.shop().history()
    assert history.stage("staging").standing == next(iter(history.releases))


def test_a_stage_is_rolled_back_by_hand_to_what_was_verified_there(desk: Desk) -> None:
    verified_twice(desk)
    for release in ("r1", "r2"):
        assert desk("--stage", "staging", "--release", release) == 0
    turned_down_in_dev(desk, 0)
    assert desk("hold", "--reason", "freeze") == 0

    assert desk("rollback", "--stage", "staging") == 0, desk.err

    view = desk.bench.shop().history().stage("staging")
    first, second = desk.bench.shop().history().releases
    assert desk.bench.world.stages["staging"] == {"a": "1"}
    assert (view.standing, view.confirmed, view.verified) == (first, True, (second, first))


@pytest.mark.parametrize(
    ("argv", "code", "why"),
    [
        (("--stage", "staging"), 9, "nothing is deployed in staging"),
        (("--stage", "dev"), 0, ""),
        (("--stage", "dev", "--to", "r3"), 9, "r3 is not verified in dev"),
        (("--stage", "dev", "--to", "r9"), 2, "no release 'r9'"),
    ],
)
def test_a_rollback_goes_only_to_what_was_verified_in_this_very_stage(
    desk: Desk, argv: tuple[str, ...], code: int, why: str
) -> None:
    verified_twice(desk)
    desk.bench.commit("third", a="3")
    desk.bench.answers["smoke"] = "failed"
    desk("--stage", "dev")
    desk.bench.answers.clear()
    assert desk("--stage", "dev", "--release", "r2") == 0

    assert desk("rollback", *argv) == code
    assert why in desk.err


def test_there_is_nothing_to_go_back_to_in_a_stage_of_one_release(desk: Desk) -> None:
    desk.bench.commit("first", a="1")
    desk("--stage", "dev")

    assert desk("rollback", "--stage", "dev") == 9
    assert "there is no release to roll dev back to" in desk.err


def test_a_rollback_that_crashes_while_it_plans_is_tried_again_with_a_pause(desk: Desk) -> None:
    verified_twice(desk)
    desk.bench.world.broken.add("crashing plan")
    before = desk.bench.clock.now()

    assert desk("rollback", "--stage", "dev") == 0, desk.err

    (retry,) = desk.bench.shop().history().attempts["p3"].retries
    assert retry.what == "plan"
    assert desk.bench.clock.now() > before


def test_a_release_enters_once_it_has_stood_verified_before_for_long_enough(desk: Desk) -> None:
    argv = too_early(desk)
    clock = desk.bench.clock

    assert desk.document(*argv)["error"]["until"] == moment(clock.time + 3600)
    assert f"until: {moment(clock.time + 3600)}" in desk.err
    clock.time += 3000
    assert desk("why", "--stage", "staging") == 0
    assert "r1 has stood verified in dev for 50 min of 60 min" in desk.out

    desk.bench.commit("second", a="2")
    assert desk("--stage", "dev") == 0
    clock.time += 3600
    assert desk("--stage", "staging", "--release", "r1") == 9
    assert "50 min of 60 min, and stands there no more" in desk.err
    assert desk(*argv) == 0, "r2 has stood there"

    assert desk("--stage", "dev", "--release", "r1") == 0
    clock.time += 599
    assert desk("--stage", "staging", "--release", "r1") == 4
    clock.time += 1
    assert desk("--stage", "staging", "--release", "r1") == 0, "3000 s before, and 600 s again"


def test_what_a_gate_has_turned_down_begins_to_soak_anew(desk: Desk) -> None:
    argv = too_early(desk)
    desk.bench.clock.time += 3599
    turned_down_in_dev(desk, 0)
    assert desk("--stage", "dev") == 0
    desk.bench.clock.time += 3599

    assert desk(*argv) == 4
    desk.bench.clock.time += 1
    assert desk(*argv) == 0
