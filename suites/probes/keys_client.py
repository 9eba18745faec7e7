"""A client that looks for keys on Redis's master: which of them are there.

Request: `{"nodes": {name: address}, "password": {"file"} or {"env"}, "keys": [text]}`.
Answer: `{"master": name, "there": [text]}`.
"""

import sys
import time
from collections.abc import Mapping

from pydantic import BaseModel

from suites.clients.client_main import serve
from suites.probes.keys import KeyClient, Store
from suites.probes.places import Places
from suites.seam.secret_reference import SecretReference

AGAIN_S = 0.2


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
