#!/usr/bin/python3 -IS
"""Bring the system tables to the version of the server, before a start counts as finished.

usage: galera-upgrade

A member that joins gets all data from a donor, whose start counted as finished: its tables are current. Where
both have the same release, there is nothing to do. Yet the file that records it is not transferred, and
without it mariadb-upgrade checks all tables, of a member that is applying the writes of all others.
Where the releases differ, the member is taken out of flow control during the upgrade: it and the writes wait
for each other, and the others must not wait for it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

DATA = Path("/var/lib/mysql")
RECORD = "mysql_upgrade_info"  # the release that the tables were upgraded to
TRANSFER = "xtrabackup_info"  # what came with a donor's data, its release included
VERSION = ("mariadbd", "--version")
UPGRADE = ("mariadb-upgrade", "--silent")
DESYNC = ("mariadb", "--connect-timeout=2", "--execute", "SET GLOBAL wsrep_desync = ON")
RESYNC = ("mariadb", "--connect-timeout=2", "--execute", "SET GLOBAL wsrep_desync = OFF")


Run = Callable[[tuple[str, ...]], "subprocess.CompletedProcess[str]"]


class UpgradeError(Exception):
    """A program failed."""


def run(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run a program; return its result."""
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def release(version: str) -> str:
    """10.11.19 of 10.11.19-MariaDB-0+deb12u1."""
    return version.strip().partition("-")[0]


def told(transfer: str) -> str:
    """The donor's release, of the text that came with its data; empty if it is not in there."""
    for line in transfer.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "server_version":
            return release(value)
    return ""


def current(own: str, record: str | None, transfer: str | None) -> bool:
    """Whether the tables have the server's release: as recorded, else as the donor told."""
    if record is not None:
        return release(record) == own
    return transfer is not None and told(transfer) == own


def upgrade(run: Run, data: Path) -> None:
    """Upgrade the system tables if they are of another release. Raises UpgradeError."""
    own = release(_must(run, VERSION).partition(" Ver ")[2])
    record, transfer = (_text(data / name) for name in (RECORD, TRANSFER))
    if current(own, record, transfer):
        return
    _must(run, DESYNC)
    try:
        _must(run, UPGRADE)
    finally:
        _must(run, RESYNC)


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _must(run: Run, argv: tuple[str, ...]) -> str:
    done = run(argv)
    if done.returncode:
        raise UpgradeError(
            f"{argv[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:].strip()}"
        )
    return done.stdout


if __name__ == "__main__":
    try:
        upgrade(run, DATA)
    except UpgradeError as error:
        sys.exit(str(error))
