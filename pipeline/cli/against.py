"""Compares what faults cost in two attempts, and finds what became worse. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.cli.faults import NOTHING, UNREADABLE, Fault, seconds
from pipeline.core.codec import plain

HEADER = ("FAULT", "GAP BEFORE", "GAP NOW", "ERRORS", "RECOVERED", "LOST", "WORSE")
# The same fault costs a different time at each injection: smaller differences than these are not reported.
NEWS_TIMES, NEWS_S = 1.25, 0.5
_PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Change:
    """A fault in the earlier and the later attempt; None where it was not made."""

    name: str
    before: Fault | None
    now: Fault | None

    @property
    def worse(self) -> tuple[str, ...]:
        """What became worse, a few words each; empty for a readable fault that was not made before."""
        if self.now is not None and self.now.verdict == UNREADABLE:
            return (UNREADABLE,)
        if self.before is None:
            return ()
        if self.now is None:
            return ("not made now",)
        before, now, found = self.before, self.now, []
        if before.verdict == _PASSED != now.verdict:
            found.append(f"{now.verdict} now")
        if now.lost > before.lost:
            found.append("lost writes")
        if _later(before.longest_gap_s, now.longest_gap_s):
            found.append("longer gap")
        if _later(before.recovered_after_s, now.recovered_after_s):
            found.append("recovered later")
        return tuple(found)

    def row(self) -> tuple[str, ...]:
        """The cells under HEADER."""
        return (
            self.name,
            _of(self.before, "longest_gap_s"),
            _of(self.now, "longest_gap_s"),
            *(
                f"{_of(self.before, part)} → {_of(self.now, part)}"
                for part in ("errors", "recovered_after_s", "lost")
            ),
            ", ".join(self.worse) or NOTHING,
        )

    def data(self) -> dict[str, object]:
        """As JSON data."""
        return {
            "fault": self.name,
            "before": plain(self.before),
            "now": plain(self.now),
            "worse": list(self.worse),
        }


def changes(before: Iterable[Fault], now: Iterable[Fault]) -> tuple[Change, ...]:
    """Every fault of either attempt; if an attempt made one several times, the last counts."""
    earlier = {fault.name: fault for fault in before}
    later = {fault.name: fault for fault in now}
    return tuple(Change(name, earlier.get(name), later.get(name)) for name in earlier | later)


def _later(before: float | None, now: float | None) -> bool:
    if before is None or now is None:
        return before is not None
    return now > max(before * NEWS_TIMES, before + NEWS_S)


def _of(fault: Fault | None, part: str) -> str:
    value = None if fault is None else getattr(fault, part)
    return str(value) if isinstance(value, int) else seconds(value)
