"""Drive a run to its end: replay, next actions, perform in a pool, one writer appends. Nothing else."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from signal import Signals
from typing import TYPE_CHECKING

from pipeline.core import actions as act
from pipeline.core import events as ev
from pipeline.core.errors import LedgerMoved, RunInterrupted, StagegateError
from pipeline.core.history import History, replay
from pipeline.core.kinds import Kind
from pipeline.core.retries import left_s
from pipeline.core.verdict import Verdict
from pipeline.engine.tasks import Work, context_of, execute, intent, key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.core.leases import Lease
    from pipeline.core.promotion import Promotion
    from pipeline.workshop import Workshop


_NAP_S = 0.2


class _Driver:
    """One run under one lease. Only this object appends, from one thread."""

    def __init__(
        self,
        shop: Workshop,
        lease: Lease,
        pool: ThreadPoolExecutor,
        lost: Callable[[], StagegateError | None],
    ) -> None:
        self._shop = shop
        self._lease = lease
        self._pool = pool
        self._lost = lost
        self._history = History()
        self._flying: dict[str, Future[ev.Event]] = {}
        # When something that failed may be tried again, in seconds since 1970.
        self._due: float | None = None

    def drive(self, promotion_id: str) -> History:
        """Do what comes next until the promotion, and the return it may cause, have ended."""
        self._catch_up()
        current = promotion_id
        while True:
            promotion = self._history.promotions[current]
            if promotion.outcome is not None and not self._flying:
                return self._history
            if (lost := self._lost()) is not None:
                self._give_up(promotion, lost)
            asked, self._due = self._shop.interrupts.requested(), None
            if asked is None:
                current = self._begin(promotion)
            elif not self._flying:
                self._stop(promotion, asked)
            if self._flying:
                self._finish_some()
            elif self._due is not None:
                # In short naps, so that a signal is answered at once.
                self._shop.clock.sleep(min(_NAP_S, left_s(self._due, self._shop.clock.now())))

    def _begin(self, promotion: Promotion) -> str:
        """Start whatever may start; the id of the promotion to go on with."""
        now = self._shop.clock.now()
        for action in act.next_actions(self._history, promotion):
            match action:
                case act.MakePlan(not_before=due) | act.Perform(not_before=due) if left_s(due, now):
                    self._due = due if self._due is None else min(due, self._due)
                case act.End() | act.StartReturn() | act.CollectDiagnostics() if self._flying:
                    continue
                case act.End(outcome=outcome):
                    self._append([ev.PromotionEnded(promotion.id, outcome)])
                case act.StartReturn():
                    return self._return(promotion, action)
                case _ if key(action) not in self._flying and len(self._flying) < self._shop.workers:
                    # No more than there are hands: a step's time is what it took, not how long it queued.
                    self._launch(promotion, action)
        return promotion.id

    def _launch(self, promotion: Promotion, action: Work) -> None:
        self._append(intent(promotion, action))
        promotion = self._history.promotions[promotion.id]
        context = context_of(self._history, promotion)
        self._flying[key(action)] = self._pool.submit(execute, self._shop, context, promotion, action)

    def _finish_some(self) -> None:
        within = None if self._due is None else left_s(self._due, self._shop.clock.now())
        finished, _ = wait(self._flying.values(), within, FIRST_COMPLETED)
        names = [name for name, future in self._flying.items() if future in finished]
        for name in names:
            event = self._flying.pop(name).result()
            # What a killed child reports is no result: the step stays begun, and resume performs it again.
            if not (self._was_killed() and _is_bad_news(event)):
                self._append([event])

    def _was_killed(self) -> bool:
        if self._lost() is not None:
            return True
        return self._shop.interrupts.requested() is not None and self._shop.interrupts.killed()

    def _return(self, promotion: Promotion, action: act.StartReturn) -> str:
        release = self._history.releases[action.release]
        spec = release.stages.stage(promotion.stage)
        started = ev.PromotionStarted(
            promotion=self._history.next_promotion_id(),
            run=promotion.run,
            kind=Kind.RETURN,
            stage=promotion.stage,
            release=release.id,
            gates=(spec.gate_of_a_return(),),
            token=self._lease.token,
            first=spec.after is None,
            returns=promotion.id,
        )
        try:
            self._append([ev.PromotionEnded(promotion.id, action.outcome), started], head=self._history.head)
        except LedgerMoved:  # a run in another stage took the number; the loop comes back here
            self._catch_up()
            return promotion.id
        return started.promotion

    def _stop(self, promotion: Promotion, signal: int) -> None:
        self._append([ev.Interrupted(promotion.id, Signals(signal).name)])
        raise RunInterrupted(
            signal,
            f"promotion {promotion.id} in {promotion.stage} was interrupted and can go on",
            next_=f"promote resume --stage {promotion.stage}",
        )

    def _give_up(self, promotion: Promotion, lost: StagegateError) -> None:
        with suppress(StagegateError):  # who took the stage over, or what broke the ledger, may not let us
            self._append([ev.Interrupted(promotion.id, lost.what)])
        raise lost

    def _append(self, events: Sequence[ev.Event], head: int | None = None) -> None:
        if not events:
            return
        records = self._shop.ledger.append(events, lease=self._lease, head=head)
        self._catch_up()
        for record in records:
            self._shop.notifier.recorded(record)

    def _catch_up(self) -> None:
        self._history = replay(self._shop.ledger.read(after=self._history.head), self._history)


def _is_bad_news(event: ev.Event) -> bool:
    match event:
        case ev.StepFailed() | ev.PlanFailed():
            return True
        case ev.GateJudged(evidence=evidence):
            return evidence.verdict is not Verdict.PASS
        case ev.DiagnosticsCollected(trouble=trouble):
            return trouble is not None
        case _:
            return False


def drive(shop: Workshop, lease: Lease, promotion_id: str) -> History:
    """Bring a begun promotion, and the return it may cause, to their end under `lease`.

    The history afterwards.

    Raises RunInterrupted after a signal (running steps end and are recorded first), LeaseLost when somebody
    took the stage over or the lease could not be kept.
    """
    with (
        shop.interrupts.driving(),
        shop.keeper.keeping(lease) as lost,
        ThreadPoolExecutor(max_workers=shop.workers, thread_name_prefix="step") as pool,
    ):
        try:
            return _Driver(shop, lease, pool, lost).drive(promotion_id)
        except RunInterrupted:
            raise
        except BaseException:
            # The pool waits for its threads, and they for children whose results nobody will write any more.
            shop.interrupts.kill_children()
            raise
