"""Servers: each is created until ACTIVE and deleted until gone, without retries."""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from suites.probes.apis import MADE_WITHIN_S, NO_ERROR_BELOW, SHOWN, own_image, password_request, take_token
from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import SERVER_STEP_S, SERVER_TIMEOUT_S

NOT_FOUND = 404
EVERY_S = 0.25
# The first API version that can create a server without a network.
VERSION = "2.37"
# How names begin of what is made: what is left of it is found by that.
MADE = "stagegate-"


def connecting(order: Order, made: ExitStack) -> Connect:
    """Create an image and a flavor for servers, and return how their clients connect.

    Both are deleted when `made` closes. Raises as `ServerClient.ask`.
    """
    token = take_token(order.identity, password_request(order.password), MADE_WITHIN_S)
    name = f"{MADE}{order.prefix}"
    image = made.enter_context(own_image(order.image, token, name))
    flavor = made.enter_context(tiny_flavor(order.at, token, name))
    return lambda: server_client(order.at, token, image, flavor)


@dataclass(slots=True)
class ServerClient:
    """Creates and deletes one server per request, with an existing image and flavor."""

    connection: http.client.HTTPConnection
    path: str
    token: str
    image: str
    flavor: str
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ask(self, key: str) -> None:
        """Create a server that is named after `key`, and delete it.

        Raises RefusedError with the answer that refused, TimeoutError, and what http.client raises.
        """
        end = self.clock() + SERVER_TIMEOUT_S
        wanted = {
            "name": f"{MADE}{key}",
            "imageRef": self.image,
            "flavorRef": self.flavor,
            "networks": "none",
        }
        place = f"/servers/{self.call('POST', '/servers', {'server': wanted})['server']['id']}"
        try:
            self._active(place, end)
        except Exception:
            # Abandoned servers would use up the quota of later ones.
            self.connection.close()
            with contextlib.suppress(OSError, http.client.HTTPException, RefusedError):
                self.call("DELETE", place)
            raise
        self.call("DELETE", place)
        while self.call("GET", place, may_be_gone=True) is not None:
            self._wait(end, "the server was deleted and is still there")

    def call(self, method: str, path: str, body: object = None, *, may_be_gone: bool = False) -> Any:  # noqa: ANN401 - JSON
        """Make one request to Nova, and return its answer. Raises as `ask`.

        The answer is None if it is empty and, with `may_be_gone`, if nothing is at the path.
        """
        headers = {
            "X-Auth-Token": self.token,
            "X-OpenStack-Nova-API-Version": VERSION,
            "Content-Type": "application/json",
        }
        text = None if body is None else json.dumps(body)
        self.connection.request(method, self.path + path, body=text, headers=headers)
        response = self.connection.getresponse()
        status, said = response.status, response.read()
        if may_be_gone and status == NOT_FOUND:
            return None
        if status >= NO_ERROR_BELOW:
            why = said[:SHOWN].decode("utf-8", "replace")
            raise RefusedError(f"{status} to {method} {path.split('/')[1]}: {why}")
        return json.loads(said) if said else None

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _active(self, place: str, end: float) -> None:
        while (status := self.call("GET", place)["server"]["status"]) != "ACTIVE":
            if status == "ERROR":
                raise RefusedError("the server is in status ERROR")
            self._wait(end, f"the server is in status {status}")

    def _wait(self, end: float, why: str) -> None:
        if self.clock() >= end:
            raise TimeoutError(why)
        self.sleep(EVERY_S)


def server_client(url: str, token: str, image: str = "", flavor: str = "") -> ServerClient:
    """Return a client that is not connected yet."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=SERVER_STEP_S)
    return ServerClient(connection, parts.path.rstrip("/"), token, image, flavor)


@contextlib.contextmanager
def tiny_flavor(url: str, token: str, name: str) -> Iterator[str]:
    """Create a flavor for the block, with `name` as its id. Raises as `ServerClient.ask`.

    At the end, remaining servers whose names begin with `name` are deleted, if Nova can delete them.
    """
    client = server_client(url, token)
    shape = {"name": name, "id": name, "ram": 64, "vcpus": 1, "disk": 1}
    client.call("POST", "/flavors", {"flavor": shape})
    try:
        yield name
    finally:
        client.close()  # idle meanwhile: the next request connects again
        for server in client.call("GET", f"/servers?name={quote('^' + name)}")["servers"]:
            client.call("DELETE", f"/servers/{server['id']}", may_be_gone=True)
        client.call("DELETE", f"/flavors/{name}")
        client.close()
