"""An image of a probe's own: small, private, read through the VIP and compared."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

from suites.probes.asking import HttpClient, http_client
from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import IMAGE_TIMEOUT_S
from suites.probes.tokens import password_request, take_token

DATA = b"an image that a probe reads\n" * 256
MADE_WITHIN_S = 15.0
NO_ERROR_BELOW = 300
SHOWN = 120


def connecting(order: Order, made: ExitStack) -> Connect:
    """Make the image; return how its readers connect; it is deleted with `made`. Raises as `own_image`."""
    token = take_token(order.identity, password_request(order.password), MADE_WITHIN_S)
    identifier = made.enter_context(own_image(order.at, token, f"stagegate-{order.prefix}"))
    url, mine = f"{order.at}/v2/images/{identifier}/file", {"X-Auth-Token": token}

    def connect() -> HttpClient:
        client = http_client(url, IMAGE_TIMEOUT_S, headers=mine)
        client.wanted = DATA
        return client

    return connect


@contextlib.contextmanager
def own_image(url: str, token: str, name: str) -> Iterator[str]:
    """A private image for the block; gives its id. Raises RefusedError, and what http.client raises."""
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
