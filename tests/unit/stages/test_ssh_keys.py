"""Keys are made once, whoever asks; a preview makes none and writes nothing into the site."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from stages.site import Site
from stages.substrates import ssh

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.at(tmp_path / "site")


def test_keys_that_several_make_at_once_are_one_pair_for_all(site: Site) -> None:
    def made(_: int) -> tuple[str, str]:
        folder = ssh.equip(site, "prod", "database-1")
        return (folder / "host_key.pub").read_text(), (folder / "authorized_keys").read_text()

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert len(set(pool.map(made, range(16)))) == 1
    left = {path.name for path in site.keys.rglob("*") if path.is_file()}
    assert left == {"id_ed25519", "id_ed25519.pub", "host_key", "host_key.pub", "authorized_keys"}
