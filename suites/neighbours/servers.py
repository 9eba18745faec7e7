"""Servers of both colours, and the images and flavors that they are made of."""

from typing import Any

from suites.errors import RequestRefused
from suites.hosts.reading import Observation, until
from suites.neighbours.made import EVERY_S, Made
from suites.neighbours.pair import Neighbour

# The first version of the compute API that can create a server without a network.
WITHOUT_NETWORK = {"X-OpenStack-Nova-API-Version": "2.37"}
# Longer than smoke's, for several servers at once and two control planes on the same machines.
ACTIVE_WITHIN, STOPPED_WITHIN, GONE_WITHIN = 90.0, 45.0, 30.0
CONTENT = b"no system at all"


def upload(writer: Neighbour, made: Made, content: bytes = CONTENT) -> str:
    """Create an image with this content; return its id. Raises RequestRefused, ClientFailed."""
    image = writer.service("image")
    kind = {"disk_format": "raw", "container_format": "bare", "visibility": "private"}
    identifier = str(image.call("POST", "/v2/images", {"name": made.name, **kind}).document["id"])
    made.note("image", "image", f"/v2/images/{identifier}")
    image.call("PUT", f"/v2/images/{identifier}/file", content=content)
    return identifier


def flavor(writer: Neighbour, made: Made) -> dict[str, Any]:
    """Create the smallest flavor; return it as the answer has it. Raises RequestRefused, ClientFailed."""
    values = {"name": made.name, "ram": 64, "vcpus": 1, "disk": 1}
    answer = writer.service("compute").call("POST", "/flavors", {"flavor": values})
    new: dict[str, Any] = answer.document["flavor"]
    made.note("flavor", "compute", f"/flavors/{new['id']}")
    return new


def boot(writer: Neighbour, made: Made, image: str, size: str) -> str:
    """Ask for a server without a network; return its path. Raises RequestRefused, ClientFailed."""
    values = {"name": made.name, "imageRef": image, "flavorRef": size, "networks": "none"}
    compute = writer.service("compute")
    answer = compute.call("POST", "/servers", {"server": values}, headers=WITHOUT_NETWORK)
    path = f"/servers/{answer.document['server']['id']}"
    made.note("server", "compute", path, gone_within=GONE_WITHIN)
    return path


def await_status(reader: Neighbour, path: str, wanted: str, within: float) -> None:
    """Wait until one colour shows a server in this status. Raises NotWithin, RequestRefused, ClientFailed."""
    compute = reader.service("compute")

    def reached() -> Observation:
        server = compute.shown(path)["server"]
        status = str(server["status"])
        if status == "ERROR":
            why = str(server.get("fault", {}).get("message", ""))
            raise RequestRefused(f"{_named(path)} is in status ERROR", where=reader.colour, why=why)
        return Observation(status == wanted, f"{reader.colour} shows {_named(path)} in status {status}")

    until(reached, within=within, every=EVERY_S)


def _named(path: str) -> str:
    return path.strip("/").replace("servers/", "server ")
