"""Requests to APIs over a raw HTTP connection, without a library that retries: tokens, flavors, images."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from suites.clients.client_main import account
from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import TIMEOUT_S, TIMEOUTS, Kind
from suites.seam.target import SecretReference

NO_ERROR_BELOW = 300
SHOWN = 120
MADE_WITHIN_S = 15.0
JSON = {"Content-Type": "application/json"}
DATA = b"an image that a probe reads\n" * 256


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how to connect; a token that requests need is taken now. Raises as `take_token`.

    A health check needs no token. Listing flavors is the cheapest request for which Nova's API queries its
    database. An image to read is created now, and deleted when `made` closes.
    """
    timeout = TIMEOUTS.get(order.kind, TIMEOUT_S)
    if order.kind is Kind.HTTP:
        return lambda: http_client(order.at, timeout)
    tokens, body = f"{order.identity}/auth/tokens", password_request(order.password)
    if order.kind is Kind.ISSUE:
        return lambda: http_client(tokens, timeout, "POST", JSON, body)
    token = take_token(order.identity, body, MADE_WITHIN_S)
    mine = {"X-Auth-Token": token}
    if order.kind is Kind.VALIDATE:
        return lambda: http_client(tokens, timeout, headers={**mine, "X-Subject-Token": token})
    if order.kind is Kind.COMPUTE:
        return lambda: http_client(f"{order.at}/flavors", timeout, headers=mine)
    if order.kind is not Kind.IMAGE:
        raise ValueError(f"no request for {order.kind}")
    identifier = made.enter_context(own_image(order.at, token, f"stagegate-{order.prefix}"))
    url = f"{order.at}/v2/images/{identifier}/file"
    return lambda: http_client(url, timeout, headers=mine, wanted=DATA)


@dataclass(slots=True)
class HttpClient:
    """Requests one URL over one connection; success is a status below 300, and the body `wanted` if set."""

    connection: http.client.HTTPConnection
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None = None
    wanted: bytes | None = None

    def ask(self, key: str) -> None:
        """Make one request; ignores `key`. Raises RefusedError with the status, what http.client raises."""
        del key
        self.connection.request(self.method, self.path, body=self.body, headers=dict(self.headers))
        response = self.connection.getresponse()
        said = response.read()
        if response.status >= NO_ERROR_BELOW:
            raise RefusedError(f"{response.status} {said[:SHOWN].decode('utf-8', 'replace')}")
        if self.wanted is not None and said != self.wanted:
            raise RefusedError(
                f"{response.status} with {len(said)} bytes that are not those that were asked for"
            )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def http_client(  # noqa: PLR0913, PLR0917 - a request has these parts
    url: str,
    timeout_s: float,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    wanted: bytes | None = None,
) -> HttpClient:
    """Return a client that is not connected yet."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    return HttpClient(connection, method, parts.path or "/", headers or {}, body, wanted)


def password_request(password: SecretReference) -> str:
    """Return the request body that gets a token by password from Keystone, for the account of OS_CLOUD."""
    auth = account()
    user = {
        "name": auth["username"],
        "domain": {"name": auth["user_domain_name"]},
        "password": password.read(),
    }
    project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return json.dumps({"auth": {"identity": identity, "scope": {"project": project}}})


def take_token(url: str, body: str, timeout_s: float) -> str:
    """Get a token, without retries. Raises RefusedError, and what http.client raises."""
    client = http_client(f"{url}/auth/tokens", timeout_s)
    client.connection.request("POST", client.path, body=body, headers={"Content-Type": "application/json"})
    response = client.connection.getresponse()
    response.read()
    token = response.getheader("X-Subject-Token")
    client.close()
    if token is None:
        raise RefusedError(f"{response.status}: no token")
    return token


@contextlib.contextmanager
def own_image(url: str, token: str, name: str) -> Iterator[str]:
    """Create a private image for the block; yield its id. Raises RefusedError, what http.client raises."""
    document = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private"}
    said = _ask(url, token, "POST", "/v2/images", json.dumps(document).encode(), "application/json")
    identifier = str(json.loads(said)["id"])
    try:
        _ask(url, token, "PUT", f"/v2/images/{identifier}/file", DATA, "application/octet-stream")
        yield identifier
    finally:
        _ask(url, token, "DELETE", f"/v2/images/{identifier}")


def _ask(url: str, token: str, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:  # noqa: PLR0913, PLR0917 - a request has these parts
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=MADE_WITHIN_S)
    headers = {"X-Auth-Token": token} | ({"Content-Type": kind} if kind else {})
    with contextlib.closing(connection):
        connection.request(method, parts.path.rstrip("/") + path, body=body or None, headers=headers)
        response = connection.getresponse()
        said = response.read()
    if response.status >= NO_ERROR_BELOW:
        raise RefusedError(
            f"{response.status} to {method} an image: {said[:SHOWN].decode('utf-8', 'replace')}"
        )
    return said
