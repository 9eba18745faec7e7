"""Events of an attempt, some of every kind, and attempts to which they happen."""

from dataclasses import replace

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.attempt import Attempt, begin
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.legs import Leg
from pipeline.core.overrides import Override
from pipeline.core.plan import Plan, Roster, Step, Trouble
from pipeline.core.plan_digest import digest_of
from pipeline.core.shard import Shard
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.verdict import Evidence, Verdict
from pipeline.testing import make_pin

PASS = Evidence(Verdict.PASS, (), 1, 1)
FAIL = Evidence(Verdict.FAIL, (), 0, 1)
UNCLEAR = Evidence(Verdict.INCONCLUSIVE, (), 0, 1)
NOT_RUN = Evidence(Verdict.INCONCLUSIVE, (), 0, 0)
PLAN = Plan(
    (Step("a", "host", None, "a"), Step("b", "host", None, "b", ("a",)), Step("c", "host", None, "c"))
)
# The second leg ends with the gates that the attempt must pass, too.
LEGS = replace(PLAN, legs=(Leg("one", ("a", "b"), ("smoke",)), Leg("two", ("c",), asks_policy=True)))
GATES_OF_LEGS = (("one", "smoke"), ("two", "smoke"), ("two", "failover"))
GRAPH = StageGraph((StageSpec("dev", None, ("smoke", "failover"), lab=True),))
PINS = [make_pin("one"), make_pin("two")]
HALVES = (Shard(1, 2), Shard(2, 2))


def started(
    number: int,
    kind: Kind,
    release: str,
    gates: tuple[str, ...] = ("smoke", "failover"),
    rolls_back: str | None = None,
) -> ev.AttemptStarted:
    return ev.AttemptStarted(
        f"p{number}", f"p{number}", kind, "dev", release, gates, 1, rolls_back=rolls_back
    )


def fresh(kind: Kind = Kind.PROMOTE) -> Attempt:
    return begin(started(1, kind, PINS[0].id), 0.0, {})


EVENTS = {
    ev.PlanMade: [
        ev.PlanMade("p1", PLAN),
        ev.PlanMade("p1", LEGS),
        ev.PlanMade("p1", Plan(legs=(Leg("one", (), ("smoke",)), Leg("two")))),
        ev.PlanMade("p1", Plan()),
        ev.PlanMade("p1", Plan(refusals=("no",))),
    ],
    ev.PlanFailed: [
        ev.PlanFailed("p1", Trouble("x")),
        ev.PlanFailed("p1", Trouble("x"), NoPlan.TRANSIENT, again=True),
    ],
    ev.LegStarted: [ev.LegStarted("p1", leg) for leg in ("one", "two")],
    ev.StepStarted: [ev.StepStarted("p1", step, 1) for step in "abc"],
    ev.StepSucceeded: [ev.StepSucceeded("p1", step) for step in "abc"],
    ev.StepFailed: [ev.StepFailed("p1", s, Trouble("x"), transient=t) for s in "abc" for t in (True, False)],
    ev.GateStarted: [
        *(ev.GateStarted("p1", gate, 1, "d") for gate in ("smoke", "failover")),
        *(ev.GateStarted("p1", gate, 1, "d", leg) for leg, gate in GATES_OF_LEGS),
    ],
    ev.GateJudged: [
        *(
            ev.GateJudged("p1", gate, 1, evidence, override=override)
            for gate in ("smoke", "failover")
            for evidence in (PASS, FAIL, UNCLEAR, NOT_RUN)
            for override in (None, Override("dev", PINS[0].id, gate, "why", Actor("who"), 0.0))
        ),
        *(
            ev.GateJudged("p1", gate, 1, evidence, leg=leg)
            for leg, gate in GATES_OF_LEGS
            for evidence in (PASS, FAIL)
        ),
    ],
    ev.ShardStarted: [
        ev.ShardStarted("p1", "smoke", half, 1, "d", PINS[0].id, digest_of(PLAN)) for half in HALVES
    ],
    ev.ShardJudged: [ev.ShardJudged("p1", "smoke", half, 1, PASS, Roster((), 60, "d")) for half in HALVES],
    ev.DiagnosticsCollected: [ev.DiagnosticsCollected("p1", "d")],
    ev.Interrupted: [ev.Interrupted("p1", "SIGTERM")],
    ev.Resumed: [ev.Resumed("p1", 2)],
    ev.AbortRequested: [ev.AbortRequested("p1", keep=False)],
    ev.AttemptEnded: [ev.AttemptEnded("p1", outcome) for outcome in Outcome],
}
