"""Asks a forge what it knows of a promotion: when it is frozen, and who approved it. Nobody must answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_after_delay

from pipeline.core import events as ev
from pipeline.core.approval import GivenApproval, by_others
from pipeline.core.attempt import Attempt
from pipeline.core.errors import ForgeRefused, ForgeUnreachable
from pipeline.core.forge_calendar import calendar_of
from pipeline.core.history import History
from pipeline.core.line import LineStage
from pipeline.core.moments import written
from pipeline.core.release import Release
from pipeline.core.retries import TRIES, Retry, pause_s
from pipeline.workshop import Office, Workshop

_FREEZES = "the forge, reading its freeze periods"
_APPROVALS = "the forge, reading approvals"
_LONGEST_PAUSE_S = 30.0  # that a forge may ask for; a promotion goes on without its answer sooner
_NO_FORGE = "this process knows no forge: it has no STAGEGATE_GITLAB_TOKEN"
_NO_MORE_AFTER_S = 30.0  # no try begins later, as of a forge that is silent for 20 s each time
_FRESH_S = 60.0  # for which an answer need not be asked for again
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the forge said of its freezes, to be recorded; or why it did not say them.

    Both are empty if it was not asked.
    """

    read: ev.FreezePeriodsRead | None = None
    silent: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """The approvals and rejections on the forge by others than who asks; or why it told of none.

    Both are empty if there are none, or if it was not asked.
    """

    approvals: tuple[GivenApproval, ...] = ()
    silent: str = ""


def hear_calendar(office: Office, rules: LineStage | None) -> Calendar:
    """Ask the forge when it is frozen, if the line takes that for the stage.

    A transient failure is followed by another try, three in all. Raises UsageProblem for a token without a
    server or a project.
    """
    if rules is None or not rules.forge.freezes:
        return Calendar()
    forge = office.forge
    if forge is None:
        return Calendar(silent=_NO_FORGE)
    retries: list[Retry] = []
    try:
        periods = _asked(office, forge.freeze_periods, _FREEZES, retries)
    except (ForgeUnreachable, ForgeRefused) as problem:
        return Calendar(silent=_in_words(problem))
    return Calendar(ev.FreezePeriodsRead(forge.url, forge.project, tuple(periods), tuple(retries)))


class Listener:
    """Has the calendar of the forge in the ledger as it is now, for one entry into a stage.

    `silent` is why the forge did not say it; empty if it did, or need not be asked.
    """

    def __init__(self, shop: Workshop, rules: LineStage | None) -> None:
        self._shop = shop
        self._rules = rules
        self._at: float | None = None
        self.silent = ""

    def hear(self) -> None:
        """Ask the forge, unless that was a moment ago; record what it says, or report what counts without."""
        shop = self._shop
        if self._at is not None and shop.clock.now() < self._at + _FRESH_S:
            return
        heard = hear_calendar(shop, self._rules)
        if heard.read is not None:
            for record in shop.ledger.append([heard.read]):
                shop.notifier.recorded(record)
        say_silence(shop, heard.silent)
        self._at, self.silent = shop.clock.now(), heard.silent

    def approvals_of(self, release: Release) -> tuple[GivenApproval, ...]:
        """The approvals on the forge by others, if the line takes them; reports it if it does not tell."""
        heard = hear_approvals(self._shop, self._rules, release)
        if heard.silent:
            self._shop.notifier.progress(f"approvals on the forge could not be read: {heard.silent}")
        return heard.approvals


def with_calendar(office: Office, history: History, stage: str) -> tuple[History, str]:
    """The history with the freezes of the forge as they are now, and why it did not say them.

    Nothing is recorded. Without an answer, and if the line takes none, the history is as before.
    """
    heard = hear_calendar(office, history.line.stage(stage) if history.line else None)
    if heard.read is None:
        return history, heard.silent
    return replace(history, calendar=calendar_of(heard.read, office.clock.now())), ""


def say_silence(shop: Workshop, silent: str) -> None:
    """Report as progress that the forge has not said when it is frozen, and which freezes are known."""
    if not silent:
        return
    known = shop.history().calendar
    which = "none is known" if known is None else f"those of {written(known.at)} are known"
    shop.notifier.progress(f"freezes of the forge could not be read, {which}: {silent}")


def rules_of(history: History, attempt: Attempt) -> LineStage | None:
    """The rules of the attempt's stage, as they are now; None if it is not on the line."""
    return history.line_for(history.releases[attempt.release]).stage(attempt.stage)


def hear_approvals(office: Office, rules: LineStage | None, release: Release) -> Given:
    """Ask the forge who approved the release's deployment into the stage, if the line takes that.

    They are evidence and let nothing in, so nothing depends on whether the forge tells of them. Raises
    UsageProblem for a token without a server or a project.
    """
    if rules is None or not rules.forge.approvals:
        return Given()
    forge = office.forge
    if forge is None:
        return Given(silent=_NO_FORGE)
    told = partial(forge.approvals, release.pin.commit, rules.name)
    try:
        return Given(by_others(_asked(office, told, _APPROVALS, []), office.actor))
    except (ForgeUnreachable, ForgeRefused) as problem:
        return Given(silent=_in_words(problem))


def _asked(office: Office, ask: Callable[[], _T], what: str, retries: list[Retry]) -> _T:
    """The answer, after as many tries as any transient failure gets; adds each that failed to `retries`."""

    def note(state: RetryCallState) -> None:
        retries.append(Retry(what, state.attempt_number, str(_problem(state).why)))

    trying = Retrying(
        retry=retry_if_exception(_worth_another_try),
        stop=stop_after_attempt(TRIES) | stop_after_delay(_NO_MORE_AFTER_S),
        wait=lambda state: _pause_s(_problem(state), state.attempt_number),
        before_sleep=note,
        sleep=office.clock.sleep,
        reraise=True,
    )
    return trying(ask)


def _worth_another_try(problem: BaseException) -> bool:
    return isinstance(problem, ForgeUnreachable) and (problem.retry_after_s or 0.0) <= _LONGEST_PAUSE_S


def _pause_s(problem: ForgeUnreachable, failed: int) -> float:
    return pause_s(failed) if problem.retry_after_s is None else problem.retry_after_s


def _problem(state: RetryCallState) -> ForgeUnreachable:
    found = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(found, ForgeUnreachable):
        raise TypeError(f"{found!r} is not followed by another try")
    return found


def _in_words(problem: ForgeUnreachable | ForgeRefused) -> str:
    return f"{problem.what}: {problem.why}" if problem.why else problem.what
