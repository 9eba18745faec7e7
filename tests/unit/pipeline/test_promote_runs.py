"""The promotions of pushes: which command begins, where, with which environment, and how one is stopped."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from programs import ended, executable

from pipeline.bootstrap import handing
from pipeline.bootstrap.handing import PromoteRuns
from pipeline.bootstrap.server_secrets import without
from pipeline.core.errors import UsageProblem

PROGRAM = """#!{python}
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
about = {{"argv": sys.argv[1:], "cwd": os.getcwd(), "names": sorted(os.environ), "group": os.getpgrp()}}
path = {told!r}
with open(path + ".new", "w") as file:
    json.dump(about, file)
os.rename(path + ".new", path)
time.sleep(float(os.environ.get("SLEEP", "0")))
sys.exit(int(os.environ.get("CODE", "0")))
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    origin, found = tmp_path / "origin", tmp_path / "clone"
    ended("git", "init", "--quiet", "--initial-branch=main", origin, check=True)
    _commit(origin, "first")
    ended("git", "clone", "--quiet", origin, found, check=True)
    return found


def _commit(origin: Path, message: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    ended("git", "-C", origin, *who, "commit", "--quiet", "--allow-empty", "-m", message, check=True)
    return _head(origin)


def _head(repository: Path) -> str:
    return ended("git", "-C", repository, "rev-parse", "HEAD", check=True).stdout.strip()


Begun = Callable[..., tuple[PromoteRuns, Callable[[], Mapping[str, Any]]]]


@pytest.fixture
def begun(tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> Begun:
    """Promotions by a program that tells what it was called with."""
    told = tmp_path / "told.json"
    monkeypatch.setattr(
        sys,
        "executable",
        str(executable(tmp_path / "python", PROGRAM.format(python=sys.executable, told=str(told)))),
    )
    monkeypatch.setenv("HOOK", "a made-up token")

    def make(config: str | None = None) -> tuple[PromoteRuns, Callable[[], Mapping[str, Any]]]:
        runs = PromoteRuns(tmp_path / "site", config, clone, lambda: "dev", without(os.environ, ["env:HOOK"]))
        return runs, lambda: json.loads(told.read_text())

    return make


def test_a_push_begins_what_a_person_would_type(begun: Begun, tmp_path: Path, clone: Path) -> None:
    runs, told = begun()
    newest = _commit(tmp_path / "origin", "second")

    assert runs("config") == 0

    site = str(tmp_path / "site")
    assert told()["argv"] == [
        *("-P", "-m", "pipeline.cli", "--stage", "dev", "--candidate", "config"),
        *("--wait", "1h", "--site", site),
    ]
    assert told()["cwd"] == str(clone)
    assert _head(clone) == newest


def test_a_config_of_this_directory_is_the_same_in_the_clone(
    begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)

    for config, passed in (("config", str(tmp_path / "config")), ("https://a.example/c.git",) * 2):
        runs, told = begun(config)
        runs("code")
        assert told()["argv"][-2:] == ["--config", passed]


def test_a_promotion_does_not_get_the_secret_of_webhooks(begun: Begun) -> None:
    runs, told = begun()
    runs("code")

    assert "HOOK" in os.environ
    assert "HOOK" not in told()["names"]
    assert "PATH" in told()["names"]


@pytest.mark.parametrize("code", [0, 3, 75])
def test_the_exit_code_is_that_of_the_promotion(
    begun: Begun, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setenv("CODE", str(code))
    runs, _ = begun()

    assert runs("code") == code


def test_a_server_that_stops_asks_the_promotion_to_stop_and_begins_no_other(
    begun: Begun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLEEP", "60")
    runs, told = begun()
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(runs("code")))
    thread.start()
    deadline = time.monotonic() + 30
    while not (tmp_path / "told.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    runs.stop()
    thread.join(30)

    assert codes == [128 + signal.SIGTERM]
    assert told()["group"] != os.getpgrp(), "Ctrl-C would reach it, too"
    with pytest.raises(UsageProblem, match="the server stops"):
        runs("code")


def test_a_clone_that_cannot_be_brought_up_to_date_is_told(begun: Begun, tmp_path: Path) -> None:
    runs, _ = begun()
    (tmp_path / "origin").rename(tmp_path / "elsewhere")

    with pytest.raises(UsageProblem, match="git fetch failed"):
        runs("code")


def test_a_fetch_that_hangs_is_given_up(
    begun: Begun, tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "_FETCH_S", 0.5)
    silent = executable(tmp_path / "silent", "#!/bin/sh\nexec sleep 30\n")
    ended("git", "-C", clone, "config", "remote.origin.uploadpack", silent, check=True)
    runs, _ = begun()
    began = time.monotonic()

    with pytest.raises(UsageProblem, match="git fetch failed") as found:
        runs("code")
    assert found.value.why == "it had not ended after 0.5 s"
    assert time.monotonic() - began < 15


def test_what_somebody_changed_in_the_clone_is_not_promoted(
    begun: Begun, tmp_path: Path, clone: Path
) -> None:
    (tmp_path / "origin" / "file").write_text("theirs")
    ended("git", "-C", tmp_path / "origin", "add", "file", check=True)
    _commit(tmp_path / "origin", "second")
    (clone / "file").write_text("ours")
    runs, _ = begun()

    with pytest.raises(UsageProblem, match="git checkout failed"):
        runs("code")
