"""Backups of a Galera member: the program with commands of the test."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from programs import executable

from stages.roles.database.backup import BackupError, Backups, outdated, summary

SPEC = {
    "what": "backup on database-3, before the upgrade from 2025.2 to 2026.1",
    "then": "promote --stage prod",
    "host": "database-3",
    "name": "2025.2-2026.1",
    "heads": {"keystone": ["abc"]},
}
ON, OFF = "SET GLOBAL wsrep_desync = ON", "SET GLOBAL wsrep_desync = OFF"
PROOF = """\
case $1 in
  before) echo '{"at": "now", "tables": {}}' ;;
  after) echo '{"heads": {"keystone": ["HEAD"]}, "tables": [], "rows": {}, "mark": "x"}' ;;
  copy) echo '{"databases": 1, "tables": 3, "counted": 2, "rows": 3}' ;;
esac
"""


class Host:
    """A host below a folder: its programs do what the test wants, and write what ran into a file."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.programs = root, root / "programs"
        self.kept = root / "var/lib/galera-backups"
        for folder in (self.programs, root / "var/lib/mysql", root / "run/stagegate", self.kept):
            folder.mkdir(parents=True)
        monkeypatch.setenv("PATH", f"{self.programs}{os.pathsep}{os.environ['PATH']}")
        self.does("mariadb")
        self.does("mariadb-backup", "echo data")
        self.does("mbstream", "cat >/dev/null")
        self.does("chown")
        self.does("systemctl", "echo inactive")
        self.does("galera-proof", PROOF.replace("HEAD", "abc"))
        self.backups = Backups(root, self.programs)
        self.backups.asked.write_text(json.dumps(SPEC))

    def does(self, program: str, script: str = "") -> None:
        text = f'#!/bin/sh\necho "{program} $@" >> {self.root}/ran\n{script}\n'
        executable(self.programs / program, text)

    @property
    def ran(self) -> list[str]:
        return (self.root / "ran").read_text().splitlines()

    def at(self, text: str) -> int:
        """Where the last command with this text is among all that ran."""
        return max(number for number, line in enumerate(self.ran) if text in line)

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.kept.iterdir())

    def fails(self) -> str:
        with pytest.raises(BackupError) as caught:
            self.backups.make()
        return str(caught.value)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def record(name: str, *, untouched: bool) -> dict[str, Any]:
    return {"name": name, "untouched": untouched}


def test_a_backup_is_made_of_a_desynced_member_proved_and_recorded(host: Host) -> None:
    host.backups.make()
    assert host.at(OFF) < host.at(ON) < host.at("proof before") < host.at("backup --backup")
    assert host.at("backup --backup") < host.at("proof after") < host.at("--prepare") < host.at("proof copy")
    (made,) = host.backups.records()
    assert made["untouched"] is True
    assert (made["databases"], made["tables"], made["counted"], made["rows"]) == (1, 3, 2, 3)
    assert Path(made["file"]).read_bytes().startswith(b"\x1f\x8b")
    told = summary(made)
    assert f"to restore it: {host.programs}/galera-backup restore {made['name']}" in told["told"][2]
    assert set(told["measured"]) == {"backup MB", "backup s", "proof s", "databases", "tables", "rows"}


def test_however_it_ends_the_member_is_in_step_again_and_nothing_half_is_left(host: Host) -> None:
    host.backups.make()
    (whole,) = host.backups.records()
    (host.kept / "killed.mbstream.gz").write_text("a part")
    host.backups.end()
    assert host.ran[-1].endswith(OFF)
    assert host.files == [f"{whole['name']}.json", f"{whole['name']}.mbstream.gz"]


def test_the_member_is_in_step_again_before_anything_is_removed(host: Host) -> None:
    (host.kept / "torn.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting property name"):
        host.backups.end()
    assert host.ran[-1].endswith(OFF)


def test_what_the_file_system_refuses_is_the_reason(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(host.backups, "_require_room", full)
    with pytest.raises(OSError, match="No space left"):
        host.backups.make()
    assert "No space left on device" in host.backups.failure.read_text()


def test_a_member_whose_server_does_not_answer_is_not_said_to_be_in_step(host: Host) -> None:
    host.does("mariadb", "echo 'ERROR 2002: no socket' >&2; exit 1")
    with pytest.raises(BackupError, match="could not SET wsrep_desync back to OFF: ERROR 2002: no socket"):
        host.backups.end()
    assert not host.backups.ended()


@pytest.mark.parametrize(
    ("state", "desync", "expected"), [("4", "OFF", True), ("2", "ON", False), ("3", "OFF", False)]
)
def test_it_is_in_step_once_it_is_synced(host: Host, state: str, desync: str, *, expected: bool) -> None:
    host.does("mariadb", f"printf 'wsrep_local_state\\t{state}\\nwsrep_desync\\t{desync}\\n'")
    assert host.backups.ended() is expected


def test_a_backup_that_fails_says_why_and_does_not_count(host: Host) -> None:
    host.does("mariadb-backup", "echo part; echo 'Error: no space left' >&2; exit 1")
    why = host.fails()
    assert why == "mariadb-backup failed: Error: no space left"
    assert host.backups.failure.read_text() == f"{why}\n"
    assert host.backups.records() == []


def test_one_that_can_not_be_restored_whole_does_not_count(host: Host) -> None:
    lacking = "what was restored from it is not what was backed up: 2 tables are missing"
    script = PROOF.replace("copy) echo", f"copy) echo '{lacking}' >&2; exit 1; echo")
    host.does("galera-proof", script)
    assert host.fails() == f"could not prove it (copy): {lacking}"
    assert host.backups.records() == []


def test_without_room_for_the_copies_nothing_is_begun(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    (host.root / "var/lib/mysql/ibdata1").write_bytes(b"x" * 1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_500_000}))
    assert "has 2 MB free, and a backup and its proof may take 2 x the 1 MB" in host.fails()
    assert not any(ON in line for line in host.ran)


def test_the_last_two_are_kept_and_the_last_one_from_before_any_change() -> None:
    first, second = record("1", untouched=True), record("2", untouched=True)
    later = [record(name, untouched=False) for name in "345"]
    assert outdated([first, second]) == []
    assert outdated([first, second, *later]) == [first, later[0]]
    assert outdated([*later, first]) == [later[0], later[1]]


def test_older_backups_go_with_their_records(host: Host) -> None:
    for name in ("20250101T000000Z", "20250102T000000Z"):
        (host.kept / f"{name}.json").write_text(json.dumps(record(name, untouched=True)))
        (host.kept / f"{name}.mbstream.gz").write_text("data")
    host.backups.make()
    assert "20250101T000000Z" not in {path.partition(".")[0] for path in host.files}
    assert len(host.backups.records()) == 2


def test_the_service_is_started_anew_with_what_is_asked(host: Host) -> None:
    host.backups.run(SPEC)
    assert host.ran == [
        f"systemctl {verb} galera-backup.service" for verb in ("stop", "reset-failed", "start")
    ]
    assert json.loads(host.backups.asked.read_text()) == SPEC


def test_a_service_that_fails_is_told_with_where_why_and_what_next(host: Host) -> None:
    tells = f"echo 'no space left' > {host.backups.failure}; exit 1"
    host.does("systemctl", f"case $1 in start) {tells} ;; esac")
    with pytest.raises(BackupError) as caught:
        host.backups.run(SPEC)
    assert str(caught.value) == (
        "error: backup on database-3, before the upgrade from 2025.2 to 2026.1: no space left "
        "(next: mend that, then: promote --stage prod; this has changed no schema)"
    )


def test_a_service_that_was_ended_is_told_by_its_result(host: Host) -> None:
    host.backups.failure.write_text("of another one")
    host.does("systemctl", "case $1 in start) exit 1 ;; show) echo timeout ;; esac")
    with pytest.raises(BackupError, match="the service ended: timeout"):
        host.backups.run(SPEC)


def test_a_backup_is_restored_only_into_an_empty_directory_of_a_stopped_server(host: Host) -> None:
    host.backups.make()
    (made,) = host.backups.records()
    host.backups.restore(made["name"])
    data = host.root / "var/lib/mysql"
    assert f"mbstream --extract --directory={data}" in host.ran[-3]
    assert host.ran[-2].endswith(f"--prepare --use-memory=64M --target-dir={data}")
    assert host.ran[-1] == f"chown --recursive mysql:mysql {data}"
    with pytest.raises(BackupError, match=f"there is no .*; there are: {made['name']}"):
        host.backups.restore("another")
    (data / "ibdata1").touch()
    with pytest.raises(BackupError, match="is not empty: keep a copy of it, then: find"):
        host.backups.restore(made["name"])
    host.does("systemctl", "echo active")
    with pytest.raises(BackupError, match="mariadb is active"):
        host.backups.restore(made["name"])
