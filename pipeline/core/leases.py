"""Leases: the right to change a stage, and when it may be taken over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from pipeline.core.events import Holder, LeaseTaken, Record


class Liveness(Enum):
    """What can be proved about the process that holds a lease."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change a stage. `token` grows with every grant; `expires` is seconds since 1970."""

    stage: str
    token: int
    purpose: str
    holder: Holder
    expires: float


def why_free(current: Lease | None, now: float, liveness: Liveness) -> str | None:
    """Why the stage may be taken now: "free", "holder gone" or "expired"; None while it is held.

    A holder that is provably gone loses its lease at once; any other loses it when it expires.
    """
    if current is None:
        return "free"
    if liveness is Liveness.GONE:
        return "holder gone"
    if current.expires <= now:
        return "expired"
    return None


def granted(records: Iterable[Record]) -> Mapping[str, Lease]:
    """By stage the newest lease that these events tell of, as one that nobody has renewed."""
    newest = {}
    for record in records:
        if isinstance(taken := record.event, LeaseTaken):
            lease = Lease(taken.stage, taken.token, taken.purpose, taken.holder, record.at)
            newest[taken.stage] = lease
    return newest


def judge_liveness(holder: Holder, here: Holder, started: int | None) -> Liveness:
    """Whether `holder` still runs, as seen from `here`.

    `started` is the start time of the process that now has the holder's pid, None when there is none. Pids
    are comparable only within the same boot and pid namespace.
    """
    if (holder.boot, holder.namespace) != (here.boot, here.namespace):
        return Liveness.UNKNOWN
    return Liveness.ALIVE if started == holder.started else Liveness.GONE
