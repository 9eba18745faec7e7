"""A client that has a server made through the VIP, sees where it was put, and deletes it.

Request: `{"access": …, "compute": url, "image": url, "name": text, "active_within": s, "gone_within": s}`.
Answer: `{"status", "host", "fault", "seconds", "gone": whether it is}`. The image and the flavor that the
server takes are made for it and deleted with it.
"""

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import session
from pydantic import BaseModel

from suites.clients.client_main import serve
from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in, upload

# The first that takes a server without a network when it is asked for one.
VERSION = {"X-OpenStack-Nova-API-Version": "2.37"}
EVERY = 0.5
NOT_FOUND = 404


class Request(BaseModel):
    """Where Nova and Glance are, how things are called, and how long a server may take to come and to go."""

    access: Access
    compute: str
    image: str
    name: str
    active_within: float
    gone_within: float


@dataclass(frozen=True, slots=True)
class Nova:
    """The compute API."""

    client: session.Session
    url: str

    def make(self, kind: str, **values: object) -> dict[str, Any]:
        """Make a flavor or a server. Raises what keystoneauth1 raises."""
        answer = self.client.post(f"{self.url}/{kind}s", json={kind: values}, headers=VERSION)
        made: dict[str, Any] = answer.json()[kind]
        return made

    def built(self, server: str, within: float) -> dict[str, Any]:
        """Return the server when it is built, or as it is after so many seconds."""
        end = time.monotonic() + within
        while True:
            shown: dict[str, Any] = self.client.get(server, headers=VERSION).json()["server"]
            if shown["status"] != "BUILD" or time.monotonic() >= end:
                return shown
            time.sleep(EVERY)

    def gone(self, server: str, within: float) -> bool:
        """Delete the server, and say whether it went within so many seconds."""
        self.client.delete(server)
        end = time.monotonic() + within
        while self.client.get(server, raise_exc=False).status_code != NOT_FOUND:
            if time.monotonic() >= end:
                return False
            time.sleep(EVERY)
        return True


def answer(document: dict[str, object]) -> Mapping[str, object]:
    """Have a server made. Raises what keystoneauth1 raises."""
    request = Request.model_validate(document)
    client = signed_in(request.access)
    nova = Nova(client, request.compute.rstrip("/"))
    with ExitStack() as made:
        image, identifier = upload(client, request.image.rstrip("/"), request.name, b"no system at all")
        made.callback(client.delete, image)
        flavor = nova.make("flavor", name=request.name, ram=64, vcpus=1, disk=1)["id"]
        made.callback(client.delete, f"{nova.url}/flavors/{flavor}")
        begin = time.monotonic()
        asked = nova.make("server", name=request.name, imageRef=identifier, flavorRef=flavor, networks="none")
        server = f"{nova.url}/servers/{asked['id']}"
        try:
            shown = nova.built(server, request.active_within)
            seconds = time.monotonic() - begin
        finally:
            gone = nova.gone(server, request.gone_within)
    return {
        "status": shown["status"],
        "host": shown.get("OS-EXT-SRV-ATTR:host") or "",
        "fault": shown.get("fault", {}).get("message", ""),
        "seconds": seconds,
        "gone": gone,
    }


if __name__ == "__main__":
    sys.exit(serve(answer))
