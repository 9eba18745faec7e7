"""What a client goes without while a test changes a stage: the failover gate's own probes, for any work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from suites.clients.runner import Clients
from suites.failover.analysis.measures import Enough, Measures
from suites.failover.analysis.measuring import measure
from suites.failover.calm import Calm, usable
from suites.failover.served import Served
from suites.probes.session import Probing
from suites.probes.spec import Kind
from suites.probes.trace import ANSWERED, RequestOutcome, Window
from suites.seam.target import read_target

CALM_WITHIN_S = 15.0  # after the change: for the last restart to be over for clients, too
ENOUGH_WITHIN_S = 60.0  # after that: for the slowest probe to make as many requests as a measurement needs
# Services that start keep both cores busy, so a request may be sent late. It is still sent, and counts.
ENOUGH = Enough(rate=0.5)


@dataclass(frozen=True)
class Failed:
    """A request that failed or was late: when it was due, in seconds since the change, and how it ended."""

    due_s: float
    outcome: RequestOutcome
    error: str | None


@dataclass
class Watch:
    """What the probes went through, by probe (`sql-new`, `sql-kept`, …); filled in at the end.

    A request that was answered after its client's time limit did not fail, it is `late`: where both cores are
    busy, clients of one second see that without any defect. It counts as no answer in `measures`.
    `left` has a sentence for each probe that could not remove what it had made.
    """

    measures: dict[str, Measures] = field(default_factory=dict)
    failed: dict[str, list[Failed]] = field(default_factory=dict)
    late: dict[str, list[Failed]] = field(default_factory=dict)
    left: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """How many requests ended while it watched."""
        return sum(one.samples for one in self.measures.values())

    def ended(self, probe: str) -> list[Failed]:
        """The requests of a probe that were ended from the other side, not by the client's own time limit."""
        return [one for one in self.failed[probe] if one.outcome is RequestOutcome.ERROR]


@contextmanager
def watched(target: Path, into: Path, kinds: tuple[Kind, ...] = (Kind.SQL,)) -> Iterator[Watch]:
    """Have requests made at a fixed rate while inside, each when it is due, whatever became of the others.

    Fails where nobody could be measured: half of the requests were sent late, or the baseline is empty.
    """
    watch = Watch()
    prefix = f"e2e-{int(monotonic() * 1000):x}"
    with Probing(Clients(read_target(target)), kinds, into, prefix) as probing:
        served = Served(probing, monotonic, sleep)

        def baseline(begin: float, now: float) -> Calm:
            return usable(((trace, ENOUGH) for trace in probing.traces(begin, now, kinds)), begin, now)

        begin = served.baseline(monotonic(), baseline)
        changed = monotonic()
        yield watch
        served.until_calm(monotonic(), CALM_WITHIN_S, afresh=True)
        end = _when_enough(probing, changed, kinds)
        served.settle(begin, end)
        window = Window(begin, changed, end)
        for trace in probing.traces(begin, end, kinds):
            watch.measures[trace.probe] = measure(trace, window, enough=ENOUGH)
            ended = [
                Failed(round(request.due - changed, 1), request.outcome, request.error)
                for request in trace.requests
                if request.outcome is not RequestOutcome.OK
            ]
            watch.late[trace.probe] = [one for one in ended if (one.error or "").startswith(ANSWERED)]
            watch.failed[trace.probe] = [one for one in ended if one not in watch.late[trace.probe]]
    watch.left = probing.left()
    assert watch.measures, "no probe left a trace"
    for probe, seen in watch.measures.items():
        assert not seen.doubts, f"{probe}: {seen.doubts}"


def _when_enough(probing: Probing, changed: float, kinds: tuple[Kind, ...]) -> float:
    """Wait until every probe has as many requests since the change as a measurement needs; return the time.

    A change may be over before a slow probe has made so many. What is missing at the limit is a doubt.
    """
    limit = monotonic() + ENOUGH_WITHIN_S
    while (now := monotonic()) < limit:
        traces = probing.traces(changed, now, kinds)
        if all(sum(one.end <= now for one in trace.requests) >= ENOUGH.samples for trace in traces):
            break
        sleep(0.1)
    return now
