"""What HAProxy answered between two looks at its counters (counters.py). Pure.

HAProxy counts since its worker started. Its mean times are exact up to `WINDOW` requests; from then on, each
request takes a `WINDOW`th of the sum away and adds its own time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WINDOW = 512
_TIMES = ("qtime", "ctime", "rtime")  # in the queue, until connected, until the answer begins
_GAUGES = (*_TIMES, "act")  # what may become less while a worker runs
_ANSWERS = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx")

Counters = Mapping[str, Mapping[str, int]]  # of one load balancer: by pool or POOL/SERVER, by HAProxy's name


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered in a time. `wait` is the mean time until one began, give or take `doubt` (ms)."""

    requests: int = 0
    refused: int = 0  # 4xx
    errors: int = 0  # 5xx
    retries: int = 0
    redispatches: int = 0
    connection_errors: int = 0
    wait: float = 0.0
    doubt: float = 0.0

    @property
    def error_rate(self) -> float:
        """The part of the answers that are 5xx, 0 to 1."""
        return self.errors / self.requests if self.requests else 0.0

    def __str__(self) -> str:
        """For people."""
        if not self.requests:
            return "no request"
        return f"{self.errors} of {self.requests} answers 5xx, {self.wait:.0f} ms"

    @property
    def counts(self) -> Mapping[str, int]:
        """What was counted, by the name under which it is recorded."""
        return {
            "requests": self.requests,
            "4xx": self.refused,
            "5xx": self.errors,
            "retries": self.retries,
            "redispatches": self.redispatches,
            "connection errors": self.connection_errors,
        }


def looks(before: Counters, after: Counters, name: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """What a pool or server had counted at two looks at one load balancer.

    A worker that started in between has counted since then only: what it counts is all that is known.
    """
    now, was = after.get(name, {}), before.get(name, {})
    started = any(now.get(key, 0) < count for key, count in was.items() if key not in _GAUGES)
    return ({} if started else was), now


def between(before: Counters, after: Counters, name: str) -> Answers:
    """What a pool or server answered between two looks at one load balancer."""
    was, now = looks(before, after, name)

    def counted(key: str) -> int:
        return now.get(key, 0) - was.get(key, 0)

    wait, doubt = _waited(was, now)
    return Answers(
        requests=sum(map(counted, _ANSWERS)),
        refused=counted("hrsp_4xx"),
        errors=counted("hrsp_5xx"),
        retries=counted("wretr"),
        redispatches=counted("wredis"),
        connection_errors=counted("econ"),
        wait=wait,
        doubt=doubt,
    )


def _waited(was: Mapping[str, int], now: Mapping[str, int]) -> tuple[float, float]:
    """The mean time to an answer between two looks, and how far off it may be.

    The sum after is the sum before, faded, plus the wanted mean as often as it was added and has not faded.
    HAProxy tells means as whole milliseconds, rounded up: each but 0 is half of one off at most.
    """
    first, last = was.get("req_tot", 0), now.get("req_tot", 0)
    held, holds = min(first, WINDOW), min(last, WINDOW)
    exact = holds - held
    faded = (1 - 1 / WINDOW) ** (last - first - exact)
    weight = faded * exact + WINDOW * (1 - faded)
    if not weight:
        return 0.0, 0.0
    (before, off_before), (after, off_after) = _mean(was), _mean(now)
    doubt = (off_after * holds + off_before * faded * held) / weight
    return max(0.0, (after * holds - before * faded * held) / weight), doubt


def lately(seen: Mapping[str, int]) -> float:
    """The mean time until an answer began, over about the last `WINDOW` requests (ms)."""
    return _mean(seen)[0]


def _mean(seen: Mapping[str, int]) -> tuple[float, float]:
    """The mean time to an answer so far, and how far off it may be."""
    told = [seen[key] for key in _TIMES if seen.get(key)]
    return sum(told) - len(told) / 2, len(told) / 2


def together(parts: Iterable[Answers]) -> Answers:
    """What several load balancers answered, or one in several times."""
    found = list(parts)
    requests = sum(one.requests for one in found)
    weights = [one.requests / requests if requests else 0.0 for one in found]
    return Answers(
        requests=requests,
        refused=sum(one.refused for one in found),
        errors=sum(one.errors for one in found),
        retries=sum(one.retries for one in found),
        redispatches=sum(one.redispatches for one in found),
        connection_errors=sum(one.connection_errors for one in found),
        wait=sum(weight * one.wait for weight, one in zip(weights, found, strict=True)),
        doubt=sum(weight * one.doubt for weight, one in zip(weights, found, strict=True)),
    )
