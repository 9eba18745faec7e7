"""The story of a fault: everything that was observed of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from suites.failover.analysis.acknowledged import KeyFindings, MessageFindings, WriteFindings
from suites.failover.calm import Calm
from suites.failover.marks import Event, Holding
from suites.faults.fault_case import FaultCase
from suites.faults.injector import Proof
from suites.probes.spec import Kind
from suites.probes.trace import RequestOutcome, Trace, Window
from suites.seam.target import Timing

LAST_S = 1.0  # the final state is judged over the last second


@dataclass(frozen=True, slots=True)
class Story:
    """One fault, from its baseline until the stage was healthy again.

    `failing` lasts from the baseline to the undo; `mending` from one calm period before the undo to the end.
    `making_s` is how long the command that made the fault took: the fault happened some time within it.
    `unwatched_s` is the longest time in which no host reported whether it holds the VIP. `again` says whether
    every probe was served at the end, including those that do not judge the fault. `stalled_s` is the
    longest stall of the measuring machine. `repeated` marks the story of a second measurement.
    `messages` and `keys` are None if no probe sent or set any; `left` is what probes left behind.
    `proved` is when the fault was seen to take effect (None: never), `healthy` when all was healthy.
    """

    component: str
    fault_case: FaultCase
    victim: str
    seed: int
    timing: Timing
    making_s: float
    failing: Window
    mending: Window
    traces: tuple[Trace, ...]
    holdings: tuple[Holding, ...]
    unwatched_s: float
    again: Calm
    events: tuple[Event, ...]
    proof: Proof
    proved: float | None
    healthy: float
    writes: WriteFindings
    notes: tuple[str, ...] = ()
    messages: MessageFindings | None = None
    keys: KeyFindings | None = None
    left: tuple[str, ...] = ()
    stalled_s: float = 0.0
    repeated: bool = False


def last_answering(traces: Sequence[Trace], kind: Kind, end: float, span: float = LAST_S) -> frozenset[str]:
    """Return who answered the probes of a kind in the last `span` seconds before `end`."""
    return frozenset(
        request.by
        for trace in traces
        if trace.kind == kind.value
        for request in trace.requests
        if request.by and request.outcome is RequestOutcome.OK and end - span <= request.end <= end
    )
