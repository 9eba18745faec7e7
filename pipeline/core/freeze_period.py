"""Freeze periods, as a forge such as GitLab has them in its calendar. Pure."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.core.cron import parsed
from pipeline.core.rails_zones import zone_of

_ANY_TIME = datetime(2024, 1, 1)  # noqa: DTZ001 - local time, in whatever zone


@dataclass(frozen=True, slots=True)
class FreezePeriod:
    """A time without deployments: cron expressions of its begin and end, in a zone as a forge names it."""

    begin: str
    end: str
    zone: str

    @property
    def why(self) -> str:
        """What it is called: a forge keeps no reason."""
        return f"freeze period {self.begin!r} to {self.end!r} ({self.zone}) of the forge"

    def problems(self) -> tuple[str, ...]:
        """Why it is unusable; empty when it is valid."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few lines ask for it

        found = []
        try:
            ZoneInfo(zone_of(self.zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append(f"there is no time zone {self.zone!r}")
        for text in (self.begin, self.end):
            try:
                parsed(text)
            except ValueError as problem:
                found.append(f"its calendar cannot be read: {problem}")
        if not found and parsed(self.end).next(_ANY_TIME) is None:
            found.append(f"it never ends: {self.end!r} names no moment")
        return tuple(found)

    def until(self, at: float) -> float | None:
        """When it ends, if it applies at this moment; both in seconds since 1970.

        It applies if it has begun since it ended last. It must have no problems.
        """
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

        zone = ZoneInfo(zone_of(self.zone))
        now = datetime.fromtimestamp(at, zone).replace(tzinfo=None)
        begun, ended = parsed(self.begin).latest(now), parsed(self.end).latest(now)
        if begun is None or (ended is not None and begun <= ended):
            return None
        end = parsed(self.end).next(now)
        if end is None:
            raise ValueError(f"{self} never ends")
        return end.replace(tzinfo=zone).timestamp()
