from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from suites.api import material
from suites.errors import NotWithin

PROJECTS = {"stagegate-api-member-1": "p1", "stagegate-api-admin-1": "p2"}
SOMEBODYS = "p9"


@dataclass
class Cloud:
    """As much of the image, compute and network APIs as the gate asks of them, in dictionaries.

    What is there, by the path of its list, in the order it was made; and all that was asked for a change.

    A deleted server is there for `lingering` more looks.
    """

    there: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    lingering: int = 1
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, path: str, **values: object) -> dict[str, Any]:
        one = {"id": f"id-{next(self.numbers)}", **values}
        self.there.setdefault(path, []).append(one)
        return one

    def names(self, path: str) -> list[str]:
        return [one["name"] for one in self.there.get(path, [])]

    def listed(self, path: str, kind: str, **query: object) -> list[dict[str, Any]]:
        del kind
        path = path.removesuffix("/detail")
        found = [one for one in self.there.get(path, []) if self._matches(one, query)]
        for one in found:
            if one.get("dying"):
                one["dying"] -= 1
        self.there[path] = [one for one in self.there.get(path, []) if one.get("dying") != 0]
        return [dict(one) for one in found]

    def post(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        self.changes.append(f"POST {path}")
        if path.endswith("/action"):
            access = path.replace("/action", "/os-flavor-access")
            self.add(access, tenant_id=document["addTenantAccess"]["tenant"])
            return {}
        kind, values = next(((k, v) for k, v in document.items() if isinstance(v, dict)), (None, document))
        made = self.add(path, **values)
        if path == "/v2/images":
            made["status"] = "queued"
        return {kind: made} if kind else made

    def put(self, path: str, content: bytes | Mapping[str, Any]) -> None:
        self.changes.append(f"PUT {path}")
        if isinstance(content, bytes):
            (image,) = [one for one in self.there["/v2/images"] if path.split("/")[3] == one["id"]]
            image.update(status="active", size=len(content))

    def delete(self, path: str) -> None:
        self.changes.append(f"DELETE {path}")
        above, _, identifier = path.rpartition("/")
        (one,) = [one for one in self.there[above] if one["id"] == identifier]
        if above == "/servers":
            one["dying"] = self.lingering
        else:
            self.there[above].remove(one)

    @staticmethod
    def _matches(one: dict[str, Any], query: Mapping[str, object]) -> bool:
        asked = {"project_id": ("project_id", "tenant_id"), "owner": ("owner",), "name": ("name",)}
        for name, fields in asked.items():
            wanted = query.get(name)
            if wanted is not None:
                values = wanted if isinstance(wanted, list) else [wanted]
                if not any(one.get(field) in values for field in fields):
                    return False
        wanted = query.get("visibility", "all")
        return wanted in {"all", one.get("visibility")}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def test_flavors_are_made_once_and_are_open_to_the_gates_projects_only(cloud: Cloud) -> None:
    assert material.have_flavors(cloud, PROJECTS) == 2
    assert [flavor["os-flavor-access:is_public"] for flavor in cloud.there["/flavors"]] == [False, False]
    for name in material.FLAVORS:
        access = [entry["tenant_id"] for entry in cloud.there[f"/flavors/{name}/os-flavor-access"]]
        assert sorted(access) == ["p1", "p2"]
    cloud.changes.clear()
    assert material.have_flavors(cloud, PROJECTS) == 0
    assert cloud.changes == []
    # A new project is given access to the flavors that are there.
    assert material.have_flavors(cloud, {**PROJECTS, "stagegate-api-member-2": "p3"}) == 0
    assert cloud.changes == [f"POST /flavors/{name}/action" for name in material.FLAVORS]


def test_images_are_made_once_and_shown_to_nobody_who_does_not_know_them(cloud: Cloud) -> None:
    identifiers, made = material.have_images(cloud)
    assert made == 2
    assert [image["visibility"] for image in cloud.there["/v2/images"]] == ["community", "community"]
    assert [image["size"] for image in cloud.there["/v2/images"]] == [1 << 20, 1 << 20]
    cloud.changes.clear()
    assert material.have_images(cloud) == (identifiers, 0)
    assert cloud.changes == []


def test_an_image_whose_upload_was_broken_off_is_made_anew(cloud: Cloud) -> None:
    broken = cloud.add("/v2/images", name=material.IMAGES[0], visibility="community", status="saving")
    identifiers, made = material.have_images(cloud)
    assert made == 2
    assert broken["id"] not in identifiers
    assert len(cloud.there["/v2/images"]) == 2


def test_each_project_has_its_network_once(cloud: Cloud) -> None:
    assert material.have_networks(cloud, PROJECTS) == 2
    assert cloud.names("/v2.0/networks") == list(PROJECTS)
    assert [one["project_id"] for one in cloud.there["/v2.0/subnets"]] == list(PROJECTS.values())
    cloud.changes.clear()
    assert material.have_networks(cloud, PROJECTS) == 0
    assert cloud.changes == []
    # A network that an interrupted run left without a subnet is given one.
    cloud.there["/v2.0/subnets"].clear()
    assert material.have_networks(cloud, PROJECTS) == 0
    assert len(cloud.there["/v2.0/subnets"]) == 2


def test_a_clean_cloud_is_not_changed_by_clearing(cloud: Cloud) -> None:
    material.have_networks(cloud, PROJECTS)
    cloud.add("/v2.0/security-groups", name="default", project_id="p1")
    cloud.changes.clear()
    clears = (material.clear_servers, material.clear_networks, material.clear_images)
    assert [clear(cloud, PROJECTS) for clear in clears] == [0, 0, 0]
    assert cloud.changes == []


def test_servers_are_waited_for_and_a_users_stays(cloud: Cloud) -> None:
    cloud.lingering = 2
    cloud.add("/servers", name="left", tenant_id="p1")
    cloud.add("/servers", name="a user's", tenant_id=SOMEBODYS)
    assert material.clear_servers(cloud, PROJECTS) == 1
    assert cloud.names("/servers") == ["a user's"]


def test_a_server_that_does_not_go_is_named(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "SERVERS_GONE_WITHIN", 0)
    cloud.lingering = 9
    server = cloud.add("/servers", name="left", tenant_id="p1")
    with pytest.raises(NotWithin, match=server["id"]):
        material.clear_servers(cloud, PROJECTS)


def test_images_of_the_projects_go_and_a_users_and_the_gates_own_stay(cloud: Cloud) -> None:
    cloud.add("/v2/images", name="left", owner="p1", visibility="private")
    cloud.add("/v2/images", name="a user's", owner=SOMEBODYS, visibility="public")
    assert material.clear_images(cloud, PROJECTS) == 1
    assert cloud.names("/v2/images") == ["a user's"]


def test_networks_of_the_projects_go_in_an_order_that_neutron_allows(cloud: Cloud) -> None:
    material.have_networks(cloud, PROJECTS)
    router = cloud.add("/v2.0/routers", name="left", project_id="p1")
    network = cloud.add("/v2.0/networks", name="left", project_id="p1")
    side = {"device_id": router["id"], "device_owner": material.ROUTER_SIDE}
    cloud.add("/v2.0/ports", name="", project_id="p1", **side)
    port = cloud.add("/v2.0/ports", name="", project_id="p1", device_id="", device_owner="")
    cloud.add("/v2.0/ports", name="", project_id="p1", device_id="x", device_owner="network:distributed")
    group = cloud.add("/v2.0/security-groups", name="left", project_id="p2")
    cloud.add("/v2.0/security-groups", name="default", project_id="p2")
    cloud.add("/v2.0/networks", name="a user's", project_id=SOMEBODYS)
    cloud.changes.clear()
    assert material.clear_networks(cloud, PROJECTS) == 4
    assert cloud.changes == [
        f"PUT /v2.0/routers/{router['id']}/remove_router_interface",
        f"DELETE /v2.0/ports/{port['id']}",
        f"DELETE /v2.0/routers/{router['id']}",
        f"DELETE /v2.0/networks/{network['id']}",
        f"DELETE /v2.0/security-groups/{group['id']}",
    ]
    assert cloud.names("/v2.0/networks") == [*PROJECTS, "a user's"]
