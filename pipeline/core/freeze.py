"""Freezes: times in which no promotion enters a stage, as a calendar has them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dateutil.rrule import rrule

# A rule is followed from its first occurrence, so one that recurs every second would take minutes to follow.
_SELDOM = re.compile(r"(^|;)FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)(;|$)")


class Freezing(Protocol):
    """A freeze of any calendar: the line's own, or a forge's."""

    @property
    def why(self) -> str:
        """Why it is, or what it is called."""

    def problems(self) -> tuple[str, ...]:
        """Why it is unusable; empty when it is valid."""

    def until(self, at: float) -> float | None:
        """When it ends, if it applies at this moment; both in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """When no promotion enters: from `begins`, local time in `zone`, for `lasts_s` seconds, and why.

    `rule` is how it recurs, as an RRULE of RFC 5545 (`FREQ=WEEKLY;BYDAY=FR`); empty: it does not.
    """

    why: str
    begins: str
    lasts_s: int
    zone: str = "UTC"
    rule: str = ""

    def problems(self) -> tuple[str, ...]:
        """Why it is unusable; empty when it is valid."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - as rrulestr below

        found = []
        if self.lasts_s <= 0:
            found.append("it must last for some time")
        if self.rule and not _SELDOM.search(self.rule):
            found.append(f"its rule must recur daily, weekly, monthly or yearly: {self.rule}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append(f"there is no time zone {self.zone!r}")
        try:
            self._recurrence()
        except (ValueError, TypeError) as problem:
            found.append(f"its calendar cannot be read: {problem}")
        return tuple(found)

    def until(self, at: float) -> float | None:
        """When it ends, if it applies at this moment; both in seconds since 1970."""
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - as rrulestr below

        zone = ZoneInfo(self.zone)
        local = datetime.fromtimestamp(at, zone).replace(tzinfo=None)
        latest = self._recurrence().before(local, inc=True)
        if latest is None:
            return None
        end = float(latest.replace(tzinfo=zone).timestamp()) + self.lasts_s
        return end if at < end else None

    def _recurrence(self) -> "rrule":
        from dateutil.rrule import rrulestr  # noqa: PLC0415 - slow to load, and few lines have a freeze

        begins = datetime.fromisoformat(self.begins)
        if begins.tzinfo is not None:
            raise ValueError(f"{self.begins} has a time zone of its own")
        return rrulestr(self.rule or "FREQ=DAILY;COUNT=1", dtstart=begins)


def frozen(freezes: Iterable[Freezing], at: float) -> tuple[tuple[Freezing, float], ...]:
    """Those that apply at this moment, each with its end."""
    return tuple((one, end) for one in freezes if (end := one.until(at)) is not None)
