"""Resume and abort: continuing an interrupted run, or abandoning it."""

from collections.abc import Callable
from functools import partial

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import (
    Deferred,
    LedgerMoved,
    NotEligible,
    RunInterrupted,
    StagegateError,
    UsageProblem,
)
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.leases import Lease
from pipeline.core.policy.decision import Deny
from pipeline.core.policy.entry import may_go_on
from pipeline.core.policy.frozen import unsaid
from pipeline.core.policy.question import Question
from pipeline.core.transitions import Phase
from pipeline.engine.drive import drive
from pipeline.engine.hearing import Listener, rules_of
from pipeline.engine.leasing import locked
from pipeline.engine.legs import refusal
from pipeline.engine.one_owner import require_one_owner
from pipeline.engine.promote import require_lab
from pipeline.engine.result import RunResult
from pipeline.engine.shard import none_at_work
from pipeline.engine.task import context_of
from pipeline.engine.way_back import require_way_back
from pipeline.workshop import Workshop

# Where policy is asked about freezes again: before a plan is performed, and before a leg.
_ASKING = (Phase.PLANNING, Phase.BETWEEN)


def resume(shop: Workshop, stage: str | None, *, wait_s: float = 0.0, named: str | None = None) -> RunResult:
    """Continue the interrupted run of the stage, with its stored plan; only the attempt `named`, if any.

    What shards of its gates have reported is joined, and what they have not is run here. Takes over the
    lease at once when its holder is provably gone, else waits until it expires. Raises NotEligible when no
    attempt is open or its release may no longer enter the stage, StageHeld or Deferred when the leg that is
    next may not begin yet, StageLocked when the run, or a shard of its gates, is still at work, UsageProblem
    when this machine could not roll it back.
    """
    stage = _stage_of_open(shop, stage)
    with locked(shop, stage, f"resume {stage}", wait_s=wait_s, wait_for_expiry=True) as lease:
        attempt = _open(shop, stage)
        if named not in {None, attempt.id}:
            raise NotEligible(
                f"attempt {named} is not open in {stage} any more",
                why=f"{attempt.id} is",
                next=f"promote show {named}",
            )
        _require_way_back(shop, attempt, keep=attempt.keep)
        require_one_owner(rules_of(shop.history(), attempt), shop.job)
        with none_at_work(shop, attempt, wait_s=wait_s):
            asks = attempt.phase in _ASKING
            forge = Listener(shop, rules_of(shop.history(), attempt) if asks else None)
            with shop.keeper.keeping(lease):
                forge.hear()
            _take_over(shop, lease, attempt, partial(_require_may_go_on, forge.silent))
        return RunResult(drive(shop, lease, attempt.id), attempt.id)


def _require_may_go_on(silent: str, history: History, attempt: Attempt, at: float) -> None:
    """Raise NotEligible, StageHeld or Deferred unless policy lets the attempt go on."""
    if attempt.phase is Phase.PLANNING and attempt.kind.by_the_line:
        _require_said(silent, history, attempt, at)
    if attempt.phase is Phase.BETWEEN and attempt.next_leg is not None:
        refused = refusal(history, attempt, attempt.next_leg, at, silent)
        if refused is not None:
            raise refused
    decision = may_go_on(history, attempt, at)
    if isinstance(decision, Deny):
        alias, stage = history.releases[attempt.release].alias, attempt.stage
        entry = f"{alias} may no longer enter {stage}"
        what = f"nothing may be retired in {stage} any more" if attempt.kind is Kind.RETIRE else entry
        raise NotEligible(
            f"attempt {attempt.id} may not go on: {what}",
            why="; ".join(decision.reasons),
            next=decision.next,
        )


def _require_said(silent: str, history: History, attempt: Attempt, at: float) -> None:
    """Raise Deferred if the line waits for the forge to say when it is frozen; the plan asks what it said."""
    release = history.releases[attempt.release]
    later = unsaid(Question(history, release, attempt.stage, at, attempt.by, silent=silent))
    if later is not None:
        raise Deferred(
            f"attempt {attempt.id} may not go on yet",
            why="; ".join(later.reasons),
            next=f"promote resume --stage {attempt.stage}",
            until=later.until,
        )


def abort(shop: Workshop, stage: str | None, *, keep: bool = False, wait_s: float = 0.0) -> RunResult:
    """End the interrupted attempt of the stage as aborted and, unless `keep`, roll the stage back.

    Raises NotEligible when no attempt is open, StageLocked when the run is still being driven, UsageProblem
    for `keep` outside a lab, or when this machine could not roll it back.
    """
    stage = _stage_of_open(shop, stage)
    with locked(shop, stage, f"abort {stage}", wait_s=wait_s, wait_for_expiry=True) as lease:
        attempt = _open(shop, stage)
        if keep:
            history = shop.history()
            require_lab(history, history.releases[attempt.release], stage)
        _require_way_back(shop, attempt, keep=keep or attempt.keep)
        with none_at_work(shop, attempt, wait_s=wait_s):
            _take_over(shop, lease, attempt, lambda _history, _attempt, _now: None)
        _record(shop, lease, ev.AbortRequested(attempt.id, keep or attempt.keep, shop.actor))
        return RunResult(drive(shop, lease, attempt.id), attempt.id)


def _require_way_back(shop: Workshop, attempt: Attempt, *, keep: bool) -> None:
    """Raise UsageProblem unless this machine, perhaps not the one that began it, could roll it back."""
    if attempt.kind is Kind.PROMOTE and not keep and not attempt.irreversible:
        history = shop.history()
        require_way_back(shop, history, attempt.stage, history.releases[attempt.release])


def _take_over(
    shop: Workshop, lease: Lease, attempt: Attempt, require: Callable[[History, Attempt, float], None]
) -> None:
    """Record that the run is resumed, then send the hosts the new token before anything else.

    `require` may refuse, given the time and the exact history that the event is appended to: another stage
    may turn the release down at any time. A failure to send the token only causes a warning: each host
    refuses older tokens once a step reaches it.
    """
    while True:
        history = shop.history()
        require(history, attempt, shop.clock.now())
        try:
            _record(shop, lease, ev.Resumed(attempt.id, lease.token, shop.actor, shop.job), head=history.head)
        except LedgerMoved:
            continue
        break
    context = context_of(shop.history().attempts[attempt.id])
    try:
        with shop.keeper.keeping(lease):
            shop.deployer.fence(context)
    except RunInterrupted:
        raise
    except (StagegateError, OSError) as problem:
        shop.notifier.progress(f"warning: hosts may still obey the previous run: {problem}")


def _record(shop: Workshop, lease: Lease, event: ev.Event, head: int | None = None) -> None:
    for record in shop.ledger.append([event], lease=lease, head=head):
        shop.notifier.recorded(record)


def _stage_of_open(shop: Workshop, stage: str | None) -> str:
    found = [view.name for view in shop.history().stages.values() if view.open is not None]
    if stage is None:  # skip runs that are still being driven, unless there are no others
        found = [name for name in found if shop.ledger.worker_on(name) is None] or found
    if stage is None and len(found) > 1:
        raise UsageProblem(
            "several stages have an interrupted attempt",
            why=", ".join(found),
            next=f"add --stage {found[0]}",
        )
    if not found or (stage is not None and stage not in found):
        raise NotEligible(
            "no attempt is interrupted" + (f" in {stage}" if stage else ""), next="promote status"
        )
    return stage or found[0]


def _open(shop: Workshop, stage: str) -> Attempt:
    history = shop.history()
    name = history.stage(stage).open
    if name is None:
        raise NotEligible(
            f"no attempt is interrupted in {stage} any more: it has just ended", next="promote status"
        )
    return history.attempts[name]
