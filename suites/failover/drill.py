"""A drill: the baseline, the fault, what clients see of it, its undo, and the recovery.

A failed measurement is repeated once; a judgement, whatever it is, never is.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from suites.errors import FaultRefused, LeaseLost, NotMeasured, SuitesError
from suites.failover import evidence
from suites.failover.act import HEALTHY_WITHIN_S, Act
from suites.failover.analysis.measures import Verdict
from suites.failover.judging import Judged, judge
from suites.failover.picture import Broken, FaultPicture
from suites.failover.served import Served
from suites.failover.stage import Rig
from suites.faults.fault_case import FaultCase
from suites.harness.component import Component
from suites.harness.fixtures import Costing, Retaking
from suites.hosts.reading import until
from suites.probes.session import Probing
from suites.probes.spec import askable
from suites.seam.report import Retake, one_line


def taken(take: Callable[[bool], Judged], again: Callable[[Retake], None], folder: str) -> Judged:
    """Return the result of `take(repeated)`, called a second time if the first measurement failed.

    `again` is called before the second measurement, which may raise; `folder` has the evidence of the first.
    Two failed measurements are inconclusive, with the reasons of both. Raises what `take` raises.
    """
    first = take(False)  # noqa: FBT003 - the only argument
    if first.final:
        return first
    why = "; ".join(first.why)
    again(Retake(one_line(why), folder))
    second = take(True)  # noqa: FBT003 - the only argument
    if second.final:
        return second
    both = (*second.why, f"and the first time: {why}")
    return replace(second, why=both, seen=f"could not be measured twice: {'; '.join(both)}")


@dataclass(frozen=True, slots=True)
class Recording:
    """Callbacks for what the report says about a check: retakes, and what faults cost."""

    retaken: Retaking
    cost: Costing


@dataclass(frozen=True, slots=True)
class Drill:
    """Plays fault cases, one at a time, while probes run."""

    rig: Rig
    into: Path
    prefix: str
    pictures: list[FaultPicture] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def run(self, component: Component, fault_case: FaultCase, recording: Recording) -> Judged:
        """Take a component through a fault and judge it; repeat it once if it could not be measured.

        Without the lease no fault is made, and the result is inconclusive. Raises FaultRefused, NotWithin if
        the stage was not healthy before the fault, ReadingFailed, HealingFailed, ClientFailed.
        """

        def take(repeated: bool) -> Judged:  # noqa: FBT001 - the only argument
            return self._take(component, fault_case, recording.cost, repeated=repeated)

        def again(retake: Retake) -> None:
            recording.retaken(retake)
            what = f"{component.name}/{fault_case.name}: could not be measured, measuring again: {retake.why}"
            self.rig.progress(what, None)

        folder = f"traces/{evidence.named(component.name, fault_case.name)}"
        return taken(take, again, folder)

    def _take(self, component: Component, fault_case: FaultCase, cost: Costing, *, repeated: bool) -> Judged:
        folder = evidence.named(component.name, fault_case.name, repeated=repeated)
        try:
            with self._probing(component, fault_case, folder) as probing:
                served = Served(probing, self.rig.clock, self.rig.sleep)
                story = Act(self.rig, probing, served, component, fault_case, repeated).play()
        except SuitesError as error:
            unmeasured = isinstance(error, NotMeasured)
            unproved = unmeasured or isinstance(error, LeaseLost)
            why = one_line(str(error))
            broken = Broken(
                evidence.named(component.name, fault_case.name),
                Verdict.INCONCLUSIVE if unproved else Verdict.FAILED,
                why,
            )
            retaken = unmeasured and not repeated
            cost(evidence.leave_broken(self.into, broken, folder, self.rig.clock(), retaken=retaken))
            self.broken.append(broken)
            if unproved:
                return Judged(broken.verdict, (why,), why, {}, {}, final=not unmeasured)
            raise
        story = replace(story, left=probing.left())
        judged = judge(story)
        cost(evidence.leave(self.into, story, judged))
        self.pictures.append(evidence.picture(story, judged))
        return judged

    @contextmanager
    def _probing(self, component: Component, fault_case: FaultCase, folder: str) -> Iterator[Probing]:
        """Running probes, on a healthy stage. Faults that could not be undone before are undone first."""
        kinds = tuple(kind for kind in askable(self.rig.stage.target) if kind in fault_case.probes)
        if not set(kinds) & set(fault_case.notice):
            raise FaultRefused(
                f"will not try {fault_case.name}", where=component.name, why="no client here would notice"
            )
        if self.rig.injector.heal_all():
            self.rig.recovering.disturb()
        self.rig.injector.require_ours()  # before anything is measured: no fault would follow
        probing = Probing(self.rig.clients, kinds, self.into / "raw" / folder, f"{self.prefix}-{folder}")
        with ThreadPoolExecutor(1) as pool:
            well = pool.submit(self._until_well)  # while the probes start
            try:
                with probing:
                    well.result()
                    yield probing
            except NotMeasured:
                well.result()  # an unhealthy stage is the better reason
                raise

    def _until_well(self) -> None:
        if not self.rig.recovering.lately:
            until(self.rig.recovering.look, within=HEALTHY_WITHIN_S, every=0.5)
