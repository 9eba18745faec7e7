"""An attempt as a state machine: a table of legal transitions, and how each event changes the state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.approval import Approval
from pipeline.core.ci_job import CiJob
from pipeline.core.errors import IllegalTransition
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.line import Least, LineStage
from pipeline.core.overrides import Override, may_carry
from pipeline.core.plan import Bootstrap, Choice, Plan, Step, Trouble
from pipeline.core.retries import TRIES, Retry, pause_s
from pipeline.core.transitions import LEGAL, Phase
from pipeline.core.verdict import Evidence, Verdict, worst

PLAN = "plan"


_BY_VERDICT = {
    Verdict.PASS: Outcome.VERIFIED,
    Verdict.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Verdict.FAIL: Outcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, folded from its events.

    `artifacts` are those of its release when it started, and those it made itself; what another attempt makes
    meanwhile is not among them. `rules` are those of the site's line at its start; None if the site had no
    line, or the line does not judge it. `expects` is the digest of the plan it may have, empty for any, and
    `approvals` are those that let it in. `bootstrap` is what is done about lost clusters, `redeploy` the host
    that is replaced, `job` the CI server's job that began it. `proofs` are the attempts that verified its
    release in the stages before. `overrides` carried the verdicts of their gates. `started_steps` have
    started and have no result yet. `starts` counts starts by step id, `gate_starts` by gate. `retries` are
    failures that were followed by another try. `not_before` is when a step, or the plan, may be retried
    (seconds since 1970). `token` is the latest fencing token it was driven under. `first_event` and
    `last_event` are the numbers of its events in the ledger, where it is known.
    """

    id: str
    run: str
    kind: Kind
    stage: str
    release: str
    gates: tuple[str, ...]
    token: int
    first: bool
    keep: bool
    rolls_back: str | None
    choice: Choice
    by: Actor
    anew: bool
    started_at: float
    artifacts: Mapping[str, str] = field(default_factory=dict)
    rules: LineStage | None = None
    expects: str = ""
    approvals: tuple[Approval, ...] = ()
    bootstrap: Bootstrap | None = None
    redeploy: str | None = None
    job: CiJob | None = None
    proofs: tuple[str, ...] = ()
    phase: Phase = Phase.PLANNING
    plan: Plan = field(default_factory=Plan)
    done: frozenset[str] = frozenset()
    started_steps: frozenset[str] = frozenset()
    starts: Mapping[str, int] = field(default_factory=dict)
    retries: tuple[Retry, ...] = ()
    not_before: Mapping[str, float] = field(default_factory=dict)
    failures: Mapping[str, Trouble] = field(default_factory=dict)
    plan_trouble: Trouble | None = None
    no_plan: NoPlan | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    gate_starts: Mapping[str, int] = field(default_factory=dict)
    directories: Mapping[str, str] = field(default_factory=dict)
    diagnostics: int = 0
    interrupted: bool = False
    aborted: bool = False
    outcome: Outcome | None = None
    ended_at: float | None = None
    first_event: int = 1
    last_event: int | None = None

    @property
    def least(self) -> Least | None:
        """The checks that each gate's roster must have; None if it has no rules."""
        return self.rules.least if self.rules else None

    @property
    def touched(self) -> bool:
        """Whether it may have changed the stage: a step, or a gate that is not ad hoc, has started."""
        return self.kind is not Kind.GATE and bool(self.starts or self.gate_starts)

    def ready_steps(self) -> tuple[Step, ...]:
        """Every step that is not done and whose needs are all done, in the plan's order."""
        return tuple(
            step for step in self.plan.steps if step.id not in self.done and self.done.issuperset(step.needs)
        )

    def may_try_again(self, what: str) -> bool:
        """Whether a transient failure of this step, or of the plan, would be retried."""
        return self._failed_before(what) + 1 < TRIES

    def may_plan_again(self, cause: NoPlan) -> bool:
        """Whether the plan would be asked for once more after this failure.

        A rollback is the way out of trouble, so it also survives a crash of the release's code.
        """
        crashed = self.kind is Kind.ROLLBACK and cause is NoPlan.BROKEN
        return (cause is NoPlan.TRANSIENT or crashed) and self.may_try_again(PLAN)

    def tried_again(self, what: str, trouble: Trouble, at: float) -> "Attempt":
        """The state after a transient failure of a step, or of the plan, that will be retried."""
        failed_tries = self._failed_before(what) + 1
        retry = Retry(what, failed_tries, trouble.line())
        not_before = {**self.not_before, what: at + pause_s(failed_tries)}
        return replace(self, retries=(*self.retries, retry), not_before=not_before)

    def _failed_before(self, what: str) -> int:
        return sum(retry.what == what for retry in self.retries)

    def next_gate(self) -> str | None:
        """The first gate without evidence."""
        return next((gate for gate in self.gates if gate not in self.evidence), None)

    def verdict(self) -> Verdict:
        """The worst verdict of its gates; without evidence it is INCONCLUSIVE, with an override a PASS."""
        without = dict.fromkeys(self.gates, Verdict.INCONCLUSIVE)
        judged = {gate: evidence.verdict for gate, evidence in self.evidence.items()}
        return worst({**without, **judged, **dict.fromkeys(self.overrides, Verdict.PASS)}.values())


def begin(event: ev.AttemptStarted, at: float, artifacts: Mapping[str, str]) -> Attempt:
    """The state right after the start, with the release's artifacts. An ad hoc gate has no plan."""
    phase = Phase.GATING if event.kind is Kind.GATE else Phase.PLANNING
    return Attempt(
        id=event.attempt,
        run=event.run,
        kind=event.kind,
        stage=event.stage,
        release=event.release,
        gates=event.gates,
        token=event.token,
        first=event.first,
        keep=event.keep,
        rolls_back=event.rolls_back,
        choice=event.choice,
        by=event.by,
        anew=event.anew,
        started_at=at,
        artifacts=artifacts,
        expects=event.expects,
        approvals=event.approvals,
        bootstrap=event.bootstrap,
        redeploy=event.redeploy,
        job=event.job,
        phase=phase,
    )


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
    if state.kind is Kind.ROLLBACK:
        return Outcome.ROLLED_BACK if said is Outcome.VERIFIED else Outcome.ROLLBACK_FAILED
    if state.kind is Kind.REDEPLOY and said is Outcome.VERIFIED:
        return Outcome.REDEPLOYED
    return said


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
        case ev.Resumed(token=token):
            return replace(state, interrupted=False, token=token)
        case ev.AbortRequested(keep=keep):
            return replace(state, aborted=True, keep=keep, interrupted=False, phase=Phase.CLOSING)
        case _:
            raise IllegalTransition(f"{state.id} has already started")


def _ended(state: Attempt, outcome: Outcome, at: float) -> Attempt:
    due = closing_outcome(state)
    if outcome is not due:
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
    return replace(state, plan=plan, phase=Phase.PERFORMING if plan.steps else Phase.GATING)


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
    all_done = state.phase is Phase.PERFORMING and len(done) == len(state.plan.steps)
    phase = Phase.GATING if all_done else state.phase
    return replace(state, done=done, phase=phase)


def _gated(state: Attempt, event: ev.GateStarted | ev.GateJudged) -> Attempt:
    gate = event.gate
    if gate != state.next_gate():
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
    return replace(after, phase=Phase.CLOSING if after.next_gate() is None else Phase.GATING)
