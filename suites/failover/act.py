"""One fault of a drill: the baseline, the fault, its undo, and the recovery."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from random import Random

from suites.errors import FaultRefused, NotMeasured, ReadingFailed
from suites.failover import own_machine, written
from suites.failover.analysis.acknowledged import WriteFindings, check_writes
from suites.failover.calm import Calm, usable
from suites.failover.events import host_events
from suites.failover.holders import timeline, unwatched
from suites.failover.judging import enough
from suites.failover.kept import Kept
from suites.failover.served import Served
from suites.failover.stage import Rig
from suites.failover.story import Story, last_answering
from suites.failover.victims import Blow, chosen, scene_of
from suites.faults.away import Away
from suites.faults.fault import Fault
from suites.faults.fault_case import FaultCase
from suites.faults.injector import Proof
from suites.harness.component import Component
from suites.hosts.reading import until
from suites.probes.session import Probing
from suites.probes.spec import CALM_S, Kind
from suites.probes.trace import Trace, Window
from suites.seam.target import TargetHost, Timing

# A random delay before each fault: a fixed moment would lock onto the periods of health checks.
PHASE_S = 2.0  # the longest of those periods
# A fault from which clients do not recover is undone this long after its budget. Once the stage reports that
# it is healthy, clients have this long to be served without a failed request.
BEYOND_S = 6.0
# Only a limit for what hangs: the budget, not this, judges how long clients were not served.
HEALTHY_WITHIN_S = 120.0
STAYS_S = 1.0  # clients are observed for at least this long once everything is healthy


@dataclass(frozen=True, slots=True)
class Endured:
    """A fault that was made and undone: its victims, its times, and what was observed meanwhile."""

    victims: tuple[TargetHost, ...]
    begin: float
    fault: float
    undone: float
    making_s: float
    proof: Proof
    proved: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One fault of a drill, from its baseline until the stage is healthy again, with its own probes."""

    rig: Rig
    probing: Probing
    served: Served
    component: Component
    fault_case: FaultCase
    repeated: bool = False

    def play(self) -> Story:
        """Play the fault case and return its story. Raises as `Drill.run`."""
        rig = self.rig
        begin = self.served.steady()
        # Seeded with the name too: a fault makes the same random choices alone as among the others.
        chance = f"{rig.seed} {self.component.name} {self.fault_case.name}"
        random = Random(f"{chance} again" if self.repeated else chance)  # noqa: S311 - no secret
        blows = self._chosen(random)
        victims = tuple(dict.fromkeys(host for _, host in blows))
        faults = tuple(make(rig.stage.target, host) for make, host in blows)
        prepares = any(fault.prepare for fault in faults)
        if prepares:
            rig.recovering.disturb()
        with ExitStack() as prepared:
            for fault in faults:
                prepared.enter_context(rig.injector.prepared(fault))
            if prepares:
                self._until_healthy()
                begin = self.served.steady()
            rig.sleep(random.uniform(0, PHASE_S))
            begin = self.served.baseline(begin, self._baseline)
            return self._endure(faults, victims, begin)

    def _endure(self, faults: Sequence[Fault], victims: tuple[TargetHost, ...], begin: float) -> Story:
        rig, case, timing = self.rig, self.fault_case, self._timing()
        notes: list[str] = []
        rig.recovering.disturb()
        what = "; ".join(f"{one.name} on {one.host}" if faults[1:] else one.name for one in faults)
        self._say(f"{what}, {rig.clock() - begin:.1f} s into the baseline", victims)
        with ExitStack() as injected:
            made = [injected.enter_context(rig.injector.injected(fault)) for fault in faults]
            at, making_s = made[0].at, made[-1].made - made[0].at
            proof = rig.injector.proofs(made)
            self._say(f"proof: {proof.seen}" if proof.holds else f"no proof: {proof.seen}", victims)
            proved = rig.clock() if proof.holds else None
            if case.meanwhile is not None:
                names = tuple(host.name for host in victims)
                ask = partial(case.meanwhile, Away(rig.stage.target, rig.stage.fleet, rig.clients, names))
                notes.append(until(ask, within=timing.budget_s + BEYOND_S, every=0.2).seen)
            rig.sleep(max(0.0, at + max(case.held_s, timing.unsteady_s) - rig.clock()))
            if not case.total:
                longest = timing.budget_s + timing.unsteady_s + BEYOND_S + self.served.calm_s - CALM_S
                self.served.until_calm(at, longest, afresh=True)
            undone = rig.clock()
            self._say(f"undoing it, {undone - at:.1f} s after it was made", victims)
        return self._mend(Endured(victims, begin, at, undone, making_s, proof, proved, tuple(notes)))

    def _mend(self, seen: Endured) -> Story:
        rig = self.rig
        healthy = self._until_healthy()
        self._say(f"every component is healthy, {healthy - seen.undone:.1f} s after that", seen.victims)
        calm_s = self.served.calm_s
        again = self.served.until_calm(
            max(seen.undone, healthy + STAYS_S - calm_s), BEYOND_S + calm_s - CALM_S
        )
        end = rig.clock()
        self.served.settle(seen.begin, end)
        traces = self.probing.traces(seen.begin, end, tuple(Kind))
        with ThreadPoolExecutor(2) as pool:
            events = pool.submit(host_events, rig.stage, seen.begin, end)
            writes = pool.submit(self._writes, seen.begin, end)
            messages = self._kept().messages(traces)
            keys = self._kept().keys(self._key_traces(end), seen.fault)
        return Story(
            component=self.component.name,
            fault_case=self.fault_case,
            victim=", ".join(host.name for host in seen.victims),
            seed=rig.seed,
            timing=self._timing(),
            making_s=seen.making_s,
            failing=Window(seen.begin, seen.fault, seen.undone),
            mending=Window(seen.undone - calm_s, seen.undone, end),
            traces=traces,
            holdings=timeline(rig.watch.sightings, seen.begin, end),
            unwatched_s=unwatched(rig.watch.sightings, seen.begin, end),
            again=again,
            events=events.result(),
            proof=seen.proof,
            proved=seen.proved,
            healthy=healthy,
            writes=writes.result(),
            messages=messages,
            keys=keys,
            notes=seen.notes,
            stalled_s=own_machine.longest(rig.heartbeat.stalls, seen.begin, end),
            repeated=self.repeated,
        )

    def _baseline(self, begin: float, now: float) -> Calm:
        """Whether the fault may begin: the baseline has everything that the judgement will need."""
        traces = self.probing.traces(begin, now, self.fault_case.notice)
        seen = usable([(trace, enough(trace)) for trace in traces], begin, now)
        return seen if not seen.holds else self._kept().enough_keys(self._key_traces(now), now)

    def _kept(self) -> Kept:
        return Kept(self.probing, self.rig.clients, self.rig.clock, self.rig.sleep)

    def _key_traces(self, end: float) -> tuple[Trace, ...]:
        """All keys of these probes: those set before the baseline are the ones that must still exist."""
        return self.probing.traces(0.0, end, (Kind.REDIS,))

    def _say(self, what: str, victims: Sequence[TargetHost]) -> None:
        one = victims[0].name if len(victims) == 1 else None
        self.rig.progress(f"{self.component.name}/{self.fault_case.name}: {what}", one)

    def _chosen(self, random: Random) -> tuple[Blow, ...]:
        rig, now = self.rig, self.rig.clock()
        traces = self.probing.traces(now - CALM_S, now, tuple(Kind))
        found = {kind: last_answering(traces, kind, now) for kind in Kind}
        holders = rig.watch.holders()
        scene = scene_of(rig.stage, self.component, holders, found, random)
        return chosen(rig.stage, self.component, self.fault_case, scene)

    def _timing(self) -> Timing:
        try:
            return self.rig.stage.target.budgets[self.component.name][self.fault_case.name]
        except KeyError:
            raise FaultRefused(
                f"there is no budget for {self.fault_case.name}",
                where=self.component.name,
                why="target.json does not say what it may cost",
                next=f"promote --stage {self.rig.stage.target.stage} rewrites it",
            ) from None

    def _until_healthy(self) -> float:
        until(self.rig.recovering.look, within=HEALTHY_WITHIN_S, every=0.5)
        return self.rig.clock()

    def _writes(self, begin: float, end: float) -> WriteFindings:
        traces = self.probing.traces(begin, end, (Kind.SQL,))
        nodes = [self.rig.stage.fleet[host.name] for host in self.rig.stage.target.carrying("galera")]
        try:
            there = written.rows(nodes, self.probing.prefix)
        except ReadingFailed as error:
            raise NotMeasured("the rows that were written could not be read", why=str(error)) from None
        return check_writes(written.history(traces), there)
