"""A database is filled from a dump when it has no table, and the release's own command then changes nothing.

The script is the rendered one; the database it asks is a stand-in on PATH that keeps its tables in a file.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stage_sample import blueprint, content, formed
from stand_in import install

SCRIPT = "/usr/local/lib/stagegate/schema"
DUMP = "one\ntwo\nthree\n"  # a table a line
DIGEST = hashlib.sha256(DUMP.encode()).hexdigest()
# What mariadb and schema-dump answer. `limit` tables are made in one load; then the connection is lost.
STAND_IN = """\
import json, re, sys
state = json.load(open(PLACE))
text = sys.argv[-1] if "--execute" in sys.argv else ""
if text.startswith("REPLACE INTO stagegate.applied"):
    name, revision = re.search(r"VALUES .'(.*)', '(.*)'.$", text).groups()
    state["notes"][name] = revision
elif text.startswith("SELECT revision"):
    print(state["notes"].get(re.search("name = '(.*)'", text)[1], ""))
elif text.startswith("SELECT COUNT"):
    assert "table_schema = 'keystone'" in text
    print(len(state["tables"]))
elif text:
    sys.exit(f"unknown: {text}")
else:
    wanted = sys.stdin.read().split()
    state["loads"] += 1
    new = [table for table in wanted if table not in state["tables"]]
    state["tables"] += new[: state["limit"]]
json.dump(state, open(PLACE, "w"))
if not text and len(new) > state["limit"]:
    sys.exit("lost connection")
"""
SHOWN = "import json\nprint('\\n'.join(json.load(open(PLACE))['tables']))\n"


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder that stands in for a host, its image's dump and its database."""

    folder: Path

    def has(self, *tables: str, note: str = "", limit: int = 99) -> None:
        notes = {"load/keystone": note} if note else {}
        self.put({"tables": list(tables), "notes": notes, "loads": 0, "limit": limit})

    def put(self, state: dict[str, Any]) -> None:
        (self.folder / "state").write_text(json.dumps(state))

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "state").read_text())
        return found

    def changed(self, **values: object) -> None:
        self.put(self.state | values)

    def run(self, verb: str) -> subprocess.CompletedProcess[str]:
        # From a file: what the script's programs read must not be the script.
        script = self.folder / "schema"
        script.write_text(content("prod", "identity-blue-1", SCRIPT))
        return subprocess.run(
            ["sh", script, verb, "keystone", self.folder / "dump", "/client.cnf"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def passes(self, verb: str) -> bool:
        return self.run(verb).returncode == 0


@pytest.fixture
def stage(programs: Path) -> Stage:
    place = f"PLACE = {str(programs / 'state')!r}\n"
    install(programs, "mariadb", place + STAND_IN)
    install(programs, "schema-dump", place + SHOWN)
    (programs / "dump").write_text(DUMP)
    return Stage(programs)


def test_an_empty_database_is_filled_and_noted_as_loaded_once_the_check_is_passed(stage: Stage) -> None:
    stage.has()
    assert stage.passes("load")
    assert stage.state["tables"] == DUMP.split()
    assert stage.state["notes"] == {"load/keystone": f"begun {DIGEST}"}
    assert stage.passes("check")
    assert stage.state["notes"] == {"load/keystone": f"loaded {DIGEST}"}


@pytest.mark.parametrize("note", ["", f"loaded {DIGEST}", "loaded another"])
def test_a_database_that_has_a_table_never_sees_a_dump(stage: Stage, note: str) -> None:
    stage.has("a-users-own", note=note)
    before = stage.state
    assert stage.passes("load")
    assert stage.passes("check")
    assert stage.state == before


def test_an_interrupted_load_is_continued(stage: Stage) -> None:
    stage.has(limit=1)
    assert not stage.passes("load")
    assert stage.state["tables"] == ["one"]
    stage.changed(limit=99)
    assert stage.passes("load")
    assert stage.state["tables"] == DUMP.split()
    assert stage.passes("check")


@pytest.mark.parametrize("left", [("one", "two", "three", "four"), ("one", "two"), ("one", "two", "other")])
def test_a_command_that_found_something_to_do_is_a_defect_of_the_image(
    stage: Stage, left: tuple[str, ...]
) -> None:
    stage.has()
    assert stage.passes("load")
    stage.changed(tables=list(left))
    for _ in range(2):  # and stays one: trying again does not hide it
        done = stage.run("check")
        assert done.returncode == 1
        assert "a defect of the image" in done.stderr
        assert stage.passes("load")
        stage.changed(tables=list(left))
    assert stage.state["notes"]["load/keystone"].startswith("begun ")


def test_a_partial_load_of_another_images_dump_is_neither_continued_nor_removed(stage: Stage) -> None:
    stage.has("one", note="begun 0000")
    before = stage.state
    done = stage.run("load")
    assert done.returncode == 1
    assert "0000" in done.stderr
    assert "promote again" in done.stderr
    assert stage.state == before


@pytest.mark.parametrize("role", ["identity", "image", "compute-api", "network-api", "volume-api"])
def test_each_database_of_a_role_is_filled_before_the_release_own_command_and_checked_after_it(
    role: str,
) -> None:
    commands = [command for item in formed("whole-prod", role) for command in item.commands]
    texts = [" ".join(command.to_json().get("run", ())) for command in commands]
    filled, drawn = [], blueprint("whole-prod").roles[role]
    for schema in drawn.schemas:
        command = " ".join(schema.command)
        (text,) = [text for text in texts if command in text]
        for database in schema.databases:
            load, check = (text.index(f"{verb} {database} {schema.dump} ") for verb in ("load", "check"))
            assert load < text.index(command) < check
            filled.append(database)
    assert sorted(filled) == sorted(database.name for database in drawn.databases)


@pytest.mark.parametrize("host", ["identity-blue-1", "compute-api-blue-1"])
def test_the_option_file_tells_all_programs_only_what_each_knows(host: str) -> None:
    client = content("whole-prod", host, "/etc/stagegate/database.cnf").partition("[mariadb-client]")[0]
    told = {line.partition(" = ")[0] for line in client.splitlines() if " = " in line}
    assert told == {"host", "user", "password"}, "mariadb-dump refuses any other"
