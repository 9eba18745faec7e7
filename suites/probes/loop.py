"""The open loop: a request is sent when it is due, regardless of earlier ones."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from suites.probes.spec import Probe
from suites.probes.trace import ANSWERED, Request, RequestOutcome

# A request may take its timeout twice: to connect, and to be answered. This limits how many run in parallel.
PHASES = 2
SPARE = 8


class RefusedError(Exception):
    """The server answered with a refusal. The connection stays usable."""


class Client(Protocol):
    """One connection to the probed service."""

    def ask(self, key: str) -> str | None:
        """Make one request, and return who answered, if known.

        `key` names what the request writes. Raises RefusedError if the server refuses, and TimeoutError or
        any other exception if there is no answer; after the latter two, the connection is not used again.
        """

    def close(self) -> None:
        """Close the connection, without waiting."""


Connect = Callable[[], Client]
Record = Callable[[Request], None]


@dataclass(slots=True)
class Kept:
    """The one connection that a probe keeps. A request that finds it in use opens another."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: Client | None = None

    def take(self) -> Client | None:
        """Take the idle connection, if there is one."""
        with self.lock:
            client, self.idle = self.idle, None
            return client

    def give_back(self, client: Client) -> None:
        """Keep a connection that is still usable, or close it if another one is kept already."""
        with self.lock:
            if self.idle is None:
                self.idle = client
                return
        client.close()


@dataclass(frozen=True, slots=True)
class Requester:
    """Makes single requests of a probe, and records each when it ends."""

    probe: Probe
    connect: Connect
    record: Record
    clock: Callable[[], float]
    kept: Kept = field(default_factory=Kept)

    def request(self, due: float, key: str) -> None:
        """Make the request that was due, without retries. Never raises: whatever happens is recorded."""
        start = self.clock()
        client: Client | None = None
        by, error, outcome = None, None, RequestOutcome.OK
        keep = self.probe.connection == "kept"
        try:
            client = (self.kept.take() if keep else None) or self.connect()
            by = client.ask(key)
        except RefusedError as refused:
            outcome, error = RequestOutcome.ERROR, f"refused: {refused}"
        except TimeoutError as late:
            outcome, error, keep = RequestOutcome.TIMEOUT, str(late) or "timed out", False
        except Exception as failed:  # noqa: BLE001 - any exception means that the client got no answer
            outcome, error, keep = RequestOutcome.ERROR, f"{type(failed).__name__}: {failed}", False
        end = self.clock()
        if outcome is RequestOutcome.OK and end - start > self.probe.timeout_s:
            outcome, error = RequestOutcome.TIMEOUT, f"{ANSWERED} {end - start:.3f} s"
        self.record(Request(due, start, end, outcome, by, error, key))
        if client is not None and keep:
            self.kept.give_back(client)
        elif client is not None:
            client.close()


def run(
    requesters: tuple[Requester, ...],
    prefix: str,
    wait: Callable[[float], bool],
    clock: Callable[[], float],
) -> None:
    """Send the requests of all requesters, each at its own rate, until `wait` returns True.

    `wait(seconds)` sleeps, and returns whether to stop. Keys are `<prefix>-<probe>-<number>`. Waits for the
    requests in progress at the end.
    """
    pools = [
        ThreadPoolExecutor(int(PHASES * one.probe.rate * one.probe.timeout_s) + SPARE) for one in requesters
    ]
    begin = clock()
    numbers = [itertools.count() for _ in requesters]
    # Staggered, so that requests of several probes are not due at the same moment.
    due = [begin + index / (one.probe.rate * len(requesters)) for index, one in enumerate(requesters)]
    try:
        while not wait(max(0.0, min(due) - clock())):
            now = clock()
            for index, one in enumerate(requesters):
                while due[index] <= now:
                    key = f"{prefix}-{one.probe.name}-{next(numbers[index])}"
                    pools[index].submit(one.request, due[index], key)
                    due[index] += 1 / one.probe.rate
    finally:
        for pool in pools:
            pool.shutdown()
