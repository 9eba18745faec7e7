"""Fixtures for the checks of the failover gate."""

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from suites.clients.runner import Clients
from suites.failover import written
from suites.failover.analysis.measures import Verdict
from suites.failover.drill import Drill, Recording
from suites.failover.holders import Watch
from suites.failover.own_machine import Heartbeat, flush, on_disk
from suites.failover.picture import GatePicture, render
from suites.failover.stage import Recovering, Rig, carried
from suites.faults.drills import Drilled, close_drills, write_drill
from suites.faults.fault_case import FaultCase
from suites.faults.injector import Injector
from suites.faults.undo_log import NAME, UndoLog
from suites.harness.component import Component
from suites.harness.ending import ended_by_sigterm
from suites.harness.fixtures import Costing, Progress, Retaking, Seeing, inconclusive
from suites.harness.layout import place_of
from suites.hosts.host import Host
from suites.seam.lease import Lease
from suites.seam.target import Target

SEED = "STAGEGATE_SEED"
Survives = Callable[[FaultCase], None]


@pytest.fixture(scope="session")
def drill(  # noqa: PLR0913, PLR0917 - each is a fixture
    request: pytest.FixtureRequest,
    target: Target,
    fleet: Mapping[str, Host],
    clients: Clients,
    into: Path,
    progress: Progress,
    lease: Lease | None,
) -> Iterator[Drill]:
    """The drill, with the VIP and this machine being watched. Faults of an earlier run are undone first."""
    seed = int(os.environ.get(SEED) or secrets.randbelow(2**32))
    beside = Path(request.config.getoption("--target")).resolve()
    injector = Injector(target, UndoLog(beside.with_name(NAME)), lease)
    prefix = f"f{int(time.time()):x}-{seed % 65536:x}"
    with ended_by_sigterm(), ExitStack() as stack:
        injector.heal_all()
        close_drills(beside, datetime.now(UTC))
        started = datetime.now(UTC)
        write_drill(beside, Drilled(started))
        watch = stack.enter_context(Watch(target, target.carrying("keepalived")))
        beaten = stack.enter_context(on_disk(into))
        heartbeat = stack.enter_context(Heartbeat(partial(flush, beaten)))
        stage = carried(target, fleet)
        rig = Rig(stage, Recovering(stage), clients, watch, heartbeat, injector, seed, progress)
        drill = Drill(rig, into, prefix)
        yield drill
        # A second signal to end waits until every fault is undone.
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, signal.SIG_IGN))
        injector.heal_all()
        write_drill(beside, Drilled(started, datetime.now(UTC)))
        seen = (tuple(drill.pictures), tuple(drill.broken))
        gate = place_of(request.session.items[0].path).gate
        page = render(GatePicture(gate, target.stage, target.release, started, *seen))
        (into / "report.html").write_text(page, encoding="utf-8")
        written.forget(fleet[target.carrying("galera")[0].name], prefix)


@pytest.fixture
def survives(drill: Drill, component: Component, seen: Seeing, retaken: Retaking, cost: Costing) -> Survives:
    """Take the component through a fault; the check passes, fails or is inconclusive by the verdict."""

    def go(fault_case: FaultCase) -> None:
        judged = drill.run(component, fault_case, Recording(retaken, cost))
        line = f"{judged.seen}; seed {drill.rig.seed}"
        if judged.verdict is Verdict.FAILED:
            pytest.fail(line, pytrace=False)
        if judged.verdict is Verdict.INCONCLUSIVE:
            inconclusive(line)
        seen(line)

    return go
