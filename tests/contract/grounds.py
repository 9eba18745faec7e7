"""Where substrates are tried: the lab on stand-ins, the lab, and machines that exist already."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import podman_stand_in
import pytest
import ssh_stand_in
from checkout import HOME
from machines import Machines
from podman_stand_in import Podman
from stage_sample import CONFIG, IMAGE
from stand_in import install
from substrate_ground import STAGE, Ground

from stages.draft import draft
from stages.machine import site as sites
from stages.machine.site import Site
from stages.machine.substrates import lab as machine
from stages.machine.substrates import podman
from stages.machine.substrates.choice import substrate

PACKAGES = ["stagegate.packages=haproxy=2.6.12-1 mariadb-server=1:10.11.14-0+deb12u2"]


def on_stand_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _request: pytest.FixtureRequest
) -> Iterator[Ground]:
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setattr(sites, "RUN", tmp_path)
    for name in ("weigh", "raise_kernel_threads"):  # they act on the machine's own groups and threads
        monkeypatch.setattr(podman, name, lambda *_: None)
    install(programs, "ssh", ssh_stand_in.PROGRAM)
    podman_stand_in.stand_in(programs, monkeypatch)
    Podman(programs).put(images={IMAGE: PACKAGES})
    site = Site.at(tmp_path / "site")
    yield Ground(site, draft(CONFIG, STAGE, site.id), IMAGE, real=False)


@pytest.fixture(scope="session")
def kept() -> Iterator[Path]:
    """A folder for all tests on machines: software is fetched once, and plain Debian made once."""
    folder = HOME / "contract"
    with closing(Machines("contract", ())):
        yield folder
    machine.drop_images(Site.at(folder / "site"), print)
    shutil.rmtree(folder)


def on_machines(
    tmp_path: Path, _monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Ground]:
    kept: Path = request.getfixturevalue("kept")
    config = shutil.copytree(CONFIG, tmp_path / "config")
    file = config / f"stages/{STAGE}.yaml"
    names = tuple(host.name for host in draft(CONFIG, STAGE, "000000").blueprint.hosts)
    machines = Machines("contract", names).made()
    text = file.read_text().replace("substrate: lab", "substrate: inventory")
    file.write_text(f"{text}\n{machines.inventory()}")
    site = Site.at(kept / "site")
    drawn = draft(config, STAGE, site.id)
    try:
        image = substrate("inventory", site, drawn.blueprint).images.build(drawn.image, print)
        yield Ground(site, drawn, image, machines)
    finally:
        machines.gone()
        for name in ("stages", "keys", "leases"):
            shutil.rmtree(site.path / name, ignore_errors=True)


def in_the_lab(
    tmp_path: Path, _monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Ground]:
    request.getfixturevalue("holder_of_the_image")
    site = Site.at(tmp_path / "site")
    drawn = draft(CONFIG, STAGE, site.id)
    image = substrate("lab", site, drawn.blueprint).images.build(drawn.image, print)
    try:
        yield Ground(site, drawn, image)
    finally:
        machine.demolish(site, None, lambda: None)
        machine.drop_images(site, print)


@pytest.fixture(
    params=[
        pytest.param(on_stand_ins, id="stand-ins"),
        pytest.param(in_the_lab, id="lab", marks=pytest.mark.lab),
        # Each test makes its machines and puts software on them: minutes, all together.
        pytest.param(on_machines, id="machines", marks=pytest.mark.prove),
    ]
)
def ground(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    yield from request.param(tmp_path, monkeypatch, request)
