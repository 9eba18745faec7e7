import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import podman_stand_in
import pytest
import ssh_stand_in
from applier_on import HostDirectory
from config_sample import SHIPPED
from machine_shells import lease, machines_config, own, shells  # noqa: F401 - fixtures
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG, IMAGE
from stand_in import install

from stages.design.colours import FIRST
from stages.machine import site as sites
from stages.machine.site import Site
from stages.machine.substrates.fence import Lease
from stages.requests.context import Context


@pytest.fixture(autouse=True)
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites that tests make leave nothing in the machine's /run."""
    monkeypatch.setattr(sites, "RUN", tmp_path)


@pytest.fixture
def host(tmp_path: Path) -> HostDirectory:
    return HostDirectory.made_in(tmp_path)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that comes first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


@pytest.fixture
def lab(programs: Path, monkeypatch: pytest.MonkeyPatch) -> Podman:
    """The stand-in for podman, in place of the program."""
    podman_stand_in.stand_in(programs, monkeypatch)
    return Podman(programs)


@pytest.fixture
def hosts(lab: Podman) -> Ssh:
    """The stand-in for ssh, beside the one for podman: hosts that answer as they are told."""
    install(lab.folder, "ssh", ssh_stand_in.PROGRAM)
    return Ssh(lab.folder)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped config, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "config"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.at(tmp_path / "site")


@pytest.fixture
def grant(site: Site) -> Callable[[int], Lease]:
    """Grants stage prod to the run with this token, as the engine records it."""

    def granted(token: int) -> Lease:
        record = site.lease_record("prod")
        record.parent.mkdir(exist_ok=True)
        record.write_text(json.dumps({"token": token}))
        return Lease(token, record)

    return granted


@pytest.fixture
def context(site: Site, lab: Podman, grant: Callable[[int], Lease]) -> Context:
    """The context of a run that holds stage prod with token 12, and whose release has an image."""
    grant(12)
    lab.put(images={IMAGE: []})
    request = {"site": str(site.path), "config": str(CONFIG), "stage": "prod", "token": 12}
    return Context.of({**request, "artifacts": {"image": IMAGE}}, changes=True, known=FIRST)
