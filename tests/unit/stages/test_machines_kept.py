"""What is on a machine is stopped, removed or forgotten only where somebody asked for exactly that."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from inventory_sample import HOST_KEY
from machine_shells import (
    NAMES,
    OWNER,
    Answer,
    Shells,
    another_s,
    hanging,
    plain,
    prepared,
    record,
    refusals,
    unreachable,
)
from podman_stand_in import Podman
from stage_sample import blueprint

from stages.design.blueprint import Blueprint
from stages.design.inventory import Machine
from stages.errors import HostRefused
from stages.machine import secrets
from stages.machine.site import Site
from stages.machine.substrates import arriving, image, records, software
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.inventory import Inventory
from stages.machine.substrates.lab import Lab
from stages.machine.substrates.remote import UNREACHABLE, RemoteHost
from stages.machine.substrates.substrate import Creation
from stages.requests import lab as lab_verbs


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "software"
    (folder / "debs").mkdir(parents=True)
    for name in ("debs/Packages", software.ENVIRONMENT, software.PACKAGES):
        (folder / name).touch()
    monkeypatch.setattr(software, "fetch", lambda *_: folder)
    monkeypatch.setattr(image, "base_of", lambda _image: "b")
    return folder


def brought(own: Site, stage: Blueprint, name: str, lease: Lease) -> None:
    machine = Machine("192.0.2.7", HOST_KEY, port=2222)
    host = RemoteHost(name, Path("/none"))
    arriving.bring(own, stage, host, machine, Creation("sha256:new", lease))


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize(
    ("name", "openstack"),
    [("loadbalancer-1", ""), ("database-1", ""), ("object-store-1", "2026.1"), ("identity-blue-1", "2026.1")],
)
def test_a_host_of_every_tier_is_described_whole_and_has_the_environment_that_its_role_uses(
    own: Inventory, shells: Shells, lease: Lease, name: str, openstack: str
) -> None:
    stage = replace(blueprint("whole-prod"), stage="dev")
    host = stage.host(name)
    brought(own.site, stage, name, lease)
    scripts = shells.scripts(name)
    (words,) = [shlex.split(script) for script in scripts if "prepare-host prepare" in script]
    described = [OWNER, name, "sha256:new", "b", openstack, host.role, host.address, host.interface]
    assert words == ["sh", f"{arriving.PLACE}/prepare-host", "prepare", *described]
    assert any(software.ENVIRONMENT in script for script in scripts) == bool(openstack)


@pytest.mark.usefixtures("fetched")
def test_a_machine_is_checked_before_anything_big_is_sent_or_anything_is_stopped(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    def unfit(script: str) -> tuple[int, str]:
        return (1, "") if "prepare-host check" in script else prepared(script)

    shells.answers = {"database-1": unfit}
    with pytest.raises(HostRefused, match="because"):
        brought(own.site, own.blueprint, "database-1", lease)
    assert "prepare-host check" in shells.scripts("database-1")[-1]
    assert "apply" not in shells.scripts("database-1")
    assert not records.of(own.site, "dev"), "nothing was put on it"
    shells.answers = {}
    brought(own.site, own.blueprint, "database-1", lease)
    found = records.of(own.site, "dev")["database-1"]
    assert found.keeps == ("/var/lib/mysql", "/var/lib/galera-backups")
    assert (found.host_key, found.port) == (HOST_KEY, 2222), "so it can leave when the config has it no more"


@pytest.mark.parametrize("answer", [unreachable, hanging, another_s])
def test_a_machine_that_says_nothing_is_silent_and_the_others_are_seen(
    own: Inventory, shells: Shells, answer: Answer
) -> None:
    shells.answers = {"database-1": answer, "identity-blue-1": plain}
    standing = own.standing()
    assert set(standing.hosts) == {"loadbalancer-1", "database-1"}, "identity-blue-1 is no host yet"
    seen = standing.hosts["database-1"]
    assert seen.silent
    assert (seen.state, standing.running) == ("silent", ("loadbalancer-1",))
    assert bool(seen.retried) == (answer is not another_s)
    assert standing.hosts["loadbalancer-1"].base == "b"


def test_one_missed_answer_is_a_retry_that_is_told(own: Inventory, shells: Shells) -> None:
    def late(script: str) -> tuple[int, str]:
        return prepared(script) if len(shells.scripts("database-1")) > 1 else unreachable(script)

    shells.answers = {"database-1": late}
    seen = own.standing().hosts["database-1"]
    assert (seen.silent, seen.image) == ("", "sha256:new")
    assert "can't be reached" in seen.retried


def test_a_plan_replaces_no_machine_that_is_silent(
    own: Inventory, shells: Shells, machines_config: Path, lab: Podman
) -> None:
    secrets.ensure(own.site, "dev", (), {})  # the stage was made from here
    shells.answers = {"database-1": unreachable, "identity-blue-1": another_s, "loadbalancer-1": hanging}
    told = {line.split()[0]: line for line in refusals(own, machines_config, lab)}
    assert set(told) == set(NAMES)
    assert "can't be reached by ssh" in told["database-1"]
    assert "belongs to 77ab01/dev" in told["identity-blue-1"]
    assert "within 30 s" in told["loadbalancer-1"]
    assert all("(next: mend it" in line for line in told.values())


def test_a_fence_that_could_not_be_written_is_an_error(own: Inventory, shells: Shells) -> None:
    for status in (0, UNREACHABLE):
        shells.answers = {"database-1": lambda _script, status=status: (status, "")}
        own.fence("database-1", 12)
    shells.answers = {"database-1": lambda _script: (1, "")}
    with pytest.raises(HostRefused, match=r"can't be fenced.*because"):
        own.fence("database-1", 12)


@pytest.mark.usefixtures("lab")
def test_the_status_has_a_row_for_a_machine_that_says_nothing(own: Inventory, shells: Shells) -> None:
    for name in NAMES:
        record(own, name, own.blueprint.host(name).address)
    shells.answers = {"database-1": hanging, "identity-blue-1": another_s}
    rows = {row["host"]: row["state"] for row in lab_verbs.status(own.site, None)}
    assert rows == {"database-1": "silent", "identity-blue-1": "silent", "loadbalancer-1": "running"}


def test_an_image_that_a_machine_runs_is_in_use(
    own: Inventory, lab: Podman, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(own, "database-1", "192.0.2.10")
    lab.put(images={})
    used: list[set[str]] = []
    monkeypatch.setattr(image, "build", lambda *_: "sha256:newest")
    monkeypatch.setattr(image, "prune", lambda _site, in_use, _say: used.append(in_use))
    Lab(own.site, own.blueprint).images.build(None, print)  # type: ignore[arg-type]  # what it is built from is replaced
    assert used == [{"sha256:new", "sha256:newest"}]
