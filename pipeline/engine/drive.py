"""The loop that drives a run to its end: replay, decide, perform in a pool, append from one thread."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from signal import Signals

from pipeline.core import actions as act
from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import (
    Deferred,
    LedgerMoved,
    NotEligible,
    RunInterrupted,
    StagegateError,
    StageHeld,
)
from pipeline.core.history import History, replay
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.leases import Lease
from pipeline.core.legs import Leg
from pipeline.core.policy.carried import carried
from pipeline.core.retries import left_s
from pipeline.core.transitions import Phase
from pipeline.core.verdict import Verdict
from pipeline.engine.hearing import hear_calendar, rules_of, say_silence
from pipeline.engine.legs import refusal
from pipeline.engine.rosters import Rosters
from pipeline.engine.task import Task
from pipeline.engine.tasks import Work, execute, intent, key
from pipeline.workshop import Workshop

_NAP_S = 0.2
HANDED_OVER = "the hand-over of its gates"


class _Driver:
    """One run under one lease. Only this object appends for the run, from one thread."""

    def __init__(
        self,
        shop: Workshop,
        lease: Lease,
        pool: ThreadPoolExecutor,
        lost: Callable[[], StagegateError | None],
        *,
        hand_over: bool,
    ) -> None:
        self._shop = shop
        self._lease = lease
        self._pool = pool
        self._lost = lost
        self._hand_over = hand_over
        self._history = shop.history()
        self._rosters = Rosters(shop.deployer)
        self._flying: dict[str, Future[ev.Event]] = {}
        # When the next retry is due, in seconds since 1970.
        self._due: float | None = None

    def drive(self, attempt_id: str) -> History:
        """Perform actions until the attempt, and the rollback it may cause, have ended or it hands over."""
        current = attempt_id
        while True:
            attempt = self._history.attempts[current]
            if attempt.outcome is not None and not self._flying:
                return self._history
            if (lost := self._lost()) is not None:
                self._give_up(attempt, lost)
            asked, self._due = self._asked_to_stop(attempt), None
            if asked is None and self._hand_over and attempt.may_hand_over:
                self._append([ev.Interrupted(attempt.id, HANDED_OVER)])
                return self._history
            if asked is None:
                current = self._begin(attempt)
            elif not self._flying:
                self._stop(attempt, asked)
            if self._flying:
                self._finish_some()
            elif self._due is not None:
                # Sleep in short intervals, to respond to a signal promptly.
                self._shop.clock.sleep(min(_NAP_S, left_s(self._due, self._shop.clock.now())))

    def _asked_to_stop(self, attempt: Attempt) -> int | None:
        """The number of the signal that asked for a stop; None while nobody did, or it may end as well.

        An ad hoc gate that is judged only has to end: left open, it would have to be resumed for nothing.
        """
        asked = self._shop.interrupts.requested()
        judged = attempt.kind is Kind.GATE and attempt.phase in {Phase.FAILING, Phase.CLOSING}
        return None if judged and not self._was_killed() else asked

    def _begin(self, attempt: Attempt) -> str:
        """Start every action that may start; return the id of the attempt to continue with."""
        now = self._shop.clock.now()
        for action in act.next_actions(self._history, attempt):
            match action:
                case act.MakePlan(not_before=due) | act.Perform(not_before=due) if left_s(due, now):
                    self._due = due if self._due is None else min(due, self._due)
                case act.End() | act.CollectDiagnostics() if self._flying:
                    continue
                case act.BeginLeg(leg=leg):
                    self._begin_leg(attempt, leg)
                case act.End(outcome=outcome, rollback_to=release):
                    untouched = outcome is Outcome.REFUSED and attempt.kind is Kind.ROLLBACK
                    ended = ev.AttemptEnded(attempt.id, outcome, untouched)
                    if release is not None:
                        return self._roll_back(attempt, ended, release)
                    self._append([ended])
                case _ if key(action) not in self._flying and len(self._flying) < self._shop.workers:
                    # Never more than there are workers: a step's recorded time must not include queueing.
                    self._launch(attempt, action)
        return attempt.id

    def _begin_leg(self, attempt: Attempt, leg: Leg) -> None:
        """Record that the leg begins, if policy lets it by the exact history that this is appended to."""
        silent = self._asked_of_forge(attempt) if leg.asks_in(attempt.kind) else ""
        refused = refusal(self._history, attempt, leg, self._shop.clock.now(), silent)
        if refused is not None:
            self._append([ev.Interrupted(attempt.id, f"policy, before leg {leg.name}: {refused.why}")])
            raise refused
        try:
            self._append([ev.LegStarted(attempt.id, leg.name)], head=self._history.head)
        except LedgerMoved:  # a hold may just have been placed; the loop asks again
            self._catch_up()

    def _asked_of_forge(self, attempt: Attempt) -> str:
        """Record when the forge is frozen by now; why it did not say, empty if it did or need not."""
        heard = hear_calendar(self._shop, rules_of(self._history, attempt))
        if heard.read is not None:
            self._append([heard.read])
        say_silence(self._shop, heard.silent)
        return heard.silent

    def _launch(self, attempt: Attempt, action: Work) -> None:
        self._append(intent(attempt, action))
        attempt = self._history.attempts[attempt.id]
        task = Task(self._shop, self._rosters, self._history, attempt)
        self._flying[key(action)] = self._pool.submit(execute, task, action)

    def _finish_some(self) -> None:
        within = None if self._due is None else left_s(self._due, self._shop.clock.now())
        finished, _ = wait(self._flying.values(), within, FIRST_COMPLETED)
        names = [name for name, future in self._flying.items() if future in finished]
        for name in names:
            event = self._flying.pop(name).result()
            # A failure of a killed child is no result: the step stays started, and resume performs it again.
            if not (self._was_killed() and _is_bad_news(event)):
                self._conclude(event)

    def _conclude(self, event: ev.Event) -> None:
        """Record how an action ended; a verdict with the override that stands at the moment of the record."""
        if not isinstance(event, ev.GateJudged):
            self._append([event])
            return
        while True:
            judged = carried(self._history, event, self._shop.clock.now())
            try:
                self._append([judged], head=self._history.head)
            except LedgerMoved:  # an override may just have been placed, or withdrawn
                self._catch_up()
                continue
            return

    def _was_killed(self) -> bool:
        interrupts = self._shop.interrupts
        return self._lost() is not None or (interrupts.requested() is not None and interrupts.killed())

    def _roll_back(self, attempt: Attempt, ended: ev.AttemptEnded, release: str) -> str:
        back = self._history.releases[release]
        started = ev.AttemptStarted(
            attempt=self._history.next_attempt_id(),
            run=attempt.run,
            kind=Kind.ROLLBACK,
            stage=attempt.stage,
            release=release,
            gates=(back.stages.stage(attempt.stage).rollback_gate(),),
            token=self._lease.token,
            first=self._history.is_first(back, attempt.stage),
            rolls_back=attempt.id,
            by=attempt.by,
        )
        try:
            self._append([ended, started], head=self._history.head)
        except LedgerMoved:  # a run in another stage took the number; the loop tries again
            self._catch_up()
            return attempt.id
        return started.attempt

    def _stop(self, attempt: Attempt, signal: int) -> None:
        self._append([ev.Interrupted(attempt.id, Signals(signal).name)])
        raise RunInterrupted(
            signal,
            f"attempt {attempt.id} in {attempt.stage} was interrupted and can go on",
            next=f"promote resume --stage {attempt.stage}",
        )

    def _give_up(self, attempt: Attempt, lost: StagegateError) -> None:
        with suppress(StagegateError):  # fails if the stage was taken over or the ledger is broken
            self._append([ev.Interrupted(attempt.id, lost.what)])
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


def drive(shop: Workshop, lease: Lease, attempt_id: str, *, hand_over: bool = False) -> History:
    """Drive a started attempt, and the rollback it may cause, to the end under `lease`.

    With `hand_over`, it stops where nothing but the gates that verify it is left; the attempt is then open.
    Returns the history afterwards. Raises RunInterrupted after a signal (running steps first finish and are
    recorded), StageHeld, Deferred or NotEligible where policy does not let a leg begin (the attempt can be
    resumed, or aborted), and LeaseLost when the stage was taken over or the lease could not be kept.
    """
    with (
        shop.interrupts.driving(),
        shop.keeper.keeping(lease) as lost,
        ThreadPoolExecutor(max_workers=shop.workers, thread_name_prefix="step") as pool,
    ):
        try:
            history = _Driver(shop, lease, pool, lost, hand_over=hand_over).drive(attempt_id)
        except (RunInterrupted, StageHeld, Deferred, NotEligible):  # nothing is running any more
            raise
        except BaseException:
            # The pool waits for its threads, and they wait for children whose results can't be recorded.
            shop.interrupts.kill_children()
            raise
        with suppress(StagegateError):  # such as a busy ledger: the run has ended all the same
            shop.keep_snapshot()
        return history
