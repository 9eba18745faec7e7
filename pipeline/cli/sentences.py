"""Events as text for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from pipeline.cli.render import counted
from pipeline.core import events as ev
from pipeline.core.kinds import Kind
from pipeline.core.plan import Plan


@dataclass(frozen=True, slots=True)
class Told:
    """What sentences about an attempt rest on: its kind, plan, titles of steps, and those that are done."""

    plan: Plan = field(default_factory=Plan)
    titles: Mapping[str, str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    kind: Kind = Kind.PROMOTE

    @classmethod
    def of(cls, kind: Kind, plan: Plan, done: frozenset[str] = frozenset()) -> Self:
        """Of an attempt of this kind with this plan, of which these steps are done."""
        return cls(plan, {step.id: step.title for step in plan.steps}, done, kind)

    def after(self, event: ev.Event) -> "Told":
        """What is known after one more event."""
        match event:
            case ev.PlanMade(plan=plan):
                return Told.of(self.kind, plan)
            case ev.AttemptStarted(kind=kind):
                return Told(kind=kind)
            case ev.StepSucceeded(step=step):
                return replace(self, done=self.done | {step})
            case _:
                return self


def sentence(event: ev.Event, told: Told) -> str | None:  # noqa: PLR0911 - one return per event
    """What happened, in a few words; None for an event that is not shown live. `told` includes the event."""
    match event:
        case ev.StepStarted() | ev.StepSucceeded() | ev.StepFailed():
            return _step(event, told)
        case ev.GateStarted() | ev.GateJudged() | ev.DiagnosticsCollected():
            return _gate(event)
        case ev.ShardStarted(shard=shard) | ev.ShardJudged(shard=shard):
            return _shard(event, f"shard {shard} of gate {event.full_name}")
        case ev.AttemptStarted(attempt=attempt, kind=kind, stage=stage):
            back = f"; a rollback of {event.rolls_back}" if event.rolls_back else ""
            asked = f"; a {event.bootstrap}" if event.bootstrap else ""
            host = f" of {event.redeploy}" if event.redeploy else ""
            return f"{attempt}: {kind.value}{host} in {stage} begins{back}{asked}"
        case ev.PlanMade(plan=plan):
            if plan.refusals:
                return "plan: refused: " + "; ".join(plan.refusals)
            legs = f" in {len(plan.legs)} legs" if plan.has_sections else ""
            return f"plan: {len(plan.steps)} steps{legs}" if plan.steps else f"plan: nothing to change{legs}"
        case ev.LegStarted(leg=leg):
            return _leg(leg, told)
        case ev.PlanFailed(trouble=trouble, again=again):
            return f"plan: transient failure: {trouble.line()}" if again else f"plan: failed: {trouble.what}"
        case ev.AttemptEnded(attempt=attempt, outcome=outcome):
            return f"{attempt}: {outcome.value}"
        case _:
            return _steering(event)


def _leg(name: str, told: Told) -> str:
    plan = told.plan
    found = next((pair for pair in enumerate(plan.legs, 1) if pair[1].name == name), None)
    if found is None or not plan.has_sections:
        return f"leg {name} begins"
    number, leg = found
    allowed = "; policy allows it" if leg.asks_in(told.kind) else ""
    return f"leg {number} of {len(plan.legs)}, {name}, begins: {counted(len(leg.steps), 'step')}{allowed}"


def _step(event: ev.StepStarted | ev.StepSucceeded | ev.StepFailed, told: Told) -> str:
    title = told.titles.get(event.step)
    name = f"{event.step}: {title}" if title else event.step
    match event:
        case ev.StepStarted(number=number):
            again = f" (start {number})" if number > 1 else ""
            return f"begin {name}{again}"
        case ev.StepSucceeded():
            of_all = f" ({len(told.done)} of {len(told.titles)} steps)" if told.plan.has_sections else ""
            return f"done  {event.step}{of_all}"
        case ev.StepFailed(trouble=trouble, transient=transient):
            kind = "transient failure of" if transient else "FAILED"
            return f"{kind} {event.step}: {trouble.line()}"


def _gate(event: ev.GateStarted | ev.GateJudged | ev.DiagnosticsCollected) -> str:
    match event:
        case ev.GateStarted(number=number):
            return f"gate {event.full_name} begins" + (f" (start {number})" if number > 1 else "")
        case ev.GateJudged(evidence=evidence, override=override):
            passed = f"{evidence.passed} of {evidence.wanted} checks passed"
            aside = f" ({', '.join(evidence.origins)})" if evidence.reused else ""
            told = f"{evidence.verdict.value}, {passed}{aside}"
            return f"gate {event.full_name}: {told}" + (f" ({override})" if override else "")
        case ev.DiagnosticsCollected(directory=directory, files=files, trouble=trouble):
            if trouble is not None:
                return f"diagnostics could not be collected: {trouble.what}"
            return f"diagnostics: {len(files)} files in {directory}"


def _shard(event: ev.ShardStarted | ev.ShardJudged, name: str) -> str:
    if isinstance(event, ev.ShardStarted):
        return f"{name} begins" + (f" (start {event.number})" if event.number > 1 else "")
    evidence = event.evidence
    return f"{name}: {evidence.verdict.value}, {evidence.passed} of {evidence.wanted} checks passed"


def _steering(event: ev.Event) -> str | None:
    match event:
        case ev.ReleasePinned(release=release, alias=alias):
            return f"pinned {alias} ({release[:12]})"
        case ev.LineSet(line=line, source=source):
            return f"line set from {source}: {line}"
        case ev.Resumed(attempt=attempt):
            return f"{attempt}: continues"
        case ev.AbortRequested(attempt=attempt):
            return f"{attempt}: abandoned"
        case ev.Interrupted(attempt=attempt, reason=reason):
            return f"{attempt}: interrupted by {reason}"
        case _:
            return None
