"""The applier and systemd's units: what changed is restarted or reloaded, once, whatever was killed when."""

from typing import Any

import pytest
from applier_on import SYSTEMCTL, HostDirectory

from stages.design.manifest import File, Manifest, Unit, Wanted

MAIN, LISTS = "/etc/app/main.conf", "/etc/app/lists.conf"


def manifest(main: str = "1", lists: str = "1", wanted: Wanted = Wanted.RUNNING) -> dict[str, Any]:
    unit = Unit("app.service", wanted, restart_on=(MAIN,), reload_on=(LISTS,))
    return Manifest("h", files=(File(MAIN, main), File(LISTS, lists)), units=(unit,)).to_json()


EMPTY, OLD, STOPPED = Manifest("h").to_json(), manifest(), manifest(wanted=Wanted.STOPPED)
NEW_MAIN, NEW_LISTS, NEW_BOTH = manifest(main="2"), manifest(lists="2"), manifest("2", "2")
# Its unit is started by a later step, not by the applier.
LATER, LATER_NEW_MAIN = (manifest(main, wanted=Wanted.NOT_STARTED) for main in ("1", "2"))


def apply(host: HostDirectory, wanted: dict[str, Any]) -> list[str]:
    """Apply, and what was asked of systemd."""
    host.forget_calls()
    reply = host.ask("apply", token=1, manifest=wanted)
    assert reply["ok"], reply
    return host.effects


def has_files(host: HostDirectory, wanted: dict[str, Any]) -> bool:
    return all(host.read(file["path"]) == file["content"] for file in wanted["files"])


@pytest.mark.parametrize(
    ("before", "state", "wanted", "calls"),
    [
        pytest.param([], "inactive", OLD, ["enable", "start"], id="new"),
        pytest.param([], "active", OLD, ["enable", "restart"], id="started by another program"),
        pytest.param([OLD], "active", OLD, [], id="unchanged"),
        pytest.param([OLD], "failed", OLD, ["reset-failed", "start"], id="failed meanwhile"),
        pytest.param([OLD], "active", NEW_LISTS, ["reload"], id="a file to reload for"),
        pytest.param([OLD], "active", NEW_MAIN, ["restart"], id="a file to restart for"),
        pytest.param([OLD], "active", NEW_BOTH, ["restart"], id="one of each"),
        pytest.param([OLD], "active", STOPPED, ["stop", "disable"], id="wanted stopped"),
        pytest.param([OLD], "active", EMPTY, ["stop", "disable"], id="not in an older manifest"),
        pytest.param([], "inactive", LATER, [], id="started later: new"),
        pytest.param([LATER], "active", LATER, [], id="started later: unchanged"),
        pytest.param([LATER], "active", LATER_NEW_MAIN, ["restart"], id="started later: changed"),
    ],
)
def test_a_unit_gets_what_it_needs_once(
    host: HostDirectory, before: list[dict[str, Any]], state: str, wanted: dict[str, Any], calls: list[str]
) -> None:
    for earlier in before:
        apply(host, earlier)
    host.systemd("app.service.active", state)
    assert apply(host, wanted) == [f"{call} app.service" for call in calls]
    assert apply(host, wanted) == []


def steadied(steady: str | None, listed: str) -> dict[str, Any]:
    """A unit that is restarted and reloaded for one file, which lists what comes and goes."""
    file = File(MAIN, listed, steady=steady)
    unit = Unit("app.service", restart_on=(MAIN,), reload_on=(LISTS,))
    other = File(LISTS, listed, steady=steady)
    return Manifest("h", files=(file, other), units=(unit,)).to_json()


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [
        pytest.param(steadied("one", "one two three"), ["reload"], id="only the list"),
        pytest.param(steadied("two", "one two"), ["restart"], id="the steady text"),
        pytest.param(steadied(None, "one"), ["reload"], id="a list that is the steady text"),
    ],
)
def test_a_restart_is_for_the_steady_text_and_a_reload_for_what_is_written(
    host: HostDirectory, wanted: dict[str, Any], calls: list[str]
) -> None:
    apply(host, steadied("one", "one two"))
    host.systemd("app.service.active", "active")
    assert apply(host, wanted) == [f"{call} app.service" for call in calls]
    assert has_files(host, wanted)
    assert apply(host, wanted) == []


class TestKilled:
    """The applier is killed when it is about to restart a unit: its files are new, the unit is old."""

    @pytest.mark.parametrize(
        ("before", "killed", "wanted", "calls"),
        [
            pytest.param([OLD], NEW_MAIN, NEW_MAIN, ["restart app.service"], id="restart"),
            pytest.param([OLD], NEW_LISTS, NEW_LISTS, ["reload app.service"], id="reload"),
            pytest.param([OLD], NEW_MAIN, OLD, [], id="rolled back"),
            pytest.param([], OLD, OLD, ["start app.service"], id="first start"),
        ],
    )
    def test_the_next_apply_does_what_the_killed_one_did_not(
        self,
        host: HostDirectory,
        before: list[dict[str, Any]],
        killed: dict[str, Any],
        wanted: dict[str, Any],
        calls: list[str],
    ) -> None:
        for earlier in before:
            apply(host, earlier)
        host.systemd("die", "")
        done = host.start({"mode": "apply", "token": 1, "manifest": killed})
        assert (done.returncode, done.stdout) == (-9, b"")
        assert has_files(host, killed)
        assert apply(host, wanted) == calls
        assert has_files(host, wanted)
        assert apply(host, wanted) == []

    def test_a_new_unit_file_is_read_by_systemd_though_the_first_try_was_killed(
        self, host: HostDirectory
    ) -> None:
        unit = File("/etc/systemd/system/app.service", "[Service]\n")
        wanted = Manifest("h", files=(unit,), units=(Unit("app.service"),)).to_json()
        systemctl = host.top / "bin/systemctl"
        systemctl.write_text('#!/bin/sh\n[ "$2" = daemon-reload ] && kill -9 $PPID\nexit 1\n')
        assert host.start({"mode": "apply", "token": 1, "manifest": wanted}).returncode == -9
        systemctl.write_text(SYSTEMCTL)
        assert apply(host, wanted) == ["daemon-reload", "enable app.service", "start app.service"]
        assert apply(host, wanted) == []


def test_a_unit_that_does_not_start_is_told_with_its_journal_scrubbed(host: HostDirectory) -> None:
    host.systemd("app.service.fails", "")
    reply = host.ask("apply", token=1, manifest=OLD)
    assert reply["error"]["what"] == "systemctl start app.service failed"
    assert reply["error"]["why"].splitlines() == [
        "Job for app.service failed.",
        *[f"journal line {n} of --no-pager --output=cat --lines=100 --unit=app.service" for n in (1, 2, 3)],
        "could not log in with [secret]",
    ]


def test_a_restart_that_failed_is_tried_again(host: HostDirectory) -> None:
    apply(host, OLD)
    host.systemd("app.service.fails", "")
    assert not host.ask("apply", token=1, manifest=NEW_MAIN)["ok"]
    (host.top / "systemd/app.service.fails").unlink()
    assert apply(host, NEW_MAIN) == ["reset-failed app.service", "start app.service"]


def test_a_file_that_the_manifest_does_not_hold_counts_too(host: HostDirectory) -> None:
    unit = Unit("app.service", restart_on=("/etc/keys",))
    wanted = Manifest("h", units=(unit,)).to_json()
    apply(host, wanted)
    (host.root / "etc/keys").write_text("made by a command")
    assert apply(host, wanted) == ["restart app.service"]
