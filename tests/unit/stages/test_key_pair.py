"""Pairs of keys of ssh: what OpenSSH takes, made once; a private key that is there stays."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stages.errors import KeyUnusable
from stages.machine.substrates.key_pair import key_pair


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")
def test_openssh_reads_both_keys_as_one_pair(tmp_path: Path) -> None:
    path = key_pair(tmp_path / "keys/id")
    argv = ["ssh-keygen", "-y", "-f", str(path)]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.split()[:2] == path.with_suffix(".pub").read_text().split()[:2]
    assert path.with_suffix(".pub").read_text().split()[::2] == ["ssh-ed25519", "stagegate"]
    assert [file.stat().st_mode & 0o777 for file in (path, path.with_suffix(".pub"))] == [0o600, 0o644]


def test_a_public_key_that_got_lost_is_made_from_its_private_one(tmp_path: Path) -> None:
    path = key_pair(tmp_path / "id")
    private, public = path.read_text(), path.with_suffix(".pub").read_text()
    path.with_suffix(".pub").unlink()
    assert (key_pair(path).read_text(), path.with_suffix(".pub").read_text()) == (private, public)


@pytest.mark.parametrize(
    "text", ["", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END\n", "ssh-ed25519 A"]
)
def test_what_is_no_private_key_is_refused_and_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "id"
    path.write_text(text)
    with pytest.raises(KeyUnusable, match="no private key of ssh") as refused:
        key_pair(path)
    assert (refused.value.where, path.read_text()) == (str(path), text)
    assert not path.with_suffix(".pub").exists()
