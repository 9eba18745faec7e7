#!/usr/bin/python3 -IS
"""Backups of the databases that a Galera member has: made, proved, and kept beside its data.

run SPEC      has the service make a backup and prove it; undoes what a killed one has left. SPEC is JSON
make          what the service does
end           what the service does whenever that ends, however it ends: the member is in step again
ended         exits 0 if the member is in step with its peers
told          prints what the newest backup is like, for people, as JSON
restore NAME  fills an empty data directory from a backup, before the cluster is started from this host

The member is desynced meanwhile: it may fall behind without making its peers wait. A backup counts once it
was restored into a throw-away server and had what was expected of it (galera-proof); then it has a record.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from collections.abc import Sequence
    from typing import Any

    Json = dict[str, Any]

UNIT, KEPT = "galera-backup.service", 2
CLIENT = ("mariadb", "--batch", "--skip-column-names", "--connect-timeout=5", "--execute")
STATE = "SHOW GLOBAL STATUS LIKE 'wsrep_local_state'; SHOW GLOBAL VARIABLES LIKE 'wsrep_desync'"
IN_STEP = {"wsrep_local_state": "4", "wsrep_desync": "OFF"}
PACKED = ".mbstream.gz"
# Copies of the data that are there at once: the packed one, and the restored one.
COPIES = 2
AGAIN = "mend that, then: {then}; this has changed no schema"


class BackupError(Exception):
    """What is not done, and why."""


def outdated(records: Sequence[Json], kept: int = KEPT) -> list[Json]:
    """The backups that go, of these, oldest first: not the last ones, nor the last with untouched schemas.

    A second try after a phase was done must not push out the only backup from before it.
    """
    untouched = [record for record in records if record["untouched"]][-1:]
    return [record for record in records[:-kept] if record not in untouched]


def summary(record: Json) -> Json:
    """What a step tells of a backup, in words and in numbers."""
    made = f"{record['megabytes']:g} MB in {record['file']}, made in {record['backup_s']:g} s"
    compared = (
        f"{record['databases']} databases with their heads, {record['tables']} tables, "
        f"{record['rows']} rows in the {record['counted']} tables that were counted"
    )
    return {
        "told": [
            f"backup {record['name']} of {record['host']}: {made}",
            f"restored and compared in {record['proof_s']:g} s: {compared}",
            f"to restore it: {record['restore']}, on {record['host']} (docs/operate.md, 'Restore a backup')",
        ],
        "measured": {
            "backup MB": record["megabytes"],
            "backup s": record["backup_s"],
            "proof s": record["proof_s"],
            **{name: record[name] for name in ("databases", "tables", "rows")},
        },
    }


class Backups:
    """The backups below `root`; `programs` is where galera-proof is."""

    def __init__(self, root: Path, programs: Path) -> None:
        self.proof, self.program = programs / "galera-proof", programs / "galera-backup"
        self.data, self.folder = root / "var/lib/mysql", root / "var/lib/galera-backups"
        self.asked = root / "run/stagegate/galera-backup.json"
        self.work, self.failure = self.folder / "work", self.folder / "failure"

    def run(self, spec: Json) -> None:
        """Have the service make a backup. Raises BackupError if it fails."""
        _ran("systemctl", "stop", UNIT)  # of a run that was killed; it also undoes what that has left
        _ran("systemctl", "reset-failed", UNIT)
        self.failure.unlink(missing_ok=True)
        self.asked.parent.mkdir(exist_ok=True)
        self.asked.write_text(json.dumps(spec))
        if _ran("systemctl", "start", UNIT).returncode:
            result = _ran("systemctl", "show", "--property=Result", "--value", UNIT).stdout.strip()
            told = self.failure.read_text().strip() if self.failure.exists() else ""
            why = told or f"the service ended: {result}"
            raise BackupError(f"error: {spec['what']}: {why} (next: {AGAIN.format(then=spec['then'])})")

    def make(self) -> None:
        """Make a backup, prove it, and remove older ones. Raises BackupError."""
        spec = json.loads(self.asked.read_text())
        try:
            self.end()
            self._make(spec)
        except (BackupError, OSError, ValueError) as error:
            why = str(error) if isinstance(error, BackupError) else f"{type(error).__name__}: {error}"
            self.failure.write_text(f"{why}\n")
            raise

    def end(self) -> None:
        """Let the member be in step again, and remove what is no whole backup. Raises BackupError."""
        # First: to remove a large copy takes a while on a busy disk, and may fail.
        try:
            _must("SET wsrep_desync back to OFF", *CLIENT, "SET GLOBAL wsrep_desync = OFF")
        finally:
            self._remove_parts()

    def _remove_parts(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        records = {record["name"] for record in self.records()}
        for packed in self.folder.glob(f"*{PACKED}"):
            if packed.name.removesuffix(PACKED) not in records:
                packed.unlink()

    def ended(self) -> bool:
        """Whether the member is Synced, and not desynced."""
        seen = dict(line.split("\t") for line in _ran(*CLIENT, STATE).stdout.splitlines())
        return seen == IN_STEP

    def records(self) -> list[Json]:
        """What is recorded of each backup, the oldest first."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def restore(self, name: str) -> None:
        """Fill the empty data directory. Raises BackupError if it is not empty, or is in use."""
        runs = _ran("systemctl", "is-active", "mariadb").stdout.strip()
        if runs not in {"inactive", "failed"}:
            raise BackupError(f"mariadb is {runs}: systemctl stop mariadb, on every database host")
        if any(self.data.iterdir()):
            discard = f"find {self.data} -mindepth 1 -delete"
            raise BackupError(f"{self.data} is not empty: keep a copy of it, then: {discard}")
        packed = self.folder / f"{name}{PACKED}"
        if not packed.exists():
            raise BackupError(f"there is no {packed}; there are: {', '.join(self._names()) or 'none'}")
        self._unpack(packed, self.data)
        _must("give mysql its data", "chown", "--recursive", "mysql:mysql", str(self.data))

    def _make(self, spec: Json) -> None:
        self._require_room()
        name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{spec['name']}"
        packed, copy = self.folder / f"{name}{PACKED}", self.work / "copy"
        copy.mkdir(parents=True)
        _must("desync the member", *CLIENT, "SET GLOBAL wsrep_desync = ON")
        asked = {"schemas": list(spec["heads"]), "mark": name}
        before = self._prove("before", asked)
        began = time.monotonic()
        self._stream(packed)
        backed_up = time.monotonic()
        expected = self._prove("after", {**asked, "before": before})
        self._unpack(packed, copy)
        compared = self._prove("copy", {"expected": expected, "folder": str(copy)})
        record = {
            "name": name,
            "host": spec["host"],
            "file": str(packed),
            "megabytes": round(packed.stat().st_size / 1e6, 1),
            "backup_s": round(backed_up - began, 1),
            "proof_s": round(time.monotonic() - backed_up, 1),
            "untouched": expected["heads"] == spec["heads"],
            "restore": f"{self.program} restore {name}",
            **compared,
        }
        _write(self.folder / f"{name}.json", json.dumps(record))
        self._prune()

    def _prune(self) -> None:
        for record in outdated(self.records()):
            # The record first: a file without one is no backup, and is removed the next time.
            (self.folder / f"{record['name']}.json").unlink()
            (self.folder / f"{record['name']}{PACKED}").unlink(missing_ok=True)

    def _require_room(self) -> None:
        files = (path for path in self.data.rglob("*") if path.name != "galera.cache")
        size = sum(path.lstat().st_blocks * 512 for path in files)
        free = shutil.disk_usage(self.folder).free
        if free < COPIES * size:
            raise BackupError(
                f"{self.folder} has {free / 1e6:.0f} MB free, and a backup and its proof may take "
                f"{COPIES} x the {size / 1e6:.0f} MB of {self.data}"
            )

    def _stream(self, packed: Path) -> None:
        log, target = self.work / "backup.log", self.work / "target"
        target.mkdir()
        made = ("mariadb-backup", "--backup", "--stream=mbstream", "--galera-info", f"--target-dir={target}")
        with packed.open("wb") as out, log.open("wb") as errors:
            backup = subprocess.Popen(made, stdout=subprocess.PIPE, stderr=errors)
            packing = subprocess.Popen(("gzip", "--fast"), stdin=backup.stdout, stdout=out, stderr=errors)
            if backup.stdout is not None:
                backup.stdout.close()  # gzip alone reads it: if that ends, the backup ends as well
            statuses = [packing.wait(), backup.wait()]
            os.fsync(out.fileno())
        if any(statuses):
            raise BackupError(f"mariadb-backup failed: {_end_of(log.read_text(errors='replace'))}")

    def _unpack(self, packed: Path, into: Path) -> None:
        read, write = f"gzip --decompress --stdout {packed}", f"mbstream --extract --directory={into}"
        unpacked = f"set -o pipefail; {read} | {write}"
        _must("unpack the backup", "bash", "-c", unpacked)
        _must("prepare the backup", "mariadb-backup", "--prepare", "--use-memory=64M", f"--target-dir={into}")

    def _prove(self, verb: str, asked: Json) -> Json:
        found: Json = json.loads(_must(f"prove it ({verb})", str(self.proof), verb, said=json.dumps(asked)))
        return found

    def _names(self) -> list[str]:
        return [record["name"] for record in self.records()]


def _write(path: Path, text: str) -> None:
    """Write the file as a whole or not at all, and durably."""
    new = path.with_suffix(".new")
    with new.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.rename(path)


def _ran(*argv: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, input=said, capture_output=True, text=True, check=False)


def _must(what: str, *argv: str, said: str = "") -> str:
    done = _ran(*argv, said=said)
    if done.returncode:
        why = _end_of(done.stderr) or f"{argv[0]} ended with {done.returncode}"
        raise BackupError(f"could not {what}: {why}")
    return done.stdout


def _end_of(text: str) -> str:
    """The last lines, in one."""
    return " | ".join(text.strip().splitlines()[-3:])


def main() -> None:
    """Run the verb that the command line names."""
    backups = Backups(Path("/"), Path(__file__).parent)
    match sys.argv[1:]:
        case ["run", spec]:
            backups.run(json.loads(spec))
        case ["make"]:
            backups.make()
        case ["end"]:
            backups.end()
        case ["ended"]:
            sys.exit(0 if backups.ended() else 1)
        case ["told"]:
            records = backups.records()
            sys.stdout.write(json.dumps(summary(records[-1]) if records else {}) + "\n")
        case ["restore", name]:
            backups.restore(name)
        case _:
            sys.exit("usage: galera-backup run SPEC | make | end | ended | told | restore NAME")


if __name__ == "__main__":
    try:
        main()
    except BackupError as error:
        sys.exit(str(error))
