from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from suites.api import session
from suites.api.run import Run
from suites.api.stream import Ended, Status, Stream
from suites.errors import ClientFailed
from suites.seam.target import Target

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


@pytest.fixture
def whole(whole_target: Target) -> Asked:
    return Asked(whole_target)


def ask(clients: Asked, into: Path) -> tuple[list[str], list[Stream]]:
    """Return the messages of progress and the results so far, as they were reported."""
    clients.target.clouds.write_text(yaml.safe_dump({"clouds": {"staging": {"region_name": "RegionOne"}}}))
    progress: list[str] = []
    so_far: list[Stream] = []
    session.ask_tempest(
        ["t.C.a", "t.C.b"],
        clients,  # type: ignore[arg-type] - it asks, and has a target
        into,
        lambda message, _host: progress.append(message),
        so_far.append,
    )
    return progress, so_far


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
    target: Target, written: dict[str, str], tmp_path: Path
) -> None:
    clients = Asked(target)
    ask(clients, tmp_path)
    assert clients.calls == ["accounts_client open", "accounts_client close"]
    assert "resources" not in written["accounts.yaml"]
    assert "image_ref" not in written["tempest.conf"]


def test_a_whole_stage_is_furnished_and_cleared_once_its_accounts_are_disabled(
    whole: Asked, written: dict[str, str], tmp_path: Path
) -> None:
    assert ask(whole, tmp_path) == (["tempest: 1 of 2 tests ended"], [SO_FAR])
    assert whole.calls == [
        "accounts_client open", "material_client open", "accounts_client close", "material_client close"
    ]  # fmt: skip
    request = whole.requests["material_client open"]
    assert set(request["endpoints"]) == {"image", "compute", "network"}
    assert request["endpoints"].items() <= whole.target.endpoints.items()
    assert request["projects"] == {"stagegate-api-member-1": "p1"}
    assert "resources" in written["accounts.yaml"]
    assert "image_ref = one" in written["tempest.conf"]


def test_a_run_that_is_broken_off_is_cleared_and_leaves_no_password(
    whole: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(run: Run, _told: Callable[[Stream], None]) -> Stream:
        assert list(run.own.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "run_tests", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(whole, tmp_path)
    assert whole.calls[-2:] == ["accounts_client close", "material_client close"]
    assert not (tmp_path / "tempest-private").exists()


@pytest.mark.parametrize("failing", ["material_client open", "accounts_client close"])
def test_whatever_fails_accounts_are_disabled_and_projects_cleared(
    whole: Asked, written: dict[str, str], tmp_path: Path, failing: str
) -> None:
    whole.failing = failing
    with pytest.raises(ClientFailed):
        ask(whole, tmp_path)
    assert whole.calls[-2:] == ["accounts_client close", "material_client close"]
    assert bool(written) == (failing == "accounts_client close")
