"""A client that asks each endpoint for something: `{"endpoints": {name: URL or host:port}}` → `{name: text}`.

The text is `answered STATUS` of a URL, `greeted by VERSION` of a database, and otherwise what came instead.
A connection that is taken proves nothing: the kernel takes it for a program that hangs, and a load balancer
for servers that are all gone.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

# A busy API answers in seconds; how fast is judged elsewhere.
WITHIN = 10.0
# A database speaks first: a header of four bytes, the protocol's version, and its own up to a zero byte.
HEADER, PROTOCOL = 4, 10


def answer(endpoints: dict[str, str]) -> Mapping[str, object]:
    """Ask each endpoint once."""
    return {name: _asked(address) for name, address in endpoints.items()}


def _asked(address: str) -> str:
    try:
        return _requested(address) if "//" in address else _greeted(address)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def _requested(address: str) -> str:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=WITHIN, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=WITHIN)
    )
    try:
        connection.request("GET", parts.path or "/")
        response = connection.getresponse()
        response.read()
        return f"answered {response.status}"
    finally:
        connection.close()


def _greeted(address: str) -> str:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=WITHIN) as link:
        return greeting(link.recv(256))


def greeting(said: bytes) -> str:
    """Return by what version of a database a client was greeted, or what it was told instead."""
    if not said:
        return "hung up without a greeting"
    if said[HEADER : HEADER + 1] != bytes([PROTOCOL]):
        return f"no greeting of a database: {said[HEADER:60]!r}"
    return f"greeted by {said[HEADER + 1 :].partition(bytes(1))[0].decode('latin-1')}"
