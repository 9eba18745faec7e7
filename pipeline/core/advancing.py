"""An attempt as a state machine: how each event changes the state, by the table of legal transitions."""

from dataclasses import replace

from pipeline.core import events as ev
from pipeline.core import shard_reports
from pipeline.core.attempt import PLAN, Attempt
from pipeline.core.errors import IllegalTransition
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.overrides import may_carry
from pipeline.core.plan import Plan
from pipeline.core.plan_digest import digest_of
from pipeline.core.transitions import LEGAL, Phase
from pipeline.core.verdict import Verdict

# What it is called when all is done and every gate has passed. Of a promotion, it is VERIFIED.
_SOUND = {
    Kind.ROLLBACK: Outcome.ROLLED_BACK,
    Kind.REDEPLOY: Outcome.REDEPLOYED,
    Kind.RETIRE: Outcome.RETIRED,
}
_BY_VERDICT = {
    Verdict.PASS: Outcome.VERIFIED,
    Verdict.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Verdict.FAIL: Outcome.FAILED,
}


def advance(state: Attempt, event: ev.AttemptEvent, at: float) -> Attempt:
    """The state after `event`. Raises IllegalTransition when the table does not allow it."""
    allowed = LEGAL.get((state.phase, type(event)))
    if allowed is None:
        raise IllegalTransition(
            f"{type(event).__name__} cannot happen to {state.id} while {state.phase.value}"
        )
    after = _changed(state, event, at)
    if after.phase not in allowed:
        raise IllegalTransition(f"{type(event).__name__} cannot bring {state.id} to {after.phase.value}")
    return after


def closing_outcome(state: Attempt) -> Outcome:
    """The one outcome that the attempt's events imply."""
    if state.aborted:
        return Outcome.ABORTED
    if state.kind is Kind.GATE:
        return Outcome.OBSERVED
    said = _said(state)
    if said is Outcome.VERIFIED:
        return _SOUND.get(state.kind, said)
    if said is Outcome.REFUSED and state.rolls_back is None:
        return said  # also of a rollback by hand: its stage is as it was, and was nobody's to repair
    return Outcome.ROLLBACK_FAILED if state.kind is Kind.ROLLBACK else said


def _said(state: Attempt) -> Outcome:
    if state.plan.refusals or state.no_plan in (NoPlan.REFUSED, NoPlan.DEFERRED):
        return Outcome.REFUSED
    if state.plan_trouble is not None:
        return Outcome.UNPLANNED
    if state.failures:
        return Outcome.ROLLOUT_FAILED
    return _BY_VERDICT[state.verdict()]


def _changed(state: Attempt, event: ev.AttemptEvent, at: float) -> Attempt:  # noqa: PLR0911 - one return per event
    match event:
        case ev.PlanMade(plan=plan):
            return _planned(state, plan)
        case ev.PlanFailed():
            return _unplanned(state, event, at)
        case ev.StepStarted() | ev.StepSucceeded() | ev.StepFailed():
            return _stepped(state, event, at)
        case ev.GateStarted() | ev.GateJudged():
            return _gated(state, event)
        case ev.ShardStarted() | ev.ShardJudged():
            return _sharded(state, event)
        case ev.LegStarted():
            return _leg_started(state, event)
        case ev.DiagnosticsCollected():
            return replace(state, diagnostics=state.diagnostics + 1, phase=Phase.CLOSING)
        case ev.AttemptEnded(outcome=outcome):
            return _ended(state, outcome, at)
        case _:
            return _steered(state, event)


def _steered(state: Attempt, event: ev.AttemptEvent) -> Attempt:
    match event:
        case ev.Interrupted():
            return replace(state, interrupted=True)
        case ev.Resumed(token=token, job=job):
            left = shard_reports.left_behind(state.shards)
            return replace(state, interrupted=False, token=token, driven_by=job, shards=left)
        case ev.AbortRequested(keep=keep):
            return replace(state, aborted=True, keep=keep, interrupted=False, phase=Phase.CLOSING)
        case _:
            raise IllegalTransition(f"{state.id} has already started")


def _ended(state: Attempt, outcome: Outcome, at: float) -> Attempt:
    due = closing_outcome(state)
    of_before = due is Outcome.REFUSED and state.kind is Kind.ROLLBACK and outcome is Outcome.ROLLBACK_FAILED
    if outcome is not due and not of_before:  # what an engine from before schema 9 has written stays so
        raise IllegalTransition(f"{state.id} cannot end {outcome.value}: it is {due.value}")
    return replace(state, outcome=outcome, ended_at=at, interrupted=False, phase=Phase.ENDED)


def _unplanned(state: Attempt, event: ev.PlanFailed, at: float) -> Attempt:
    if not event.again:
        return replace(state, plan_trouble=event.trouble, no_plan=event.cause, phase=Phase.CLOSING)
    if not state.may_plan_again(event.cause):
        raise IllegalTransition(f"the plan of {state.id} cannot be retried")
    return state.tried_again(PLAN, event.trouble, at)


def _planned(state: Attempt, plan: Plan) -> Attempt:
    state = replace(state, retries=(*state.retries, *plan.retries))
    if plan.refusals:
        return replace(state, plan=plan, phase=Phase.CLOSING)
    if problems := plan.problems():
        raise IllegalTransition(f"the plan of {state.id} cannot be performed", why=problems[0])
    if plan.legs:
        return replace(state, plan=plan, phase=Phase.BETWEEN)
    return replace(state, plan=plan, phase=Phase.PERFORMING if plan.steps else Phase.GATING)


def _leg_started(state: Attempt, event: ev.LegStarted) -> Attempt:
    leg = state.next_leg
    if leg is None or event.leg != leg.name:
        raise IllegalTransition(f"leg {event.leg} of {state.id} is not the next one")
    phase = Phase.PERFORMING if leg.steps else Phase.GATING
    return replace(state, legs_started=state.legs_started + 1, phase=phase)


def _stepped(state: Attempt, event: ev.StepStarted | ev.StepSucceeded | ev.StepFailed, at: float) -> Attempt:
    name = event.step
    if isinstance(event, ev.StepStarted):
        if name not in {step.id for step in state.ready_steps()}:
            raise IllegalTransition(f"step {name} of {state.id} is not ready")
        starts = {**state.starts, name: state.starts.get(name, 0) + 1}
        return replace(state, starts=starts, started_steps=state.started_steps | {name})
    if name not in state.started_steps:
        raise IllegalTransition(f"step {name} of {state.id} has a result but was not begun")
    retries = (*state.retries, *event.retries)
    state = replace(state, started_steps=state.started_steps - {name}, retries=retries)
    if isinstance(event, ev.StepFailed):
        if event.transient and state.phase is Phase.PERFORMING and state.may_try_again(name):
            return state.tried_again(name, event.trouble, at)
        return replace(state, failures={**state.failures, name: event.trouble}, phase=Phase.FAILING)
    state = replace(state, artifacts={**state.artifacts, **event.artifacts})
    done = state.done | {name}
    all_done = state.phase is Phase.PERFORMING and done.issuperset(state.leg.steps)
    phase = Phase.GATING if all_done else state.phase
    return replace(state, done=done, phase=phase)


def _gated(state: Attempt, event: ev.GateStarted | ev.GateJudged) -> Attempt:
    gate, due = event.full_name, state.next_gate()
    if due is None or gate != state.gate_name(due):
        raise IllegalTransition(f"gate {gate} of {state.id} is not the next one")
    if isinstance(event, ev.GateStarted):
        starts = {**state.gate_starts, gate: event.number}
        directories = {**state.directories, gate: event.directory}
        return replace(state, gate_starts=starts, directories=directories)
    if gate not in state.gate_starts:
        raise IllegalTransition(f"gate {gate} of {state.id} was judged but not begun")
    after = replace(state, evidence={**state.evidence, gate: event.evidence})
    if event.override is not None:
        if not may_carry(state.kind, event.evidence):
            raise IllegalTransition(f"gate {gate} of {state.id} cannot be overridden")
        after = replace(after, overrides={**state.overrides, gate: event.override})
    elif event.evidence.verdict is not Verdict.PASS:
        return replace(after, phase=Phase.FAILING)
    if after.next_gate() is not None:
        return after
    return replace(after, phase=Phase.CLOSING if after.next_leg is None else Phase.BETWEEN)


def _sharded(state: Attempt, event: ev.ShardStarted | ev.ShardJudged) -> Attempt:
    gate, named = event.full_name, f"shard {event.shard} of gate {event.full_name} of {state.id}"
    if gate not in map(state.gate_name, state.leg.gates) or gate in state.evidence:
        raise IllegalTransition(f"{named} is of no gate that is to be judged")
    if isinstance(event, ev.ShardStarted):
        if event.release != state.release or event.plan != digest_of(state.plan):
            raise IllegalTransition(f"{named} began on another release, or on another plan")
        if not (state.interrupted and state.may_hand_over):
            raise IllegalTransition(f"{named} began while nobody waits for it")
    try:
        known = _shards_after(state, event)
    except ValueError as problem:
        raise IllegalTransition(f"{named} may not be recorded", why=str(problem)) from problem
    return replace(state, shards=known)


def _shards_after(state: Attempt, event: ev.ShardStarted | ev.ShardJudged) -> shard_reports.Shards:
    if isinstance(event, ev.ShardStarted):
        return shard_reports.started(state.shards, event)
    return shard_reports.judged(state.shards, event)
