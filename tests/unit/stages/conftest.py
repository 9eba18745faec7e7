import os
from pathlib import Path

import pytest
from applier_on import HostDirectory
from podman_stand_in import Podman
from ssh_stand_in import Ssh

from stages.machine import site as sites
from stages.machine.site import Site


@pytest.fixture(autouse=True)
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites that tests make leave nothing in the machine's /run."""
    monkeypatch.setattr(sites, "RUN", tmp_path)


@pytest.fixture
def host(tmp_path: Path) -> HostDirectory:
    return HostDirectory.made_in(tmp_path)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Podman:
    """The stand-in for podman, in place of the program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return Podman.at(folder)


@pytest.fixture
def hosts(lab: Podman) -> Ssh:
    """The stand-in for ssh, beside the one for podman: hosts that answer as they are told."""
    return Ssh.at(lab.folder)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.at(tmp_path / "site")
