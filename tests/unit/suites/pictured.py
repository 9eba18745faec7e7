"""Made-up runs of a gate, for the picture: what clients would have seen, without a lab."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from suites.failover.analysis.acknowledged import History, check_writes
from suites.failover.analysis.measures import Budget, Verdict
from suites.failover.analysis.measuring import measure
from suites.failover.marks import Event, Holding, Marks, Writing
from suites.failover.picture import FaultPicture, GatePicture, ProbePicture
from suites.probes.trace import Connection, Request, RequestOutcome, Trace, Window

STARTED = 5000.0
FAULT = STARTED + 5.3


@dataclass(frozen=True)
class Shape:
    """A stall from the fault on: requests wait for its end, or fail with `error`, or time out."""

    kind: str
    connection: Connection
    rate: float
    stall_s: float = 0.0
    error: str | None = None
    timeout_s: float = 1.0
    latency_s: float = 0.006
    judged: bool = True


def made_up_trace(shape: Shape, seconds: float = 20.0) -> Trace:
    chance = random.Random(f"{shape}")  # noqa: S311 - a picture is no secret
    requests = []
    for number in range(int(seconds * shape.rate)):
        due = STARTED + number / shape.rate + chance.random() * 0.002
        end = due + shape.latency_s * chance.lognormvariate(0, 0.35)
        outcome, error = RequestOutcome.OK, None
        if FAULT <= due < FAULT + shape.stall_s:
            back = FAULT + shape.stall_s + chance.random() * 0.04
            if shape.error is not None and chance.random() < 0.7:
                outcome, error, end = RequestOutcome.ERROR, shape.error, due + 0.002 + chance.random() * 0.003
            elif back > due + shape.timeout_s:
                outcome, error, end = RequestOutcome.TIMEOUT, None, due + shape.timeout_s
            else:
                end = back + chance.random() * 0.03
        requests.append(Request(due, due, end, outcome, "database-2", error, f"{shape.kind}-{number}"))
    return Trace(
        probe=f"{shape.kind}-{shape.connection}",
        kind=shape.kind,
        connection=shape.connection,
        rate=shape.rate,
        timeout_s=shape.timeout_s,
        started=STARTED,
        until=STARTED + seconds,
        requests=tuple(sorted(requests, key=lambda request: request.end)),
        wall_started="2026-03-01T14:05:00+00:00",
    )


def made_up_fault(
    marks: Marks, shapes: tuple[Shape, ...], budget: Budget, lost: tuple[str, ...] = ()
) -> FaultPicture:
    window = Window(STARTED, FAULT, STARTED + 20.0, undone=marks.undone)
    probes = tuple(
        ProbePicture(trace, measure(trace, window, judged), judged)
        for shape, trace in zip(shapes, map(made_up_trace, shapes), strict=True)
        for judged in (budget if shape.judged else None,)
    )
    keys = frozenset(f"sql-{number}" for number in range(300))
    there = tuple(sorted(keys - frozenset(lost)))
    writes = check_writes(
        History(keys, frozenset(), frozenset()),
        {"database-1": tuple(sorted(keys)), "database-2": there, "database-3": there},
    )
    verdicts = {probe.measures.verdict for probe in probes}
    worst = next(one for one in (Verdict.INCONCLUSIVE, Verdict.FAILED, Verdict.PASSED) if one in verdicts)
    sentences = [
        sentence for probe in probes for sentence in (*probe.measures.doubts, *probe.measures.exceeded)
    ]
    return FaultPicture(
        marks=marks,
        window=window,
        probes=probes,
        verdict=Verdict.FAILED if lost else worst,
        why=tuple(dict.fromkeys(sentences)),
        writes=writes,
    )


def writer_killed() -> FaultPicture:
    return made_up_fault(
        Marks(
            fault="Galera writer killed",
            component="galera",
            target="database-1",
            seed=8164,
            injected=FAULT,
            proved=FAULT + 0.08,
            undone=FAULT + 9.0,
            events=(
                Event(FAULT + 0.61, "HAProxy on loadbalancer-1 marked database-1 down"),
                Event(FAULT + 0.74, "HAProxy on loadbalancer-2 marked database-1 down"),
                Event(FAULT + 2.3, "database-2 and database-3 evicted database-1"),
                Event(FAULT + 10.6, "database-1 joined by IST"),
                Event(FAULT + 11.2, "database-1 is Synced"),
            ),
            holders=(Holding(STARTED, "loadbalancer-1"),),
            writers=(
                Writing(STARTED, "database-1"),
                Writing(FAULT + 0.08, None),
                Writing(FAULT + 2.5, "database-2"),
            ),
            budget_s=4.25,
            formula="evs.suspect_timeout 2 s + inactive_check_period 0.25 s + 2 x 0.5 s + time-out 1 s",
            proof="pid 412 is gone",
        ),
        (
            Shape("sql", "kept", 20.0, 2.62, "Lost connection to server during query"),
            Shape("sql", "new", 20.0, 2.5),
            Shape("token", "new", 5.0, 2.9, latency_s=0.05),
            Shape("validate", "kept", 20.0, 1.1, latency_s=0.018, judged=False),
            Shape("http", "new", 20.0, latency_s=0.003, judged=False),
        ),
        Budget(longest_gap_s=4.25, least_s=1.5),
    )


def holder_lost() -> FaultPicture:
    return made_up_fault(
        Marks(
            fault="VIP holder lost",
            component="keepalived",
            target="loadbalancer-1",
            seed=77,
            injected=FAULT,
            proved=FAULT + 0.02,
            undone=FAULT + 8.0,
            events=(Event(FAULT + 0.9, "loadbalancer-2 is MASTER"),),
            holders=(
                Holding(STARTED, "loadbalancer-1"),
                Holding(FAULT + 0.02, None),
                Holding(FAULT + 0.9, "loadbalancer-2"),
            ),
            writers=(Writing(STARTED, "database-1"),),
            budget_s=1.0,
            formula="3 x advert_int 0.2 s + skew 0.1 s + 0.3 s",
            proof="the link is down and the host is off",
        ),
        (Shape("http", "new", 20.0, 1.7), Shape("sql", "kept", 20.0, 3.4, "[Errno 113] No route to host")),
        Budget(longest_gap_s=1.0),
        lost=("sql-17", "sql-18"),
    )


def nothing_bitten() -> FaultPicture:
    return made_up_fault(
        Marks("HAProxy frozen", "haproxy", "loadbalancer-2", 5, FAULT, None, FAULT + 6.0),
        (Shape("http", "kept", 20.0), Shape("http", "new", 20.0)),
        Budget(longest_gap_s=3.0, least_s=1.0),
    )


def made_up_gate(*faults: FaultPicture) -> GatePicture:
    started = datetime(2026, 3, 1, 14, 4, 30, tzinfo=UTC)
    return GatePicture("failover", "staging", "c0ffee-4f2a91", started, faults)
