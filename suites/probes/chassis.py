"""Changes of the network's configuration over OVSDB, each until every chassis has applied it; no retries.

A request raises the number of the configuration in the northbound database. northd passes it on to the
southbound one, each ovn-controller reports it once it has applied it, and northd tells the least of these.
"""

import contextlib
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from suites.hosts.places import NORTHBOUND
from suites.probes.loop import Connect
from suites.probes.order import Order
from suites.probes.places import Places, starting
from suites.probes.spec import API_TIMEOUT_S, TIMEOUT_S

DATABASE, TABLE = "OVN_Northbound", "NB_Global"
RAISE = (
    {"op": "mutate", "table": TABLE, "where": [], "mutations": [["nb_cfg", "+=", 1]]},
    {"op": "select", "table": TABLE, "where": [], "columns": ["nb_cfg"]},
)
LOOK = ({"op": "select", "table": TABLE, "where": [], "columns": ["hv_cfg"]},)
EVERY_S = 0.1
CHUNK = 65536


def number(results: Any, column: str) -> int:  # noqa: ANN401 - JSON
    """Return the number in the last result of a transaction.

    Raises ConnectionError if an operation failed, or the transaction as a whole: a server without a leader
    refuses, and so a client that keeps its connection must leave it, too.
    """
    for result in results if isinstance(results, list) else [results]:
        if not isinstance(result, dict) or "error" in result:
            raise ConnectionError(f"the database answered {json.dumps(result)[:120]}")
    try:
        return int(results[-1]["rows"][0][column])
    except (LookupError, TypeError, ValueError):
        raise ConnectionError(f"the database told no {column}") from None


@dataclass(slots=True)
class Database:
    """A connection to one server of the database: JSON documents one after the other, both ways."""

    link: socket.socket
    clock: Callable[[], float] = time.monotonic
    left: str = ""
    ids: Iterator[int] = field(default_factory=itertools.count)

    def transact(self, operations: tuple[dict[str, Any], ...], end: float) -> Any:  # noqa: ANN401 - JSON
        """Return the results of a transaction. Raises TimeoutError, OSError."""
        asked = next(self.ids)
        self._send({"method": "transact", "params": [DATABASE, *operations], "id": asked})
        while True:
            document = self._document(end)
            if document.get("method") == "echo":  # it asks whether this client lives
                self._send({"result": document["params"], "error": None, "id": document["id"]})
            elif document.get("id") == asked:
                if document.get("error") is not None:
                    raise ConnectionError(f"the database refused: {document['error']}")
                return document["result"]

    def _send(self, document: dict[str, Any]) -> None:
        self.link.sendall(json.dumps(document).encode())

    def _document(self, end: float) -> dict[str, Any]:
        while True:
            try:
                found, length = json.JSONDecoder().raw_decode(self.left)
            except ValueError:
                self.left += self._received(end)
            else:
                self.left = self.left[length:].lstrip()
                return dict(found)

    def _received(self, end: float) -> str:
        left = end - self.clock()
        if left <= 0:
            raise TimeoutError("the database did not answer")
        self.link.settimeout(left)
        data = self.link.recv(CHUNK)
        if not data:
            raise ConnectionError("the database closed the connection")
        return data.decode()


@dataclass(slots=True)
class ChassisClient:
    """Has every chassis apply one change per request, over one connection."""

    places: Places
    name: str
    database: Database
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ask(self, key: str) -> None:
        """Make a change, and wait for every chassis; ignores `key`.

        Raises TimeoutError, OSError; the server is left then.
        """
        del key
        end = self.clock() + API_TIMEOUT_S
        with self.places.leaving(self.name):
            wanted = number(self.database.transact(RAISE, end), "nb_cfg")
            while (applied := number(self.database.transact(LOOK, end), "hv_cfg")) < wanted:
                if self.clock() + EVERY_S >= end:
                    raise TimeoutError(f"a chassis is at {applied} of {wanted}")
                self.sleep(EVERY_S)

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self.database.link.close()


def chassis_client(places: Places) -> ChassisClient:
    """Connect to the current server. Raises OSError."""
    name = places.current()
    with places.leaving(name):
        link = socket.create_connection((places.addresses[name], NORTHBOUND), timeout=TIMEOUT_S)
    return ChassisClient(places, name, Database(link))


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how to connect; nothing is created beforehand."""
    del made
    places = starting(order.nodes, order.prefix)
    return lambda: chassis_client(places)
