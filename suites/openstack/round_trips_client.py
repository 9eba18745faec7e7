"""A client that makes a record at each API host's own address, has it shown there, and deletes it.

Request, one line: `{"access": …, "places": [{"component", "host", "kind", "url", "peer", "peer_url"}],
"name": text}`; the peer, if there is one, is another host that must show the record, too.
Answer, one JSON line each, as soon as it is known: the catalog, `{"region": text, "entries": [{"type",
"interface", "region", "url"}]}`; then of each place `{"component", "host", "steps": [{"what", "status",
"wrong"}]}`. All places have one token, which no host has seen before: each asks the identity service about
it, with its own password. What is made is named `name-NUMBER`, and deleted whatever happens.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml
from keystoneauth1 import exceptions, session
from pydantic import BaseModel

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in
from suites.openstack.steps import (
    DELETE,
    ELSEWHERE,
    GONE,
    LIST,
    MAKE,
    NOT_FOUND,
    REFUSED,
    SHOW,
    RoundTrip,
    Step,
)
from suites.probes.records import SHAPES, Shape
from suites.probes.spec import Kind

# As many requests as keep two cores busy; each host has one at a time.
AT_ONCE = 4
SHOWN = 120
# More than one chunk: Glance reads and writes data in chunks.
SIZE = 256 * 1024
# What an image must have before it can have data.
FORMATS = {"disk_format": "raw", "container_format": "bare"}
# What a host needs more for than one database: a cell's, OVN's agents, the answer of a scheduler.
LISTS: Mapping[Kind, str] = {
    Kind.FLAVOR: "/servers/detail",
    Kind.TRAIT: "/resource_providers",
    Kind.NETWORK: "/v2.0/agents",
    Kind.VOLUME_TYPE: "/scheduler-stats/get_pools",
}


class Place(BaseModel):
    """Where to make a record, and of which kind."""

    component: str
    host: str
    kind: Kind
    url: str
    peer: str
    peer_url: str


class Request(BaseModel):
    """What to do."""

    access: Access
    places: list[Place]
    name: str


@dataclass(slots=True)
class Visit:
    """The requests to one place, and what became of them."""

    client: session.Session
    place: Place
    steps: list[Step] = field(default_factory=list)

    def ask(
        self, what: str, method: str, path: str, sent: object = None, *, url: str = ""
    ) -> tuple[int, bytes]:
        """Send a request, of bytes or of a document, and note it; return its status and the body.

        The status is 0 without an answer. The request goes to the place, or to another `url`.
        """
        headers = dict(SHAPES[self.place.kind].headers)
        given: dict[str, Any] = {}
        if isinstance(sent, bytes):
            headers["Content-Type"] = "application/octet-stream"
            given = {"data": sent}
        elif sent is not None:
            given = {"json": sent}
        wrong, status, body = "", 0, b""
        try:
            address = (url or self.place.url) + path
            answer = self.client.request(address, method, headers=headers, raise_exc=False, **given)
            status, body = answer.status_code, answer.content
        except exceptions.ClientException as error:
            wrong = f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"
        if status >= REFUSED and status != NOT_FOUND:
            wrong = body[:SHOWN].decode("utf-8", "replace").replace("\n", " ")
        self.steps.append(Step(what, status, wrong))
        return status, body

    def doubt(self, wrong: str) -> None:
        """Note what is wrong with the last answer."""
        last = self.steps[-1]
        self.steps[-1] = Step(last.what, last.status, wrong)


def visit(client: session.Session, place: Place, name: str) -> RoundTrip:
    """Make the record of a place, have it shown, and delete it."""
    being = Visit(client, place)
    if made := _make(being, SHAPES[place.kind], name):
        try:
            _look(being, SHAPES[place.kind], made, name)
        finally:
            being.ask(DELETE, "DELETE", made)
            being.ask(GONE, "GET", made)
    if place.kind in LISTS:
        being.ask(f"{LIST}{LISTS[place.kind]}", "GET", LISTS[place.kind])
    return RoundTrip(place.component, place.host, tuple(being.steps))


def _make(being: Visit, shape: Shape, name: str) -> str:
    """Make a record; return its path, empty if there is none to be found."""
    method, path = ("POST", shape.path) if shape.posts else ("PUT", shape.place(name))
    document = json.loads(shape.document(name) or "null")
    if being.place.kind is Kind.IMAGE_RECORD:
        document |= FORMATS
    status, body = being.ask(MAKE, method, path, document)
    if not 0 < status < REFUSED:
        return ""
    try:
        return shape.told(body) if shape.posts else path
    except (LookupError, ValueError, TypeError):
        being.doubt(f"it does not tell the record's place: {body[:SHOWN]!r}")
        return ""


def _look(being: Visit, shape: Shape, made: str, name: str) -> None:
    """Have a record shown, with its data if it can have any."""
    status, body = being.ask(SHOW, "GET", made)
    if 0 < status < REFUSED and shape.posts and (shown := _name_of(shape, body)) != name:
        being.doubt(f"it shows {shown!r} instead of {name!r}")
    if being.place.peer:
        being.ask(f"{ELSEWHERE}{being.place.peer}", "GET", made, url=being.place.peer_url)
    if being.place.kind is Kind.IMAGE_RECORD:
        data = os.urandom(SIZE)
        being.ask("store data", "PUT", f"{made}/file", data)
        status, body = being.ask("read data", "GET", f"{made}/file")
        if 0 < status < REFUSED and hashlib.sha512(body).digest() != hashlib.sha512(data).digest():
            being.doubt(f"{len(body)} bytes, and not those that were stored")


def _name_of(shape: Shape, body: bytes) -> str:
    try:
        document = json.loads(body)
        return str((document[shape.member] if shape.member else document)["name"])
    except (LookupError, ValueError, TypeError):
        return body[:SHOWN].decode("utf-8", "replace")


def catalog(client: session.Session) -> dict[str, object]:
    """Return the catalog of the session's token, and the region of its cloud. Raises OSError, KeyError."""
    with open(os.environ["OS_CLIENT_CONFIG_FILE"], encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        region = yaml.safe_load(file)["clouds"][os.environ["OS_CLOUD"]].get("region_name", "")
    auth: Any = client.auth
    return {"region": region, "entries": list(_entries(auth.get_access(client).service_catalog.catalog))}


def _entries(listed: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for service in listed:
        for one in service["endpoints"]:
            region = one.get("region_id") or one.get("region") or ""
            yield {
                "type": service["type"],
                "interface": one["interface"],
                "region": region,
                "url": one["url"],
            }


def main() -> int:
    """Visit all places; return the exit status."""
    request = Request.model_validate_json(sys.stdin.readline())
    client = signed_in(request.access)
    _say(catalog(client))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        visits = [
            pool.submit(visit, client, place, f"{request.name}-{number}")  # Keystone takes 64 characters
            for number, place in enumerate(request.places)
        ]
        for one in as_completed(visits):
            _say(asdict(one.result()))
    return 0


def _say(told: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
