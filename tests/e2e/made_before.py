"""Data of every kind that users have, made under one OpenStack release, used and deleted under the next.

Volumes get as far as their record: no host keeps any, so the scheduler leaves them in status `error`. They
are listed, changed and deleted like others.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seen_fields import Document, Seen

from suites.clients.runner import Clients
from suites.hosts.reading import Observation, until
from suites.neighbours.made import await_gone
from suites.neighbours.pair import Neighbour
from suites.neighbours.servers import ACTIVE_WITHIN, GONE_WITHIN, await_status
from suites.openstack.asking import Asking
from suites.seam.target import read_target

OF_EACH = 3
PREFIX = "made-before"
CONTENT = b"an image from before the upgrade\n" * 512
# Both releases speak it; a later one could show other fields to one of them.
COMPUTE = {"X-OpenStack-Nova-API-Version": "2.79"}
DECIDED_WITHIN = 90.0  # a scheduler of volumes waits for their hosts for a minute after its start


@dataclass(frozen=True)
class Sort:
    """A kind of data: its API, where its members are and how one is changed; None if it can't be.

    `listing` is what its list is asked for, besides its path.
    """

    endpoint: str
    path: str
    member: str
    change: str | None = "PUT"
    listing: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def members(self) -> str:
        """Under which key a list has them."""
        return f"{self.member}s"

    def body(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """The document of a request about one; Glance's has no key of its own."""
        return values if self.endpoint == "image" else {self.member: values}


# Each after those that it needs: they are made in this order, and deleted in the other one.
SORTS: Mapping[str, Sort] = {
    "project": Sort("identity", "/projects", "project", "PATCH"),
    "user": Sort("identity", "/users", "user", "PATCH"),
    "role": Sort("identity", "/roles", "role", "PATCH"),
    "image": Sort("image", "/v2/images", "image", None, "?limit=1000"),
    "flavor": Sort("compute", "/flavors", "flavor", None, "/detail", COMPUTE),
    "network": Sort("network", "/v2.0/networks", "network"),
    "subnet": Sort("network", "/v2.0/subnets", "subnet"),
    "port": Sort("network", "/v2.0/ports", "port"),
    "server": Sort("compute", "/servers", "server", "PUT", "/detail", COMPUTE),
    "volume type": Sort("volume", "/types", "volume_type"),
    "volume": Sort("volume", "/volumes", "volume", "PUT", "/detail"),
}


@contextmanager
def administrator(target: Path) -> Iterator[Neighbour]:
    """The APIs of a stage as its clients reach them, whichever colour answers."""
    read = read_target(target)
    asking = Asking(Clients(read), read)
    try:
        yield Neighbour(read.colour or "clients", asking, read.endpoints)
    finally:
        asking.stop()


@dataclass(frozen=True)
class Before:
    """What was made, and what was seen of it then. `ids` are by kind and name."""

    ids: Mapping[str, Mapping[str, str]]
    seen: Seen
    password: str = field(repr=False)


def make(api: Neighbour) -> Before:
    """Make OF_EACH of every kind, and wait until servers and volumes are what they will stay."""
    password = secrets.token_hex(16)
    ids: dict[str, dict[str, str]] = {kind: {} for kind in SORTS}
    for number in range(OF_EACH):
        name = f"{PREFIX}-{number}"
        for kind in SORTS:
            own = {of: made[name] for of, made in ids.items() if name in made}
            wanted = {"name": name, **values(kind, number, own, password)}
            ids[kind][name] = str(_new(api, kind, wanted)["id"])
        _grant(api, {kind: made[name] for kind, made in ids.items()})
        _upload(api, ids["image"][name])
    for server in ids["server"].values():
        await_status(api, f"/servers/{server}", "ACTIVE", ACTIVE_WITHIN)
    for volume in ids["volume"].values():
        _await_decided(api, volume)
    return Before(ids, seen(api), password)


def values(kind: str, number: int, own: Mapping[str, str], password: str) -> Document:
    """What one is made with, besides its name; `own` are the ids of the others of its number, by kind."""
    found: dict[str, Document] = {
        "project": {"description": "before"},
        "user": {"default_project_id": own.get("project"), "password": password},
        "role": {},
        "image": {"disk_format": "raw", "container_format": "bare", "visibility": "private", "min_disk": 1},
        "flavor": {"ram": 64 + number, "vcpus": 1, "disk": 1},
        "network": {"description": "before"},
        "subnet": {
            "network_id": own.get("network"),
            "ip_version": 4,
            "cidr": f"192.168.{200 + number}.0/24",
            "dns_nameservers": ["192.0.2.53"],
        },
        "port": {"network_id": own.get("network"), "description": "before"},
        "server": {
            "imageRef": own.get("image"),
            "flavorRef": own.get("flavor"),
            "networks": [{"port": own.get("port")}],
            "metadata": {"made": "before"},
        },
        "volume type": {"extra_specs": {"made": "before"}},
        "volume": {"size": 1, "volume_type": own.get("volume type"), "metadata": {"made": "before"}},
    }
    return found[kind]


def seen(api: Neighbour) -> Seen:
    """What users see of the data now, read from the lists of each API."""
    return {kind: {one["name"]: one for one in _listed(api, sort)} for kind, sort in SORTS.items()}


def use(api: Neighbour, before: Before) -> None:
    """Log in, read and change what was made before, and make a server of it. Raises SuitesError."""
    for name, user in before.ids["user"].items():
        _log_in(api, user, before.ids["project"][name], before.password, before.ids["role"][name])
        read = api.service("image").call("GET", f"/v2/images/{before.ids['image'][name]}/file")
        assert read.sha512 == hashlib.sha512(CONTENT).hexdigest(), f"the image {name} has other bytes"
        for kind, sort in SORTS.items():
            if sort.change is not None:
                _change(api, sort, before.ids[kind][name])
    ids = {kind: made[f"{PREFIX}-0"] for kind, made in before.ids.items()}
    wanted = {
        "name": "made-after",
        "imageRef": ids["image"],
        "flavorRef": ids["flavor"],
        "networks": [{"uuid": ids["network"]}],
    }
    new = f"/servers/{_new(api, 'server', wanted)['id']}"
    await_status(api, new, "ACTIVE", ACTIVE_WITHIN)
    api.service("compute").call("DELETE", new)
    await_gone(api.service("compute"), new, GONE_WITHIN)


def delete(api: Neighbour, before: Before) -> None:
    """Delete all of it, and look that nothing is listed any more. Raises SuitesError."""
    for kind, sort in reversed(tuple(SORTS.items())):
        service = api.service(sort.endpoint)
        paths = [f"{sort.path}/{one}" for one in before.ids[kind].values()]
        for path in paths:
            # A port goes with its server only if Nova made it; these were made by their user, and stay.
            service.call("DELETE", path, headers=sort.headers)
        for path in paths:
            await_gone(service, path, GONE_WITHIN)
    assert not any(seen(api).values()), "something is listed that was deleted"


def _new(api: Neighbour, kind: str, wanted: Document) -> Document:
    sort = SORTS[kind]
    answer = api.service(sort.endpoint).call("POST", sort.path, sort.body(wanted), headers=sort.headers)
    made: Document = answer.document if sort.endpoint == "image" else answer.document[sort.member]
    return made


def _listed(api: Neighbour, sort: Sort) -> list[Document]:
    document = api.service(sort.endpoint).shown(f"{sort.path}{sort.listing}", sort.headers)
    return [one for one in document[sort.members] if str(one["name"]).startswith(PREFIX)]


def _grant(api: Neighbour, own: Mapping[str, str]) -> None:
    path = f"/projects/{own['project']}/users/{own['user']}/roles/{own['role']}"
    api.service("identity").call("PUT", path)


def _upload(api: Neighbour, image: str) -> None:
    api.service("image").call("PUT", f"/v2/images/{image}/file", content=CONTENT)


def _await_decided(api: Neighbour, volume: str) -> None:
    def decided() -> Observation:
        status = api.service("volume").shown(f"/volumes/{volume}")["volume"]["status"]
        return Observation(status != "creating", f"volume {volume} is in status {status}")

    until(decided, within=DECIDED_WITHIN, every=0.5)


def _change(api: Neighbour, sort: Sort, one: str) -> None:
    path, changed = f"{sort.path}/{one}", {"description": "changed after the upgrade"}
    service = api.service(sort.endpoint)
    service.call(str(sort.change), path, sort.body(changed), headers=sort.headers)
    shown = service.shown(path, sort.headers)[sort.member]
    assert shown["description"] == changed["description"], f"{path} was not changed"


def _log_in(api: Neighbour, user: str, project: str, password: str, role: str) -> None:
    identity = {"methods": ["password"], "password": {"user": {"id": user, "password": password}}}
    wanted = {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}
    token: Any = api.service("identity").call("POST", "/auth/tokens", wanted).document["token"]
    assert [one["id"] for one in token["roles"]] == [role], "the user has another role than before"
