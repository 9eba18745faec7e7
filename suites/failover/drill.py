"""A drill: a baseline, a fault, what clients see of it, its undoing, and the way back to health."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from suites.errors import FaultRefused, SuitesError
from suites.failover import evidence
from suites.failover.act import HEALTHY_WITHIN_S, Act
from suites.failover.holders import Watch
from suites.failover.served import Served
from suites.failover.stage import Stage
from suites.failover.story import Judged, judge
from suites.harness.clients import Clients
from suites.harness.component import Component
from suites.harness.faults.injector import Injector
from suites.harness.fixtures import Progress
from suites.harness.observation import Observation
from suites.harness.picture import FaultPicture
from suites.harness.probing.session import Probing
from suites.harness.probing.spec import Kind, askable
from suites.harness.report import one_line
from suites.harness.suffering import Suffering
from suites.harness.target import TargetHost
from suites.harness.waiting import until

Meanwhile = Callable[[TargetHost], Observation]


@dataclass(frozen=True, slots=True)
class Drill:
    """Makes components suffer, one fault at a time, while probes run."""

    stage: Stage
    clients: Clients
    watch: Watch
    injector: Injector
    into: Path
    prefix: str
    seed: int
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    pictures: list[FaultPicture] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)

    def suffer(
        self, component: Component, suffering: Suffering, meanwhile: Meanwhile | None = None
    ) -> Judged:
        """Take a component through one fault, and judge what was seen.

        `meanwhile` is asked, until it holds, while the fault stands. Raises FaultRefused, NotWithin when the
        stage was not well to begin with, ReadingFailed, HealingFailed, ClientFailed.
        """
        self.injector.heal_all()  # what an earlier check could not undo is tried again
        until(self.stage.healthy, within=HEALTHY_WITHIN_S, every=0.5)
        name = f"{component.name}_{suffering.name}"
        # Writes always: they tell who the writer is, and whether one was lost.
        wanted = {*suffering.notice, Kind.SQL}
        kinds = tuple(kind for kind in askable(self.stage.target) if kind in wanted)
        if not set(kinds) & set(suffering.notice):
            raise FaultRefused(
                f"will not try {suffering.name}", where=component.name, why="no client here would notice"
            )
        try:
            with Probing(self.clients, kinds, self.into / "raw" / name, f"{self.prefix}-{name}") as probing:
                served = Served(probing, self.clock, self.sleep)
                story = Act(self, probing, served, component, suffering, meanwhile).play()
        except SuitesError as error:
            why = one_line(str(error))
            evidence.leave_broken(self.into, name, why, self.clock())
            self.broken.append((name, why))
            raise
        story = replace(story, left=probing.left())
        judged = judge(story)
        evidence.leave(self.into, story, judged)
        self.pictures.append(evidence.picture(story, judged))
        return judged
