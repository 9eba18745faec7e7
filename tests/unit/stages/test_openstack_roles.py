"""OpenStack's services: left stopped till they can work, restarted by what they read, secrets kept."""

from __future__ import annotations

import json

import pytest
from stage_sample import blueprint, content, manifest

from stages.manifest import LIB, Wanted
from stages.rendering import marked
from stages.roles.image import role as image

STAGE = "whole-prod"
HOSTS = [host.name for host in blueprint(STAGE).hosts]
APIS = ["image-blue-1", "compute-api-blue-1", "network-api-blue-1", "volume-api-blue-1"]
EVERYBODY_ELSE = 0o007
CHECKED = "/etc/dependency-check/dependencies.json"
WORKER = "neutron-ovn-maintenance-worker"


@pytest.mark.parametrize("host", HOSTS)
def test_no_file_with_a_secret_may_be_read_by_everybody(host: str) -> None:
    for file in manifest(STAGE, host).files:
        assert not marked(file.content) or not file.mode & EVERYBODY_ELSE, file.path


@pytest.mark.parametrize("host", APIS)
def test_a_service_is_left_stopped_and_restarted_by_its_unit_and_its_configuration(host: str) -> None:
    made = manifest(STAGE, host)
    paths = {file.path for file in made.files}
    services = [unit for unit in made.units if unit.wanted is Wanted.LEFT]
    assert services
    for unit in services:
        assert f"/etc/systemd/system/{unit.name}" in unit.restart_on
        assert any(path.startswith("/etc/") and path.endswith((".conf", ".ini")) for path in unit.restart_on)
        assert paths.issuperset(unit.restart_on), "what it reads is in the manifest"


@pytest.mark.parametrize("host", APIS)
def test_what_a_host_depends_on_is_asked_with_the_secrets_that_its_services_have(host: str) -> None:
    text = content(STAGE, host, CHECKED)
    assert {"database", "identity"} <= set(json.loads(text)["dependencies"])
    own = {file.path: marked(file.content) for file in manifest(STAGE, host).files}
    assert own.pop(CHECKED) <= frozenset().union(*own.values())


def test_the_wrapped_worker_is_run_and_a_change_of_it_restarts_it() -> None:
    made = manifest(STAGE, "network-api-blue-1")
    (unit,) = (unit for unit in made.units if unit.name == f"{WORKER}.service")
    assert f"{LIB}/{WORKER}" in unit.restart_on
    assert f"ExecStart={LIB}/{WORKER} --config-file" in content(
        STAGE, "network-api-blue-1", f"/etc/systemd/system/{WORKER}.service"
    )


def test_the_image_cache_is_brought_below_its_limit_now_and_then() -> None:
    (timer,) = (unit for unit in manifest(STAGE, "image-blue-1").units if unit.name == image.TIMER)
    assert timer.wanted is Wanted.RUNNING
    assert "image_cache_max_size = " in content(STAGE, "image-blue-1", image.CONFIGURATION)


@pytest.mark.parametrize("role", ["image", "compute-api", "network-api", "volume-api"])
def test_schemas_are_made_side_by_side_and_services_start_behind_their_own(role: str) -> None:
    drawn = blueprint(STAGE)
    formations = drawn.roles[role].form(drawn, {})
    assert isinstance(formations, tuple)
    schemas = [item for item in formations if item.kind == "schema"]
    assert all(item.needs == ("database", "loadbalancer") and item.irreversible for item in schemas)
    services = [item for item in formations if item.kind == "service"]
    assert [item.host for item in services] == [host.name for host in drawn.hosts_of(role)]
    last = {item.id for item in schemas} - {before for item in schemas for before in item.after}
    assert all(last <= set(item.after) for item in services)
    assert formations[-1].kind == "ready"
