"""A promotion: eligibility, lease, plan, deployment, gates, pointer."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.approval import Approval, GivenApproval
from pipeline.core.errors import Deferred, LedgerMoved, NotEligible, StageHeld, UsageProblem
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.leases import Lease
from pipeline.core.plan import EVERYTHING, Bootstrap, Choice
from pipeline.core.policy.approved import approvals_of
from pipeline.core.policy.decision import Decision, Defer, Deny, Obstacle
from pipeline.core.policy.entry import may_promote
from pipeline.core.policy.question import Question
from pipeline.core.release import Release
from pipeline.engine.choose import Changed, choose, choose_planned
from pipeline.engine.delivery import opening
from pipeline.engine.drive import drive
from pipeline.engine.hearing import Listener
from pipeline.engine.leasing import locked
from pipeline.engine.line import ensure_line
from pipeline.engine.one_owner import require_one_owner
from pipeline.engine.result import RunResult
from pipeline.engine.turn import Turn
from pipeline.engine.way_back import require_way_back
from pipeline.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants promoted. `wait_s` is how long to wait for a locked stage, in seconds.

    `anew` is whether every check is to be run, whatever has passed before. `expects` is the digest of the
    only plan that may be performed, empty for any; `release` is then the id of the planned release.
    `bootstrap` is what is to be done about clusters that lost all their members. With `hand_over`, the run
    stops before the gates that verify the release: others judge them, and a resumption joins what they found.
    `changed` asks for a candidate after a change of code or config, instead of the checkout.
    """

    stage: str
    release: str | None = None
    keep: bool = False
    config: str | None = None
    wait_s: float = 0.0
    anew: bool = False
    expects: str = ""
    bootstrap: Bootstrap | None = None
    hand_over: bool = False
    changed: Changed | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """The parameters of a new attempt: its kind, its gates, which of their checks to run or to run anew.

    `redeploy` is the host that a redeployment replaces.
    """

    kind: Kind
    gates: tuple[str, ...]
    keep: bool = False
    choice: Choice = EVERYTHING
    anew: bool = False
    bootstrap: Bootstrap | None = None
    redeploy: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """What may begin: a release, the digest of the plan it may have (empty: any), and who approved that.

    `given` are the approvals on the forge, which let nothing in.
    """

    release: Release
    expects: str = ""
    approvals: tuple[Approval, ...] = ()
    given: tuple[GivenApproval, ...] = ()


def promote(shop: Workshop, wish: Wish) -> RunResult:
    """Bring a release into a stage and run its gates; on failure, roll the stage back.

    While it waits for a locked stage, a newer promotion may go instead: then it raises Superseded. Raises
    StageHeld, NotEligible, StageLocked, UsageProblem, ConfigProblems, DirtyTree, RunInterrupted.
    """
    release, why = _chosen(shop, wish)
    ensure_line(shop, release)

    rules = shop.history().line_for(release).stage(wish.stage)
    require_one_owner(rules, shop.job)
    forge = Listener(shop, rules)
    forge.hear()

    def question(history: History) -> Question:
        now = shop.clock.now()
        return Question(history, release, wish.stage, now, shop.actor, wish.expects, silent=forge.silent)

    _require_at_first(shop, wish, release, may_promote(question(shop.history())))
    shop.notifier.progress(f"{wish.stage}: {release}, {why}")
    purpose = f"promote {release.alias} to {wish.stage}"
    turn = Turn(shop, wish.stage, release, wish.wait_s)

    def admitted(history: History) -> Admission:
        turn.require(history)
        asked = question(history)
        require(may_promote(asked), release, wish.stage)
        if not wish.keep:
            require_way_back(shop, history, wish.stage, release)
        approvals = approvals_of(asked)
        expects = wish.expects or next((item.plan for item in approvals), "")
        return Admission(release, expects, approvals, given)

    gates = release.stages.stage(wish.stage).gates
    beginning = Beginning(Kind.PROMOTE, gates, keep=wish.keep, anew=wish.anew, bootstrap=wish.bootstrap)
    with ExitStack() as run:
        with turn.starting():
            waited = locked(shop, wish.stage, purpose, wait_s=wish.wait_s, waiting=turn.wait)
            lease = run.enter_context(waited)
            with shop.keeper.keeping(lease):  # a slow forge must not cost the lease
                forge.hear()  # it may have waited for long
                given = forge.approvals_of(release)
            attempt = start(shop, lease, admitted, beginning, turn.leaving(ev.Leaving.STARTED))
        return RunResult(drive(shop, lease, attempt, hand_over=wish.hand_over), attempt)


def _require_at_first(shop: Workshop, wish: Wish, release: Release, decision: Decision) -> None:
    """Raise what is in the way already, before anything waits for the stage."""
    # An open attempt may still be running: the lease tells a locked stage from an interrupted run.
    if not (isinstance(decision, Deny) and decision.obstacle is Obstacle.OPEN_ATTEMPT):
        require(decision, release, wish.stage)
    if wish.keep:
        require_lab(shop.history(), release, wish.stage)
    else:
        require_way_back(shop, shop.history(), wish.stage, release)


def _chosen(shop: Workshop, wish: Wish) -> tuple[Release, str]:
    if wish.expects and wish.release:
        return choose_planned(shop, wish.stage, wish.release, wish.config), "named by the plan"
    return choose(shop, wish.stage, wish.release, wish.config, wish.changed)


def start(
    shop: Workshop,
    lease: Lease,
    admitted: Callable[[History], Admission],
    beginning: Beginning,
    before: Sequence[ev.Event] = (),
) -> str:
    """Record the start of an attempt, and right before it the events `before`; return its id.

    From then on the forge is told, if there is one.

    `admitted` returns what may begin, or raises, given the exact history that the event is appended to, so a
    hold that is placed meanwhile takes effect.
    """
    while True:
        history = shop.history()
        event = _started(shop, lease, history, admitted(history), beginning)
        told = opening(shop, shop.forge, history) if shop.forge else ()
        try:
            records = shop.ledger.append([*told, *before, event], lease=lease, head=history.head)
        except LedgerMoved:  # a run in another stage took the number, or a hold was placed
            continue
        for record in records:
            shop.notifier.recorded(record)
        return event.attempt


def _started(
    shop: Workshop, lease: Lease, history: History, admission: Admission, beginning: Beginning
) -> ev.AttemptStarted:
    number = history.next_attempt_id()
    return ev.AttemptStarted(
        attempt=number,
        run=number,
        kind=beginning.kind,
        stage=lease.stage,
        release=admission.release.id,
        gates=beginning.gates,
        token=lease.token,
        first=history.is_first(admission.release, lease.stage),
        keep=beginning.keep,
        choice=beginning.choice,
        by=shop.actor,
        anew=beginning.anew,
        expects=admission.expects,
        approvals=admission.approvals,
        bootstrap=beginning.bootstrap,
        redeploy=beginning.redeploy,
        job=shop.job,
        given=admission.given,
    )


def require(decision: Decision, release: Release, stage: str, *, refused: str = "", ask: str = "") -> None:
    """Raise StageHeld, UsageProblem, NotEligible or Deferred unless the decision is Allow.

    `refused` is what is said then, and `ask` the command that tells when it may be; by default, those of a
    promotion.
    """
    what = refused or f"{release.alias} may not enter {stage}"
    if isinstance(decision, Deny):
        why = "; ".join(decision.reasons)
        if decision.obstacle is Obstacle.HELD:
            raise StageHeld(f"{stage} is held", why=why, next=decision.next)
        if decision.obstacle is Obstacle.NO_SUCH_STAGE:
            raise UsageProblem(f"no stage {stage!r}", why=why, next=decision.next)
        raise NotEligible(what, why=why, next=decision.next)
    if isinstance(decision, Defer):
        raise Deferred(
            f"{what} yet",
            why="; ".join(decision.reasons),
            next=ask or f"promote why --stage {stage} --release {release.alias}",
            until=decision.until,
        )


def require_lab(history: History, release: Release, stage: str) -> None:
    """Raise UsageProblem unless the site's line lets a broken stage stand here."""
    rules = history.line_for(release).stage(stage)
    if rules is None or not rules.lab:
        raise UsageProblem(
            "--keep is for the lab only",
            where=f"stage {stage}",
            why="a broken stage that people use is never left standing",
            next=f"promote --stage {stage}",
        )
