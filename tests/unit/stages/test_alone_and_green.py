"""Green stands alone, as after a retirement, where another colour brings changes: its hosts are asked."""

import json
import shutil
from pathlib import Path

import pytest
from lab_of_two import stand
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG, OPENSTACK, blueprint, with_planes

from stages.design.blueprint import Colour
from stages.machine.site import Site
from stages.requests.context import Context


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The sample config with `strategy: blue-green` in prod."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    file = folder / "stages" / "prod.yaml"
    file.write_text(f"{file.read_text()}\nstrategy: blue-green\n")
    return folder


def test_a_change_of_it_comes_by_blue(
    lab: Podman, hosts: Ssh, site: Site, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = with_planes(blueprint(), {Colour.GREEN: OPENSTACK})
    stand(lab, site, drawn)
    green = [host.name for host in drawn.hosts if host.colour is Colour.GREEN]
    hosts.answer(**{name.replace("-", "_"): {"says": json.dumps({"applied": "another"})} for name in green})
    request = {"site": str(site.path), "config": str(config), "stage": "prod"}
    found = Context.of(request, changes=False).draft.blueprint
    assert "green is not what the release asks for: " in capsys.readouterr().err
    assert (found.colour, found.beside and found.beside.colour) == (Colour.BLUE, Colour.GREEN)
