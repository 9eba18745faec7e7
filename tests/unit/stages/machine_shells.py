"""Machines that Stagegate did not make, in place of ssh: what each was told, and how it answers."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from config_sample import SHIPPED
from inventory_sample import SITE, drawn, on_machines
from podman_stand_in import Podman

from stages.errors import HostRefused
from stages.machine.site import Site
from stages.machine.substrates import records
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.inventory import Inventory
from stages.machine.substrates.remote import UNREACHABLE, RemoteHost
from stages.requests.context import Context
from stages.requests.plan import make

NAMES = ("loadbalancer-1", "database-1", "identity-blue-1")
OWNER = f"{SITE}/dev"
Answer = Callable[[str], tuple[int, str]]


def prepared(script: str) -> tuple[int, str]:
    """A host of dev, as far as it is asked."""
    told = f"owner={OWNER}\nhost=x\nimage=sha256:new\nopenstack=\nrole=database\naddress=192.0.2.1\nbase=b\n"
    return 0, told if script.startswith("cat /var/lib/stagegate/host") else ""


def plain(_script: str) -> tuple[int, str]:
    return 0, ""


def unreachable(_script: str) -> tuple[int, str]:
    return UNREACHABLE, ""


def hanging(_script: str) -> tuple[int, str]:
    raise HostRefused("no result", where="x", why="no result within 30 s", next="promote lab status")


def another_s(script: str) -> tuple[int, str]:
    code, told = prepared(script)
    return code, told.replace(SITE, "77ab01")


@dataclass
class Shells:
    """The shells of machines, in place of ssh: what each was told, and how each answers."""

    answers: dict[str, Answer] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def scripts(self, name: str) -> list[str]:
        return [script for host, script in self.told if host == name]


@pytest.fixture
def shells(monkeypatch: pytest.MonkeyPatch) -> Shells:
    found = Shells()

    def shell(host: RemoteHost, script: str, _body: object, _within: float) -> tuple[int, str, str]:
        found.told.append((host.name, script))
        return *found.answers.get(host.name, prepared)(script), "because"

    monkeypatch.setattr(RemoteHost, "shell", shell)
    monkeypatch.setattr(RemoteHost, "change", lambda host, *_, **__: found.told.append((host.name, "apply")))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return found


@pytest.fixture
def machines_config(tmp_path: Path) -> Path:
    copied = shutil.copytree(SHIPPED, tmp_path / "config")
    on_machines(copied, lambda name: f"192.0.2.{len(name)}", "192.0.2.250")
    return copied


@pytest.fixture
def own(tmp_path: Path, machines_config: Path) -> Inventory:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/site.json").write_text(f'{{"id": "{SITE}"}}')
    return Inventory(Site(tmp_path / "own", SITE), drawn(machines_config).blueprint)


@pytest.fixture
def lease(own: Inventory) -> Lease:
    return Lease(0, own.site.lease_record("dev"))


def record(own: Inventory, name: str, address: str, host_key: str = "") -> None:
    made = records.Record(address, "sha256:new", ("/var/lib/mysql", "/etc/mysql"), host_key, 2222)
    records.put(own.site, "dev", name, made)


def refusals(own: Inventory, machines_config: Path, lab: Podman, **parts: object) -> tuple[str, ...]:
    """What a plan says; a plan of any step fails the test."""
    lab.put(images={"sha256:new": []})
    asked = {"site": str(own.site.path), "config": str(machines_config), "stage": "dev", **parts}
    plan = make(Context.of({**asked, "artifacts": {"image": "sha256:new"}}))
    assert plan.steps == ()
    return plan.refusals
