"""Performing one action: calls the release's code and returns the event that records how it ended.

It does not write to the ledger.
"""

from dataclasses import replace
from pathlib import Path

from pipeline.core import actions as act
from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import ChildRefused, Deferred, NotEligible, StagegateError, TryAgain, UsageProblem
from pipeline.core.forge_calendar import freezes_of
from pipeline.core.freeze import frozen
from pipeline.core.kinds import Kind, NoPlan
from pipeline.core.moments import written
from pipeline.core.plan import Plan, Trouble
from pipeline.core.plan_digest import digest_of
from pipeline.engine.gating import judged
from pipeline.engine.task import Task
from pipeline.ports import Context
from pipeline.workshop import Workshop

Work = act.MakePlan | act.Perform | act.RunGate | act.CollectDiagnostics


def key(action: Work) -> str:
    """The key that identifies an action within one attempt."""
    match action:
        case act.Perform(step=step):
            return f"step {step.id}"
        case act.RunGate():
            return f"gate {action.full_name}"
        case act.MakePlan():
            return "plan"
        case act.CollectDiagnostics():
            return "diagnostics"


def intent(attempt: Attempt, action: Work) -> tuple[ev.Event, ...]:
    """The events to append before the action is performed."""
    match action:
        case act.Perform(step=step):
            return (ev.StepStarted(attempt.id, step.id, attempt.starts.get(step.id, 0) + 1),)
        case act.RunGate(gate=gate, number=number, leg=leg):
            directory = f"runs/{attempt.id}/{action.full_name}-{number}"
            return (ev.GateStarted(attempt.id, gate, number, directory, leg),)
        case _:
            return ()


def execute(task: Task, action: Work) -> ev.Event:
    """Perform the action and return the event that records how it ended.

    An error becomes part of the event, so that it does not leave the attempt open.
    """
    shop, context, attempt = task.shop, task.context, task.attempt
    match action:
        case act.MakePlan():
            return _plan(task)
        case act.Perform(step=step):
            try:
                result = shop.deployer.perform(context, step)
            except (StagegateError, OSError) as error:
                transient = isinstance(error, TryAgain)
                return ev.StepFailed(attempt.id, step.id, _trouble(error), transient)
            if result.trouble is not None:
                return ev.StepFailed(attempt.id, step.id, result.trouble, result.transient, result.retries)
            return ev.StepSucceeded(attempt.id, step.id, result.receipt, result.artifacts, result.retries)
        case act.RunGate():
            return judged(task, action)
        case act.CollectDiagnostics(number=number):
            return _collect(shop, context, attempt, number)


def _plan(task: Task) -> ev.Event:
    shop, context, attempt = task.shop, task.context, task.attempt
    try:
        plan: Plan = shop.deployer.plan(context)
        problems = plan.problems() if not plan.refusals else ()
        if not plan.refusals and not problems:
            _require_expected(attempt, plan)
            _require_checks(task, plan)
            _require_no_freeze(task, shop.clock.now())
            shop.deployer.begin(context, plan)
    except (StagegateError, OSError) as error:
        cause = _cause(error)
        return ev.PlanFailed(attempt.id, _trouble(error), cause, attempt.may_plan_again(cause))
    if problems:
        return ev.PlanFailed(attempt.id, Trouble("the plan cannot be performed", why="; ".join(problems)))
    return ev.PlanMade(attempt.id, plan)


def _require_expected(attempt: Attempt, plan: Plan) -> None:
    """Raise NotEligible, before anything is changed, if it is not the plan that was asked for or approved."""
    made = digest_of(plan)
    if attempt.expects in ("", made):
        return
    was = "approved" if attempt.approvals else "asked for"
    raise NotEligible(
        f"this is not the plan that was {was}: it would do something else by now",
        why=f"expected plan {attempt.expects[:12]}, and by now it is {made[:12]}",
        next=_shown_by(attempt),
    )


def _shown_by(attempt: Attempt) -> str:
    """The command that shows the plan as it would be made now."""
    match attempt.kind:
        case Kind.RETIRE:
            return f"promote retire --stage {attempt.stage}"
        case Kind.REDEPLOY:
            return f"promote redeploy {attempt.redeploy} --stage {attempt.stage}"
        case _:
            return f"promote plan --stage {attempt.stage} --release {attempt.release[:12]}"


def _require_checks(task: Task, plan: Plan) -> None:
    """Raise NotEligible, before anything is changed, if the last gates would see less than the line asks."""
    context = replace(task.context, leg=plan.last_leg)
    if lacking := task.rosters.lack(context, task.attempt.least):
        raise NotEligible(
            "the release takes away from this site's line", why=", ".join(lacking), next="promote line show"
        )


def _require_no_freeze(task: Task, at: float) -> None:
    """Raise Deferred, before the first step, if a freeze has begun while the plan was made."""
    attempt = task.attempt
    freezes = freezes_of(attempt.rules, task.history.calendar)
    if unreadable := [problem for one in freezes for problem in one.problems()]:
        raise NotEligible(f"it is not known whether {attempt.stage} is frozen", why="; ".join(unreadable))
    found = frozen(freezes, at)
    if found:
        why = "; ".join(f"{one.why}, until {written(end)}" for one, end in found)
        raise Deferred(
            f"{attempt.stage} is frozen by now",
            why=why,
            next=_shown_by(attempt)
            if attempt.kind is Kind.RETIRE
            else f"promote why --stage {attempt.stage}",
            until=max(end for _, end in found),
        )


def _collect(shop: Workshop, context: Context, attempt: Attempt, number: int) -> ev.Event:
    relative = f"runs/{attempt.id}/diagnostics-{number}"
    into: Path = shop.site / relative
    try:
        files = tuple(shop.deployer.collect(context, into))
    except (StagegateError, OSError) as error:
        return ev.DiagnosticsCollected(attempt.id, relative, (), _trouble(error))
    return ev.DiagnosticsCollected(attempt.id, relative, files)


def _trouble(error: StagegateError | OSError) -> Trouble:
    if isinstance(error, StagegateError):
        return Trouble(error.what, error.where, error.why, error.next)
    return Trouble(f"operating system error: {error.strerror or error}", where=str(error.filename or ""))


def _cause(error: StagegateError | OSError) -> NoPlan:
    if isinstance(error, TryAgain):
        return NoPlan.TRANSIENT
    if isinstance(error, Deferred):
        return NoPlan.DEFERRED
    if isinstance(error, ChildRefused | NotEligible | UsageProblem):
        return NoPlan.REFUSED
    return NoPlan.BROKEN
