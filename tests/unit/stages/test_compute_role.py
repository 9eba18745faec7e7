"""A compute host's identity in Nova: its own by its name, or the one it is known by; written once."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from config_sample import SHIPPED
from programs import ended
from stage_sample import SITE, blueprint, content, drafted
from stand_in import with_keystoneauth

from stages.design.blueprint import Blueprint
from stages.draft import draft
from stages.roles.compute import role

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
    with_keystoneauth(folder, STAND_IN.replace("ANSWER", answer))
    text = content(STAGE, HOST, role.IDENTITY)
    text = text.replace("/var/lib/nova", str(folder)).replace("/etc/nova", str(folder))
    assert "WITHIN, AGAIN_AFTER = 100, 2" in text
    text = text.replace("WITHIN, AGAIN_AFTER = 100, 2", "WITHIN, AGAIN_AFTER = 0.1, 0.2")
    (folder / "compute-identity").write_text(text)
    return ended(sys.executable, folder / "compute-identity")


def identity(drawn: Blueprint, host: str = HOST) -> str:
    return str(role.identity(drawn, drawn.host(host)))


OWN = identity(blueprint(STAGE))


def test_an_identity_follows_from_site_stage_and_name_alone() -> None:
    different = {
        OWN,
        identity(blueprint(STAGE), OTHER),
        identity(drafted(STAGE, "ffffff").blueprint),
        identity(blueprint("whole-prod")),
    }
    assert len(different) == 4
    assert identity(draft(SHIPPED, "staging", SITE).blueprint) == OWN


def test_nova_compute_never_starts_without_it_and_has_a_driver_that_keeps_it() -> None:
    assert f"ExecStartPre={role.IDENTITY}\n" in content(STAGE, HOST, UNIT)
    assert "compute_driver = fake.FakeDriverWithoutFakeNodes" in content(STAGE, HOST, role.NOVA)


@pytest.mark.parametrize(
    ("written", "answer", "becomes"),
    [
        pytest.param(None, "[]", OWN, id="a new host: its own"),
        pytest.param(None, f'[{{"uuid": "{KNOWN}"}}]', KNOWN, id="one that Placement knows: as it is known"),
        pytest.param(KNOWN, "1 / 0", KNOWN, id="written before: Placement is not asked"),
    ],
)
def test_a_hosts_identity(tmp_path: Path, written: str | None, answer: str, becomes: str) -> None:
    if written is not None:
        (tmp_path / "compute_id").write_text(written)
    done = start(tmp_path, answer)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "compute_id").read_text()
    assert text == becomes or becomes == OWN == str(UUID(text))
    assert written in (None, text)


def test_without_an_answer_nothing_is_guessed(tmp_path: Path) -> None:
    done = start(tmp_path, "1 / 0")
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stdout
    assert not (tmp_path / "compute_id").exists()
