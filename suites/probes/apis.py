"""Requests to APIs over a raw HTTP connection, without a library that retries: tokens, flavors, images."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from suites.clients.client_main import account
from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import LOADS, Kind
from suites.seam.target import SecretReference

NO_ERROR_BELOW = 300
SHOWN = 120
MADE_WITHIN_S = 15.0
JSON = {"Content-Type": "application/json"}
# What lists show: each is answered from the API's database.
LISTS: Mapping[Kind, str] = {
    Kind.COMPUTE: "/flavors",
    Kind.NETWORKS: "/v2.0/networks",
    Kind.VOLUME_TYPES: "/types",
    Kind.PROVIDERS: "/resource_providers",
}
DATA = b"an image that a probe reads\n" * 256


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how to connect; a token that requests need is taken now. Raises as `take_token`.

    A health check needs no token. Each list is the cheapest request for which its API queries the database.
    An image to read is created now, and deleted when `made` closes.
    """
    timeout = LOADS[order.kind].timeout_s
    if order.kind is Kind.HTTP:
        return lambda: HttpClient(order.at, timeout)
    tokens, body = f"{order.identity}/auth/tokens", password_request(order.password)
    if order.kind is Kind.ISSUE:
        return lambda: HttpClient(tokens, timeout, "POST", JSON, body)
    token = take_token(order.identity, body, MADE_WITHIN_S)
    mine = {"X-Auth-Token": token}
    if order.kind is Kind.VALIDATE:
        return lambda: HttpClient(tokens, timeout, headers={**mine, "X-Subject-Token": token})
    if order.kind in LISTS:
        listed = order.at.rstrip("/") + LISTS[order.kind]
        return lambda: HttpClient(listed, timeout, headers=mine)
    if order.kind is not Kind.IMAGE:
        raise ValueError(f"no request for {order.kind}")
    identifier = made.enter_context(own_image(order.at, token, f"stagegate-{order.prefix}"))
    url = f"{order.at}/v2/images/{identifier}/file"
    return lambda: HttpClient(url, timeout, headers=mine, wanted=DATA)


@dataclass(slots=True)
class HttpClient:
    """Requests one URL over one connection; success is a status below 300, and the body `wanted` if set."""

    url: str
    timeout_s: float
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    wanted: bytes | None = None
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        host, port = urlsplit(self.url).hostname or "", urlsplit(self.url).port or 80
        self.connection = http.client.HTTPConnection(host, port, timeout=self.timeout_s)

    def ask(self, key: str) -> None:
        """Make one request; ignores `key`. Raises as `answer`."""
        del key
        self.answer()

    def answer(self) -> tuple[http.client.HTTPResponse, bytes]:
        """Make one request; return its answer, and the body of that.

        Raises RefusedError with the status, and what http.client raises.
        """
        path = urlsplit(self.url).path or "/"
        self.connection.request(self.method, path, body=self.body, headers=dict(self.headers))
        response = self.connection.getresponse()
        said = response.read()
        if response.status >= NO_ERROR_BELOW:
            raise RefusedError(f"{response.status} {said[:SHOWN].decode('utf-8', 'replace')}")
        if self.wanted is not None and said != self.wanted:
            raise RefusedError(
                f"{response.status} with {len(said)} bytes that are not those that were asked for"
            )
        return response, said

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


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
    with contextlib.closing(HttpClient(f"{url}/auth/tokens", timeout_s, "POST", JSON, body)) as client:
        response, _ = client.answer()
    token = response.getheader("X-Subject-Token")
    if token is None:
        raise RefusedError(f"{response.status}: no token")
    return token


@contextlib.contextmanager
def own_image(url: str, token: str, name: str) -> Iterator[str]:
    """Create a private image for the block; yield its id. Raises RefusedError, what http.client raises."""
    document = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "private"}
    mine = {"X-Auth-Token": token}

    def ask(method: str, address: str, kind: Mapping[str, str], body: str | bytes | None) -> bytes:
        client = HttpClient(address, MADE_WITHIN_S, method, {**mine, **kind}, body)
        with contextlib.closing(client):
            return client.answer()[1]

    images = f"{url.rstrip('/')}/v2/images"
    identifier = str(json.loads(ask("POST", images, JSON, json.dumps(document)))["id"])
    try:
        ask("PUT", f"{images}/{identifier}/file", {"Content-Type": "application/octet-stream"}, DATA)
        yield identifier
    finally:
        ask("DELETE", f"{images}/{identifier}", {}, None)
