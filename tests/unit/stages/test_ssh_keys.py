"""Keys are made once, whoever asks; a preview makes none and writes nothing into the site."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stage_sample import CONFIG

from stages.draft import draft
from stages.machine.site import Site
from stages.machine.substrates import ssh

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")


def test_keys_that_several_make_at_once_are_one_pair_for_all(site: Site) -> None:
    def made(_: int) -> tuple[str, str]:
        folder = ssh.equip(site, "prod", "database-1")
        return (folder / "host_key.pub").read_text(), (folder / "authorized_keys").read_text()

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert len(set(pool.map(made, range(16)))) == 1
    left = {path.name for path in site.keys.rglob("*") if path.is_file()}
    assert left == {"id_ed25519", "id_ed25519.pub", "host_key", "host_key.pub", "authorized_keys"}


def test_the_way_in_is_the_gateways_namespace_and_podman_is_asked_only_when_that_is_gone(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "namespace", lambda *_: "/run/netns/gateway")
    text = ssh.borrow(site, draft(CONFIG, "prod", site.id).blueprint, tmp_path / "own").read_text()
    assert 'there=/run/netns/gateway; [ -e "$there" ] || there=$(podman ' in text.replace("'\"'\"'", "'")


def test_what_is_borrowed_knows_only_hosts_that_have_keys_and_makes_none(site: Site, tmp_path: Path) -> None:
    ssh.equip(site, "prod", "database-1")
    before = sorted(site.path.rglob("*"))
    path = ssh.borrow(site, draft(CONFIG, "prod", site.id).blueprint, tmp_path / "own")
    known = (tmp_path / "own/known_hosts").read_text().splitlines()
    assert [line.split()[0] for line in known] == [f"database-1.prod.{site.id}"]
    assert f"UserKnownHostsFile {tmp_path}/own/known_hosts" in path.read_text()
    assert "StrictHostKeyChecking yes" in path.read_text()
    assert sorted(site.path.rglob("*")) == before
