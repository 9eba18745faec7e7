"""A ledger of many promotions, as years of work would leave it, written through the ledger itself."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.leases import Liveness
from pipeline.core.line import line_of
from pipeline.core.plan import Plan, Roster, RosterEntry, Step
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.verdict import Evidence, Verdict
from pipeline.testing import make_pin
from pipeline.testing.ledger import holder

STAGES = ("dev", "staging", "prod")
STEPS = 60
WHO = Actor("job 1234 of the project platform/control-plane")
GRAPH = StageGraph(
    tuple(
        StageSpec(name, before, ("smoke",), lab=name == "dev")
        for name, before in zip(STAGES, (None, *STAGES), strict=False)
    )
)
_AT_ONCE = 200  # promotions in one append


def write(site: Path, promotions: int) -> int:
    """Write so many promotions into the ledger of a new site; return the number of events.

    Every release goes through all stages. A promotion has 60 steps, a gate, and a lease of its own.
    """
    clock = iter(range(1_700_000_000, 2_000_000_000))
    ledger = SqliteLedger(
        site, now=lambda: float(next(clock)), holder=holder(1), liveness=lambda _who: Liveness.GONE
    )
    ledger.append([ev.LineSet(line_of(GRAPH), WHO, "r1")])
    count = 1
    for first in range(0, promotions, _AT_ONCE):
        events = [
            event for number in range(first, min(promotions, first + _AT_ONCE)) for event in promotion(number)
        ]
        ledger.append(events)
        count += len(events)
    return count


def promotion(number: int) -> Iterator[ev.Event]:
    """The events of the promotion with this number, from 0; those of its release, too, if it is new."""
    release, place = divmod(number, len(STAGES))
    pin, stage, attempt = make_pin(f"release {release}"), STAGES[place], f"p{number + 1}"
    if place == 0:
        yield ev.ReleasePinned(pin.id, f"r{release + 1}", pin, GRAPH, WHO)
    yield ev.LeaseTaken(stage, release + 1, f"promote r{release + 1}", holder(number + 1), "free")
    yield ev.AttemptStarted(
        attempt, attempt, Kind.PROMOTE, stage, pin.id, ("smoke",), release + 1, place == 0, by=WHO
    )
    yield ev.PlanMade(attempt, Plan(STEPS_OF_A_PLAN))
    for step in STEPS_OF_A_PLAN:
        yield ev.StepStarted(attempt, step.id, 1)
        yield ev.StepSucceeded(attempt, step.id, {"changed": ["/etc/service.conf"], "digest": pin.code})
    yield ev.GateStarted(attempt, "smoke", 1, f"runs/{attempt}/smoke-1")
    passed = Evidence(Verdict.PASS, (), STEPS, STEPS)
    yield ev.GateJudged(attempt, "smoke", 1, passed, ROSTER, pin.config, {"component/healthy": pin.code})
    yield ev.AttemptEnded(attempt, Outcome.VERIFIED)
    yield ev.LeaseReturned(stage, release + 1)


STEPS_OF_A_PLAN = tuple(
    Step(
        f"manifest/host-{number}",
        "manifest",
        f"host-{number}",
        f"configure host-{number}",
        (f"manifest/host-{number - 1}",) if number % 4 else (),
        action={"host": f"host-{number}", "manifest": make_pin(f"host-{number}").id},
    )
    for number in range(STEPS)
)
ROSTER = Roster(
    tuple(RosterEntry("component", f"host-{number}", "healthy") for number in range(STEPS)), 60, "d" * 64
)
