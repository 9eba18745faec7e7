"""The system tables are upgraded where they are of another release, and no other member waits for it."""

import subprocess
from pathlib import Path

import pytest

from stages.roles.database.upgrade import (
    DESYNC,
    RECORD,
    RESYNC,
    TRANSFER,
    UPGRADE,
    VERSION,
    UpgradeError,
    current,
    upgrade,
)

TOLD = "tool_version = 10.11.18-MariaDB\nserver_version = {}-MariaDB-0+deb12u1\nlock_time = 0\n"


class Machine:
    """A host whose server is 10.11.19, and a program that fails if the test wants."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self.failing, self.ran = failing, list[tuple[str, ...]]()

    def run(self, argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        self.ran.append(argv)
        out = "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu" if argv == VERSION else ""
        return subprocess.CompletedProcess(argv, int(argv == self.failing), out, "no such table")


@pytest.mark.parametrize(
    ("record", "transfer", "expected"),
    [
        ("10.11.19-MariaDB\n", None, True),
        ("10.11.18-MariaDB", None, False),
        (None, TOLD.format("10.11.19"), True),  # a donor's data: its own record is not transferred
        (None, TOLD.format("10.11.18"), False),
        ("10.11.18-MariaDB", TOLD.format("10.11.19"), False),  # the record is of later than the transfer
        (None, "lock_time = 0", False),
        (None, None, False),
    ],
)
def test_tables_are_current_if_recorded_so_or_if_a_donor_of_the_same_release_gave_them(
    record: str | None, transfer: str | None, *, expected: bool
) -> None:
    assert current("10.11.19", record, transfer) is expected


def test_a_member_with_the_data_of_an_equal_donor_checks_no_table(tmp_path: Path) -> None:
    (tmp_path / TRANSFER).write_text(TOLD.format("10.11.19"))
    machine = Machine()
    upgrade(machine.run, tmp_path)
    assert machine.ran == [VERSION]


def test_others_do_not_wait_for_a_member_that_upgrades(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("10.11.6-MariaDB")
    machine = Machine()
    upgrade(machine.run, tmp_path)
    assert machine.ran == [VERSION, DESYNC, UPGRADE, RESYNC]


def test_an_upgrade_that_fails_fails_the_start_and_leaves_the_member_in_flow_control(tmp_path: Path) -> None:
    machine = Machine(failing=UPGRADE)
    with pytest.raises(UpgradeError, match="mariadb-upgrade ended with 1: no such table"):
        upgrade(machine.run, tmp_path)
    assert machine.ran[-1] == RESYNC
