"""Keys in Redis: set on the master that a Sentinel names, and read back from it.

Run as a client, it reports which keys exist. Request: `{"nodes": {name: address}, "password": {"file"} or
{"env"}, "keys": [text]}`. Answer: `{"master": name, "there": [text]}`.
"""

import contextlib
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from redis import exceptions
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.retry import Retry

from suites.hosts.places import REDIS, REDIS_MASTER, SENTINEL
from suites.probes.loop import Connect
from suites.probes.order import Order
from suites.probes.places import Places, starting
from suites.probes.spec import TIMEOUT_S
from suites.seam.target import SecretReference

# Keys expire, so nobody needs to delete them. Longer than a fault with all its waiting may take: a key that
# expires earlier would count as lost.
LASTS_S = "1800"
CHUNK = 500
AGAIN_S = 0.2


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how to connect; nothing is created beforehand."""
    del made
    return Store(starting(order.nodes, order.prefix), order.password.read()).connected


@dataclass(frozen=True, slots=True)
class Store:
    """The hosts, each with a Redis and a Sentinel, and the password of both."""

    places: Places
    password: str

    def connected(self) -> "KeyClient":
        """Connect to the master that the current Sentinel names. Raises as `KeyClient.ask`.

        The Sentinel is left if it does not answer, or its master does not: one that is cut off with an old
        master goes on naming that.
        """
        asked = self.places.current()
        with self.places.leaving(asked), told_apart():
            found = self._told(self.places.addresses[asked])
        address = str(found[0]) if found else "no master"
        names = [name for name, place in self.places.addresses.items() if place == address]
        connection = self._at(address, REDIS)
        with self.places.leaving(asked), told_apart():
            connection.connect()  # type: ignore[no-untyped-call]  # half typed
        return KeyClient(connection, names[0] if names else address, self.places, asked)

    def _told(self, sentinel: str) -> Any:  # noqa: ANN401 - redis-py says no more
        connection = self._at(sentinel, SENTINEL)
        try:
            return command(connection, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", REDIS_MASTER)
        finally:
            connection.disconnect()  # type: ignore[no-untyped-call]  # half typed

    def _at(self, address: str, port: int) -> Connection:
        # No retries: the probe must see the failures that a client would hide.
        return Connection(  # type: ignore[no-untyped-call]  # half typed
            address, port, password=self.password, decode_responses=True, protocol=2, driver_info=None,
            socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0),
        )  # fmt: skip


@dataclass(slots=True)
class KeyClient:
    """Sets one key per request on the host that was master when it connected, and reads it back."""

    connection: Connection
    master: str
    places: Places
    sentinel: str

    def ask(self, key: str) -> str:
        """Set and get one key. Raises TimeoutError, ConnectionError.

        An error answer also ends the connection, and the Sentinel is left: if this host is no longer the
        master, a client must ask another one for the new one.
        """
        with self.places.leaving(self.sentinel), told_apart():
            command(self.connection, "SET", key, key, "EX", LASTS_S)
            got = command(self.connection, "GET", key)
        if got != key:
            raise ConnectionError(f"set {key}, got {got}")
        return self.master

    def held(self, keys: Collection[str]) -> list[str]:
        """Return which of `keys` exist. Raises as `ask`."""
        there: list[str] = []
        ordered = sorted(keys)
        for begin in range(0, len(ordered), CHUNK):
            with told_apart():
                found = command(self.connection, "MGET", *ordered[begin : begin + CHUNK])
            there += [value for value in found if value is not None]
        return there

    def close(self) -> None:
        """Close the connection."""
        self.connection.disconnect()  # type: ignore[no-untyped-call]  # half typed


def command(connection: Connection, *words: str) -> Any:  # noqa: ANN401 - redis-py says no more
    """Send a command and return its answer. Raises what redis-py raises."""
    connection.send_command(*words)  # type: ignore[no-untyped-call]  # half typed
    return connection.read_response()


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Translate redis-py's exceptions into TimeoutError or ConnectionError."""
    try:
        yield
    except exceptions.TimeoutError as error:
        raise TimeoutError(str(error)) from None
    except exceptions.RedisError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from None


def answer(nodes: dict[str, str], password: SecretReference, keys: list[str]) -> Mapping[str, object]:
    """Look up the keys. Raises OSError if no Sentinel leads to a master."""
    client = _connected(Store(Places(nodes), password.read()), len(nodes))
    try:
        return {"master": client.master, "there": client.held(keys)}
    finally:
        client.close()


def _connected(store: Store, tries: int) -> KeyClient:
    # Unlike a probe, this retries: one Sentinel may be down while the others know the master.
    for _ in range(tries - 1):
        try:
            return store.connected()
        except OSError:
            time.sleep(AGAIN_S)
    return store.connected()
