"""Lost writes: what was acknowledged must be there, on every node, once; what was refused must not."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from suites.probes.trace import Request, RequestOutcome

Rows = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class History:
    """The keys that clients wrote, by what they were told. `unknown`: no answer came; either is right."""

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
        """Return all keys that may be there."""
        return self.acknowledged | self.refused | self.unknown


@dataclass(frozen=True, slots=True)
class WriteFindings:
    """What is wrong, as keys by node, nodes without a finding left out.

    `disagreed` are unknown keys that some nodes have and others have not, by the nodes that lack them.
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
        """Return whether nothing was found; a doubt is no finding."""
        return not (self.lost or self.duplicated or self.refused_but_there or self.disagreed)

    @property
    def lost_keys(self) -> frozenset[str]:
        """Return the acknowledged keys that at least one node lacks."""
        return frozenset(key for keys in self.lost.values() for key in keys)


def history_of(requests: Iterable[Request], said_no: Callable[[Request], bool]) -> History:
    """Return the history of requests that wrote a key; the others are left out.

    `said_no` tells of a request that failed whether the server answered that it did not commit. A connection
    that broke after the commit was sent is no such answer: its key is unknown, as after a time-out.
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
    """Return what the rows of every node say against the history.

    `found` has for each node the keys it holds, each as often as it holds it. Keys that are not of this
    history are left alone: the table may hold the rows of earlier runs.
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
