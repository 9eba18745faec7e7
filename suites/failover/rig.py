"""What faults are played on: the stage, and the means that all faults of a run share."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from suites.clients.runner import Clients
from suites.failover.heartbeat import Heartbeat
from suites.failover.holders import Watch
from suites.failover.stage import Recovering, Stage
from suites.faults.injector import Injector
from suites.harness.fixtures import Progress


@dataclass(frozen=True, slots=True)
class Rig:
    """The stage, who watches it, and who makes faults; `seed` decides what is left to chance."""

    stage: Stage
    recovering: Recovering
    clients: Clients
    watch: Watch
    heartbeat: Heartbeat
    injector: Injector
    seed: int
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
