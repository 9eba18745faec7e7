import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from observed import met, unmet
from programs import executable

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.hosts.reading import Observation
from suites.openstack import services, services_client
from suites.openstack.services import READINGS, Service, ServiceWatch, in_place
from suites.seam.target import read_target

EVERY = {"nova-compute": ("compute-1",), "nova-conductor": ("a", "b")}


def listing(compute: str = "up", **conductors: str) -> tuple[Service, ...]:
    states = {"a": "up", "b": "up"} | conductors
    return (
        Service("nova-compute", "compute-1", compute, enabled=True),
        *(Service("nova-conductor", host, state, enabled=True) for host, state in states.items()),
    )


def judged(*readings: Sequence[Service]) -> Observation:
    return in_place(readings, EVERY)


def test_what_is_up_is_told() -> None:
    seen = met(judged(*[listing()] * 5))
    assert seen == "nova-compute up on compute-1; nova-conductor up on a, b; seen 5 times"


@pytest.mark.parametrize(
    ("readings", "said"),
    [
        ([listing(b="down")] * 5, "nova-conductor on b is down"),
        ([listing(), listing(b="down"), listing(b="down")], "nova-conductor on b is up, then down"),
        ([listing(b="down"), listing()], "nova-conductor on b is down, then up"),
        ([listing(), listing(compute="down")], "nova-compute on compute-1 is up, then down"),
        ([listing(), listing()[1:]], "nova-compute on compute-1 is up, then missing"),
        ([(*listing(), listing(b="down")[2])], "nova-conductor on b is listed 2 times (up, down)"),
        ([(*listing(), listing()[0])] * 5, "nova-compute on compute-1 is listed 2 times (up, up)"),
        ([], "no reading"),
    ],
)
def test_what_is_missing_down_or_comes_and_goes_is_named(
    readings: list[tuple[Service, ...]], said: str
) -> None:
    assert said in unmet(judged(*readings))


def test_a_disabled_one_is_not_up_and_strangers_are_only_told() -> None:
    off = Service("nova-compute", "compute-1", "up", enabled=False)
    assert "nova-compute on compute-1 is disabled" in unmet(in_place([[off]], EVERY))
    old = Service("nova-conductor", "of-another-colour", "down", enabled=True)
    assert "also listed: nova-conductor on of-another-colour (down)" in met(judged([*listing(), old]))
    assert not in_place([listing()], {"nova-compute": ()}).holds


def test_rows_of_the_three_apis_have_one_shape() -> None:
    nova = {"binary": "nova-conductor", "host": "a", "state": "down", "status": "enabled", "zone": "internal"}
    agent = {"binary": "ovn-controller", "host": "c", "alive": True, "admin_state_up": True}
    assert services_client.services({"services": [nova]}) == [
        {"binary": "nova-conductor", "host": "a", "state": "down", "enabled": True}
    ]
    assert services_client.services({"agents": [agent]}) == [
        {"binary": "ovn-controller", "host": "c", "state": "up", "enabled": True}
    ]


ROW = {"binary": "cinder-scheduler", "host": "v", "state": "up", "enabled": True}
CLIENT = """
import json, sys
request = json.loads(sys.stdin.readline())
for number in range({made}):
    print(json.dumps({{"volume": {{"services": [{row}]}}, "compute": {{"error": "503"}}}}), flush=True)
"""


@pytest.fixture
def watching(
    tmp_path: Path, target_document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ServiceWatch]:
    (tmp_path / "target.json").write_text(json.dumps(target_document))
    target = read_target(tmp_path / "target.json")
    watch = ServiceWatch(Clients(target), target)
    monkeypatch.setattr(services, "MODULE", "made_client")
    # The stage is this machine, and the client a program beside the test.
    executable(tmp_path / "python", f"#!/bin/sh\nexec {sys.executable} {tmp_path}/client.py\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    yield watch
    watch.stop()


def test_one_client_serves_all_who_ask_and_one_apis_failure_is_its_own(
    watching: ServiceWatch, tmp_path: Path
) -> None:
    (tmp_path / "client.py").write_text(CLIENT.format(made=READINGS, row=ROW))
    assert watching.first("volume") == (Service(**ROW),)
    assert len(watching.all("volume")) == READINGS
    with pytest.raises(ClientFailed, match="list of compute services could not be read: 503"):
        watching.all("compute")
    with pytest.raises(ClientFailed, match="the target has no such endpoint"):
        watching.first("network")


def test_a_client_that_ends_too_soon_is_told(watching: ServiceWatch, tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(CLIENT.format(made=2, row=ROW))
    with pytest.raises(ClientFailed, match="it ended after 2 of 5 readings"):
        watching.all("volume")
