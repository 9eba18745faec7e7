"""STAGEGATE_CONFIG names the config where no option does, for the verbs that read one."""

import pytest
from desk import Desk

URL = "https://git.example/cloud/config.git"


@pytest.fixture(autouse=True)
def surrounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGEGATE_CONFIG", URL)


@pytest.mark.parametrize("argv", [("check",), ("pin",), ("--stage", "dev"), ("plan", "--stage", "dev")])
def test_a_verb_that_reads_a_config_reads_this_one(desk: Desk, argv: tuple[str, ...]) -> None:
    desk.bench.commit("first", a="1")
    assert desk(*argv) == 0, desk.err
    assert desk.places[0].config == URL


@pytest.mark.parametrize("argv", [("status",), ("doctor",), ("lab", "status")])
def test_other_verbs_take_no_notice(desk: Desk, argv: tuple[str, ...]) -> None:
    assert desk(*argv) == 0, desk.err
    assert desk.places[0].config is None


@pytest.mark.parametrize("argv", [("check", "--config", "here"), ("--config", "here", "check")])
def test_an_option_comes_first(desk: Desk, argv: tuple[str, ...]) -> None:
    assert desk(*argv) == 0, desk.err
    assert desk.places[0].config == "here"
