"""Who may enter a stage: verified in the one before, and what a gate has seen counts for its image alone."""

import pytest

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.errors import NotEligible
from pipeline.core.history import History, replay
from pipeline.core.holds import Hold
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.line import line_of
from pipeline.core.plan import Plan, Step
from pipeline.core.policy.decision import Allow, Decision, Deny, Obstacle
from pipeline.core.policy.entry import may_promote
from pipeline.core.policy.next_release import up_next
from pipeline.core.policy.question import Question
from pipeline.core.release import Release
from pipeline.core.stage_view import StageView
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.verdict import Evidence, Verdict
from pipeline.testing import make_pin

PIN = make_pin("one")
GRAPH = StageGraph((
    StageSpec("dev", None, ("smoke",)),
    StageSpec("staging", "dev", ("smoke",)),
    StageSpec("prod", "staging", ("smoke",)),
))  # fmt: skip
PROD = line_of(GRAPH).stages[2]
R1, R2 = Release("r1", PIN, GRAPH), Release("r2", make_pin("two"), GRAPH)
PLAN = Plan((Step("image", "image", None, "build the image"),))


def asked(history: History, release: Release, stage: str) -> Decision:
    return may_promote(Question(history, release, stage, 0.0, Actor("who")))


def verified(number: int, stage: str, image: str) -> list[ev.Event]:
    name = f"p{number}"
    return [
        ev.AttemptStarted(name, name, Kind.PROMOTE, stage, PIN.id, ("smoke",), 1),
        ev.PlanMade(name, PLAN),
        ev.StepStarted(name, "image", 1),
        ev.StepSucceeded(name, "image", artifacts={"image": image}),
        ev.GateStarted(name, "smoke", 1, "d"),
        ev.GateJudged(name, "smoke", 1, Evidence(Verdict.PASS, (), 1, 1)),
        ev.AttemptEnded(name, Outcome.VERIFIED),
    ]


IN_DEV = verified(1, "dev", "A")
IN_STAGING = [*IN_DEV, *verified(2, "staging", "A")]


def told(*events: ev.Event) -> History:
    everything = [ev.ReleasePinned(PIN.id, "r1", PIN, GRAPH), *events]
    return replay(ev.Record(number, 0.0, event) for number, event in enumerate(everything, start=1))


def test_a_rebuilt_image_goes_no_further_than_the_stage_that_built_it() -> None:
    history = told(*IN_STAGING, *verified(3, "dev", "B"))
    release = history.releases[PIN.id]

    decision = asked(history, release, "prod")

    assert isinstance(decision, Deny)
    assert "an image that has been rebuilt" in decision.reasons[0]
    assert decision.next == "promote --stage staging --release r1"
    with pytest.raises(NotEligible, match="no release is verified in staging"):
        up_next(history, PROD)
    assert isinstance(asked(history, release, "staging"), Allow)


@pytest.mark.parametrize(
    ("events", "stage", "allowed"),
    [
        ([*IN_DEV, *verified(2, "dev", "B")[:-1]], "staging", Deny),
        ([*IN_STAGING, *verified(3, "dev", "B"), *verified(4, "staging", "B")], "prod", Allow),
        ([*IN_STAGING, *verified(3, "dev", "A")], "prod", Allow),
    ],
    ids=["while it is rebuilt", "rebuilt, and verified in the stage before", "the same image again"],
)
def test_a_rebuilt_image_enters_a_stage_once_the_stage_before_has_verified_it(
    events: list[ev.Event], stage: str, allowed: type
) -> None:
    history = told(*events)

    assert isinstance(asked(history, history.releases[PIN.id], stage), allowed)
    assert history.stage("staging").outdated == ()


def test_an_image_rebuilt_meanwhile_is_not_what_the_later_stage_verified() -> None:
    events = verified(2, "staging", "A")
    history = told(*verified(1, "dev", "A"), *events[:4], *verified(3, "dev", "B"), *events[4:])

    view = history.stage("staging")
    assert (view.verified, view.outdated, view.confirmed) == ((), (PIN.id,), True)
    assert history.attempts["p2"].artifacts == {"image": "A"}
    assert isinstance(asked(history, history.releases[PIN.id], "prod"), Deny)


def test_a_stage_takes_no_release_whose_config_does_not_have_it() -> None:
    short = StageGraph(GRAPH.stages[:2])
    history = History(
        releases={PIN.id: Release("r1", PIN, short)},
        stages={"staging": StageView("staging", verified=(PIN.id,))},
    )
    with pytest.raises(NotEligible, match="r1, which is verified in staging, has no stage prod"):
        up_next(history, PROD)


def test_the_first_stage_lets_any_release_in() -> None:
    assert isinstance(asked(History(), R1, "dev"), Allow)


@pytest.mark.parametrize(
    ("history", "stage", "obstacle"),
    [
        (History(), "nowhere", Obstacle.NO_SUCH_STAGE),
        (History(), "staging", Obstacle.NOT_VERIFIED_BEFORE),
        (
            History(stages={"dev": StageView("dev", verified=(R2.id,))}),
            "staging",
            Obstacle.NOT_VERIFIED_BEFORE,
        ),
        (History(stages={"dev": StageView("dev", open="p1")}), "dev", Obstacle.OPEN_ATTEMPT),
        (History(holds={"h1": Hold("h1", "dev", "x", Actor("y"), 0.0)}), "dev", Obstacle.HELD),
        (History(holds={"h1": Hold("h1", None, "x", Actor("y"), 0.0)}), "dev", Obstacle.HELD),
    ],
)
def test_a_no_names_the_obstacle_the_reason_and_what_to_type(
    history: History, stage: str, obstacle: Obstacle
) -> None:
    decision = asked(history, R1, stage)

    assert isinstance(decision, Deny)
    assert decision.obstacle is obstacle
    assert decision.reasons
    assert decision.next.startswith("promote")


def test_all_obstacles_are_named_at_once() -> None:
    history = History(holds={"h1": Hold("h1", "staging", "x", Actor("y"), 0.0)})
    decision = asked(history, R1, "staging")

    assert len(decision.reasons) == 2
