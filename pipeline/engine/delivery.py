"""Tells the forge what it has not been told. Whatever the forge does, no attempt ends otherwise."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.due import Due, delivered, due
from pipeline.core.errors import (
    ForgeRefused,
    ForgeUnreachable,
    LedgerMoved,
    NotEligible,
    StagegateError,
    StageLocked,
)
from pipeline.core.history import History, replay
from pipeline.core.leases import Lease
from pipeline.core.messages import CommitStatus, Deployment, Issue, Note, ReleasePage
from pipeline.forge import Forge
from pipeline.workshop import Office

# The lease under which one process at a time tells: no stage has such a name.
OUTBOX = "@outbox"
# More than one message takes, of few requests that each end within 20 s. A process that dies in the midst of
# one holds others up for as long.
_TTL_S = 90.0
_NAP_S = _TTL_S / 3  # after which the lease is renewed in a long pause
_MARK = 8  # characters of a digest
_PAUSES_S = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Told:
    """How telling went: what was told, what still waits, and what stood in the way, in words.

    `refused` are the keys, subjects and kinds of what the forge refuses.
    """

    told: tuple[Due, ...] = ()
    waiting: tuple[Due, ...] = ()
    troubles: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()


def opening(office: Office, forge: Forge, history: History) -> tuple[ev.OutboxOpened, ...]:
    """What must be recorded before an attempt starts, so that this forge is told of it.

    Nothing if somebody is told already. That does not change by itself: what waits would be lost.
    """
    return () if history.outbox else (_opened(office, forge),)


def deliver(
    office: Office,
    forge: Forge,
    within_s: float,
    *,
    stopped: Callable[[], bool] = lambda: False,
    spared: frozenset[str] = frozenset(),
) -> Told:
    """Tell the forge what waits, for `within_s` seconds or until `stopped`: what is new first.

    What it refuses keeps waiting, and so does what comes later about the same thing; all else is told, but
    for what was refused before and is to be `spared`. If it does not answer, it is asked again after a pause,
    or after the time that it asks for. Raises StageLocked if another process is telling it, and what the
    ledger raises.
    """
    history = office.history()
    if not due(history):
        return Told()
    if problem := _other(history, forge):
        return Told(waiting=tuple(due(history)), troubles=(problem,))
    with _telling(office) as lease:
        return _Courier(office, forge, lease, office.clock.now() + within_s, stopped).tell(spared)


def drop(office: Office, forge: Forge) -> tuple[Due, ...]:
    """Never tell what waits, which is returned; tell this forge of what begins from now on.

    Where nobody is told yet, the next attempt begins that, and nothing is recorded. Raises NotEligible while
    an attempt is open: nobody would ever be told how it ends. Raises StageLocked if another process is
    telling the forge.
    """
    if office.history().outbox is None:
        return ()
    with _telling(office) as lease:
        while True:
            history = office.history()
            _require_none_open(history)
            try:
                office.ledger.append([_opened(office, forge)], lease=lease, head=history.head)
            except LedgerMoved:  # so that nothing is dropped that was not seen to wait
                continue
            return tuple(due(history))


def _require_none_open(history: History) -> None:
    found = [(view.name, view.open) for view in history.stages.values() if view.open is not None]
    if found:
        stage, attempt = found[0]
        raise NotEligible(
            f"attempt {attempt} in {stage} has not ended, so nothing is dropped",
            why="nothing more would be told of it, not even how it ends",
            next=f"wait for its end, or if it was interrupted: promote resume --stage {stage}",
        )


def _opened(office: Office, forge: Forge) -> ev.OutboxOpened:
    # The first event differs from site to site, by its time at least.
    mark = (office.ledger.digest(1) or "")[:_MARK]
    return ev.OutboxOpened(forge.url, forge.project, mark, office.actor)


@contextmanager
def _telling(office: Office) -> Iterator[Lease]:
    """Be the one process that tells the forge. Raises StageLocked if another one is."""
    lease = _acquired(office)
    try:
        yield lease
    finally:
        with suppress(StagegateError):  # it ends by itself
            office.ledger.give_back(lease)


def _acquired(office: Office) -> Lease:
    try:
        return office.ledger.acquire(OUTBOX, "tell the forge", _TTL_S)
    except StageLocked as busy:
        raise StageLocked(
            "another process is telling the forge", where=busy.where, why=busy.why, next="promote deliver"
        ) from busy


def _other(history: History, forge: Forge) -> str:
    """Why what waits is not for this forge; empty if it is."""
    outbox = history.outbox
    if outbox is None or (outbox.url, outbox.project) == (forge.url, forge.project):
        return ""
    whom, known = f"{outbox.project} at {outbox.url}", f"{forge.project} at {forge.url}"
    return f"this site tells {whom}, and this process knows {known}; to change that: promote deliver --drop"


class _Courier:
    """One pass under one lease."""

    def __init__(
        self, office: Office, forge: Forge, lease: Lease, until: float, stopped: Callable[[], bool]
    ) -> None:
        self._office = office
        self._forge = forge
        self._lease = lease
        self._until = until
        self._stopped = stopped
        self._history = office.history()
        self._found: list[Due] = []
        self._told: list[Due] = []
        # The keys, subjects and kinds of which no more is told in this pass.
        self._refused: set[str] = set()
        self._unanswered: set[str] = set()
        self._troubles: list[str] = []
        self._pauses = iter(_PAUSES_S)

    def tell(self, spared: frozenset[str]) -> Told:
        """Tell until nothing is left that can be told now."""
        self._refused |= spared
        while (next_ := self._next()) is not None and self._in_time():
            try:
                remote = self._hand_over(next_)
            except ForgeRefused as refusal:
                self._refused.add(_refused(next_, refusal))
                self._troubles.append(" ".join(refusal.lines()))
            except ForgeUnreachable as trouble:
                if not self._paused(trouble) and self._is_down(next_, trouble):
                    break
            else:
                self._record(next_, remote)
        left = tuple(due(self._history))
        return Told(tuple(self._told), left, tuple(self._troubles), frozenset(self._refused))

    def _next(self) -> Due | None:
        """What to tell now. What has come up meanwhile is looked for once all that was found is told."""
        self._leave_out()
        if not self._found:
            self._found = newest_first(due(self._history))
            self._leave_out()
        return self._found[0] if self._found else None

    def _leave_out(self) -> None:
        skipped = self._refused | self._unanswered
        self._found = [one for one in self._found if not {one.key, one.subject, one.kind} & skipped]

    def _is_down(self, told: Due, trouble: ForgeUnreachable) -> bool:
        """Whether nothing more need be asked: one that is not answered may be a defect of the forge."""
        self._troubles.append(" ".join(trouble.lines()))
        again = bool(self._unanswered)
        self._unanswered.add(told.subject)
        self._pauses = iter(_PAUSES_S)
        return again or trouble.retry_after_s is not None

    def _hand_over(self, told: Due) -> str:
        """Tell the forge one thing; its id there."""
        match told.message:
            case CommitStatus() as status:
                return self._forge.set_status(status)
            case Deployment() as deployment:
                return self._deploy(told.key, deployment)
            case Note() as note:
                return self._forge.put_note(note)
            case Issue() as issue:
                return self._forge.open_issue(issue)
            case ReleasePage() as page:
                return self._forge.publish_release(page)

    def _deploy(self, key: str, deployment: Deployment) -> str:
        outbox = self._history.outbox
        known = outbox.known(key).remote if outbox else ""
        newest = outbox.deployments.get(deployment.environment, "") if outbox else ""
        return self._forge.set_deployment(deployment, known, newest)

    def _in_time(self) -> bool:
        """Whether to go on; the lease is renewed then."""
        if self._stopped() or self._office.clock.now() >= self._until:
            return False
        self._renew()
        return True

    def _paused(self, trouble: ForgeUnreachable) -> bool:
        """Wait, as long as the forge asks for, if there is time; whether there was."""
        pause = trouble.retry_after_s if trouble.retry_after_s is not None else next(self._pauses, None)
        if pause is None or self._office.clock.now() + pause >= self._until:
            return False
        while pause > 0:
            self._office.clock.sleep(min(pause, _NAP_S))
            pause -= _NAP_S
            self._renew()
        return True

    def _renew(self) -> None:
        self._lease = self._office.ledger.renew(self._lease, _TTL_S)

    def _record(self, told: Due, remote: str) -> None:
        event = delivered(self._history, told, remote)
        self._office.ledger.append([event], lease=self._lease)
        self._history = replay(self._office.ledger.read(after=self._history.head), self._history)
        self._told.append(told)
        self._found.pop(0)
        self._pauses = iter(_PAUSES_S)


def _refused(message: Due, refusal: ForgeRefused) -> str:
    """What need not be asked for again: all that the token may not do, else this subject.

    Who may deploy is a question of the environment, which is the subject. If it is not that, the next
    deployment goes on, and this one is late then.
    """
    if isinstance(message.message, Deployment):
        return message.subject if refusal.forbidden else message.key
    return message.kind if refusal.forbidden else message.subject


def newest_first(waiting: Sequence[Due]) -> list[Due]:
    """What is about the newest things first, of each thing in its order: an old refusal delays no news."""
    newest = {one.subject: place for place, one in enumerate(waiting)}
    return sorted(waiting, key=lambda one: -newest[one.subject])
