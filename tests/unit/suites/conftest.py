import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from programs import executable
from pydantic import TypeAdapter
from suites_sample import COMPONENT, REPOSITORY, Answering, FakeHost, Read, Recorded, Sample

from suites.hosts.host import Output
from suites.seam.target import Target, read_target


@pytest.fixture
def target_document(tmp_path: Path) -> dict[str, Any]:
    def host(name: str, *components: str) -> dict[str, Any]:
        return {
            "name": name,
            "role": "database",
            "tier": "shared",
            "colour": None,
            "address": "10.71.3.33",
            "components": list(components),
            "exec": ["true"],
            "power_off": [["true"]],
            "power_on": [["true"]],
            "link_down": [["true"]],
            "link_up": [["true"]],
        }

    return {
        "protocol": 1,
        "site": "3fa2c1",
        "stage": "staging",
        "colour": "blue",
        "release": "r1",
        "deployed_at": "2026-11-22T16:00:00Z",
        "settled_at": "2026-11-22T16:01:00Z",
        "new": True,
        "vip": "10.71.3.5",
        "inside": ["env"],
        "ssh_config": str(tmp_path / "ssh_config"),
        "hosts": [host("database-1", "left", "right"), host("database-2", "left")],
        "endpoints": {"identity": "http://10.71.3.5:5000/v3", "database": "10.71.3.5:3306"},
        "clouds": str(tmp_path / "clouds.yaml"),
        "cloud": "staging",
        "secrets": {"admin_password": {"file": str(tmp_path / "admin")}},
        "accounts": {"database_probe": "probe"},
        "versions": {"python": {"keystone": "29.0.1"}},
        "settings": {"database": {"evs_suspect_timeout": "PT2S"}},
    }


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a target of this document, or text."""

    def read(document: object) -> Target:
        path = tmp_path / "target.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return read_target(path)

    return read


@pytest.fixture
def target(target_document: dict[str, Any]) -> Target:
    return TypeAdapter(Target).validate_python(target_document)


@pytest.fixture
def whole_target(target: Target) -> Target:
    """One with all services that tempest's tests are chosen of."""
    vip = "http://10.71.3.5"
    more = {"image": f"{vip}:9292", "compute": f"{vip}:8774/v2.1", "network": f"{vip}:9696"}
    return replace(target, endpoints={**target.endpoints, **more})


@pytest.fixture
def sample(tmp_path: Path, target_document: dict[str, Any]) -> Sample:
    made = Sample(tmp_path)
    (tmp_path / "target.json").write_text(json.dumps(target_document))
    made.write("conftest.py", (REPOSITORY / "suites" / "conftest.py").read_text())
    (tmp_path / "sample" / "pytest.ini").write_bytes((REPOSITORY / "suites" / "pytest.ini").read_bytes())
    made.write("components/__init__.py", "")
    for name in ("left", "right", "nowhere"):
        made.write(f"components/{name}/component.py", COMPONENT.format(name=name))
    return made


@pytest.fixture
def recorded() -> Recorded:
    return lambda name: (REPOSITORY / "fixtures" / "suites" / name).read_text()


@pytest.fixture
def answering() -> Answering:
    return lambda status, stdout: FakeHost(output=Output(status, stdout, ""))


@pytest.fixture
def ssh_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand for ssh: run here what is asked, except of database-2; the file has a line for each call."""
    calls, ssh = tmp_path / "calls", tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    executable(
        ssh,
        f"#!/bin/sh\necho call >> {calls}\nwhile [ $# -gt 2 ]; do shift; done\n"
        '[ "$1" = database-2 ] && echo "connect: no route" >&2 && exit 255\nexec sh -c "$2"\n',
    )
    monkeypatch.setenv("PATH", str(ssh.parent), prepend=":")
    return calls
