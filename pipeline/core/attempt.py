"""The state of one attempt, and how it begins. What each event changes of it is in advancing.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.approval import Approval, GivenApproval
from pipeline.core.ci_job import CiJob
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.legs import Leg, completed, gate_name
from pipeline.core.line import Least, LineStage
from pipeline.core.overrides import Override
from pipeline.core.plan import Bootstrap, Choice, Plan, Step, Trouble
from pipeline.core.retries import TRIES, Retry, pause_s
from pipeline.core.shard_reports import Shards
from pipeline.core.transitions import Phase
from pipeline.core.verdict import Evidence, Verdict, worst

PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, folded from its events.

    `artifacts` are those of its release when it started, and those it made itself; what another attempt
    makes meanwhile is not among them. `rules` are those of the site's line at its start; None if the site
    had no line, or the line does not judge it. `expects` is the digest of the plan it may have, empty for
    any, `approvals` are those that let it in, and `given` those on a forge, which let nothing in.
    `bootstrap` is what is done about lost clusters, `redeploy` the host that is replaced, `job` the CI
    server's job that began it, `driven_by` the one that has begun or resumed it last; None if that was in
    no job. `proofs` are the attempts that verified its release in the stages before. `overrides` carried
    the verdicts of their gates. `started_steps` have started and have no result yet. `starts` counts
    starts by step id, `gate_starts` by gate. In a plan of several legs the names of gates, as of
    `evidence` and `overrides`, are those of `gate_name`. `shards` are those of its gates that others run
    while it waits.
    `legs_started` is how many legs of a plan with legs have begun. `retries` are failures that were
    followed by another try. `not_before` is when a step, or the plan, may be retried (seconds since 1970).
    `token` is the latest fencing token it was driven under. `first_event` and `last_event` are the numbers
    of its events in the ledger, where it is known.
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
    driven_by: CiJob | None = None
    proofs: tuple[str, ...] = ()
    given: tuple[GivenApproval, ...] = ()
    phase: Phase = Phase.PLANNING
    plan: Plan = field(default_factory=Plan)
    done: frozenset[str] = frozenset()
    started_steps: frozenset[str] = frozenset()
    starts: Mapping[str, int] = field(default_factory=dict)
    legs_started: int = 0
    retries: tuple[Retry, ...] = ()
    not_before: Mapping[str, float] = field(default_factory=dict)
    failures: Mapping[str, Trouble] = field(default_factory=dict)
    plan_trouble: Trouble | None = None
    no_plan: NoPlan | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    gate_starts: Mapping[str, int] = field(default_factory=dict)
    directories: Mapping[str, str] = field(default_factory=dict)
    shards: Shards = field(default_factory=dict)
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

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs as they are performed, at least one; the last has every gate that it must pass."""
        return completed(self.plan.legs, (step.id for step in self.plan.steps), self.gates)

    @property
    def leg(self) -> Leg:
        """The leg that began last; the first before any has."""
        return self.legs[max(0, self.legs_started - 1)]

    @property
    def next_leg(self) -> Leg | None:
        """The leg that must begin once this one is over; None without legs, and in the last."""
        return next(iter(self.legs[self.legs_started :]), None) if self.plan.legs else None

    @property
    def irreversible(self) -> str | None:
        """Why it can't be rolled back: a step that can't be undone has begun; None if it can."""
        begun = (step for step in self.plan.irreversible_steps() if step.id in self.starts)
        step = next(begun, None)
        return None if step is None else f"step {step.id} can't be undone: {step.undo.why or 'not said why'}"

    def ready_steps(self) -> tuple[Step, ...]:
        """Every step of the leg that is not done and whose needs are all done, in the plan's order."""
        here = frozenset(self.leg.steps)
        return tuple(
            step
            for step in self.plan.steps
            if step.id in here and step.id not in self.done and self.done.issuperset(step.needs)
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
        """The first gate of the leg without evidence."""
        return next((gate for gate in self.leg.gates if self.gate_name(gate) not in self.evidence), None)

    @property
    def may_hand_over(self) -> bool:
        """Whether all that is left to do is to judge the gates that verify it, and no gate has begun."""
        last = self.phase is Phase.GATING and self.next_leg is None
        begun = any(self.gate_name(gate) in self.gate_starts for gate in self.leg.gates)
        return self.kind is Kind.PROMOTE and last and not begun

    def gate_name(self, gate: str) -> str:
        """A gate of the leg, as it is told and kept."""
        return gate_name(self.plan.told(self.leg), gate)

    def gate_names(self) -> tuple[str, ...]:
        """The gates of all legs, in order, as they are told and kept."""
        return tuple(gate_name(self.plan.told(leg), gate) for leg in self.legs for gate in leg.gates)

    def verdict(self) -> Verdict:
        """The worst verdict of its gates; without evidence it is INCONCLUSIVE, with an override a PASS."""
        without = dict.fromkeys(self.gate_names(), Verdict.INCONCLUSIVE)
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
        driven_by=event.job,
        given=event.given,
        phase=phase,
    )
