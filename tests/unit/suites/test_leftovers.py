"""What gates have left in a stage is found, and removed only if asked for, what must go first at first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from suites_sample import FakeHost, Read

from suites.errors import ClientFailed
from suites.openstack.asking import Answer, Request, Token
from suites.readings import leftovers
from suites.readings.inventory import List, Listing, Thing
from suites.readings.leftovers import Leftover, Sweep, Swept

MADE = "smoke-0b54ffac-4c3b-4f8e-9a76-9d6d1c3a8f01"
LISTING = Listing(
    "identity",
    (
        List("network", "/networks", "networks"),
        List("server", "/servers", "servers", query="?all_tenants=1"),
        List("image", "/images", "images"),
    ),
)


@dataclass
class Api:
    """Has things by path; what is deleted is gone unless it is `stuck`, or `refused` with a status."""

    held: dict[str, str]
    stuck: frozenset[str] = frozenset()
    refused: Mapping[str, int] = field(default_factory=dict)
    away: frozenset[str] = frozenset()
    deleted: list[str] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        path = request.url.partition("/v3")[2].partition("?")[0]
        if path in self.away:
            raise ClientFailed("no answer", where=path)
        if request.method == "DELETE":
            return Answer(self._deleted(path), None)
        if path.count("/") > 1:
            return Answer(200 if path in self.held else 404, None)
        rows = [
            {"id": at.rpartition("/")[2], "name": name}
            for at, name in self.held.items()
            if at.startswith(f"{path}/")
        ]
        return Answer(200, {path[1:]: rows})

    def own_token(self) -> Token:
        raise NotImplementedError

    def _deleted(self, path: str) -> int:
        self.deleted.append(path)
        if path in self.refused:
            return self.refused[path]
        if path not in self.stuck:
            self.held.pop(path, None)
        return 204


@pytest.fixture
def sweep(read: Read, target_document: dict[str, Any]) -> Sweep:
    target = read(target_document)
    fleet = {name: FakeHost(name) for name in target.names("left")}
    return Sweep(target, {"left": LISTING}, fleet, Api({}), lambda _: None)


def held() -> dict[str, str]:
    return {
        "/networks/n1": f"{MADE}",
        "/networks/n2": "web",
        "/servers/s1": "stagegate-neighbours-1f90b1c2-servers",
        "/images/i1": "stagegate-api-one",
        "/images/i2": "stagegate-load-1f90b1c2-4",
    }


def run(sweep: Sweep, api: Api, *, clear: bool) -> Swept:
    return Sweep(sweep.target, sweep.listings, sweep.fleet, api, sweep.tell).run(clear=clear)


def test_leftovers_are_named_and_stay_unless_they_are_to_be_removed(sweep: Sweep) -> None:
    api = Api(held())
    found = run(sweep, api, clear=False).found
    assert [(one.kind, one.name) for one in found] == [
        ("server", "stagegate-neighbours-1f90b1c2-servers"),
        ("network", MADE),
        ("image", "stagegate-load-1f90b1c2-4"),
    ]
    assert {one.why for one in found} == {"not asked to remove it"}
    assert not api.deleted
    assert api.held == held()


def test_what_is_removed_goes_in_an_order_that_works_and_nothing_else_goes(sweep: Sweep) -> None:
    api = Api(held())
    assert [one.why for one in run(sweep, api, clear=True).found] == [None, None, None]
    assert api.deleted == ["/servers/s1", "/networks/n1", "/images/i2"]
    assert api.held == {"/networks/n2": "web", "/images/i1": "stagegate-api-one"}
    assert run(sweep, api, clear=True) == Swept((), ())


def test_what_can_not_be_removed_says_why_and_stops_nothing(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "GONE_WITHIN", 0.0)
    api = Api(held(), stuck=frozenset({"/servers/s1"}), refused={"/networks/n1": 409, "/images/i2": 404})
    whys = [one.why for one in run(sweep, api, clear=True).found]
    assert whys == [
        "last seen: server stagegate-neighbours-1f90b1c2-servers is still shown (200)",
        "answered 409",
        None,  # somebody else has removed it
    ]


def test_what_can_not_be_listed_is_told_beside_what_was_found(sweep: Sweep) -> None:
    two = {"left": LISTING, "right": Listing("identity", (List("role", "/roles", "roles"),))}
    both = Sweep(sweep.target, two, sweep.fleet, Api(held(), away=frozenset({"/roles"})), sweep.tell)
    swept = both.run(clear=False)
    assert len(swept.found) == 3
    assert swept.unread == ("right: /roles: no answer",)


def test_what_no_api_deletes_is_named_all_the_same(sweep: Sweep) -> None:
    asked = Listing(asked=lambda _: [Thing("queue", "q", "stagegate-load-1f90b1c2")])
    found = Sweep(sweep.target, {"left": asked}, sweep.fleet, Api({}), sweep.tell).run(clear=True).found
    assert json.loads(json.dumps([one.to_json() for one in found])) == [
        {"component": "left", "kind": "queue", "name": "stagegate-load-1f90b1c2", "why": "no API deletes it"}
    ]
    assert found == (Leftover("left", "queue", "stagegate-load-1f90b1c2", "no API deletes it"),)
