"""What a stage has, as its services list it; what is gone, and what gates have left in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from observed import met, unmet
from suites_sample import FakeHost

from suites.components.glance.inventory import LISTING as GLANCE
from suites.components.keystone.inventory import LISTING as KEYSTONE
from suites.components.neutron.inventory import LISTING as NEUTRON
from suites.components.nova_api.inventory import LISTING as NOVA
from suites.components.placement.inventory import LISTING as PLACEMENT
from suites.components.rabbitmq import inventory as rabbitmq
from suites.components.rabbitmq.queues import Queue
from suites.errors import NotMeasured, RequestRefused
from suites.openstack.asking import Answer, Request, Token
from suites.readings import inventory_notes
from suites.readings.inventory import Listing, Thing, as_before, made_by_gates, things

HOST = FakeHost("identity-1")
ENDPOINTS = {
    "identity": "http://10.71.3.5:5000/v3",
    "compute": "http://10.71.3.5:8774/v2.1/",
    "network": "http://10.71.3.5:9696",
    "placement": "http://10.71.3.5:8778",
}
USER = Thing("user", "u1", "nova", stays=True)
SERVER = Thing("server", "s1", "web")
SMOKE = "smoke-0b54ffac-4c3b-4f8e-9a76-9d6d1c3a8f01"


@dataclass
class Api:
    """Answers with lists by path; what is not there is empty."""

    lists: Mapping[str, Mapping[str, Any]]
    status: int = 200
    asked: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        self.asked.append(request)
        path = "/" + request.url.partition("//")[2].partition("/")[2].partition("?")[0]
        return Answer(self.status, self.lists.get(path))

    def own_token(self) -> Token:
        raise NotImplementedError


def listed(listing: Listing, lists: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """By kind and id, the names of the things that stay."""
    base = {
        "/v3/users": {"users": []}, "/v3/projects": {"projects": []}, "/v3/domains": {"domains": []},
        "/v3/roles": {"roles": []}, "/v3/services": {"services": []}, "/v3/endpoints": {"endpoints": []},
        "/v3/groups": {"groups": []}, "/v2.1/os-services": {"services": []}, "/v2.1/servers": {"servers": []},
        "/v2.1/flavors": {"flavors": []}, "/v2.0/agents": {"agents": []}, "/v2.0/networks": {"networks": []},
        "/v2.0/subnets": {"subnets": []}, "/v2.0/ports": {"ports": []}, "/v2.0/routers": {"routers": []},
        "/v2.0/security-groups": {"security_groups": []}, "/resource_providers": {"resource_providers": []},
        "/traits": {"traits": []},
    }  # fmt: skip
    found = things(listing, Api({**base, **lists}), ENDPOINTS, HOST)
    return {f"{thing.kind} {thing.id}{' stays' if thing.stays else ''}": thing.name for thing in found}


def test_things_have_the_names_by_which_people_know_them() -> None:
    users = {"users": [{"id": "u1", "name": "nova"}]}
    url = "http://10.71.3.5:5000/v3"
    endpoints = {"endpoints": [{"id": "e1", "interface": "public", "url": url, "service_id": "x"}]}
    services = {"services": [{"id": "i1", "name": "keystone", "type": "identity"}]}
    assert listed(KEYSTONE, {"/v3/users": users, "/v3/endpoints": endpoints, "/v3/services": services}) == {
        "user u1 stays": "nova",
        "service i1 stays": "keystone",
        "endpoint e1 stays": f"public {url}",
    }


def test_programs_are_known_by_their_host_and_servers_of_tenants_may_go() -> None:
    services = {"services": [{"id": "n1", "binary": "nova-compute", "host": "compute-1", "state": "up"}]}
    servers = {"servers": [{"id": "s1", "name": "web"}]}
    assert listed(NOVA, {"/v2.1/os-services": services, "/v2.1/servers": servers}) == {
        "service n1 stays": "nova-compute on compute-1",
        "server s1": "web",
    }
    agents = {"agents": [{"id": "a1", "binary": "ovn-controller", "host": "compute-1"}]}
    ports = {"ports": [{"id": "p1", "name": ""}]}
    assert listed(NEUTRON, {"/v2.0/agents": agents, "/v2.0/ports": ports}) == {
        "agent a1 stays": "ovn-controller on compute-1",
        "port p1": "",
    }


def test_placement_names_things_otherwise() -> None:
    providers = {"resource_providers": [{"uuid": "r1", "name": "compute-1"}]}
    traits = {"traits": ["CUSTOM_STAGEGATE_LOAD_1_7"]}
    assert listed(PLACEMENT, {"/resource_providers": providers, "/traits": traits}) == {
        "resource provider r1 stays": "compute-1",
        "trait CUSTOM_STAGEGATE_LOAD_1_7": "CUSTOM_STAGEGATE_LOAD_1_7",
    }


@pytest.mark.parametrize(("status", "document"), [(503, None), (200, None), (200, {"others": []})])
def test_an_answer_without_the_list_is_no_empty_list(status: int, document: object) -> None:
    api = Api({"/v3/users": document} if document else {}, status)  # type: ignore[dict-item] - what it is about
    with pytest.raises(RequestRefused, match="no list of users"):
        things(KEYSTONE, api, ENDPOINTS, HOST)


def queue(name: str) -> Queue:
    return Queue("/", name, "quorum", exclusive=False, consumers=1, messages=0, members=())


def test_queues_of_services_stay_and_those_of_one_process_or_of_a_probe_need_not() -> None:
    names = (
        "conductor.compute-api-blue-1",
        "compute-alt",
        "reply_7c38692231984c2f9596bf80958261fa",
        "scheduler_fanout_ff4240334005463391be37245dab79dd",
        "stagegate-f6b0c51c9-6d44-rabbitmq_cut_off",
    )
    assert [thing.name for thing in rabbitmq.stay(map(queue, names))] == list(names[:2])


def test_a_stage_in_which_only_tenants_did_something_is_as_before() -> None:
    assert met(as_before(NOVA, [USER, SERVER], [USER, Thing("server", "s2", "db")])) == "2 things"


def test_a_user_that_is_gone_is_red_although_another_of_its_name_is_there() -> None:
    assert unmet(as_before(NOVA, [USER], [Thing("user", "u2", "nova", stays=True)])) == "gone: user nova"


@pytest.mark.parametrize(
    "name",
    [
        SMOKE,
        "stagegate-load-4d3a90b1-17",
        "stagegate-smoke-0b54ffac-4c3b-4f8e-9a76-9d6d1c3a8f01-3",
        "stagegate-f6b0c51c9-6d44-nova-api_host_lost-server-3",
        "stagegate-neighbours-1f90b1c2-images",
        "stagegate-api-made-server-1",
        "CUSTOM_STAGEGATE_LOAD_4D3A90B1_2",
    ],
)
def test_what_a_gate_has_left_is_red_also_if_it_was_there_before(name: str) -> None:
    left = Thing("image", "i1", name)
    for before in ([USER], [USER, left]):
        assert f"left over: image {name}" in unmet(as_before(NOVA, before, [USER, left]))


ALIKE = (
    *("smoke-test", "stagegate-api-small", "tempest-server-1", "web", ""),
    *("stagegate-runner", "stagegate-ci", "stagegate-load-balancer", "stagegate-f5", "CUSTOM_STAGEGATE_RACK"),
)


@pytest.mark.parametrize("name", ALIKE)
def test_what_the_api_gate_keeps_and_what_tenants_name_alike_is_no_leftover(name: str) -> None:
    assert not made_by_gates([Thing("flavor", "f1", name)])


def test_what_came_new_is_told_and_not_what_the_api_gate_keeps() -> None:
    new = [Thing("user", name, name, stays=True) for name in ("mallory", "stagegate-api-admin-1")]
    assert (
        met(as_before(NOVA, [USER], [USER, *new])) == "3 things; NEW, and not by a gate's name: user mallory"
    )


def test_a_tenant_s_user_that_goes_is_told_and_no_defect_but_one_of_a_service_is() -> None:
    rows = [{"id": name, "name": name} for name in ("nova", "alice")]
    lists = {f"/v3/{key}": {key: []} for key in ("projects", "domains", "roles", "services", "groups")}
    lists["/v3/endpoints"] = {"endpoints": []}
    before, alone, neither = (
        things(KEYSTONE, Api({**lists, "/v3/users": {"users": users}}), ENDPOINTS, HOST)
        for users in (rows, rows[:1], [])
    )
    assert "GONE, and not the stage's own: user alice" in met(as_before(KEYSTONE, before, alone))
    assert "gone: user nova; " in unmet(as_before(KEYSTONE, before, neither))


def test_nothing_at_all_is_no_green_but_for_what_tenants_may_have_none_of() -> None:
    assert unmet(as_before(NOVA, [], [SERVER])) == "nothing of the stage itself is listed"
    assert met(as_before(GLANCE, [], [])) == "0 things"


def test_what_gates_made_or_keep_may_be_removed_by_them() -> None:
    theirs = [
        Thing("user", name, name, stays=True)
        for name in ("stagegate-api-made-user-1", "stagegate-api-admin-1")
    ]
    assert met(as_before(NOVA, [USER, *theirs], [USER])) == "1 things"


def test_many_leftovers_are_counted() -> None:
    left = [Thing("port", f"p{number}", f"stagegate-load-1f90b1c2-{number}") for number in range(8)]
    assert "and 3 more" in unmet(as_before(NOVA, [USER], [USER, *left]))


def test_notes_of_components_are_kept_side_by_side(tmp_path: Path) -> None:
    target, now = tmp_path / "target.json", datetime.now(UTC)
    with pytest.raises(NotMeasured, match="nobody has noted"):
        inventory_notes.of(target, "keystone")
    inventory_notes.note(target, "keystone", [USER], now)
    inventory_notes.note(target, "nova-api", [SERVER], now)
    inventory_notes.note(target, "keystone", [USER, USER], now)
    assert inventory_notes.of(target, "keystone").things == (USER, USER)
    assert inventory_notes.of(target, "nova-api") == inventory_notes.Noted(now, (SERVER,))


def test_notes_that_can_not_be_read_prove_nothing_and_are_begun_again(tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    (tmp_path / inventory_notes.NAME).write_text("{")
    with pytest.raises(NotMeasured, match="can't be read"):
        inventory_notes.of(target, "keystone")
    inventory_notes.note(target, "keystone", [USER], datetime.now(UTC))
    assert inventory_notes.of(target, "keystone").things == (USER,)
