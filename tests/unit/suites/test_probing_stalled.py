"""A probe process that is stopped for a while: real processes, a server on this machine, and no verdict."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from answered import serving
from suites_sample import Read

from suites.clients.runner import Clients
from suites.failover.analysis.measures import Budget
from suites.failover.analysis.measuring import measure
from suites.failover.doubting import of_measures
from suites.failover.judging import ENOUGH
from suites.failover.served import Served
from suites.probes.session import Probing
from suites.probes.spec import Kind
from suites.probes.trace import Window

STOPPED_S = 2.0


def test_a_probe_that_stood_still_is_no_word_on_the_stage(
    read: Read, target_document: dict[str, Any], tmp_path: Path
) -> None:
    with serving() as url:
        target_document["endpoints"]["identity"] = f"{url}/v3"
        with Probing(Clients(read(target_document)), (Kind.HTTP,), tmp_path / "raw", "p") as probing:
            served = Served(probing, time.monotonic, time.sleep)
            begin = served.steady()
            fault = time.monotonic()
            (process,) = probing.processes.values()
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(STOPPED_S)
            os.kill(process.pid, signal.SIGCONT)
            # What was under way timed out by the probe's clock; that is not held against the stage either.
            assert served.until_calm(fault, 30.0).holds
            end = time.monotonic()
            served.settle(begin, end)
            traces = probing.traces(begin, end, (Kind.HTTP,))
    window = Window(begin, fault, end)
    measures = {trace.probe: measure(trace, window, Budget(1.0), ENOUGH) for trace in traces}
    # By its budget it would be red; it was not measured, so it is measured again.
    assert all(one.exceeded for one in measures.values())
    reasons = of_measures(measures)
    assert len(reasons) == len(measures)
    assert all("of the requests that were due" in one.why and not one.measured for one in reasons)
