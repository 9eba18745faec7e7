"""Moments that a cron expression names, of five fields as crontab(5) has them. Pure.

dateutil does the reckoning: each expression is one rule of RFC 5545, or two of which either is enough.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dateutil.rrule import rruleset

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# How far to look, in days, the nearest first: few expressions are about a day of the year, or 29 February.
_SPANS = (8, 400, 3000)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of an expression: the values it may have, and names for those from `lowest` on.

    With `around`, the value after the highest is the lowest: GitLab takes hour 24 for 0, of the same day.
    """

    name: str
    lowest: int
    highest: int
    words: tuple[str, ...] = ()
    around: bool = False

    def values(self, text: str) -> list[int] | None:
        """The values that the text names, in order; None for all. Raises ValueError."""
        if text == "*":
            return None
        named = {value for part in text.split(",") for value in self._part(part)}
        return sorted({self.lowest if value > self.highest else value for value in named})

    def _part(self, text: str) -> list[int]:
        extent, _, step = text.partition("/")
        begin, _, end = extent.partition("-")
        every = self._number(step, 1, self.highest) if "/" in text else 1
        if extent == "*":
            return self._extent(self.lowest, self.highest)[::every]
        first = self._value(begin)
        last = self._value(end) if "-" in extent else (self.highest if "/" in text else first)
        return self._extent(first, last)[::every]

    def _extent(self, first: int, last: int) -> list[int]:
        """From first to last; one that ends before it begins goes on from the lowest value."""
        if first <= last:
            return list(range(first, last + 1))
        return [*range(first, self.highest + 1), *range(self.lowest, last + 1)]

    def _value(self, text: str) -> int:
        if text.lower() in self.words:
            return self.words.index(text.lower()) + self.lowest
        return self._number(text, self.lowest, self.highest + int(self.around))

    def _number(self, text: str, lowest: int, highest: int) -> int:
        if not (text.isascii() and text.isdecimal()) or not lowest <= int(text) <= highest:
            raise ValueError(f"{self.name} can't be {text!r}")
        return int(text)


# Of a leap year.
_LONGEST = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_FIELDS = (
    _Field("the minute", 0, 59),
    _Field("the hour", 0, 23, around=True),
    _Field("the day of the month", 1, 31),
    _Field("the month", 1, 12, _MONTHS),
    _Field("the day of the week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """The parsed fields, None for every value. Weekdays are as dateutil counts them, from Monday as 0."""

    minutes: list[int] | None
    hours: list[int] | None
    days: list[int] | None
    months: list[int] | None
    weekdays: list[int] | None

    def latest(self, at: datetime) -> datetime | None:
        """The last of its moments up to this one, without a zone; None if there was none for eight years."""
        for days in _SPANS:
            rules = self._moments(at - timedelta(days=days), at)
            found: datetime | None = rules.before(at, inc=True)
            if found is not None:
                return found
        return None

    def next(self, at: datetime) -> datetime | None:
        """The first of its moments after this one, without a zone; None if there is none for eight years."""
        found: datetime | None = self._moments(at, at + timedelta(days=_SPANS[-1])).after(at)
        return found

    def _exist(self, monthdays: list[int]) -> bool:
        """Whether a month that is named has, in some year, a day that is named."""
        return any(min(monthdays) <= _LONGEST[month] for month in self.months or _LONGEST)

    def _moments(self, since: datetime, until: datetime) -> "rruleset":
        from dateutil.rrule import DAILY, rrule, rruleset  # noqa: PLC0415 - slow to load, and few need it

        # Where both are named, a day of either kind is one.
        both = self.days is not None and self.weekdays is not None
        days = ((self.days, None), (None, self.weekdays)) if both else ((self.days, self.weekdays),)
        found = rruleset()
        for monthdays, weekdays in days:
            if monthdays is not None and not self._exist(monthdays):
                continue  # dateutil would look for one up to the year 9999
            found.rrule(
                rrule(
                    DAILY,
                    dtstart=since.replace(hour=0, minute=0, second=0, microsecond=0),
                    until=until,
                    bymonth=self.months,
                    bymonthday=monthdays,
                    byweekday=weekdays,
                    byhour=range(24) if self.hours is None else self.hours,
                    byminute=range(60) if self.minutes is None else self.minutes,
                    bysecond=0,
                )
            )
        return found


def parsed(text: str) -> Cron:
    """The expression. Raises ValueError with what is wrong with it."""
    words = text.split()
    if len(words) != len(_FIELDS):
        raise ValueError(f"{text!r} does not have the five fields of cron")
    try:
        minutes, hours, days, months, weekdays = (
            field.values(word) for field, word in zip(_FIELDS, words, strict=True)
        )
    except ValueError as problem:
        raise ValueError(f"{text!r}: {problem}") from problem
    # Sunday is 0 and 7 there.
    from_monday = None if weekdays is None else sorted({(day - 1) % 7 for day in weekdays})
    return Cron(minutes, hours, days, months, from_monday)
