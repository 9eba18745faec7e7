"""What a gate has seen counts for the image it saw, and for no other."""

from __future__ import annotations

from pipeline.core import events as ev
from pipeline.core.history import History, replay
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Plan, Step
from pipeline.core.policy import Allow, Deny, may_promote, newest_eligible
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.verdict import Evidence, Verdict
from pipeline.testing import make_pin

PIN = make_pin("one")
GRAPH = StageGraph(
    (
        StageSpec("dev", None, ("smoke",)),
        StageSpec("staging", "dev", ("smoke",)),
        StageSpec("prod", "staging", ("smoke",)),
    )
)
PLAN = Plan((Step("image", "image", None, "build the image"),))


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


def told(*events: ev.Event) -> History:
    everything = [ev.ReleasePinned(PIN.id, "r1", PIN, GRAPH), *events]
    return replay(ev.Record(number, 0.0, event) for number, event in enumerate(everything, start=1))


def test_an_image_made_anew_goes_no_further_than_the_stage_that_made_it() -> None:
    history = told(*verified(1, "dev", "A"), *verified(2, "staging", "A"), *verified(3, "dev", "B"))
    release = history.releases[PIN.id]

    decision = may_promote(history, release, "prod")

    assert isinstance(decision, Deny)
    assert "an image that has been rebuilt" in decision.reasons[0]
    assert decision.next == "promote --stage staging --release r1"
    assert newest_eligible(history, "prod", "staging") is None
    assert isinstance(may_promote(history, release, "staging"), Allow)


def test_while_the_image_is_made_anew_no_stage_may_take_it() -> None:
    history = told(*verified(1, "dev", "A"), *verified(2, "dev", "B")[:-1])

    assert isinstance(may_promote(history, history.releases[PIN.id], "staging"), Deny)


def test_the_new_image_goes_on_when_the_stage_before_has_seen_it() -> None:
    history = told(
        *verified(1, "dev", "A"),
        *verified(2, "staging", "A"),
        *verified(3, "dev", "B"),
        *verified(4, "staging", "B"),
    )

    assert isinstance(may_promote(history, history.releases[PIN.id], "prod"), Allow)
    assert history.stage("staging").outdated == ()


def test_the_same_image_again_changes_nothing() -> None:
    history = told(*verified(1, "dev", "A"), *verified(2, "staging", "A"), *verified(3, "dev", "A"))

    assert isinstance(may_promote(history, history.releases[PIN.id], "prod"), Allow)
