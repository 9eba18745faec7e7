"""The verb `traffic`: what load balancers answer for each plane, told as it is counted. Changes nothing.

On each load balancer one program looks twice a second, over one connection, until the time is over. What it
counts between two looks is a point. A call goes on from the last looks of the call before, so that nothing
between them is lost.
"""

import json
import shlex
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from stages.errors import HostRefused
from stages.machine.substrates.remote import RemoteHost
from stages.requests.context import Context
from stages.roles.loadbalancer.counted import Counters
from stages.roles.loadbalancer.role import counters
from stages.roles.loadbalancer.traffic import coloured, rows

EVERY = 0.5  # seconds from look to look
AGAIN = 2.0  # seconds until a load balancer that did not answer is asked again
LATE = 15.0  # seconds: for the connection, and for answers on a busy machine

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Look:
    """What a load balancer had counted, and when by its clock since the boot, in seconds."""

    clock: float
    counted: Counters


@dataclass(frozen=True, slots=True)
class Followed:
    """The last look at each load balancer, and why others told nothing, by name."""

    since: Mapping[str, Look]
    silent: Mapping[str, str]


def follow(
    context: Context, seconds: float, since: Mapping[str, Look], tell: Tell, over: Callable[[], bool]
) -> Followed:
    """Tell each point of every load balancer for so many seconds, or until it is over; `since` may be empty.

    One that does not answer keeps nobody from telling what the others count.
    """
    balancers = [host.name for host in context.draft.blueprint.members("loadbalancer")]
    if not balancers:
        return Followed({}, {})
    last, silent, until = dict(since), dict[str, str](), time.monotonic() + seconds
    services = coloured(context.draft.blueprint)

    def one(balancer: str) -> None:
        while (left := until - time.monotonic()) > 0 and not over():
            try:
                with closing(_looks(context, balancer, left, over)) as looks:
                    for look in looks:
                        silent.pop(balancer, None)
                        if before := last.get(balancer):
                            tell(point(balancer, time.time(), services, before, look))
                        last[balancer] = look
                        if over():
                            return
            except HostRefused as error:
                silent[balancer] = f"{error.what}: {error.why}"
            _rest(min(AGAIN, until - time.monotonic()), over)

    # A program dies with the thread that started it, and each of these ends with its program.
    with ThreadPoolExecutor(len(balancers), thread_name_prefix="traffic") as pool:
        list(pool.map(one, balancers))
    return Followed(last, silent)


def point(
    balancer: str, at: float, services: tuple[str, ...], before: Look, after: Look
) -> Mapping[str, Any]:
    """What was answered between two looks, of which the second was at this time (seconds since 1970).

    A host that was booted in between has counted since then only.
    """
    seconds = after.clock - before.clock
    was: Counters = before.counted if seconds > 0 else {}
    return {
        "at": round(at, 3),
        "seconds": round(seconds if seconds > 0 else EVERY, 3),
        "source": balancer,
        "rows": [asdict(row) for row in rows(services, was, after.counted)],
    }


def read(since: Mapping[str, Any]) -> dict[str, Look]:
    """The last looks, from what `told` made of them."""
    return {name: Look(float(one["clock"]), one["counted"]) for name, one in since.items()}


def told(since: Mapping[str, Look]) -> dict[str, Any]:
    """The last looks as JSON, for the next call."""
    return {name: asdict(look) for name, look in since.items()}


def _rest(seconds: float, over: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not over():
        time.sleep(min(EVERY, left))


def _looks(
    context: Context, balancer: str, seconds: float, over: Callable[[], bool]
) -> Generator[Look, None, None]:
    """Each look at a load balancer, as its host tells it, until it is over.

    Over the warm connection if there is one, and else over its own: to wait for a host that is about to be
    replaced would make those wait who replace it.
    """
    host = RemoteHost(balancer, context.substrate.ssh_config)
    with closing(host.lines(shlex.join(counters(EVERY, seconds)), seconds + LATE, over)) as lines:
        for line in lines:
            try:
                look = json.loads(line)
                seen = Look(look["clock"], look["counted"])
            except (KeyError, TypeError, ValueError) as problem:  # of a host that is dying
                what = f"{balancer} told no counters"
                raise HostRefused(what, where=balancer, why=f"{problem!r} in {line[:80]!r}") from None
            yield seen
