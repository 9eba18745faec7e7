"""The calendar of a forge, as it was read last, and the freezes of a stage by all calendars. Pure."""

from dataclasses import dataclass

from pipeline.core.freeze import Freezing
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.line import LineStage
from pipeline.core.site_events import FreezePeriodsRead


@dataclass(frozen=True, slots=True)
class ForgeCalendar:
    """The freeze periods of the project of the forge at `url`, as it had them `at` (seconds since 1970)."""

    url: str
    project: str
    periods: tuple[FreezePeriod, ...]
    at: float


def calendar_of(event: FreezePeriodsRead, at: float) -> ForgeCalendar:
    """The calendar that was read, in an event of this moment."""
    return ForgeCalendar(event.url, event.project, event.periods, at)


def freezes_of(rules: LineStage | None, calendar: ForgeCalendar | None) -> tuple[Freezing, ...]:
    """The freezes of a stage: the line's own, and those of the forge if the line takes them."""
    if rules is None:
        return ()
    taken = calendar.periods if calendar is not None and rules.forge.freezes else ()
    return (*rules.freezes, *taken)
