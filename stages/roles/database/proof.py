#!/usr/bin/python3 -IS
"""Proves a backup: looks at the databases before and after it was made, and at a copy restored from it.

before  notes a mark in the database, and prints which tables there are and when each was last written
after   prints what a copy must have: the heads of the schemas, the tables, and the rows of some of them
copy    starts a throw-away server on the copy, and compares; prints what it has compared

Each reads JSON from stdin, and prints JSON. Rows are compared in tables that nobody wrote to from before the
backup until after it: their numbers are the same at its moment, whatever that is. What was written meanwhile
may have any number of rows, so it is not compared; but the mark shows that the copy has all from before.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from collections.abc import Iterator, Sequence
    from typing import Any

    Json = dict[str, Any]

EACH, LARGEST = 3, 1_000_000  # tables that are counted of each schema; by the server's estimate, rows of one
STARTS, STOPS, EVERY = 300, 60, 0.2  # seconds for the throw-away server
# Its own server, if something else is wrong, must not take memory, a port or a cluster from the real one.
OPTIONS = (
    "--wsrep-on=OFF",
    "--wsrep-provider=none",
    "--skip-networking",
    "--skip-log-bin",
    "--event-scheduler=DISABLED",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=32M",
)
WRITTEN = "IFNULL(update_time, '')"
NOTE = "REPLACE INTO stagegate.applied VALUES ('backup', '{}')"
NOTED = "SELECT revision FROM stagegate.applied WHERE name = 'backup'"


class ProofError(Exception):
    """What a backup lacks, or what could not be asked."""


class Server:
    """A server that the client reaches with these options."""

    def __init__(self, *options: str) -> None:
        self.argv = ("mariadb", *options, "--batch", "--skip-column-names", "--connect-timeout=5")

    def rows(self, statement: str) -> list[list[str]]:
        """What it answers. Raises ProofError if it does not."""
        asked = subprocess.run(
            self.argv, input=f"{statement};\n", capture_output=True, text=True, check=False
        )
        if asked.returncode:
            raise ProofError(f"the database does not answer: {asked.stderr.strip()[-500:]}")
        return [line.split("\t") for line in asked.stdout.splitlines()]

    def tables(self, schemas: Sequence[str]) -> Json:
        """By table, its rows by the server's estimate, and when it was last written to."""
        named = ", ".join(f"'{name}'" for name in schemas)
        asked = (
            f"SELECT table_schema, table_name, IFNULL(table_rows, 0), {WRITTEN} "  # noqa: S608 - names
            f"FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ({named})"
        )
        return {
            f"{schema}.{name}": {"rows": int(rows), "written": written}
            for schema, name, rows, written in self.rows(asked)
        }

    def heads(self, schemas: Sequence[str]) -> dict[str, list[str]]:
        """By schema, its revisions, sorted. Raises ProofError if one has no table of them."""
        asked = (f"SELECT '{name}', version_num FROM `{name}`.alembic_version" for name in schemas)  # noqa: S608 - names
        found: dict[str, list[str]] = {name: [] for name in schemas}
        for schema, revision in self.rows(" UNION ALL ".join(asked)):
            found[schema].append(revision)
        return {schema: sorted(revisions) for schema, revisions in found.items()}

    def counted(self, tables: Sequence[str]) -> dict[str, int]:
        """How many rows each table has."""
        asked = (f"SELECT '{name}', COUNT(*) FROM `{name.replace('.', '`.`', 1)}`" for name in tables)  # noqa: S608 - names
        return {name: int(rows) for name, rows in self.rows(" UNION ALL ".join(asked))} if tables else {}


def quiet(before: Json, now: Json) -> list[str]:
    """The tables that nobody wrote to since the first look, nor in the second of that look."""
    return [
        name
        for name, was in before["tables"].items()
        if name in now["tables"]
        and now["tables"][name]["written"] == was["written"]
        and was["written"] < before["at"]
    ]


def chosen(tables: Json, names: Sequence[str]) -> list[str]:
    """Of each schema, the largest of these tables that can be counted soon."""
    by_schema: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (-tables[name]["rows"], name)):
        if 0 < tables[name]["rows"] <= LARGEST:
            by_schema.setdefault(name.partition(".")[0], []).append(name)
    return [name for of_schema in by_schema.values() for name in of_schema[:EACH]]


def differences(expected: Json, copy: Json) -> list[str]:
    """What the copy has not as expected, in words."""
    found = [
        f"schema {name} has the revisions {copy['heads'].get(name)}, and should have {heads}"
        for name, heads in expected["heads"].items()
        if copy["heads"].get(name) != heads
    ]
    if missing := sorted(set(expected["tables"]).difference(copy["tables"])):
        found.append(f"{len(missing)} tables are missing: {', '.join(missing[:5])}")
    found += [
        f"{name} has {copy['rows'].get(name)} rows, and should have {rows}"
        for name, rows in expected["rows"].items()
        if copy["rows"].get(name) != rows
    ]
    if copy["mark"] != expected["mark"]:
        found.append(f"what was written just before it is missing: {expected['mark']}")
    return found


def before(server: Server, asked: Json) -> Json:
    """What there is before the backup; and the mark, which the backup must have."""
    ((at,),) = server.rows("SELECT NOW()")
    tables = server.tables(asked["schemas"])
    server.rows(NOTE.format(asked["mark"]))
    return {"at": at, "tables": tables}


def after(server: Server, asked: Json) -> Json:
    """What a copy must have. Tables that somebody writes to until the last look are not counted."""
    was, schemas = asked["before"], asked["schemas"]
    now = {"tables": server.tables(schemas)}
    rows = server.counted(chosen(now["tables"], quiet(was, now)))
    still = set(quiet(was, {"tables": server.tables(schemas)}))
    return {
        "heads": server.heads(schemas),
        "tables": sorted(was["tables"]),
        "rows": {name: count for name, count in rows.items() if name in still},
        "mark": asked["mark"],
    }


def copy(asked: Json) -> Json:
    """What was compared. Raises ProofError if the copy lacks anything."""
    expected, schemas = asked["expected"], list(asked["expected"]["heads"])
    with started(Path(asked["folder"])) as server:
        seen: Json = {
            "heads": server.heads(schemas),
            "tables": list(server.tables(schemas)),
            "rows": server.counted(list(expected["rows"])),
            "mark": next((mark for (mark,) in server.rows(NOTED)), ""),
        }
    if lacking := differences(expected, seen):
        raise ProofError(f"what was restored from it is not what was backed up: {'; '.join(lacking)}")
    return {
        "databases": len(seen["heads"]),
        "tables": len(expected["tables"]),
        "counted": len(seen["rows"]),
        "rows": sum(seen["rows"].values()),
    }


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server on the data in this folder, which nobody else reaches; it is gone afterwards."""
    socket, log = folder.parent / "socket", folder.parent / "server.log"
    places = (f"--datadir={folder}", f"--socket={socket}", f"--pid-file={folder.parent}/pid")
    argv = ("mariadbd", f"--defaults-file={folder}/backup-my.cnf", *OPTIONS, *places, f"--log-error={log}")
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    server = Server("--no-defaults", f"--socket={socket}")
    try:
        end = time.monotonic() + STARTS
        while not _answers(server):
            if process.poll() is not None or time.monotonic() > end:
                told = log.read_text()[-1000:] if log.exists() else ""
                raise ProofError(f"no server starts on what was restored from it: {told}")
            time.sleep(EVERY)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOPS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(server: Server) -> bool:
    try:
        return server.rows("SELECT 1") == [["1"]]
    except ProofError:
        return False


def main() -> None:
    """Run the verb that the command line names."""
    verbs = {
        "before": lambda asked: before(Server(), asked),
        "after": lambda asked: after(Server(), asked),
        "copy": copy,
    }
    match sys.argv[1:]:
        case [verb] if verb in verbs:
            sys.stdout.write(json.dumps(verbs[verb](json.load(sys.stdin))) + "\n")
        case _:
            sys.exit("usage: galera-proof before | after | copy, with JSON on stdin")


if __name__ == "__main__":
    try:
        main()
    except ProofError as error:
        sys.exit(str(error))
