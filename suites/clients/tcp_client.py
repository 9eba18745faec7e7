"""A client that connects: `{"endpoints": {name: url or host:port}}` → `{name: "accepted" or the error}`."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

WITHIN = 3.0


def answer(endpoints: dict[str, str]) -> Mapping[str, object]:
    """Connect once to each endpoint."""
    return {name: _connect(address) for name, address in endpoints.items()}


def _connect(address: str) -> str:
    parts = urlsplit(address if "//" in address else f"//{address}")
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=WITHIN):
            return "accepted"
    except OSError as error:
        return str(error)
