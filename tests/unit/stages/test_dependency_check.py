"""The dependency check on a host: each address of a dependency must answer, not one of them."""

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import stages.openstack

TEMPLATE = Path(stages.openstack.__file__).parent / "templates" / "dependency-check"
PLACE = "/etc/dependency-check/dependencies.json"
Reason = Callable[[Mapping[str, Any]], str]
NOBODY = "127.0.0.1:1"


def tells(tmp_path: Path, **asked: Mapping[str, Any]) -> None:
    document = {"address": "127.0.0.1", "dependencies": asked}
    (tmp_path / "dependencies.json").write_text(json.dumps(document))


@pytest.fixture
def names(tmp_path: Path) -> dict[str, Any]:
    """What the program defines, without the server that it ends in."""
    tells(tmp_path)
    program, server, _ = TEMPLATE.read_text().partition("\nclass Handler")
    assert server
    assert PLACE in program
    defined: dict[str, Any] = {}
    exec(program.replace(PLACE, str(tmp_path / "dependencies.json")), defined)  # noqa: S102 - it is this project's
    return defined


@pytest.fixture
def reason(names: Mapping[str, Any]) -> Reason:
    """The program's own judgement."""
    found: Reason = names["reason"]
    return found


def test_each_address_must_answer_and_the_one_that_does_not_is_named(reason: Reason) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = f"127.0.0.1:{server.getsockname()[1]}"
        assert reason({"kind": "tcp", "at": [answers]}) == "ok"
        said = reason({"kind": "tcp", "at": ["127.0.0.1:1", answers, "127.0.0.1:2"]})
    assert said.startswith("127.0.0.1:1: ConnectionRefusedError")
    assert "; 127.0.0.1:2: ConnectionRefusedError" in said
    assert answers not in said


def test_a_dependency_without_an_address_is_not_ok(reason: Reason) -> None:
    assert reason({"kind": "tcp", "at": []}) == "there is none in this stage"


def test_a_host_that_has_gone_is_asked_no_more_though_nothing_is_restarted(
    names: dict[str, Any], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stays = f"127.0.0.1:{server.getsockname()[1]}"
        tells(tmp_path, messaging={"kind": "tcp", "at": [stays, NOBODY]})
        assert names["answer"]()["messaging"].startswith(NOBODY)
        tells(tmp_path, messaging={"kind": "tcp", "at": [stays]})
        names["LAST"]["at"] -= 10
        assert names["answer"]() == {"messaging": "ok"}
