"""Keys in Redis: set on the master that a sentinel names, and got from it again.

Run as a client, it looks which keys are there. Request: `{"nodes": {name: address}, "password": {"file"} or
{"env"}, "keys": [text]}`. Answer: `{"master": name, "there": [text]}`.
"""

import contextlib
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from redis import exceptions
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.retry import Retry

from suites.clients.client_main import serve
from suites.hosts.places import REDIS, REDIS_MASTER, SENTINEL
from suites.probes.loop import Connect
from suites.probes.order import Order
from suites.probes.places import Places, starting
from suites.probes.spec import TIMEOUT_S
from suites.seam.target import SecretReference

# Nobody has to be there to delete a key. Longer than a fault may take, all its waiting included: a key that
# went by itself would count as lost.
LASTS_S = "1800"
CHUNK = 500
AGAIN_S = 0.2


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how connections are made; nothing is made beforehand."""
    del made
    return Store(starting(order.nodes, order.prefix), order.password.read()).connected


@dataclass(frozen=True, slots=True)
class Store:
    """The hosts with a Redis and a Sentinel each, and the password of both."""

    places: Places
    password: str

    def connected(self) -> "KeyClient":
        """Connect to the master, as the sentinel names it whose turn it is. Raises as `KeyClient.ask`."""
        asked = self.places.current()
        with self.places.leaving(asked), told_apart():
            found = self._told(self.places.addresses[asked])
        address = str(found[0]) if found else "no master"
        names = [name for name, place in self.places.addresses.items() if place == address]
        connection = self._at(address, REDIS)
        with told_apart():
            connection.connect()  # type: ignore[no-untyped-call]  # half typed
        return KeyClient(connection, names[0] if names else address)

    def _told(self, sentinel: str) -> Any:  # noqa: ANN401 - redis-py says no more
        connection = self._at(sentinel, SENTINEL)
        try:
            return command(connection, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", REDIS_MASTER)
        finally:
            connection.disconnect()  # type: ignore[no-untyped-call]  # half typed

    def _at(self, address: str, port: int) -> Connection:
        # Nothing is tried again: what a client would hide is what the probe is for.
        return Connection(  # type: ignore[no-untyped-call]  # half typed
            address, port, password=self.password, decode_responses=True, protocol=2, driver_info=None,
            socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0),
        )  # fmt: skip


@dataclass(slots=True)
class KeyClient:
    """Sets a key a request on what was the master when it connected, and gets it again."""

    connection: Connection
    master: str

    def ask(self, key: str) -> str:
        """Set and get one key. Raises TimeoutError, ConnectionError.

        Also an answer that is an error ends the connection: who is told that this is no master any more asks
        a sentinel for the next one.
        """
        with told_apart():
            command(self.connection, "SET", key, key, "EX", LASTS_S)
            got = command(self.connection, "GET", key)
        if got != key:
            raise ConnectionError(f"set {key}, got {got}")
        return self.master

    def held(self, keys: Collection[str]) -> list[str]:
        """Return those of some keys that are there. Raises as `ask`."""
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
    """What redis-py raises, as a time-out or the loss of the connection."""
    try:
        yield
    except exceptions.TimeoutError as error:
        raise TimeoutError(str(error)) from None
    except exceptions.RedisError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from None


class Request(BaseModel):
    """Where Redis and its Sentinels are, where their password lies, and what to look for."""

    nodes: dict[str, str]
    password: SecretReference
    keys: list[str]


def answer(document: dict[str, object]) -> Mapping[str, object]:
    """Look for the keys. Raises OSError when no sentinel leads to a master."""
    request = Request.model_validate(document)
    client = _connected(Store(Places(request.nodes), request.password.read()), len(request.nodes))
    try:
        return {"master": client.master, "there": client.held(request.keys)}
    finally:
        client.close()


def _connected(store: Store, tries: int) -> KeyClient:
    # This is no probe: one sentinel may be away while the others know.
    for _ in range(tries - 1):
        try:
            return store.connected()
        except OSError:
            time.sleep(AGAIN_S)
    return store.connected()


if __name__ == "__main__":
    sys.exit(serve(answer))
