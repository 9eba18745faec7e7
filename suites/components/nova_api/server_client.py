"""A client that has each of some APIs create a server, reads which host it is on, and has it deleted.

Request: `{"access": …, "compute": {place: url}, "image": url, "name": text, "active_within": s,
"gone_within": s}`. Answer: `{place: {"status", "host", "fault", "seconds", "gone": whether it is deleted}}`;
the status is "refused" of an API that creates none. The first place creates the flavor of all servers, the
client their image; it deletes both.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import exceptions, session

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
    *,
    access: Access,
    compute: dict[str, str],
    image: str,
    name: str,
    active_within: float,
    gone_within: float,
) -> Mapping[str, object]:
    """Create and delete a server at each place, all at once. Raises keystoneauth1's exceptions."""
    client = signed_in(access)
    places = {place: Nova(client, url.rstrip("/")) for place, url in compute.items()}
    first = next(iter(places.values()))
    with ExitStack() as made:
        address, identifier = upload(client, image.rstrip("/"), name, b"no system at all")
        made.callback(client.delete, address)
        flavor = first.make("flavor", name=name, ram=64, vcpus=1, disk=1)["id"]
        made.callback(client.delete, f"{first.url}/flavors/{flavor}")
        asked = {"name": name, "imageRef": identifier, "flavorRef": flavor, "networks": "none"}
        with ThreadPoolExecutor(len(places)) as pool:
            became = pool.map(
                lambda nova: one_server(nova, asked, active_within, gone_within), places.values()
            )
            return dict(zip(places, became, strict=True))


def one_server(
    nova: Nova, asked: Mapping[str, object], active_within: float, gone_within: float
) -> dict[str, object]:
    """Create a server at one place and delete it; what the place refuses is told as the server's fault."""
    begin = time.monotonic()
    try:
        server = f"{nova.url}/servers/{nova.make('server', **asked)['id']}"
        try:
            shown = nova.built(server, active_within)
            seconds = time.monotonic() - begin
        finally:
            gone = nova.gone(server, gone_within)
    except exceptions.ClientException as error:
        why = f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"
        seconds = time.monotonic() - begin
        return {"status": "refused", "host": "", "fault": why, "seconds": seconds, "gone": False}
    return {
        "status": shown["status"],
        "host": shown.get("OS-EXT-SRV-ATTR:host") or "",
        "fault": shown.get("fault", {}).get("message", ""),
        "seconds": seconds,
        "gone": gone,
    }
