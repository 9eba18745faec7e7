"""The applier and systemd's units: what changed is restarted or reloaded, once, whatever was killed when."""

from typing import Any

import pytest
from applier_on import HostDirectory

from stages.design.manifest import File, Manifest, Unit, Wanted

MAIN, LISTS = "/etc/app/main.conf", "/etc/app/lists.conf"


def manifest(main: str = "1", lists: str = "1", wanted: Wanted = Wanted.RUNNING) -> dict[str, Any]:
    unit = Unit("app.service", wanted, restart_on=(MAIN,), reload_on=(LISTS,))
    return Manifest("h", files=(File(MAIN, main), File(LISTS, lists)), units=(unit,)).to_json()


def apply(host: HostDirectory, wanted: dict[str, Any]) -> list[str]:
    """Apply, and what was asked of systemd."""
    host.forget_calls()
    reply = host.ask("apply", token=1, manifest=wanted)
    assert reply["ok"], reply
    return host.effects


def test_a_wanted_unit_is_enabled_and_started(host: HostDirectory) -> None:
    assert apply(host, manifest()) == ["enable app.service", "start app.service"]


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({}, []),
        ({"lists": "2"}, ["reload app.service"]),
        ({"main": "2"}, ["restart app.service"]),
        ({"main": "2", "lists": "2"}, ["restart app.service"]),
    ],
)
def test_a_unit_is_told_of_what_changed(
    host: HostDirectory, change: dict[str, Any], calls: list[str]
) -> None:
    apply(host, manifest())
    assert apply(host, manifest(**change)) == calls
    assert apply(host, manifest(**change)) == []


def test_a_unit_that_died_is_started_again(host: HostDirectory) -> None:
    apply(host, manifest())
    host.systemd("app.service.active", "failed")
    assert apply(host, manifest()) == ["reset-failed app.service", "start app.service"]


def test_a_running_unit_that_was_not_started_here_is_restarted_once(host: HostDirectory) -> None:
    host.systemd("app.service.active", "active")
    assert apply(host, manifest()) == ["enable app.service", "restart app.service"]
    assert apply(host, manifest()) == []


def test_a_unit_wanted_stopped_is_stopped_and_disabled(host: HostDirectory) -> None:
    apply(host, manifest())
    assert apply(host, manifest(wanted=Wanted.STOPPED)) == ["stop app.service", "disable app.service"]
    assert apply(host, manifest(wanted=Wanted.STOPPED)) == []


def test_a_unit_that_a_newer_manifest_had_is_stopped_on_the_way_back(host: HostDirectory) -> None:
    apply(host, manifest())
    assert apply(host, Manifest("h").to_json()) == ["stop app.service", "disable app.service"]


class TestUnitsLeftToClusterSteps:
    """A unit that is LEFT is started by somebody else; the applier only keeps it up to date."""

    def test_it_is_neither_enabled_nor_started(self, host: HostDirectory) -> None:
        assert apply(host, manifest(wanted=Wanted.NOT_STARTED)) == []

    def test_once_started_by_a_cluster_step_it_is_not_restarted_for_nothing(
        self, host: HostDirectory
    ) -> None:
        apply(host, manifest(wanted=Wanted.NOT_STARTED))
        host.systemd("app.service.active", "active")
        assert apply(host, manifest(wanted=Wanted.NOT_STARTED)) == []

    def test_running_it_is_restarted_when_its_files_change(self, host: HostDirectory) -> None:
        apply(host, manifest(wanted=Wanted.NOT_STARTED))
        host.systemd("app.service.active", "active")
        assert apply(host, manifest(main="2", wanted=Wanted.NOT_STARTED)) == ["restart app.service"]


class TestKilled:
    """The applier is killed when it is about to restart a unit: its files are new, the unit is old."""

    @pytest.mark.parametrize(
        ("change", "calls"),
        [({"main": "2"}, ["restart app.service"]), ({"lists": "2"}, ["reload app.service"])],
    )
    def test_the_next_apply_does_what_the_killed_one_did_not(
        self, host: HostDirectory, change: dict[str, Any], calls: list[str]
    ) -> None:
        apply(host, manifest())
        host.systemd("die", "")
        killed = host.start({"mode": "apply", "token": 1, "manifest": manifest(**change)})
        assert (killed.returncode, killed.stdout) == (-9, b"")
        assert "2" in host.read(MAIN) + host.read(LISTS)
        assert apply(host, manifest(**change)) == calls
        assert apply(host, manifest(**change)) == []

    def test_going_back_after_the_kill_needs_no_restart(self, host: HostDirectory) -> None:
        apply(host, manifest())
        host.systemd("die", "")
        host.start({"mode": "apply", "token": 1, "manifest": manifest(main="2")})
        assert apply(host, manifest()) == []
        assert host.read(MAIN) == "1"

    def test_killed_at_the_first_start_the_next_apply_starts(self, host: HostDirectory) -> None:
        host.systemd("die", "")
        host.start({"mode": "apply", "token": 1, "manifest": manifest()})
        assert apply(host, manifest()) == ["start app.service"]

    def test_a_new_unit_file_is_read_by_systemd_though_the_first_try_was_killed(
        self, host: HostDirectory
    ) -> None:
        unit = File("/etc/systemd/system/app.service", "[Service]\n")
        wanted = Manifest("h", files=(unit,), units=(Unit("app.service"),)).to_json()
        (host.top / "bin/systemctl.real").write_text((host.top / "bin/systemctl").read_text())
        (host.top / "bin/systemctl").write_text(
            '#!/bin/sh\n[ "$2" = daemon-reload ] && kill -9 $PPID\nexit 1\n'
        )
        killed = host.start({"mode": "apply", "token": 1, "manifest": wanted})
        assert killed.returncode == -9
        (host.top / "bin/systemctl").write_text((host.top / "bin/systemctl.real").read_text())
        assert apply(host, wanted) == ["daemon-reload", "enable app.service", "start app.service"]
        assert apply(host, wanted) == []


def test_a_unit_that_does_not_start_is_told_with_its_journal_scrubbed(host: HostDirectory) -> None:
    host.systemd("app.service.fails", "")
    reply = host.ask("apply", token=1, manifest=manifest())
    assert reply["error"]["what"] == "systemctl start app.service failed"
    assert reply["error"]["why"].splitlines() == [
        "Job for app.service failed.",
        *[f"journal line {n} of --no-pager --output=cat --lines=100 --unit=app.service" for n in (1, 2, 3)],
        "could not log in with [secret]",
    ]


def test_a_restart_that_failed_is_tried_again(host: HostDirectory) -> None:
    apply(host, manifest())
    host.systemd("app.service.fails", "")
    assert not host.ask("apply", token=1, manifest=manifest(main="2"))["ok"]
    (host.top / "systemd/app.service.fails").unlink()
    assert apply(host, manifest(main="2")) == ["reset-failed app.service", "start app.service"]


def test_a_file_that_the_manifest_does_not_hold_counts_too(host: HostDirectory) -> None:
    unit = Unit("app.service", restart_on=("/etc/keys",))
    wanted = Manifest("h", units=(unit,)).to_json()
    apply(host, wanted)
    (host.root / "etc/keys").write_text("made by a command")
    assert apply(host, wanted) == ["restart app.service"]
