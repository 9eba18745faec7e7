"""What goes into the ledger comes out again, today and tomorrow."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.ci_job import CiJob
from pipeline.core.codec import EVENTS, SCHEMA, decode, encode
from pipeline.core.errors import LedgerNotUnderstood
from pipeline.core.follow_ups import FollowUp
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.history import replay
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.legs import Leg
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.overrides import Override
from pipeline.core.plan import (
    Bootstrap,
    Change,
    Found,
    Inputs,
    Plan,
    Roster,
    RosterEntry,
    Step,
    Trouble,
    Undo,
)
from pipeline.core.retries import Retry
from pipeline.core.shard import Shard
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.verdict import Evidence, Finding, Retake, Verdict
from pipeline.testing import make_pin
from pipeline.testing.ledger import holder

# What older code wrote: each event once, and a run whose gate failed.
LEDGERS = Path(__file__).parent / "ledgers"
PIN = make_pin("x")
WHO = Actor("who")
STEP = Step("a/b", "host", None, "t", ("c",), Undo(possible=False, why="w"), {"deep": [{"x": None}]})
PART = Roster((RosterEntry("c", "h", "k"),), 60, "d", partial=True)
ONE_OF_EACH = [
    ev.LeaseTaken("dev", 3, "promote", holder(7), "expired", 2),
    ev.LeaseReturned("dev", 3),
    ev.ReleasePinned(PIN.id, "r1", PIN, StageGraph((StageSpec("dev", None, ("smoke",), lab=True),))),
    ev.ReleaseRejected(PIN.id, "why", WHO),
    ev.RejectionWithdrawn(PIN.id, "why", WHO),
    ev.PromotionApproved("dev", PIN.id, "d", WHO, "why"),
    ev.ApprovalWithdrawn("dev", PIN.id, WHO, "why"),
    ev.LineSet(Line((LineStage("dev", (), (LineGate("smoke", ("c/k",)),), lab=True),)), WHO, "r1"),
    ev.GateOverridden("dev", PIN.id, "smoke", "why", WHO, 5.0),
    ev.OverrideWithdrawn("dev", PIN.id, "smoke", "why", WHO),
    ev.HoldPlaced(None, "why", WHO, "h1", 5.0),
    ev.HoldLifted("dev", WHO, "h1"),
    ev.PromotionQueued("dev", PIN.id, holder(7), 5.0, WHO),
    ev.PromotionDequeued("dev", 9, ev.Leaving.SUPERSEDED),
    ev.OutboxOpened("https://gitlab.example", "group/project", "3fa2", WHO),
    ev.Delivered("deployment/p1", "d", "7", "dev", 2),
    ev.Archived("runs/p1/smoke-1", "d"),
    ev.FreezePeriodsRead("https://gitlab.example", "a/b", (FreezePeriod("0 0 * * 5", "0 8 * * 1", "UTC"),)),
    ev.AttemptStarted("p2", "p1", Kind.ROLLBACK, "dev", PIN.id, ("smoke",), 3, rolls_back="p1"),
    ev.PlanMade("p1", Plan((STEP,), ("no",), (Change("h", "c"),), (Retry("observe h", 1, "r"),))),
    ev.LegStarted("p1", "build"),
    ev.PlanFailed("p1", Trouble("a", "b", "c", "d"), NoPlan.TRANSIENT, again=True),
    ev.StepStarted("p1", "a", 2),
    ev.StepSucceeded("p1", "a", {"changes": [1]}, {"image": "sha256:1"}, (Retry("a", 1, "r"),)),
    ev.StepFailed("p1", "a", Trouble("x"), transient=True),
    ev.GateStarted("p1", "smoke", 1, "runs/p1/smoke-1"),
    ev.GateJudged(
        "p1",
        "smoke",
        1,
        Evidence(
            Verdict.FAIL,
            (Finding(Verdict.FAIL, "c", "h", "k", "s", "t"),),
            1,
            2,
            (Retake("c", "h", "k", "why", "traces/c_k"),),
        ),
        Roster((RosterEntry("c", "h", "k"),), 60, "d"),
    ),
    ev.ShardStarted("p1", "smoke", Shard(2, 3), 1, "runs/p1/smoke-shard-2-of-3-1", PIN.id, "d", WHO),
    ev.ShardJudged(
        "p1", "smoke", Shard(2, 3), 1, Evidence(Verdict.PASS, (), 1, 1), PART, "ab", {"c/k": "cd"}
    ),
    ev.DiagnosticsCollected("p1", "d", ("a", "b"), Trouble("x")),
    ev.Interrupted("p1", "SIGTERM"),
    ev.Resumed("p1", 4),
    ev.AbortRequested("p1", keep=True),
    ev.AttemptEnded("p1", Outcome.VERIFIED),
]


# What a schema added to older events is empty in their records.
ADDED_IN: dict[int, dict[type, ev.Event]] = {
    3: {
        ev.HoldPlaced: ev.HoldPlaced(None, "why", WHO),
        ev.HoldLifted: ev.HoldLifted("dev", WHO),
    },
}


def before(schema: int, event: ev.Event) -> ev.Event:
    """What a record of this schema says of an example of today."""
    added = [ADDED_IN[later] for later in range(SCHEMA, schema, -1) if later in ADDED_IN]
    for events in added:
        event = events.get(type(event), event)
    return event


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event).__name__ for event in ONE_OF_EACH} == set(EVENTS)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)
def test_an_event_survives_the_ledger_and_a_field_added_later_is_ignored(event: ev.Event) -> None:
    assert decode(json.loads(json.dumps(encode(event)))) == event
    assert decode({**encode(event), "added_later": 1}) == event


def test_what_a_verdict_rests_on_survives_the_ledger() -> None:
    roster = Roster((RosterEntry("c", "h", "k"),), 60, "d", {"c": Inputs("1", ("h",))}, {"c/k": ("n",)})
    evidence = Evidence(Verdict.PASS, (), 1, 1, reused={"p7": 1})
    judged = ev.GateJudged("p1", "smoke", 1, evidence, roster, "ab", {"c/k": "cd"}, {"c/k": "p7"})

    assert decode(json.loads(json.dumps(encode(judged)))) == judged


def test_what_a_shared_ledger_cost_survives_the_ledger() -> None:
    returned = ev.LeaseReturned("dev", 3, (Retry("the ledger, writing", 1, "r"),))

    assert decode(json.loads(json.dumps(encode(returned)))) == returned


@pytest.mark.parametrize(
    ("key", "kind", "asked", "plan"),
    [
        (
            "bootstrap",
            Kind.PROMOTE,
            Bootstrap(("database-2",)),
            Plan((STEP,), found=(Found("database", "database-2", "data", "starts"),)),
        ),
        ("redeploy", Kind.REDEPLOY, "database-2", Plan((STEP,), redeploys="database-2")),
    ],
)
def test_what_a_person_asked_for_survives_the_ledger(key: str, kind: Kind, asked: object, plan: Plan) -> None:
    plain = ev.AttemptStarted("p1", "p1", kind, "dev", PIN.id, ("smoke",), 3)
    for event in (started := replace(plain, **{key: asked}), ev.PlanMade("p1", plan)):
        assert decode(json.loads(json.dumps(encode(event)))) == event
    assert decode({name: value for name, value in encode(started).items() if name != key}) == plain


OF_RETIREMENTS = [
    ev.AttemptStarted("p1", "p1", Kind.RETIRE, "dev", PIN.id, ("smoke",), 3),
    ev.PlanMade("p1", Plan(retires=True)),
    ev.PlanMade("p1", Plan((STEP,), follow_up=FollowUp("retire", 5.0))),
    ev.PlanMade("p1", Plan((STEP,), legs=(Leg("build", ("a/b",)),), follow_up=FollowUp("retire", 5.0))),
    ev.AttemptEnded("p1", Outcome.RETIRED),
    ev.PromotionApproved("dev", PIN.id, "d", WHO, "why", Kind.RETIRE),
]


@pytest.mark.parametrize("event", OF_RETIREMENTS, ids=lambda event: type(event).__name__)
def test_a_retirement_is_refused_by_engines_that_know_of_none(event: ev.Event) -> None:
    written = json.loads(json.dumps(encode(event)))
    assert decode(written) == event
    assert written["schema"] == 6, "an engine of schema 5 would call it damage, or ignore the follow-up"


LEGGED = ev.PlanMade("p1", Plan((STEP,), legs=(Leg("build", ("a/b",), ("smoke",), asks_policy=True),)))
OF_LEGS = [
    LEGGED,
    ev.LegStarted("p1", "build"),
    ev.GateStarted("p1", "smoke", 1, "runs/p1/build/smoke-1", "build"),
    ev.GateJudged("p1", "smoke", 1, Evidence(Verdict.PASS, (), 1, 1), leg="build"),
]


@pytest.mark.parametrize("event", OF_LEGS, ids=lambda event: type(event).__name__)
def test_what_has_legs_survives_the_ledger_and_is_refused_by_who_would_not_see_them(event: ev.Event) -> None:
    written = json.loads(json.dumps(encode(event)))
    assert decode(written) == event
    assert written["schema"] == 5, "an engine of schema 4 would perform a plan with legs in one go"


def test_an_event_that_schema_4_does_not_have_is_no_damage_to_its_engines() -> None:
    known = {json.loads(line)["event"] for line in (LEDGERS / "each-event-4.jsonl").read_text().splitlines()}
    later = [event for event in ONE_OF_EACH if type(event).__name__ not in known]
    schemas = {type(event).__name__: encode(event)["schema"] for event in later}
    newest = {name for name, schema in schemas.items() if schema == 7}
    assert newest == {"Archived", "ShardStarted", "ShardJudged"}
    assert set(schemas.values()) == {5, 7, 8}, "they would call them damaged, not newer"


def test_what_has_no_legs_is_read_by_engines_from_before_there_were_any() -> None:
    of_before = [json.loads(line) for line in (LEDGERS / "each-event-4.jsonl").read_text().splitlines()]
    known = {before["event"] for before in of_before}
    without = [event for event in ONE_OF_EACH if type(event).__name__ in known]
    for event, before in zip(without, of_before, strict=True):
        written = json.loads(json.dumps(encode(event)))
        written.get("evidence", {}).pop("reliance", None)  # they ignore keys that they do not know
        assert {key: written[key] for key in before} == before


def test_the_job_that_began_an_attempt_survives_the_ledger() -> None:
    job = CiJob("https://gitlab.example/group/project/-/jobs/7", "c1", "main", 5, "dev", 12)
    started = ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", PIN.id, ("smoke",), 3, job=job)

    for event in (started, ev.Resumed("p1", 4, job=job)):
        assert decode(json.loads(json.dumps(encode(event)))) == event
    of_before = {key: value for key, value in encode(started).items() if key != "job"}
    assert decode(of_before) == replace(started, job=None)


def test_what_a_ledger_of_before_does_not_say_did_not_happen() -> None:
    failed = {"event": "PlanFailed", "schema": 1, "promotion": "p1", "cause": "transient"}
    failed |= {"trouble": {"what": "x", "where": "", "why": "", "next": ""}}
    assert decode(failed) == ev.PlanFailed("p1", Trouble("x"), NoPlan.TRANSIENT, again=False)
    done = {
        "event": "StepSucceeded",
        "schema": 1,
        "promotion": "p1",
        "step": "a",
        "receipt": {},
        "artifacts": {},
    }
    assert decode(done) == ev.StepSucceeded("p1", "a", retries=())


@pytest.mark.parametrize(
    "data",
    [
        {"event": "Unheard", "schema": 1},
        {"event": "Resumed", "schema": SCHEMA + 1, "attempt": "p1", "token": 1},
        {"event": "Resumed", "schema": 0, "attempt": "p1", "token": 1},
        {"event": "PromotionEnded", "schema": SCHEMA, "attempt": "p1", "outcome": "verified"},
        {"event": "Resumed", "schema": 1, "promotion": "p1"},
        {"event": "Resumed", "schema": 1, "promotion": 7, "token": 1},
        {"event": "PromotionEnded", "schema": 1, "promotion": "p1", "outcome": "splendid"},
        {"event": "PromotionEnded", "schema": 1, "promotion": "p1", "outcome": []},
        {},
    ],
)
def test_what_is_not_understood_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(LedgerNotUnderstood):
        decode(data)


@pytest.mark.parametrize(
    ("written", "outcome"),
    [("returned", Outcome.ROLLED_BACK), ("return_failed", Outcome.ROLLBACK_FAILED)],
)
def test_a_return_of_schema_1_is_a_rollback(written: str, outcome: Outcome) -> None:
    data = {"event": "PromotionEnded", "schema": 1, "promotion": "p1", "outcome": written}
    assert decode(data) == ev.AttemptEnded("p1", outcome)


def test_evidence_from_before_there_were_retakes_has_none() -> None:
    judged = next(event for event in ONE_OF_EACH if isinstance(event, ev.GateJudged))
    data = encode(judged)
    del data["evidence"]["retakes"]
    old = decode(data)
    assert isinstance(old, ev.GateJudged)
    assert old.evidence.retakes == ()


def test_a_verdict_keeps_the_override_that_carried_it() -> None:
    judged = next(event for event in ONE_OF_EACH if isinstance(event, ev.GateJudged))
    carried = replace(judged, override=Override("dev", PIN.id, "smoke", "why", WHO, 1.0, 2.0))
    assert decode(json.loads(json.dumps(encode(carried)))) == carried


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_every_event_of_an_older_schema_is_read_in_the_words_of_today(schema: int) -> None:
    lines = (LEDGERS / f"each-event-{schema}.jsonl").read_text().splitlines()
    told = [decode(json.loads(line)) for line in lines]
    kinds = {type(event) for event in told}
    assert told == [before(schema, event) for event in ONE_OF_EACH if type(event) in kinds]
    assert len(told) >= 18


def test_a_ledger_of_schema_1_tells_the_same_story() -> None:
    records = [json.loads(line) for line in (LEDGERS / "schema-1.jsonl").read_text().splitlines()]
    history = replay(ev.Record(item["seq"], item["at"], decode(item["event"])) for item in records)
    assert [(attempt.kind, attempt.outcome) for attempt in history.attempts.values()] == [
        (Kind.PROMOTE, Outcome.VERIFIED),
        (Kind.PROMOTE, Outcome.FAILED),
        (Kind.ROLLBACK, Outcome.ROLLED_BACK),
    ]
    *_, failed, back = history.attempts.values()
    assert (back.rolls_back, back.run) == (failed.id, failed.run)
    view = history.stage("dev")
    assert (view.pointer, view.confirmed) == (back.release, True)
