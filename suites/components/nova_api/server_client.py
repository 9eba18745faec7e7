"""A client that creates a server through the VIP, reads which host it is on, and deletes it.

Request: `{"access": …, "compute": url, "image": url, "name": text, "active_within": s, "gone_within": s}`.
Answer: `{"status", "host", "fault", "seconds", "gone": whether it is deleted}`. The client creates the
server's image and flavor, too, and deletes them.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import session

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in, upload

# The first version that can create a server without a network.
VERSION = {"X-OpenStack-Nova-API-Version": "2.37"}
EVERY = 0.5
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Nova:
    """The compute API."""

    client: session.Session
    url: str

    def make(self, kind: str, **values: object) -> dict[str, Any]:
        """Create a flavor or a server. Raises keystoneauth1's exceptions."""
        answer = self.client.post(f"{self.url}/{kind}s", json={kind: values}, headers=VERSION)
        made: dict[str, Any] = answer.json()[kind]
        return made

    def built(self, server: str, within: float) -> dict[str, Any]:
        """Wait until the server is built, at most this many seconds, and return it as it then is."""
        end = time.monotonic() + within
        while True:
            shown: dict[str, Any] = self.client.get(server, headers=VERSION).json()["server"]
            if shown["status"] != "BUILD" or time.monotonic() >= end:
                return shown
            time.sleep(EVERY)

    def gone(self, server: str, within: float) -> bool:
        """Delete the server, and say whether it is gone within this many seconds."""
        self.client.delete(server)
        end = time.monotonic() + within
        while self.client.get(server, raise_exc=False).status_code != NOT_FOUND:
            if time.monotonic() >= end:
                return False
            time.sleep(EVERY)
        return True


def answer(  # noqa: PLR0913 - the values of a request
    *, access: Access, compute: str, image: str, name: str, active_within: float, gone_within: float
) -> Mapping[str, object]:
    """Create and delete a server. Raises keystoneauth1's exceptions."""
    client = signed_in(access)
    nova = Nova(client, compute.rstrip("/"))
    with ExitStack() as made:
        address, identifier = upload(client, image.rstrip("/"), name, b"no system at all")
        made.callback(client.delete, address)
        flavor = nova.make("flavor", name=name, ram=64, vcpus=1, disk=1)["id"]
        made.callback(client.delete, f"{nova.url}/flavors/{flavor}")
        begin = time.monotonic()
        asked = nova.make("server", name=name, imageRef=identifier, flavorRef=flavor, networks="none")
        server = f"{nova.url}/servers/{asked['id']}"
        try:
            shown = nova.built(server, active_within)
            seconds = time.monotonic() - begin
        finally:
            gone = nova.gone(server, gone_within)
    return {
        "status": shown["status"],
        "host": shown.get("OS-EXT-SRV-ATTR:host") or "",
        "fault": shown.get("fault", {}).get("message", ""),
        "seconds": seconds,
        "gone": gone,
    }
