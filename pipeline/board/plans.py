"""Plans for who is to approve them: each made by a process of `promote plan`, one at a time."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.errors import StagegateError, TryAgain

# Makes the plan of a release, by its id, for a stage; the document of `promote plan`. Raises StagegateError.
Make = Callable[[str, str], Mapping[str, Any]]
KEPT_S = 3600.0  # after which nobody remembers having read it


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A plan that was asked for `at` a moment (seconds since 1970): its document, or why there is none.

    With neither it is being made.
    """

    at: float
    document: Mapping[str, Any] | None = None
    trouble: tuple[str, ...] = ()

    @property
    def being_made(self) -> bool:
        """Whether it is not there yet."""
        return self.document is None and not self.trouble

    def counts(self, now: float) -> bool:
        """Whether it was asked for so short a time ago that it may be approved, or is being made."""
        return self.being_made or now < self.at + KEPT_S


class Plans:
    """The plans that were made here, by release and stage. Any thread may call."""

    def __init__(self, make: Make, clock: Callable[[], float]) -> None:
        self._make, self._clock = make, clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], PlanSeen] = {}
        self._changes = 0

    def begin(self, release: str, stage: str) -> None:
        """Begin to make the plan, in a thread of its own. Raises TryAgain while another one is made.

        That it is being made already is no error.
        """
        with self._lock:
            making = next((key for key, one in self._seen.items() if one.being_made), None)
            if making == (release, stage):
                return
            if making is not None:
                raise TryAgain(
                    f"a plan for {making[1]} is being made",
                    why="one is made at a time",
                    next="try again soon",
                )
            now = self._clock()
            # Nobody can approve the others any more, and a server runs for months.
            self._seen = {key: one for key, one in self._seen.items() if one.counts(now)}
            self._seen[release, stage] = PlanSeen(now)
            self._changes += 1
        threading.Thread(target=self._work, args=(release, stage), name="plan", daemon=True).start()

    def of(self, release: str, stage: str) -> PlanSeen | None:
        """The plan that was asked for last; None if none was, or so long ago that it counts for nothing."""
        with self._lock:
            found = self._seen.get((release, stage))
            return found if found is not None and found.counts(self._clock()) else None

    def changes(self) -> int:
        """How often any of them has changed: pages that show one are then to be read again."""
        with self._lock:
            return self._changes

    def _work(self, release: str, stage: str) -> None:
        document: Mapping[str, Any] | None = None
        trouble: tuple[str, ...] = ()
        try:
            document = self._make(release, stage)
        except StagegateError as problem:
            trouble = problem.lines()
        except Exception as problem:  # noqa: BLE001 - in a thread; whoever waits for the plan is to be told
            trouble = (f"{type(problem).__name__}: {problem}",)
        with self._lock:
            known = self._seen[release, stage]
            self._seen[release, stage] = replace(known, document=document, trouble=trouble)
            self._changes += 1
