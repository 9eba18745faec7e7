"""The marks of a fault: what was done to whom and when, who held the VIP, who was the writer.

All moments are seconds of the monotonic clock that the traces use.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was seen to happen, in words for people."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Holding:
    """From this moment on `holder` had the VIP; None is nobody, two names are `a, b`."""

    at: float
    holder: str | None


@dataclass(frozen=True, slots=True)
class Writing:
    """From this moment on `writer` took the writes; None is nobody."""

    at: float
    writer: str | None


@dataclass(frozen=True, slots=True)
class Marks:
    """One fault on one target. `proved` is when its proof was seen, in the words of `proof`; None is never.

    `budget_s` is what the longest time without a success may be, `formula` how it comes from the timers.
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
