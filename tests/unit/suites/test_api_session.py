from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from suites.api import session
from suites.api.run import Run
from suites.api.stream import Ended, Status, Stream
from suites.errors import ClientFailed
from suites.seam.target import Target

VIP = "http://10.71.3.5"
WHOLE = {"image": f"{VIP}:9292", "compute": f"{VIP}:8774/v2.1", "network": f"{VIP}:9696"}
SO_FAR = Stream((Ended("t.C.a", "", Status.PASSED, "", 1.0), Ended("t.C.b", "", Status.BEGUN, "", 0.0)))
ANSWERS: Mapping[str, Mapping[str, object]] = {
    "accounts_client open": {"projects": {"stagegate-api-member-1": "p1"}},
    "material_client open": {"flavors": ["small", "large"], "images": ["one", "other"]},
}


class Asked:
    """Clients that note what they are asked, and fail where they are told to."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.calls: list[str] = []
        self.requests: dict[str, Mapping[str, Any]] = {}
        self.failing = ""

    def ask(self, module: str, request: Mapping[str, Any], *, within: float) -> Mapping[str, object]:
        assert within > 0
        call = f"{module.rpartition('.')[2]} {request['verb']}"
        self.calls.append(call)
        self.requests[call] = request
        if call == self.failing:
            raise ClientFailed("ended with 1", where=module)
        return ANSWERS.get(call, {})


def nobody(_message: str, _host: str | None) -> None:
    """Who listens to progress."""


def nothing(_stream: Stream) -> None:
    """Who wants to know what tests said so far."""


@pytest.fixture
def asked(target_document: dict[str, Any], tmp_path: Path) -> Callable[..., Asked]:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(yaml.safe_dump({"clouds": {"staging": {"region_name": "RegionOne"}}}))

    def of(**more: str) -> Asked:
        endpoints = {**target_document["endpoints"], **more}
        return Asked(TypeAdapter(Target).validate_python(target_document | {"endpoints": endpoints}))

    return of


def ask(clients: Asked, into: Path) -> None:
    session.ask_tempest(["t.C.a"], clients, into, nobody, nothing)  # type: ignore[arg-type] - it asks, and has a target


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What tempest would have read, by the file's name."""
    files: dict[str, str] = {}

    def run_tests(run: Run, told: Callable[[Stream], None]) -> Stream:
        told(SO_FAR)
        files.update({path.name: path.read_text() for path in run.own.iterdir() if path.is_file()})
        return Stream(())

    monkeypatch.setattr(session, "run_tests", run_tests)
    return files


def test_a_stage_of_keystone_alone_is_furnished_with_accounts_alone(
    asked: Callable[..., Asked], written: dict[str, str], tmp_path: Path
) -> None:
    clients = asked()
    ask(clients, tmp_path)
    assert clients.calls == ["accounts_client open", "accounts_client close"]
    assert "resources" not in written["accounts.yaml"]
    assert "image_ref" not in written["tempest.conf"]


def test_what_tests_have_said_so_far_is_told(
    asked: Callable[..., Asked], written: dict[str, str], tmp_path: Path
) -> None:
    said: list[str] = []
    heard: list[Stream] = []
    session.ask_tempest(
        ["t.C.a", "t.C.b"],
        asked(),  # type: ignore[arg-type] - as above
        tmp_path,
        lambda message, _host: said.append(message),
        heard.append,
    )
    assert written
    assert said == ["tempest: 1 of 2 tests ended"]
    assert heard == [SO_FAR]


def test_a_whole_stage_is_furnished_and_cleared_after_nobody_is_let_in_any_more(
    asked: Callable[..., Asked], written: dict[str, str], tmp_path: Path
) -> None:
    clients = asked(**WHOLE)
    ask(clients, tmp_path)
    assert clients.calls == [
        "accounts_client open", "material_client open", "accounts_client close", "material_client close"
    ]  # fmt: skip
    request = clients.requests["material_client open"]
    assert request["endpoints"] == WHOLE
    assert request["projects"] == {"stagegate-api-member-1": "p1"}
    assert "resources" in written["accounts.yaml"]
    assert "image_ref = one" in written["tempest.conf"]


def test_a_run_that_is_broken_off_is_cleared_and_leaves_no_password(
    asked: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(run: Run, _told: Callable[[Stream], None]) -> Stream:
        assert list(run.own.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "run_tests", interrupted)
    clients = asked(**WHOLE)
    with pytest.raises(KeyboardInterrupt):
        ask(clients, tmp_path)
    assert clients.calls[-2:] == ["accounts_client close", "material_client close"]
    assert not (tmp_path / "tempest-private").exists()


@pytest.mark.parametrize("failing", ["material_client open", "accounts_client close"])
def test_whatever_fails_accounts_are_shut_and_projects_cleared(
    asked: Callable[..., Asked], written: dict[str, str], tmp_path: Path, failing: str
) -> None:
    clients = asked(**WHOLE)
    clients.failing = failing
    with pytest.raises(ClientFailed):
        ask(clients, tmp_path)
    assert clients.calls[-2:] == ["accounts_client close", "material_client close"]
    assert bool(written) == (failing == "accounts_client close")
