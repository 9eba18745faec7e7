"""Stories of a fault, made of few numbers: a writer is killed, and clients go without for a while."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from traced import beats, failed

from suites.failover.analysis.acknowledged import WriteFindings
from suites.failover.calm import Calm
from suites.failover.marks import Holding
from suites.failover.story import Story
from suites.faults.fault import Fault
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.injector import Proof
from suites.probes.spec import Kind
from suites.probes.trace import Request, Trace, Window
from suites.seam.target import Target, TargetHost, Timing

FAULT, UNDONE, END = 104.0, 110.0, 115.0
CLEAN = WriteFindings(200, {}, {}, {}, {}, ())


def nothing(_target: Target, _host: TargetHost) -> Fault:
    raise AssertionError("nobody makes a fault here")


def seen(requests: Iterable[Request], *, by: str = "database-2") -> Trace:
    return Trace("sql-new", "sql", "new", 20.0, 1.0, 100.0, END, tuple(replace(r, by=by) for r in requests))


def without(begin: float, end: float) -> list[Request]:
    """Requests at the rate, of which not one succeeds."""
    return [failed(one.end) for one in beats(begin, end - 0.05)]


def back_until(end: float, gap: float = 2.0) -> list[Request]:
    """Served before the fault, not for a while, and served again until `end`."""
    return [*beats(100.0, FAULT), *without(FAULT, FAULT + gap), *beats(FAULT + gap - 0.05, end)]


def story(gap: float = 2.0, **other: object) -> Story:
    """The writer was killed, and clients went without for so many seconds."""
    told = Story(
        component="galera",
        fault_case=FaultCase("writer_killed", nothing, Scene.writing, (Kind.SQL,)),
        victim="database-1",
        seed=7,
        timing=Timing(4.0, 1.0, 2.4, 1.5, "arithmetic"),
        making_s=0.1,
        failing=Window(100.0, FAULT, UNDONE),
        mending=Window(UNDONE - 2.0, UNDONE, END),
        traces=(seen(back_until(END, gap)),),
        holdings=(Holding(100.0, "loadbalancer-1"),),
        unwatched_s=0.2,
        again=Calm(holds=True, seen="every probe is served"),
        events=(),
        proof=Proof(holds=True, seen="it died"),
        proved=FAULT + 0.1,
        healthy=UNDONE + 1.0,
        writes=CLEAN,
    )
    return replace(told, **other)


def stopped(requests: Iterable[Request], begin: float, end: float) -> Trace:
    """A probe whose process stood still for a while: what was due then is sent when it goes on."""
    late = [replace(one, start=end, end=end + 0.01) if begin <= one.due < end else one for one in requests]
    return seen(late)


def slow_to_mend() -> Story:
    """The fault cost little, its undoing more than the budget."""
    requests = [*back_until(UNDONE, 1.5), *without(UNDONE, UNDONE + 2.0), *beats(UNDONE + 2.0, END)]
    return story(traces=(seen(requests),), timing=Timing(1.9, 1.0, 1.5, 0.5, "arithmetic"))


@dataclass
class Clock:
    """A clock until a moment, that moves when somebody sleeps, and now and then further than was asked."""

    now: float = 100.0
    until: float = 110.0
    jumps: dict[int, float] = field(default_factory=dict)
    slept: int = 0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        self.now += seconds + self.jumps.get(self.slept, 0.0)

    def wait(self, seconds: float) -> bool:
        self.sleep(seconds)
        return self.now >= self.until
