"""OpenStack's services: left stopped till they can work, restarted by what they read, secrets kept."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from programs import ended, executable
from stage_sample import blueprint, content, formed, manifest

from stages.design.manifest import LIB, Command, Wait, Wanted
from stages.design.rendering import marked
from stages.openstack.forming import SCHEMA_NEEDS, once
from stages.roles.image import role as image

STAGE = "whole-prod"
ROLES = ["image", "compute-api", "network-api", "volume-api"]
APIS = [f"{role}-blue-1" for role in ROLES]
CHECKED = "/etc/dependency-check/dependencies.json"
WORKER = "neutron-ovn-maintenance-worker"


@pytest.mark.parametrize("host", APIS)
def test_a_service_is_left_stopped_and_restarted_by_its_unit_and_its_configuration(host: str) -> None:
    made = manifest(STAGE, host)
    paths = {file.path for file in made.files}
    services = [unit for unit in made.units if unit.wanted is Wanted.NOT_STARTED]
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
    text = content(STAGE, "network-api-blue-1", f"/etc/systemd/system/{WORKER}.service")
    assert f"ExecStart={LIB}/{WORKER} --config-file" in text


def test_the_image_cache_is_brought_below_its_limit_now_and_then() -> None:
    (timer,) = (unit for unit in manifest(STAGE, "image-blue-1").units if unit.name == image.TIMER)
    assert timer.wanted is Wanted.RUNNING
    assert "image_cache_max_size = " in content(STAGE, "image-blue-1", image.CONFIGURATION)


@pytest.mark.parametrize("name", ["nova-conductor", "nova-scheduler"])
def test_who_asks_an_api_as_it_starts_waits_for_it_and_not_for_ever(name: str) -> None:
    # Seen: a conductor was ready 60 ms before Placement was, and its journal had an error.
    unit = content(STAGE, "compute-api-blue-2", f"/etc/systemd/system/{name}.service")
    (wait,) = [line for line in unit.splitlines() if line.startswith("ExecStartPre=")]
    assert wait.startswith("ExecStartPre=-/usr/bin/curl ")
    assert wait.endswith(f" http://{blueprint(STAGE).vip}:8778/")
    assert "--retry-max-time 120 " in wait
    assert "TimeoutStartSec=150" in unit.splitlines()


@pytest.mark.parametrize(("cached", "asked"), [((), 1), (("4c1e",), 0)])
def test_records_of_a_cache_that_a_new_image_host_does_not_have_are_forgotten_before_it_starts(
    tmp_path: Path, cached: tuple[str, ...], asked: int
) -> None:
    (dropped,) = (
        file.path for file in manifest(STAGE, "image-blue-1").files if "glance-api.service.d" in file.path
    )
    assert f"ExecStartPre=-+{image.FORGET}" in content(STAGE, "image-blue-1", dropped)
    cache, client = tmp_path / "image-cache", tmp_path / "mariadb"
    (cache / "incomplete").mkdir(parents=True)
    for name in cached:
        (cache / name).touch()
    client.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>{tmp_path}/asked\n')
    client.chmod(0o755)
    script = content(STAGE, "image-blue-1", image.FORGET).replace(image.CACHE, str(cache))
    there = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(("sh", "-c", script), env=there, check=True)
    said = (tmp_path / "asked").read_text() if (tmp_path / "asked").exists() else ""
    assert said.count("DELETE cached_images") == asked
    url = "worker_self_reference_url = "
    (own,) = (
        line.removeprefix(url)
        for line in content(STAGE, "image-blue-1", image.CONFIGURATION).splitlines()
        if line.startswith(url)
    )
    assert said.count(f"'{own}'") == asked


@pytest.mark.parametrize("role", ROLES)
def test_schemas_are_made_side_by_side_and_services_start_behind_their_own(role: str) -> None:
    formations = formed(STAGE, role)
    schemas = [item for item in formations if item.kind == "schema"]
    assert all(item.needs == SCHEMA_NEEDS for item in schemas)
    # The brokers of Nova's cell are recorded anew by whatever release is promoted next.
    assert {item.id for item in schemas if not item.irreversible} <= {"schema/nova-brokers"}
    services = [item for item in formations if item.kind == "service"]
    assert [item.host for item in services] == [host.name for host in blueprint(STAGE).everywhere(role)]
    last = {item.id for item in schemas} - {before for item in schemas for before in item.after}
    assert all(last <= set(item.after) for item in services)
    assert formations[-1].kind == "ready"


def test_compute_hosts_are_found_when_they_have_reported_and_not_before() -> None:
    (ready,) = [one for one in formed(STAGE, "compute") if one.id == "ready/compute"]
    # The host has what it is asked with, and may ask the databases: a compute host may not.
    assert ready.host == "compute-api-blue-1"
    paths = {file.path for file in manifest(STAGE, ready.host).files}
    reported, discover, known, restore = ready.commands
    assert restore.run[1:] == ("restore", "compute-1", "compute-2")
    assert isinstance(reported, Wait)
    assert isinstance(discover, Command)
    assert isinstance(known, Wait)
    assert reported.until == (f"{LIB}/in-cell", "reported", "compute-1", "compute-2")
    assert discover.run[-2:] == ("cell_v2", "discover_hosts")
    assert discover.unless == (f"{LIB}/in-cell", "mapped", "compute-1", "compute-2")
    # Before one that was retired gets servers again, it has to be up; then nothing is left to do.
    assert known.until == (f"{LIB}/compute-known", "--up", "compute-1", "compute-2")
    assert ready.done == (f"{LIB}/compute-known", "compute-1", "compute-2")
    assert {reported.until[0], known.until[0]} <= paths
    # Two that map the same host at once collide: the schedulers do not look for hosts by themselves.
    assert "discover_hosts_in_cells_interval" not in content(STAGE, ready.host, "/etc/nova/nova.conf")


@pytest.mark.parametrize(
    ("rows", "code", "told"),
    [
        ("compute-1\ncompute-2\nanother", 0, ""),
        ("compute-2", 1, "not reported yet: compute-1"),
        ("", 1, "not reported yet: compute-1 compute-2"),
        ("compute-10\ncompute-2", 1, "not reported yet: compute-1"),
    ],
)
def test_who_has_not_reported_is_named(tmp_path: Path, rows: str, code: int, told: str) -> None:
    executable(tmp_path / "mariadb", f"#!/bin/sh\nprintf '%s' '{rows}'\n")
    (tmp_path / "in-cell").write_text(content(STAGE, "compute-api-blue-1", f"{LIB}/in-cell"))
    done = ended("sh", tmp_path / "in-cell", "reported", "compute-1", "compute-2", first_on_path=tmp_path)
    assert (done.returncode, done.stderr.strip()) == (code, told)


def test_the_cell_follows_the_brokers_after_it_is_made_and_before_anything_starts() -> None:
    formations = {item.id: item for item in formed(STAGE, "compute-api")}
    mapped = formations["schema/nova-brokers"]
    (command,) = mapped.commands
    assert isinstance(command, Command)
    assert command.unless == mapped.done == (f"{LIB}/in-cell", "current")
    # Nova's own command takes the URL from nova.conf, so no argv has a password.
    assert "cell_v2 update_cell --cell_uuid" in command.run[-1]
    assert "transport" not in command.run[-1]
    assert mapped.after == ("schema/nova-cells",)
    assert "schema/nova-brokers" in formations["service/compute-api-blue-1"].after


def test_what_is_recorded_as_done_is_the_revision_and_what_was_run() -> None:
    def known(revision: str, *runs: tuple[str, ...]) -> tuple[str, ...]:
        command = once("name", revision, runs)
        assert command.unless is not None
        assert shlex.join((command.unless[0], "note", *command.unless[2:])) in command.run[-1]
        return command.unless

    asked = [
        known("1", ("a", "b")),
        known("1", ("a b",)),
        known("1", ("a", "b"), ("c",)),
        known("2", ("a", "b")),
    ]
    assert len(set(asked)) == 4
    assert known("1", ("a", "b")) == asked[0]
