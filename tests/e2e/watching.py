"""What a client goes without while a test changes a stage: the failover gate's own probes, for any work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from checkout import wait_until

from suites.clients.runner import Clients
from suites.failover.analysis.measures import Enough, Measures
from suites.failover.analysis.measuring import measure
from suites.probes.session import Probing
from suites.probes.spec import Kind
from suites.probes.trace import Request, RequestOutcome, Window
from suites.seam.target import read_target

BASELINE_S = 3.0  # 2 s are needed, and the first request ends a little later than the watch begins
BASELINE_WITHIN_S = 30.0  # for each probe to have been served as often as a baseline needs
SETTLED_S = 2.0  # the last requests have ended by then, answered or timed out


@dataclass
class Watch:
    """What the probes went through, by probe (`sql-new`, `sql-kept`, …); filled in at the end.

    `failed` are the requests that failed: when they were due, in seconds since the change, and how.
    """

    measures: dict[str, Measures] = field(default_factory=dict)
    failed: dict[str, list[tuple[float, str]]] = field(default_factory=dict)


@contextmanager
def watched(target: Path, into: Path, kinds: tuple[Kind, ...] = (Kind.SQL,)) -> Iterator[Watch]:
    """Have requests made at a fixed rate while inside, each when it is due, whatever became of the others.

    Fails where nobody could be measured: the probe fell behind its rate, or the baseline is empty.
    """
    watch = Watch()
    prefix = f"e2e-{int(monotonic() * 1000):x}"
    with Probing(Clients(read_target(target)), kinds, into, prefix) as probing:
        begin = monotonic()
        sleep(BASELINE_S)
        wait_until(lambda: _served(probing.since(begin, kinds)), BASELINE_WITHIN_S, "a baseline")
        changed = monotonic()
        yield watch
        end = monotonic()
        sleep(SETTLED_S)
        window = Window(begin, changed, end)
        for trace in probing.traces(begin, end, kinds):
            watch.measures[trace.probe] = measure(trace, window)
            watch.failed[trace.probe] = [
                (round(request.due - changed, 1), request.error or request.outcome.value)
                for request in trace.requests
                if request.outcome is not RequestOutcome.OK
            ]
    assert watch.measures, "no probe left a trace"
    for probe, seen in watch.measures.items():
        assert not seen.doubts, f"{probe}: {seen.doubts}"


def _served(requests: Mapping[str, tuple[Request, ...]]) -> bool:
    """Whether each probe was served as often as a baseline needs."""
    served = ([one for one in of_probe if one.outcome is RequestOutcome.OK] for of_probe in requests.values())
    return all(len(of_probe) >= Enough().baseline_samples for of_probe in served)
