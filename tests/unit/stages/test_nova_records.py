"""What Nova and Placement record of a host that leaves, with a stand-in for both."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from programs import ended
from stage_sample import content
from stand_in import with_keystoneauth

from stages.design.manifest import LIB

# Stands for keystoneauth1: Nova and Placement as the file cloud.json has them.
STAND_IN = """
import json, pathlib
STORE = pathlib.Path(__file__).parent.parent / "cloud.json"
class Password:
    def __init__(self, url, **more): assert url
class Session:
    def __init__(self, auth, timeout): pass
    def get(self, path, endpoint_filter):
        cloud = json.loads(STORE.read_text())
        up = [{"hypervisor_hostname": one, "state": "up"} for one in cloud["up"]]
        self.answer = {"hypervisors": up, "services": cloud["services"]}
        return self
    def request(self, path, method, endpoint_filter, **more):
        cloud = json.loads(STORE.read_text())
        self.content = self.answer = self.answered(cloud, endpoint_filter["service_type"], method, path, more)
        STORE.write_text(json.dumps(cloud))
        return self
    def answered(self, cloud, service, method, path, more):
        if method != "GET":
            cloud["did"].append(" ".join([method, path, *more.get("json", {}).values()]))
        if method == "PUT":
            for one in (one for one in cloud["services"] if one["id"] == path.split("/")[2]):
                one["disabled_reason"] = more["json"].get("disabled_reason")
        if method == "DELETE" and path.startswith("/os-services/"):
            cloud["services"] = [one for one in cloud["services"] if one["id"] != path.split("/")[2]]
            cloud["providers"] = cloud["providers"] if cloud["stays"] else []
        if method != "GET":
            return {}
        if service == "placement":
            if path.endswith("/allocations"):
                return {"allocations": cloud["allocations"]}
            return {"resource_providers": [{"uuid": one} for one in cloud["providers"]]}
        return {"services": cloud["services"]} if "os-services" in path else {"servers": cloud["servers"]}
    def json(self):
        return self.answer
"""
SERVICES = [
    {"id": "a", "binary": "nova-compute", "host": "compute-2"},
    {"id": "b", "binary": "nova-compute", "host": "compute-1"},
]
CLOUD = {
    "did": [],
    "services": SERVICES,
    "servers": [],
    "providers": ["p"],
    "allocations": {},
    "stays": False,
    "up": ["compute-1", "compute-2"],
}


def stand_in(folder: Path, **cloud: Any) -> None:  # noqa: ANN401 - JSON
    with_keystoneauth(folder, STAND_IN)
    (folder / "cloud.json").write_text(json.dumps({**CLOUD, **cloud}))


def ran(folder: Path, name: str, *argv: str) -> subprocess.CompletedProcess[str]:
    text = content("whole-prod", "compute-api-blue-1", f"{LIB}/{name}").replace("/etc/nova", str(folder))
    (folder / name).write_text(text)
    return ended(sys.executable, folder / name, *argv)


def records(folder: Path, verb: str, **cloud: Any) -> tuple[list[str], subprocess.CompletedProcess[str]]:  # noqa: ANN401 - JSON
    stand_in(folder, **cloud)
    done = ran(folder, "nova-records", verb, "compute-2")
    return json.loads((folder / "cloud.json").read_text())["did"], done


def test_a_compute_host_without_servers_gets_no_new_one(tmp_path: Path) -> None:
    did, done = records(tmp_path, "retire")
    assert (done.returncode, done.stderr) == (0, "")
    assert did == ["PUT /os-services/a disabled it leaves the stage"]


@pytest.mark.parametrize(("reason", "enabled"), [("it leaves the stage", 1), ("broken disk", 0), (None, 0)])
def test_one_that_came_back_gets_servers_again_unless_somebody_else_stopped_that(
    tmp_path: Path, reason: str | None, enabled: int
) -> None:
    one = {"id": "a", "binary": "nova-compute", "host": "compute-2", "disabled_reason": reason}
    did, done = records(tmp_path, "restore", services=[one])
    assert (done.returncode, done.stderr) == (0, "")
    assert did == ["PUT /os-services/a enabled"] * enabled


def test_one_that_got_a_server_meanwhile_stays_and_gets_more(tmp_path: Path) -> None:
    did, done = records(tmp_path, "retire", servers=[{"id": "x"}])
    assert done.returncode == 1
    assert "compute-2 has 1 servers" in done.stderr
    assert did[-1] == "PUT /os-services/a enabled"


@pytest.mark.parametrize(
    ("cloud", "did"),
    [
        ({}, ["DELETE /os-services/a"]),  # Nova removes the provider
        ({"stays": True}, ["DELETE /os-services/a", "DELETE /resource_providers/p"]),
        ({"services": []}, ["DELETE /resource_providers/p"]),  # of a run that was killed, or an older release
        ({"services": [], "providers": []}, []),
    ],
)
def test_its_own_services_and_its_provider_are_removed(
    tmp_path: Path, cloud: dict[str, Any], did: list[str]
) -> None:
    found, done = records(tmp_path, "remove", **cloud)
    assert (done.returncode, done.stderr) == (0, "")
    assert found == did


def test_a_provider_with_allocations_is_left_and_told(tmp_path: Path) -> None:
    did, done = records(tmp_path, "remove", services=[], allocations={"consumer-1": {}})
    assert (done.returncode, did) == (1, [])
    assert "1 allocations on compute-2, of consumer-1" in done.stderr


def test_one_that_was_retired_and_runs_on_is_not_as_it_should_be_until_it_gets_servers_again(
    tmp_path: Path,
) -> None:
    """Of a redeployment that ended before the host was gone, only this is left."""
    stand_in(tmp_path)
    known = ("compute-known", "compute-1", "compute-2")
    assert ran(tmp_path, *known).returncode == 0
    assert ran(tmp_path, "nova-records", "retire", "compute-2").returncode == 0
    asked = ran(tmp_path, *known)
    assert (asked.returncode, asked.stderr) == (
        1,
        "Nova sends no new server to compute-2: it leaves the stage\n",
    )
    assert ran(tmp_path, "compute-known", "--up", "compute-1", "compute-2").returncode == 0, "it is up"
    assert ran(tmp_path, "compute-known", "compute-1").returncode == 0
    assert ran(tmp_path, "nova-records", "restore", "compute-1", "compute-2").returncode == 0
    assert ran(tmp_path, *known).returncode == 0


def test_one_that_a_person_keeps_new_servers_from_is_as_it_should_be(tmp_path: Path) -> None:
    one = {"id": "a", "binary": "nova-compute", "host": "compute-2", "disabled_reason": "broken disk"}
    stand_in(tmp_path, services=[one])
    assert ran(tmp_path, "compute-known", "compute-2").returncode == 0


@pytest.mark.parametrize("more", [(), ("--up",)])
def test_one_that_is_not_up_is_not_known(tmp_path: Path, more: tuple[str, ...]) -> None:
    stand_in(tmp_path, up=["compute-1"])
    asked = ran(tmp_path, "compute-known", *more, "compute-1", "compute-2")
    assert (asked.returncode, asked.stderr) == (1, "Nova does not know compute-2\n")
