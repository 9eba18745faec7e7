"""The defects that lab tests commit: each still fits the code, and does what it says."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from broken_greens import (
    APPLICATION,
    DOES_NOT_START,
    EVERY,
    HALF_SPEED,
    MIGRATION_FAILS,
    OTHER_KEYS,
    SLOW_IN_A_CROWD,
    TENTH_FAILS,
    Broken,
)
from checkout import REPOSITORY

CHECK = {"HTTP_STAGEGATE_CHECK": "yes"}
PROGRAM = {"HTTP_USER_AGENT": "a gate"}
Ask = Callable[[dict[str, str]], str]


def edited(broken: Broken) -> dict[str, str]:
    """The files that a defect edits, as it leaves them."""
    files: dict[str, str] = {}
    for path, old, new in broken.edits:
        text = files.get(path) or (REPOSITORY / path).read_text()
        assert text.count(old) == 1, f"{broken.name}: {path} has {old!r} {text.count(old)} times"
        files[path] = text.replace(old, new)
    return files


@pytest.mark.parametrize("broken", EVERY, ids=lambda broken: broken.name)
def test_each_defect_fits_the_code_and_can_be_run(broken: Broken) -> None:
    files = edited(broken)
    assert files
    for path, text in files.items():
        compile(text, path, "exec")


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Broken], Ask]:
    """Load the application of an API with a defect, as uwsgi would; its clients wait for their answers."""
    own, uwsgi = ModuleType("service_of_the_test"), ModuleType("uwsgi")

    def application(_environ: dict[str, str], start: Callable[[str, list[Any]], None]) -> list[bytes]:
        start("200 OK", [])
        return [b"served"]

    vars(own).update(application=application)
    vars(uwsgi).update(connection_fd=lambda: 0, worker_id=lambda: 1, numproc=1)
    monkeypatch.setitem(sys.modules, own.__name__, own)
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    monkeypatch.setenv("RUNTIME_DIRECTORY", os.fspath(tmp_path))
    monkeypatch.setenv("STAGEGATE_MODULE", own.__name__)

    def load(broken: Broken) -> Ask:
        run: dict[str, Any] = {}
        exec(edited(broken)[APPLICATION], run)  # noqa: S102 - it is loaded by uwsgi in this way
        run["waits"] = lambda _connection: True

        def ask(environ: dict[str, str]) -> str:
            said: list[str] = []
            run["application"](environ, lambda status, _headers: said.append(status))
            return said[0]

        return ask

    return load


def test_a_service_that_does_not_start(loading: Callable[[Broken], Ask]) -> None:
    with pytest.raises(RuntimeError, match="seeded"):
        loading(DOES_NOT_START)


def test_a_tenth_of_what_clients_ask_fails_and_nothing_that_gates_ask(
    loading: Callable[[Broken], Ask],
) -> None:
    ask = loading(TENTH_FAILS)
    assert [ask({}) for _ in range(30)].count("500 Seeded") == 3
    assert {ask(PROGRAM) for _ in range(30)} | {ask(CHECK) for _ in range(30)} == {"200 OK"}


def seconds(ask: Ask, environ: dict[str, str]) -> float:
    begun = time.monotonic()
    assert ask(environ) == "200 OK"
    return time.monotonic() - begun


def test_half_the_speed_is_more_than_nobody_notices(loading: Callable[[Broken], Ask]) -> None:
    ask = loading(HALF_SPEED)
    assert seconds(ask, {}) >= 0.15
    assert seconds(ask, CHECK) < 0.1


def test_slow_is_who_is_asked_by_many_at_once(loading: Callable[[Broken], Ask]) -> None:
    ask = loading(SLOW_IN_A_CROWD)
    took = [seconds(ask, {}) for _ in range(4)]
    assert took[3] >= 0.5 > sum(took[:3])
    assert seconds(ask, CHECK) < 0.1


def test_a_migration_has_done_its_work_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = edited(MIGRATION_FAILS).values()
    run: dict[str, Any] = {"__name__": "seeded"}
    exec(text, run)  # noqa: S102 - it runs on hosts as one file
    done = tmp_path / "done"
    work = {"before": None, "after": None, "again": 1, "failures": {}, "command": ["touch", str(done)]}
    with pytest.raises(SystemExit, match="ended with 137"):
        run["work_off"]({"what": "keystone, expand", "then": "mend that"}, work)
    assert done.exists()
    assert "killed in the middle" in capsys.readouterr().err


def test_other_keys_are_keys_of_this_stage() -> None:
    (text,) = edited(OTHER_KEYS).values()
    assert 'KINDS = ("fernet", "credential")' in text
