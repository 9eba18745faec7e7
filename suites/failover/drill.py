"""A drill: a baseline, a fault, what clients see of it, its undoing, and the way back to health."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from suites.errors import FaultRefused, SuitesError
from suites.failover import evidence, written
from suites.failover.events import told
from suites.failover.holders import Watch, timeline, unwatched
from suites.failover.served import CALM_S, Served
from suites.failover.stage import Stage
from suites.failover.story import Judged, Story, judge, last_writers
from suites.harness.analysis import WriteFindings, check_writes
from suites.harness.clients import Clients
from suites.harness.component import Component
from suites.harness.faults.fault import Fault
from suites.harness.faults.guard import outnumbering
from suites.harness.faults.injector import Injector
from suites.harness.fixtures import Progress
from suites.harness.observation import Observation
from suites.harness.picture import FaultPicture
from suites.harness.probing.session import Probing
from suites.harness.probing.spec import TIMEOUT_S, Kind
from suites.harness.report import one_line
from suites.harness.suffering import Scene, Suffering
from suites.harness.target import TargetHost, Timing
from suites.harness.trace import Window
from suites.harness.waiting import until

BASELINE_S = 3.0
# A fixed moment would lock onto the periods of checks: every fault begins somewhere within this.
PHASE_S = 2.0  # the longest of those periods
# A fault that is not got over is observed for its budget and this long, then undone; a stage that says it is
# well again is believed after so long without a failed request, or not at all.
BEYOND_S = 6.0
HEALTHY_WITHIN_S = 60.0
STAYS_S = 1.0  # clients are looked at for at least so long once all is healthy
# Requests that are under way may yet take their time-out twice.
SETTLE_S = 2 * TIMEOUT_S + 0.1

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
        kinds = tuple(kind for kind in Kind if kind in suffering.notice or kind is Kind.SQL)
        try:
            with Probing(self.clients, kinds, self.into / "raw" / name, f"{self.prefix}-{name}") as probing:
                served = Served(probing, self.clock, self.sleep)
                story = Act(self, probing, served, component, suffering, meanwhile).play()
        except SuitesError as error:
            why = one_line(str(error))
            evidence.leave_broken(self.into, name, why, self.clock())
            self.broken.append((name, why))
            raise
        judged = judge(story)
        evidence.leave(self.into, story, judged)
        self.pictures.append(evidence.picture(story, judged))
        return judged


@dataclass(frozen=True, slots=True)
class Act:
    """One fault of a drill, from its baseline until the stage is well again, with its own probes."""

    drill: Drill
    probing: Probing
    served: Served
    component: Component
    suffering: Suffering
    meanwhile: Meanwhile | None

    def play(self) -> Story:
        """Make the component suffer, and return what was seen. Raises as `Drill.suffer`."""
        drill = self.drill
        begin = self.served.steady()
        # Of the seed and the name: a fault that is run alone falls as it does among the others.
        random = Random(f"{drill.seed} {self.component.name} {self.suffering.name}")  # noqa: S311 - no secret
        victim = self._victim(random)
        fault = self.suffering.fault(drill.stage.target, victim)
        with drill.injector.prepared(fault):
            if fault.prepare:
                self._until_healthy()
                begin = self.served.steady()
            drill.sleep(max(0.0, begin + BASELINE_S - drill.clock()) + random.uniform(0, PHASE_S))
            return self._endure(fault, victim, begin)

    def _endure(self, fault: Fault, victim: TargetHost, begin: float) -> Story:
        drill, timing = self.drill, self._timing()
        notes: list[str] = []
        self._say(f"{fault.name}, {drill.clock() - begin:.1f} s into the baseline", victim)
        with drill.injector.injected(fault) as made:
            proof = drill.injector.proof(made)
            self._say(f"proof: {proof.seen}" if proof.holds else f"no proof: {proof.seen}", victim)
            proved = drill.clock() if proof.holds else None
            if self.meanwhile is not None:
                ask = partial(self.meanwhile, victim)
                notes.append(until(ask, within=timing.budget_s + BEYOND_S, every=0.2).seen)
            self.served.until_calm(made.at, timing.budget_s + BEYOND_S)
            undone = drill.clock()
            self._say(f"undoing it, {undone - made.at:.1f} s after it was made", victim)
        healthy = self._until_healthy()
        self._say(f"every component is healthy, {healthy - undone:.1f} s after that", victim)
        again = self.served.until_calm(max(undone, healthy + STAYS_S - CALM_S), BEYOND_S)
        end = drill.clock()
        drill.sleep(SETTLE_S)
        return Story(
            component=self.component.name,
            suffering=self.suffering,
            victim=victim.name,
            seed=drill.seed,
            timing=timing,
            making_s=made.made - made.at,
            failing=Window(begin, made.at, undone),
            mending=Window(undone - CALM_S, undone, end),
            traces=self.probing.traces(begin, end, tuple(Kind)),
            holdings=timeline(drill.watch.sightings, begin, end),
            unwatched_s=unwatched(drill.watch.sightings, begin, end),
            again=again,
            events=told(drill.stage, begin, end),
            proof=proof,
            proved=proved,
            healthy=healthy,
            writes=self._writes(begin, end),
            notes=tuple(notes),
        )

    def _say(self, what: str, victim: TargetHost) -> None:
        self.drill.progress(f"{self.component.name}/{self.suffering.name}: {what}", victim.name)

    def _victim(self, random: Random) -> TargetHost:
        target = self.drill.stage.target
        holders = sorted(self.drill.watch.holders())
        now = self.drill.clock()
        writers = sorted(last_writers(self.probing.traces(now - CALM_S, now, (Kind.SQL,)), now))
        scene = Scene(
            target,
            target.carrying(self.component.name),
            holders[0] if len(holders) == 1 else None,
            writers[0] if len(writers) == 1 else None,
            random,
        )
        try:
            victim = self.suffering.victim(scene)
        except LookupError as error:
            raise FaultRefused(
                f"will not try {self.suffering.name}", where=self.component.name, why=str(error)
            ) from None
        for hit in self.drill.stage.components:
            if hit.name in victim.components:
                healthy = [name for name, seen in self.drill.stage.health(hit).items() if seen.holds]
                total = len(target.carrying(hit.name))
                problem = outnumbering(hit.name, hit.quorum, victim.name, healthy, total)
                if problem:
                    raise FaultRefused(f"will not try {self.suffering.name}", where=victim.name, why=problem)
        return victim

    def _timing(self) -> Timing:
        try:
            return self.drill.stage.target.budgets[self.component.name][self.suffering.name]
        except KeyError:
            raise FaultRefused(
                f"there is no budget for {self.suffering.name}",
                where=self.component.name,
                why="target.json does not say what it may cost",
                next_step=f"promote --stage {self.drill.stage.target.stage} writes it anew",
            ) from None

    def _until_healthy(self) -> float:
        until(self.drill.stage.healthy, within=HEALTHY_WITHIN_S, every=0.5)
        return self.drill.clock()

    def _writes(self, begin: float, end: float) -> WriteFindings:
        traces = self.probing.traces(begin, end, (Kind.SQL,))
        nodes = [self.drill.stage.fleet[host.name] for host in self.drill.stage.target.carrying("galera")]
        return check_writes(written.history(traces), written.rows(nodes, self.probing.prefix))
