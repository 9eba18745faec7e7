"""The marks of a fault: what was done to which host and when, who held the VIP, who took the writes.

All moments are seconds of the monotonic clock that the traces use.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was observed, in words for people."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Holding:
    """The `holder` of the VIP from this moment on; None is nobody, two holders are `a, b`."""

    at: float
    holder: str | None


@dataclass(frozen=True, slots=True)
class Writing:
    """The database that took the writes from this moment on; None is nobody."""

    at: float
    writer: str | None


@dataclass(frozen=True, slots=True)
class Marks:
    """One fault on one target. `proved` is when `proof` was seen, None if never.

    `budget_s` is the longest allowed time without a success, `formula` how the timers determine it.
    """

    fault: str
    component: str
    target: str
    seed: int
    injected: float
    proved: float | None
    undone: float | None
    events: tuple[Event, ...] = ()
    holders: tuple[Holding, ...] = ()
    writers: tuple[Writing, ...] = ()
    budget_s: float | None = None
    formula: str = ""
    proof: str = ""


def write_marks(marks: Marks, path: Path) -> None:
    """Write marks as one JSON document. Raises OSError."""
    path.write_text(json.dumps(asdict(marks), indent=1) + "\n", encoding="utf-8")
