"""Checks that acknowledged data exists: rows on every node, messages consumed, keys kept. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from suites.probes.trace import Request, RequestOutcome

Rows = Mapping[str, tuple[str, ...]]
# Fewer keys before or after the fault prove nothing about what a failover loses on that side.
ENOUGH_KEYS = 10


@dataclass(frozen=True, slots=True)
class History:
    """The keys that clients wrote, by the answer they got. `unknown`: none, so the row may exist or not."""

    acknowledged: frozenset[str]
    refused: frozenset[str]
    unknown: frozenset[str]

    def __post_init__(self) -> None:
        told = Counter([*self.acknowledged, *self.refused, *self.unknown])
        twice = sorted(key for key, times in told.items() if times > 1)
        if twice:
            raise ValueError(f"a key is written once and has one answer, not {', '.join(twice)}")

    @property
    def keys(self) -> frozenset[str]:
        """Return all keys that may exist."""
        return self.acknowledged | self.refused | self.unknown


@dataclass(frozen=True, slots=True)
class WriteFindings:
    """What is wrong, as keys by node; nodes without a finding are left out.

    `disagreed` are unknown keys that some nodes have and others lack, by the nodes that lack them.
    `doubts` say why the absence of findings proves nothing.
    """

    acknowledged: int
    lost: Rows
    duplicated: Rows
    refused_but_there: Rows
    disagreed: Rows
    doubts: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Return whether nothing was found; a doubt is not a finding."""
        return not (self.lost or self.duplicated or self.refused_but_there or self.disagreed)

    @property
    def lost_keys(self) -> frozenset[str]:
        """Return the acknowledged keys that at least one node lacks."""
        return frozenset(key for keys in self.lost.values() for key in keys)


def history_of(requests: Iterable[Request], said_no: Callable[[Request], bool]) -> History:
    """Return the history of the requests that wrote a key; others are left out.

    `said_no` says whether a failed request got the server's answer that it did not commit. A connection that
    broke after the commit was sent is no such answer: its key is unknown, as after a timeout.
    """
    told: dict[str, set[str]] = {"acknowledged": set(), "refused": set(), "unknown": set()}
    for request in requests:
        if request.key is None:
            continue
        if request.outcome is RequestOutcome.OK:
            told["acknowledged"].add(request.key)
        elif request.outcome is RequestOutcome.ERROR and said_no(request):
            told["refused"].add(request.key)
        else:
            told["unknown"].add(request.key)
    return History(frozenset(told["acknowledged"]), frozenset(told["refused"]), frozenset(told["unknown"]))


def check_writes(history: History, found: Mapping[str, Sequence[str]]) -> WriteFindings:
    """Return how the rows of the nodes contradict the history.

    `found` has, for each node, the keys it holds, each as often as it holds it. Keys that are not in this
    history are ignored: the table may hold rows of earlier runs.
    """
    counts = {node: Counter(keys) for node, keys in found.items()}
    anywhere = frozenset(key for keys in found.values() for key in keys)
    return WriteFindings(
        acknowledged=len(history.acknowledged),
        lost=_by_node(counts, history.acknowledged, lambda times: times == 0),
        duplicated=_by_node(counts, history.keys, lambda times: times > 1),
        refused_but_there=_by_node(counts, history.refused, lambda times: times > 0),
        disagreed=_by_node(counts, history.unknown & anywhere, lambda times: times == 0),
        doubts=_doubts(history, counts),
    )


def _by_node(
    counts: Mapping[str, Counter[str]], keys: frozenset[str], wrong: Callable[[int], bool]
) -> dict[str, tuple[str, ...]]:
    found = {node: tuple(sorted(key for key in keys if wrong(held[key]))) for node, held in counts.items()}
    return {node: bad for node, bad in found.items() if bad}


def _doubts(history: History, counts: Mapping[str, Counter[str]]) -> tuple[str, ...]:
    found = []
    if not history.acknowledged:
        found.append("no write was acknowledged: none could be lost")
    if not counts:
        found.append("no node was asked for its rows")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class MessageFindings:
    """How many messages were confirmed, which of them were never consumed, and which more than once."""

    confirmed: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the absence of a loss proves nothing."""
        return () if self.confirmed else ("no message was confirmed: none could be lost",)

    @property
    def told(self) -> str:
        """The findings as a phrase."""
        again = f", {len(self.twice)} consumed more than once" if self.twice else ""
        return f"lost messages {len(self.lost)} of {self.confirmed}{again}"


def acknowledged(requests: Iterable[Request]) -> Mapping[str, float]:
    """Return, by key, when it was acknowledged; answers after the timeout do not count."""
    return {
        request.key: request.end
        for request in requests
        if request.key is not None and request.outcome is RequestOutcome.OK
    }


def check_messages(confirmed: Collection[str], consumed: Iterable[str]) -> MessageFindings:
    """Return what became of confirmed messages. Others may have been consumed or not: both are correct."""
    times = Counter(consumed)
    return MessageFindings(
        confirmed=len(confirmed),
        lost=tuple(sorted(key for key in confirmed if not times[key])),
        twice=tuple(sorted(key for key, often in times.items() if often > 1)),
    )


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """What became of the acknowledged keys.

    `judged_before` and `judged_after` count those that had to be kept, set before and after the fault. `lost`
    are those of them that are gone; `late` are keys that are gone but that Redis did not promise to keep.
    """

    acknowledged: int
    judged_before: int
    judged_after: int
    lost: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the absence of a loss proves nothing."""
        sides = (("before the fault", self.judged_before), ("by the new master", self.judged_after))
        return tuple(
            f"{count} keys set {side} had to be kept; at least {ENOUGH_KEYS} are needed"
            for side, count in sides
            if count < ENOUGH_KEYS
        )

    @property
    def told(self) -> str:
        """The findings as a phrase."""
        late = f", and {len(self.late)} that Redis did not promise" if self.late else ""
        return f"lost keys {len(self.lost)} of {self.judged_before + self.judged_after}{late}"


def check_keys(
    requests: Iterable[Request], there: Collection[str], fault: float, lag_s: float
) -> KeyFindings:
    """Return what became of the acknowledged keys; `there` are those that the master has at the end.

    Redis acknowledges a key before it is replicated, and an isolated master goes on for `lag_s`. So two kinds
    of key had to be kept: those set longer than `lag_s` before the fault, and those that the new master took
    after it. A master that stayed master is its own successor. Keys that the old master took around the
    fault, while cut off or after it woke, may be lost by design.
    """
    taken = sorted(
        (one for one in requests if one.outcome is RequestOutcome.OK and one.key is not None),
        key=lambda one: one.end,
    )
    before = {one.key for one in taken if one.end < fault - lag_s}
    after = {one.key for one in _of_the_new_master(taken, fault)}
    gone = {one.key for one in taken if one.key not in frozenset(there)}
    return KeyFindings(
        acknowledged=len(taken),
        judged_before=len(before),
        judged_after=len(after),
        lost=_named(gone & (before | after)),
        late=_named(gone - before - after),
    )


def _of_the_new_master(taken: Sequence[Request], fault: float) -> list[Request]:
    """Return the keys that the new master took after the fault.

    The old master's keys count too once no other host takes any more.
    """
    old = next((one.by for one in reversed(taken) if one.end <= fault), None)
    after = [one for one in taken if one.end > fault and one.by is not None]
    others_until = max((one.end for one in after if one.by != old), default=fault)
    return [one for one in after if one.by != old or one.end > others_until]


def _named(keys: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted(key for key in keys if key is not None))
