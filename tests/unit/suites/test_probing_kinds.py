"""Which probes a stage gets, what they are told, and where they go when a place fails them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest
from pydantic import TypeAdapter
from storied import Clock
from suites_sample import REPOSITORY

from stages.config import read
from stages.config.timing import FORMULAS
from suites.failover.analysis.acknowledged import acknowledged, check_messages
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.loading import loaded
from suites.probes import servers
from suites.probes.loop import RefusedError
from suites.probes.order import Order, order
from suites.probes.places import Places, starting
from suites.probes.servers import ServerClient
from suites.probes.spec import RECORDS, SPECIAL, USUAL, Kind, askable, probes
from suites.probes.trace import Request, RequestOutcome
from suites.readings.inventory import Thing, made_by_gates
from suites.seam.target import Target

IDENTITY = (Kind.HTTP, Kind.VALIDATE, Kind.ISSUE, Kind.SQL, Kind.GROUP)
COMPONENTS = REPOSITORY / "suites" / "components"
ADDRESSES = {"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3"}


def target_of(document: dict[str, Any], hosts: dict[str, tuple[str, ...]]) -> Target:
    like = document["hosts"][0]
    document["hosts"] = [
        like | {"name": name, "components": list(carried), "address": f"10.71.3.{number}"}
        for number, (name, carried) in enumerate(hosts.items(), 10)
    ]
    names = ("database_probe_password", "messaging_password", "coordination_password")
    document["secrets"] |= {name: {"file": f"/secrets/{name}"} for name in names}
    document["endpoints"] |= {"image": "http://10.71.3.5:9292", "compute": "http://10.71.3.5:8774/v2.1"}
    document["endpoints"] |= {"placement": "http://10.71.3.5:8778", "network": "http://10.71.3.5:9696"}
    document["endpoints"] |= {"volume": "http://10.71.3.5:8776/v3"}
    return TypeAdapter(Target).validate_json(json.dumps(document))


@pytest.fixture
def small(target_document: dict[str, Any]) -> Target:
    return target_of(target_document, {"identity-1": ("keystone", "memcached"), "database-1": ("galera",)})


@pytest.fixture
def whole(target_document: dict[str, Any]) -> Target:
    hosts = {
        "identity-1": ("keystone", "memcached"),
        "database-1": ("galera",),
        "messaging-1": ("rabbitmq",),
        "messaging-2": ("rabbitmq",),
        "coordination-1": ("redis",),
        "image-1": ("glance", "memcached"),
        "compute-api-1": ("nova-api", "nova-conductor", "placement", "memcached"),
        "ovn-1": ("ovn",),
        "network-api-1": ("neutron", "memcached"),
        "volume-api-1": ("cinder", "memcached"),
    }
    return target_of(target_document, hosts)


def test_a_stage_is_asked_only_for_what_it_carries(small: Target, whole: Target) -> None:
    assert askable(small) == IDENTITY
    assert askable(whole) == tuple(Kind)


def test_every_kind_has_an_order_that_a_process_can_read(whole: Target, tmp_path: Path) -> None:
    orders = {kind: Order.model_validate_json(json.dumps(order(whole, kind, tmp_path, "p"))) for kind in Kind}
    for kind, read_back in orders.items():
        assert read_back.kind is kind
        assert read_back.at or read_back.nodes
    # A probe of a cluster is told all of its hosts.
    assert orders[Kind.AMQP].nodes == {"messaging-1": "10.71.3.12", "messaging-2": "10.71.3.13"}


def test_servers_are_made_by_one_probe_and_all_else_is_asked_in_both_ways() -> None:
    assert {kind: len(probes(kind)) for kind in Kind} == dict.fromkeys(Kind, 2) | {Kind.SERVER: 1}


def test_no_fault_has_clients_that_make_records_and_special_ones_only_where_it_names_them() -> None:
    names = sorted(path.parent.name.replace("_", "-") for path in COMPONENTS.glob("*/component.py"))
    faults = [one for name in names for one in loaded("suites", name).faults]
    assert len(faults) > 10
    assert {kind for one in faults for kind in one.probes} == {*USUAL, *SPECIAL}
    assert FaultCase.__dataclass_fields__["notice"].default == USUAL
    assert set(USUAL) | RECORDS | SPECIAL == set(Kind)


def test_every_fault_has_a_budget_with_the_time_out_of_its_quickest_probe() -> None:
    names = sorted(path.parent.name.replace("_", "-") for path in COMPONENTS.glob("*/component.py"))
    declared = {(name, one.name): one for name in names for one in loaded("suites", name).faults}
    settings = read(REPOSITORY / "config").stage("staging").settings
    for (component, fault), fault_case in declared.items():
        assert fault_case.notice, fault
        quickest = min(probe.timeout_s for kind in fault_case.notice for probe in probes(kind))
        assert FORMULAS[component, fault](settings).timeout == quickest


def test_a_place_is_left_when_it_fails_and_not_by_those_who_had_left_already() -> None:
    places = Places(ADDRESSES)
    with pytest.raises(OSError, match="gone"), places.leaving("a"):
        raise OSError("gone")
    assert places.current() == "b"
    places.leave("a")
    assert places.current() == "b"
    places.leave("b")
    places.leave("c")
    assert places.current() == "a"


def test_a_consumer_begins_at_another_place_than_its_publisher() -> None:
    for by in map(str, range(20)):
        assert starting(ADDRESSES, by).current() == starting(ADDRESSES, by).current()
        assert starting(ADDRESSES, by).current() != starting(ADDRESSES, by, later=1).current()
    assert {starting(ADDRESSES, str(by)).current() for by in range(20)} == set(ADDRESSES)


def test_a_confirmed_message_that_nobody_consumed_is_lost_and_one_consumed_again_is_told() -> None:
    found = check_messages({"a", "b", "c"}, ["a", "b", "b", "unconfirmed"])
    assert (found.confirmed, found.lost, found.twice) == (3, ("c",), ("b",))
    assert check_messages({"a"}, ["a"]).doubts == ()
    assert check_messages({}, ["a"]).doubts


def test_only_what_was_answered_in_time_was_acknowledged() -> None:
    answered = [Request(0, 0, 1, outcome, key=outcome.value) for outcome in RequestOutcome]
    assert acknowledged([*answered, Request(0, 0, 1, RequestOutcome.OK)]) == {"ok": 1}


def test_a_victim_is_who_answers_the_probes_or_who_stands_beside_another(whole: Target) -> None:
    def scene(component: str, answering: dict[Kind, str]) -> Scene:
        return Scene(whole, whole.carrying(component), None, None, Random(7), answering)  # noqa: S311 - no secret

    assert scene("rabbitmq", {Kind.AMQP: "messaging-2"}).publishing().name == "messaging-2"
    assert scene("redis", {Kind.REDIS: "coordination-1"}).keeping().name == "coordination-1"
    assert scene("memcached", {}).beside("keystone").name == "identity-1"
    assert scene("glance", {}).other("galera").name == "database-1"
    for choose in (scene("rabbitmq", {}).publishing, scene("redis", {}).keeping):
        with pytest.raises(LookupError):
            choose()
    with pytest.raises(LookupError):
        scene("glance", {}).other("swift")


class Nova:
    """Answers as Nova, one status a look."""

    def __init__(self, *looks: str) -> None:
        self.looks = list(looks)
        self.asked: list[str] = []
        self.answers: dict[str, int] = {}

    def request(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> None:
        del body, headers
        self.asked.append(f"{method} {path}")

    def getresponse(self) -> Self:
        return self

    @property
    def status(self) -> int:
        method = self.asked[-1].split()[0]
        gone = method == "GET" and not self.looks
        usual = {"POST": 202, "DELETE": 204}.get(method, 404 if gone else 200)
        return self.answers.get(method, usual)

    def read(self) -> bytes:
        method = self.asked[-1].split()[0]
        if method == "POST":
            return b'{"server": {"id": "s1"}}'
        return json.dumps({"server": {"status": self.looks.pop(0)}}).encode() if self.looks else b""

    def close(self) -> None:
        """Nothing is open."""


def test_what_a_probe_of_servers_leaves_when_it_is_killed_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []

    @contextmanager
    def made(_where: str, _token: str, name: str) -> Iterator[str]:
        names.append(name)
        yield name

    class Asking(ServerClient):
        def call(self, method: str, path: str, body: object = None, *, may_be_gone: bool = False) -> object:
            if isinstance(body, dict):
                names.append(body["server"]["name"])
            return super().call(method, path, body, may_be_gone=may_be_gone)

    monkeypatch.setattr(servers, "take_token", lambda *_: "t")
    monkeypatch.setattr(servers, "password_request", lambda _: b"")
    monkeypatch.setattr(servers, "own_image", made)
    monkeypatch.setattr(servers, "tiny_flavor", made)
    prefix = "f6b0c51c9-6d44-nova-conductor_killed"
    asked = Order(kind=Kind.SERVER, into=Path(), prefix=prefix)
    with ExitStack() as stack:
        servers.connecting(asked, stack)
    Asking(Nova("ACTIVE"), "/v2.1", "t", "i", "f").ask(f"{prefix}-server-3")  # type: ignore[arg-type]  # a stand-in
    assert len(names) == 3
    assert made_by_gates([Thing("server", "s1", name) for name in names]) == tuple(
        Thing("server", "s1", name) for name in names
    )


def client_of(nova: Nova) -> ServerClient:
    clock = Clock()
    return ServerClient(nova, "/v2.1", "t", "i", "f", clock, clock.sleep)  # type: ignore[arg-type]  # a stand-in


def test_a_server_is_made_seen_to_be_active_deleted_and_seen_to_be_gone() -> None:
    nova = Nova("BUILD", "ACTIVE")
    client_of(nova).ask("k")
    place = "/v2.1/servers/s1"
    assert nova.asked == [
        "POST /v2.1/servers",
        f"GET {place}",
        f"GET {place}",
        f"DELETE {place}",
        f"GET {place}",
    ]


def test_a_server_that_is_gone_already_can_be_dropped() -> None:
    nova = Nova()
    nova.answers = {"DELETE": 404}
    client_of(nova).call("DELETE", "/servers/s1", may_be_gone=True)
    nova.answers = {"DELETE": 503}
    with pytest.raises(RefusedError, match="503"):
        client_of(nova).call("DELETE", "/servers/s1", may_be_gone=True)


def test_a_server_in_error_is_refused_and_one_that_is_never_built_runs_out_of_time() -> None:
    with pytest.raises(RefusedError, match="ERROR"):
        client_of(Nova("BUILD", "ERROR")).ask("k")
    with pytest.raises(TimeoutError, match="BUILD"):
        client_of(Nova(*["BUILD"] * 1000)).ask("k")
