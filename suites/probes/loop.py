"""The open loop: a request is sent when it is due, whatever became of those before it."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from suites.probes.spec import Probe
from suites.probes.trace import Request, RequestOutcome

# A request may last its time-out twice: to connect, and to be answered. So many can be under way at once.
PHASES = 2
SPARE = 8


class RefusedError(Exception):
    """The server answered, and the answer is no. The connection is as good as before."""


class Client(Protocol):
    """One connection to what is probed."""

    def ask(self, key: str) -> str | None:
        """Make one request, and return who answered, if that is known.

        `key` names what the request writes. Raises RefusedError when the answer is no, TimeoutError, or any
        other exception when there is no answer; after those two the connection is not used again.
        """

    def close(self) -> None:
        """Give the connection back, without waiting."""


Connect = Callable[[], Client]
Record = Callable[[Request], None]


@dataclass(slots=True)
class Kept:
    """The one connection that a probe keeps. While it is in use, another is opened and takes its place."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: Client | None = None

    def take(self) -> Client | None:
        """Take the idle connection, if there is one."""
        with self.lock:
            client, self.idle = self.idle, None
            return client

    def give_back(self, client: Client) -> None:
        """Keep a connection that still serves, or close it when another one is kept already."""
        with self.lock:
            if self.idle is None:
                self.idle = client
                return
        client.close()


@dataclass(frozen=True, slots=True)
class Requester:
    """Makes single requests of a probe, and records each as it ends."""

    probe: Probe
    connect: Connect
    record: Record
    clock: Callable[[], float]
    kept: Kept = field(default_factory=Kept)

    def request(self, due: float, key: str) -> None:
        """Make the request that was due, once. Never raises: whatever happens is the record."""
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
        except Exception as failed:  # noqa: BLE001 - every way to fail is an answer that the client did not get
            outcome, error, keep = RequestOutcome.ERROR, f"{type(failed).__name__}: {failed}", False
        end = self.clock()
        if outcome is RequestOutcome.OK and end - start > self.probe.timeout_s:
            outcome, error = RequestOutcome.TIMEOUT, f"answered after {end - start:.3f} s"
        self.record(Request(due, start, end, outcome, by, error, key))
        if client is not None:
            (self.kept.give_back if keep else _close)(client)


def run(
    requesters: tuple[Requester, ...],
    prefix: str,
    wait: Callable[[float], bool],
    clock: Callable[[], float],
) -> None:
    """Send the requests of all requesters, each at its own pace, until `wait` says that it is over.

    `wait(seconds)` sleeps, and returns whether to stop. Keys are `<prefix>-<probe>-<number>`. What is under
    way at the end is waited for.
    """
    pools = [
        ThreadPoolExecutor(int(PHASES * one.probe.rate * one.probe.timeout_s) + SPARE) for one in requesters
    ]
    begin = clock()
    numbers = [itertools.count() for _ in requesters]
    # Requests of several probes are not due at the same moment.
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


def _close(client: Client) -> None:
    client.close()
