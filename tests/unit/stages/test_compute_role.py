"""A compute host's identity in Nova: its own by its name, or the one it is known by; written once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from uuid import UUID

from stage_sample import blueprint, content, drafted

from stages.roles.compute import role

if TYPE_CHECKING:
    from pathlib import Path

HOST, OTHER = "compute-1", "compute-2"
STAGE = "whole-staging"
KNOWN = "6f1b1d9e-3c43-4e0c-8c5e-0f0b8c1f7a11"
UNIT = "/etc/systemd/system/nova-compute.service"
# Stands for keystoneauth1: Placement answers with what ANSWER says, or is not there.
STAND_IN = """
class Password:
    def __init__(self, url, **more): assert url
class Session:
    def __init__(self, auth, timeout): pass
    def get(self, url, endpoint_filter):
        assert url == "/resource_providers?name=compute-1", url
        self.answer = ANSWER
        return self
    def json(self):
        return {"resource_providers": self.answer}
"""


def start(folder: Path, answer: str) -> subprocess.CompletedProcess[str]:
    """Run the program as the unit does, on a host whose files lie in the folder."""
    package = folder / "keystoneauth1"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    for module in ("session", "v3", "identity"):
        (package / f"{module}.py").write_text(STAND_IN.replace("ANSWER", answer))
    (package / "identity.py").write_text("from keystoneauth1 import v3")
    (folder / "nova.conf").write_text(
        "[placement]\nauth_url = http://vip:5000/v3\nusername = nova\npassword = x\nproject_name = service\n"
    )
    text = content(STAGE, HOST, role.IDENTITY)
    text = text.replace("/var/lib/nova", str(folder)).replace("/etc/nova", str(folder))
    assert "WITHIN, AGAIN_AFTER = 100, 2" in text
    text = text.replace("WITHIN, AGAIN_AFTER = 100, 2", "WITHIN, AGAIN_AFTER = 0.1, 0.2")
    (folder / "compute-identity").write_text(text)
    return subprocess.run(
        (sys.executable, folder / "compute-identity"), capture_output=True, text=True, check=False
    )


def identity() -> str:
    drawn = blueprint(STAGE)
    return str(role.identity(drawn, drawn.host(HOST)))


def test_an_identity_follows_from_site_stage_and_name_alone() -> None:
    drawn = blueprint(STAGE)
    again = drafted(STAGE).blueprint
    assert role.identity(drawn, drawn.host(HOST)) == role.identity(again, again.host(HOST))
    elsewhere = drafted(STAGE, "ffffff").blueprint
    prod = blueprint("whole-prod")
    different = {
        role.identity(drawn, drawn.host(HOST)),
        role.identity(drawn, drawn.host(OTHER)),
        role.identity(elsewhere, elsewhere.host(HOST)),
        role.identity(prod, prod.host(HOST)),
    }
    assert len(different) == 4


def test_nova_compute_never_starts_without_it_and_has_a_driver_that_keeps_it() -> None:
    assert f"ExecStartPre={role.IDENTITY}\n" in content(STAGE, HOST, UNIT)
    assert "compute_driver = fake.FakeDriverWithoutFakeNodes" in content(STAGE, HOST, role.NOVA)


def test_a_new_host_gets_its_own(tmp_path: Path) -> None:
    done = start(tmp_path, "[]")
    assert done.returncode == 0, done.stderr
    assert UUID((tmp_path / "compute_id").read_text()) == UUID(identity())


def test_a_host_that_placement_knows_keeps_the_identity_it_is_known_by(tmp_path: Path) -> None:
    done = start(tmp_path, f'[{{"uuid": "{KNOWN}"}}]')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "compute_id").read_text() == KNOWN


def test_what_is_written_stays_and_nobody_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "compute_id").write_text(KNOWN)
    done = start(tmp_path, "1 / 0")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "compute_id").read_text() == KNOWN


def test_without_an_answer_nothing_is_guessed(tmp_path: Path) -> None:
    done = start(tmp_path, "1 / 0")
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stdout
    assert not (tmp_path / "compute_id").exists()
