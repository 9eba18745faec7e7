"""Requests over HTTP: a raw connection, no library that tries again."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from suites.probes.loop import RefusedError

NO_ERROR_BELOW = 300
SHOWN = 120


@dataclass(slots=True)
class HttpClient:
    """Asks one URL over one connection; an answer below 300 is a success, if it has the bytes `wanted`."""

    connection: http.client.HTTPConnection
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None = None
    wanted: bytes | None = None

    def ask(self, key: str) -> None:
        """Ask once; the key is of no use. Raises RefusedError with the status, what http.client raises."""
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


def http_client(url: str, timeout_s: float, method: str = "GET", headers: Mapping[str, str] | None = None,
                body: str | None = None) -> HttpClient:  # fmt: skip
    """Return a client that is not connected yet."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    return HttpClient(connection, method, parts.path or "/", headers or {}, body)
