"""What the board shows: the documents of `promote status`, `why`, `show` and `history`, read once for all."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pipeline.board.kept import Kept
from pipeline.board.news import LATEST, News, news
from pipeline.board.release_shown import ReleaseShown, release_shown
from pipeline.cli.attempt_shown import AttemptShown, attempt_shown
from pipeline.cli.followed import Followed, caught_up, followed, with_checks
from pipeline.cli.render import moment
from pipeline.cli.stage_rows import stage_rows
from pipeline.cli.status import status_data
from pipeline.cli.why import why_data
from pipeline.core.codec import plain
from pipeline.core.history import History
from pipeline.core.identity import Identity
from pipeline.core.kinds import Outcome
from pipeline.core.policy.entry import findings
from pipeline.core.policy.question import Question
from pipeline.core.policy.waiting import waiting
from pipeline.core.release import Release
from pipeline.workshop import Office

Document = Mapping[str, Any]
_ATTEMPTS = 10
_RELEASES = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard:
    """Whether a stage takes the freezes of GitLab, and when these were heard last, if ever (RFC 3339).

    The board asks nobody: what it shows rests on these.
    """

    taken: bool
    at: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The site now. `head` is the number of the last event that is in it.

    `waits` are the `why` documents of the releases that wait for a stage, by stage, and `heard` is what is
    known of GitLab's freezes there. `queued` are the promotions that wait for a locked one.
    """

    head: int
    status: Document
    waits: Mapping[str, Document]
    heard: Mapping[str, Heard]
    queued: Sequence[Document]
    attempts: Sequence[Document]
    news: Sequence[News]


@dataclass(frozen=True, slots=True)
class StageShown:
    """One stage now: its row of `status`, what the line asks, `why` for the newest releases, attempts."""

    status: Document
    rules: Document | None
    why: Document
    heard: Heard
    attempts: Sequence[Document]


@dataclass(frozen=True, slots=True)
class Counted:
    """What figures rest on: the state, the rows of `status`, and ended attempts by stage and outcome."""

    history: History
    status: Document
    ended: Mapping[tuple[str, Outcome], int]


class Reader:
    """Reads for any number of threads, one at a time; each event is read once. Raises what a ledger does."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock = threading.Lock()
        self._seen: Followed | None = None
        self._ended: Counter[tuple[str, Outcome]] = Counter()
        self._not_counted: dict[str, None] = {}
        self._looked_at = 0
        self._kept = Kept()

    @property
    def site(self) -> Path:
        """The folder of the site."""
        return self._office.site

    def overview(self) -> Overview:
        """The site now."""
        with self._lock:
            seen = self._now()
            history = seen.history
            waits = _waiting(history)
            latest = islice(reversed(tuple(history.attempts)), _ATTEMPTS)
            return Overview(
                history.head,
                self._status(seen),
                {stage: self._why(history, stage, [one]) for stage, one in waits.items()},
                {stage: _heard(history, stage) for stage in waits},
                self._queued(history),
                self._attempts(history, latest),
                news(self._office.ledger.read(after=max(0, history.head - LATEST)), history),
            )

    def stage(self, name: str) -> StageShown | None:
        """One stage; None if the site has no such stage."""
        with self._lock:
            seen = self._now()
            history = seen.history
            if name not in history.stage_names():
                return None
            newest = [history.releases[one] for one in reversed(tuple(history.releases)[-_RELEASES:])]
            rules = history.line.stage(name) if history.line else None
            names = reversed(tuple(history.attempts))
            here = (one for one in names if history.attempts[one].stage == name)
            return StageShown(
                self._status(seen, name),
                plain(rules) if rules else None,
                self._why(history, name, newest),
                _heard(history, name),
                self._attempts(history, islice(here, _ATTEMPTS)),
            )

    def attempt(self, name: str) -> AttemptShown | None:
        """What `promote show` tells of an attempt; None if there is no such attempt."""
        with self._lock:
            history = self._now().history
            found = history.attempts.get(name)
            return None if found is None else attempt_shown(self._office, history, found, self._kept)

    def release(self, alias: str) -> ReleaseShown | None:
        """One release; None if there is none with this alias."""
        with self._lock:
            history = self._now().history
            found = next((one for one in history.releases.values() if one.alias == alias), None)
            if found is None:
                return None
            stages = history.line.names() if history.line else ()
            whys = {stage: self._why(history, stage, [found]) for stage in stages}
            return release_shown(history, found, whys)

    def identity(self) -> Identity | None:
        """Whose word the line believes about who somebody is."""
        with self._lock:
            line = self._now().history.line
            return line.identity if line else None

    def with_office(self, act: Callable[[Office], T]) -> T:
        """What `act` returns or raises. Nothing is read meanwhile: the ports are for one thread at a time."""
        with self._lock:
            return act(self._office)

    def counted(self) -> Counted:
        """What figures rest on."""
        with self._lock:
            seen = self._now()
            self._count(seen.history)
            return Counted(seen.history, self._status(seen), dict(self._ended))

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._office.clock.now()

    def _now(self) -> Followed:
        if self._seen is None:
            self._seen = followed(self._office)
        elif self._office.ledger.head().seq != self._seen.history.head:
            self._seen = caught_up(self._office, self._seen)
        return with_checks(self._seen, self._office.site)

    def _status(self, seen: Followed, only: str | None = None) -> Document:
        office, rows = self._office, stage_rows(self._office, seen, only)
        return status_data(seen.history, rows, office.ledger.head(), office.clock.now(), only)

    def _why(self, history: History, stage: str, asked: Sequence[Release]) -> Document:
        now, actor = self._office.clock.now(), self._office.actor
        found = {one.id: findings(Question(history, one, stage, now, actor)) for one in asked}
        return why_data(stage, asked, found)

    def _queued(self, history: History) -> Sequence[Document]:
        now = self._office.clock.now()
        return [
            {
                "stage": one.queued.stage,
                "alias": history.releases[one.queued.release].alias,
                "by": str(one.queued.by),
                "until": moment(one.queued.until),
            }
            for one in history.queue
            if now < one.queued.until
        ]

    def _attempts(self, history: History, names: Iterable[str]) -> Sequence[Document]:
        return [self._kept(history, history.attempts[name], self._office.site) for name in names]

    def _count(self, history: History) -> None:
        """Count the attempts that have ended since the last time; ended ones never change."""
        self._not_counted.update(dict.fromkeys(islice(history.attempts, self._looked_at, None)))
        self._looked_at = len(history.attempts)
        for name in tuple(self._not_counted):
            found = history.attempts[name]
            if found.outcome is not None:
                self._ended[found.stage, found.outcome] += 1
                del self._not_counted[name]


def _heard(history: History, stage: str) -> Heard:
    rules = history.line.stage(stage) if history.line else None
    taken = rules is not None and rules.forge.freezes
    return Heard(taken, moment(history.calendar.at) if taken and history.calendar else None)


def _waiting(history: History) -> Mapping[str, Release]:
    """By stage, the release that stands verified before it and that nobody has tried to bring there yet."""
    rules = history.line.stages if history.line else ()
    found = ((one.name, waiting(history, one)) for one in rules)
    return {name: release for name, release in found if release is not None}
