"""Round trips at hosts' own addresses: what an API that is wrong in one way shows, and what judges it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from answered import serving
from keystoneauth1.session import Session
from observed import met, unmet
from programs import executable

from suites.clients.runner import Clients
from suites.components.nova_api import server_client
from suites.errors import ClientFailed
from suites.openstack import round_trips, round_trips_client
from suites.openstack.round_trips import RoundTrips, came_round
from suites.openstack.round_trips_client import Place
from suites.openstack.steps import DELETE, GONE, MAKE, SHOW, Catalog, RoundTrip, Step
from suites.probes.spec import Kind
from suites.seam.target import Target, TargetHost, read_target

NOBODY = "http://127.0.0.1:1"
ENDPOINTS = {"identity": "http://10.71.3.5:5000/v3", "volume": "http://10.71.3.5:8776/v3"}
WELL = RoundTrip(
    "neutron",
    "network-api-blue-1",
    (Step(MAKE, 201), Step(SHOW, 200), Step(DELETE, 204), Step(GONE, 404), Step("list /v2.0/agents", 200)),
)


@dataclass
class Api:
    """A stand-in for an API: what it holds by path, and what is wrong with it."""

    wrong: str = ""
    held: dict[str, Any] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self.wrong == "token":
            return 401, b"The request you have made requires authentication."
        if path.endswith("/get_pools"):
            return (503, b"no scheduler answers") if self.wrong == "list" else (200, b'{"pools": []}')
        ways = {"POST": self._made, "PUT": self._put, "GET": self._shown, "DELETE": self._deleted}
        return ways[method](path, body)

    def _shown(self, path: str, _body: bytes) -> tuple[int, bytes]:
        if path in self.data:
            return 200, b"other" if self.wrong == "data" else self.data[path]
        return (200, json.dumps(self.held[path]).encode()) if path in self.held else (404, b"")

    def _deleted(self, path: str, _body: bytes) -> tuple[int, bytes]:
        if self.wrong != "keeps":
            del self.held[path]
        return 204, b""

    def _put(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path.endswith("/file"):
            self.data[path] = body
        else:
            self.held[path] = {}
        return 201, b""

    def _made(self, path: str, body: bytes) -> tuple[int, bytes]:
        document = json.loads(body)
        values = document if "name" in document else next(iter(document.values()))
        values["id"] = "r1"
        told = json.dumps(document).encode()
        if self.wrong == "other name":
            values["name"] = "somebody's"
        self.held[f"{path}/r1"] = document
        return 201, b"<html>" if self.wrong == "no place" else told


@contextmanager
def served(api: Api) -> Iterator[str]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = api.answer(self.command, self.path, body)
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said if status != 204 else b"")

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - so are they called

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with serving(Answering) as url:
        yield url


def trip(api: Api, kind: Kind) -> RoundTrip:
    with served(api) as url:
        place = Place(component="one", host="api-1", kind=kind, url=url, peer="", peer_url="")
        return round_trips_client.visit(Session(), place, "smoke-1-one-api-1")


@pytest.mark.parametrize("kind", [Kind.VOLUME_TYPE, Kind.IMAGE_RECORD, Kind.GROUP])
def test_an_api_that_is_well_comes_round_and_has_nothing_left(kind: Kind) -> None:
    api = Api()
    assert "made, shown and deleted" in met(came_round(trip(api, kind)))
    assert api.held == {}


def test_a_record_that_is_put_under_its_name_is_looked_up_there_and_deleted() -> None:
    api = Api()
    seen = trip(api, Kind.TRAIT)
    assert [step.what for step in seen.steps[:4]] == [MAKE, SHOW, DELETE, GONE]
    assert api.held == {}


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        (
            "token",
            Kind.NETWORK,
            "asked to make it, it answers 401: The request you have made requires authentication.",
        ),
        ("list", Kind.VOLUME_TYPE, "get_pools, it answers 503: no scheduler answers"),
        ("other name", Kind.GROUP, "it shows \"somebody's\" instead of 'smoke-1-one-api-1'"),
        (
            "data",
            Kind.IMAGE_RECORD,
            "asked to read data, it answers 200: 5 bytes, and not those that were stored",
        ),
        ("keeps", Kind.FLAVOR, "asked to show it once it is deleted, it answers 200"),
        ("no place", Kind.GROUP, "asked to make it, it answers 201: it does not tell the record's place"),
    ],
)
def test_what_is_wrong_with_one_host_is_named(wrong: str, kind: Kind, said: str) -> None:
    assert said in unmet(came_round(trip(Api(wrong), kind)))


def test_a_host_that_does_not_answer_is_named_and_asked_for_no_more_than_it_must() -> None:
    place = Place(component="one", host="api-1", kind=Kind.GROUP, url=NOBODY, peer="", peer_url="")
    seen = round_trips_client.visit(Session(), place, "smoke-1")
    assert [step.what for step in seen.steps] == [MAKE]
    assert "asked to make it, it does not answer: ConnectFailure" in unmet(came_round(seen))


def test_a_host_that_refuses_a_server_is_told_beside_those_that_do_not() -> None:
    with served(Api("token")) as url:
        became = server_client.one_server(server_client.Nova(Session(), url), {"name": "smoke-1"}, 1.0, 1.0)
    assert became["status"] == "refused"
    assert "401" in str(became["fault"])


@pytest.mark.parametrize(("both", "holds"), [(True, True), (False, False)])
def test_a_host_with_other_data_than_its_peer_is_seen(*, both: bool, holds: bool) -> None:
    api = Api()
    with served(api) as url, served(api if both else Api()) as peer:
        place = Place(component="one", host="api-1", kind=Kind.GROUP, url=url, peer="api-2", peer_url=peer)
        seen = came_round(round_trips_client.visit(Session(), place, "smoke-1"))
    assert seen.holds is holds
    if not holds:
        assert unmet(seen) == "asked to show it at api-2, it answers 404"


def test_a_peer_that_is_ill_is_told_by_its_own_round_trip_alone() -> None:
    with served(Api()) as url:
        place = Place(component="one", host="api-1", kind=Kind.GROUP, url=url, peer="api-2", peer_url=NOBODY)
        assert met(came_round(round_trips_client.visit(Session(), place, "smoke-1")))


@pytest.mark.parametrize("number", range(5))
def test_each_step_that_fails_or_is_left_out_is_seen(number: int) -> None:
    assert came_round(WELL).holds
    steps = list(WELL.steps)
    steps[number] = replace(steps[number], status=500 if steps[number].what != GONE else 200)
    assert not came_round(replace(WELL, steps=tuple(steps))).holds
    if number < 4:  # a list is asked for where there is one
        left = tuple(step for step in WELL.steps if step != WELL.steps[number])
        assert f"it was not asked to {WELL.steps[number].what}" in unmet(
            came_round(replace(WELL, steps=left))
        )


def test_nothing_that_was_asked_is_no_pass() -> None:
    assert not came_round(RoundTrip("nova-api", "compute-api-1", ())).holds


CLIENT = """
import json, sys
places = json.loads(sys.stdin.readline())["places"]
print(json.dumps({"region": "RegionOne", "entries": []}), flush=True)
for place in places[:MADE]:
    steps = [{"what": "make it", "status": 201, "wrong": ""}]
    print(json.dumps({"component": place["component"], "host": place["host"], "steps": steps}), flush=True)
sys.exit("last words") if MADE < len(places) else None
"""


@pytest.fixture
def trips(
    tmp_path: Path, target_document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[RoundTrips]:
    for one in target_document["hosts"]:
        one["components"].append("keystone")
    (tmp_path / "target.json").write_text(json.dumps(target_document))
    target = read_target(tmp_path / "target.json")
    asked = [("keystone", "database-1"), ("keystone", "database-2")]
    found = RoundTrips(Clients(target), target, asked, "smoke-1")
    monkeypatch.setattr(round_trips, "MODULE", "made_client")
    # The stage is this machine, and the client a program beside the test.
    executable(tmp_path / "python", f"#!/bin/sh\nexec {sys.executable} {tmp_path}/client.py\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    yield found
    found.stop()


def test_one_client_tells_of_all_hosts_and_the_catalog(trips: RoundTrips, tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(CLIENT.replace("MADE", "2"))
    trips.begin()
    assert trips.of("keystone", "database-2").steps == (Step(MAKE, 201),)
    assert trips.of("keystone", "database-1").host == "database-1"
    assert trips.catalog() == Catalog("RegionOne", ())


def test_a_client_that_ends_before_it_told_of_a_host_is_no_pass(trips: RoundTrips, tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(CLIENT.replace("MADE", "1"))
    trips.begin()
    assert trips.of("keystone", "database-1").steps
    with pytest.raises(ClientFailed, match="no answer about keystone on database-2: last words"):
        trips.of("keystone", "database-2")


@pytest.mark.parametrize("line", ["", "3", '{"steps": 3}', '{"region": "R"}', "none"])
def test_another_line_than_the_clients_is_refused(line: str) -> None:
    with pytest.raises(ClientFailed):
        round_trips.parse(line)


def test_each_place_is_the_hosts_own_beside_the_next_and_what_it_makes_is_its_components(
    target: Target,
) -> None:
    def host(name: str, address: str, *components: str) -> TargetHost:
        return TargetHost(name, "api", "coloured", address, components, ())

    hosts = (
        host("volume-api-1", "10.71.3.9", "cinder"),
        host("volume-api-2", "10.71.3.10", "cinder"),
        host("identity-1", "10.71.3.8", "keystone"),
    )
    told = round_trips.places(
        replace(target, hosts=hosts, endpoints=ENDPOINTS),
        [("cinder", "volume-api-2"), ("keystone", "identity-1")],
    )
    assert [(one["url"], one["kind"], one["peer"], one["peer_url"]) for one in told] == [
        ("http://10.71.3.10:8776/v3", "volume-type", "volume-api-1", "http://10.71.3.9:8776/v3"),
        ("http://10.71.3.8:5000/v3", "group", "", "http://10.71.3.8:5000/v3"),
    ]
