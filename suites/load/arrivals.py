"""When which request is due: an open loop, so no answer delays what comes after. Pure.

Each component has its turn again and again, and in each turn every host is asked for the same at the same
moment, at its own address. So whatever else slows the machine slows all hosts of a role alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from suites.load.mix import Act, Subject
from suites.seam.target import Load


class Series(Enum):
    """Beside what a request is sent; the words are for people.

    SLOW are the clients that hold a worker: they begin a request, and end it late. WARM come first, since a
    process reads its policies with its first request.
    """

    WARM = "at first"
    ALONE = "alone"
    SLOW = "as a slow client"
    BESIDE = "beside slow clients"
    TOGETHER = "together with others"
    VIP = "through the VIP"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request: due after `at` seconds, to a host of a component, or through the VIP if `host` is empty.

    A slow client ends its request `held` seconds after it began it.
    """

    at: float
    component: str
    host: str
    series: Series
    act: Act
    path: str
    held: float = 0.0


# A turn, in seconds: each host is asked alone, then beside slow clients, then for two things together; then
# the VIP is asked. What begins later waits for nothing that went before.
SLOW_AT, BESIDE_AFTER, GAP = 0.4, 0.2, 0.3
TOGETHER = 2
# Through the VIP: so many, one of which is a record.
THROUGH_VIP = 3
# A slow client holds a worker for so many times the budget of a wait: whoever waits for it exceeds that.
HELD_PER_WAIT = 2.0
# The first requests, of which each host gets so many, and how long they have.
WARM, WARM_S = 2, 1.5
JITTER = 0.5  # of the distance of two turns
# The least turns of each component, so that its requests can be judged although one was late.
TURNS = 5


def arrivals(subjects: Sequence[Subject], load: Load, random: Random) -> tuple[Arrival, ...]:
    """Return all requests in the order in which they are due, the last within `load.lasts`.

    The turns of all components begin one after the other, so often that `load.rate` requests per second are
    due besides those of slow clients. The turns of one component do not overlap: that can make it fewer.
    Many hosts are not asked for more per second, but for longer than `load.lasts`: for TURNS turns.
    """
    if not subjects:
        return ()
    held = HELD_PER_WAIT * load.waits
    turn = SLOW_AT + held + 2 * GAP
    period = max(sum(map(_per_turn, subjects)) / load.rate, turn + GAP)
    apart = period / len(subjects)
    found = [one for subject in subjects for one in _warm(subject)]
    order = random.sample(list(subjects), len(subjects))
    for number in range(max(TURNS, int((load.lasts - WARM_S - turn) / period))):
        for place, subject in enumerate(order):
            begin = WARM_S + number * period + (place + JITTER * random.random()) * apart
            found += _turn(subject, begin, held, random)
    return tuple(sorted(found, key=lambda one: one.at))


def _per_turn(subject: Subject) -> int:
    return len(subject.hosts) * (2 + TOGETHER) + THROUGH_VIP


def _warm(subject: Subject) -> Iterator[Arrival]:
    for host in subject.hosts:
        for number in range(WARM):
            ask = subject.mix.asks[number % len(subject.mix.asks)]
            yield Arrival(number * WARM_S / 2 / WARM, subject.component, host, Series.WARM, *ask)


def _turn(subject: Subject, begin: float, held: float, random: Random) -> Iterator[Arrival]:
    """Yield one turn of a component, in which all its hosts are asked for the same."""
    asks, name = subject.mix.asks, subject.component
    alone, *together = (random.choice(asks) for _ in range(1 + TOGETHER))
    slow = begin + SLOW_AT
    beside, after = slow + BESIDE_AFTER, slow + held + GAP
    for host, at_once in subject.hosts.items():
        yield Arrival(begin, name, host, Series.ALONE, *alone)
        for _ in range(at_once - 1):  # one is left
            yield Arrival(slow, name, host, Series.SLOW, Act.READ, subject.mix.reads[0], held)
        yield Arrival(beside, name, host, Series.BESIDE, *alone)
        for ask in together:
            yield Arrival(after, name, host, Series.TOGETHER, *ask)
    yield Arrival(after + GAP, name, "", Series.VIP, Act.RECORD, "")
    for _ in range(THROUGH_VIP - 1):
        yield Arrival(after + GAP, name, "", Series.VIP, *random.choice(asks))
