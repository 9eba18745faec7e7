"""A dump fills what is empty and nothing else; the release's own command then changes nothing, or it is said.

Keystone's command and the image's dump, on the shared dev's real database, in a database of the test's own.
"""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from checkout import Checkout

pytestmark = pytest.mark.lab

DUMP, TRIAL, OLDER = "/usr/share/stagegate/schemas/keystone.sql", "keystone_trial", "/tmp/older.sql"  # noqa: S108 - on the host
CLIENT = "/etc/stagegate/database.cnf"
MANAGE = "runuser -u keystone -- /opt/openstack/bin/keystone-manage"
SYNC = f"{MANAGE} --config-file /etc/keystone/{TRIAL}.conf db_sync"


class Stage:
    """Shell scripts on the database and on the identity host of the shared dev."""

    def __init__(self, shared: Checkout) -> None:
        self.target: dict[str, Any] = shared.target("dev")

    def ssh(self, host: str, script: str) -> subprocess.CompletedProcess[str]:
        argv = ("ssh", "-F", self.target["ssh_config"], "-o", "BatchMode=yes", host, script)
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL
        )

    def sh(self, host: str, script: str) -> str:
        done = self.ssh(host, script)
        assert done.returncode == 0, f"{script}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def sql(self, text: str) -> str:
        return self.sh("database-1", f'mariadb --batch --skip-column-names --execute "{text}"')

    def schema(self, verb: str, dump: str = DUMP, database: str = TRIAL) -> subprocess.CompletedProcess[str]:
        program = f"/usr/local/lib/stagegate/schema {verb} {database} {dump} {CLIENT}"
        return self.ssh("identity-blue-1", program)

    def empty(self) -> None:
        """The trial's database without a table, and unknown."""
        self.sql(f"DROP DATABASE IF EXISTS {TRIAL}; CREATE DATABASE {TRIAL} CHARACTER SET utf8mb3")
        self.sql(f"DELETE FROM stagegate.applied WHERE name = 'load/{TRIAL}'")  # noqa: S608 - ours

    def noted(self, database: str = TRIAL) -> str:
        note = f"load/{database}"
        return self.sql(f"SELECT revision FROM stagegate.applied WHERE name = '{note}'")  # noqa: S608 - ours


@pytest.fixture
def stage(shared: Checkout) -> Iterator[Stage]:
    found = Stage(shared)
    found.empty()
    found.sql(f"GRANT ALL ON {TRIAL}.* TO 'keystone'@'%'")
    own = "/etc/keystone/keystone.conf"
    copy = f"/etc/keystone/{TRIAL}.conf"
    found.sh("identity-blue-1", f"cp -p {own} {copy}; sed -i '/^connection = /s#/keystone$#/{TRIAL}#' {copy}")
    try:
        yield found
    finally:
        found.empty()
        found.sql(f"REVOKE ALL ON {TRIAL}.* FROM 'keystone'@'%'; DROP DATABASE {TRIAL}")
        found.sh("identity-blue-1", f"rm -f /etc/keystone/{TRIAL}.conf {OLDER}")


def test_a_stage_that_has_data_never_sees_a_dump(stage: Stage) -> None:
    assert stage.noted("keystone").startswith("loaded "), "the stage's own schema came from the dump"
    rows = "CHECKSUM TABLE keystone.user, keystone.project, keystone.endpoint, keystone.password"
    before = stage.sql(rows), stage.noted("keystone")
    for verb in ("load", "check"):
        assert stage.schema(verb, database="keystone").returncode == 0
    assert (stage.sql(rows), stage.noted("keystone")) == before
    # One table is data enough, with or without a row.
    stage.sql(f"CREATE TABLE {TRIAL}.somebodys (id INT PRIMARY KEY)")
    assert stage.schema("load").returncode == 0
    assert stage.sql(f"SHOW TABLES IN {TRIAL}") == "somebodys"


def test_the_release_own_command_finds_nothing_to_do_also_after_a_load_that_was_cut_off(stage: Stage) -> None:
    digest = stage.sh("identity-blue-1", f"sha256sum < {DUMP}").split()[0]
    stage.sql(f"INSERT INTO stagegate.applied VALUES ('load/{TRIAL}', 'begun {digest}')")  # noqa: S608 - ours
    some = f"sed -n '1,/^INSERT/p' {DUMP} | mariadb --defaults-extra-file={CLIENT} {TRIAL}"
    stage.sh("identity-blue-1", some)
    done = stage.schema("load")
    assert done.returncode == 0, done.stderr
    stage.sh("identity-blue-1", SYNC)
    done = stage.schema("check")
    assert done.returncode == 0, done.stderr
    assert stage.noted() == f"loaded {digest}"


def test_a_dump_of_an_older_head_is_a_defect_of_the_image_and_stays_one(stage: Stage) -> None:
    stage.sh("identity-blue-1", f"{SYNC} --expand")  # half of the way to this release
    stage.sh("identity-blue-1", f"schema-dump --defaults-extra-file={CLIENT} {TRIAL} > {OLDER}")
    stage.empty()
    assert stage.schema("load", OLDER).returncode == 0
    stage.sh("identity-blue-1", SYNC)
    for _ in range(2):
        done = stage.schema("check", OLDER)
        assert done.returncode == 1
        assert "a defect of the image" in done.stderr
        assert stage.schema("load", OLDER).returncode == 0
    assert stage.noted().startswith("begun ")


def test_the_image_has_a_dump_of_every_schema_and_no_secret_in_any(stage: Stage) -> None:
    folder = "/usr/share/stagegate/schemas"
    wanted = {entry["database"] for entry in json.loads(stage.sh("identity-blue-1", f"cat {folder}.json"))}
    found = stage.sh("identity-blue-1", f"cd {folder} && ls").split()
    assert {name.removesuffix(".sql") for name in found} == wanted
    # The cells of a stage are mapped by its own commands: their rows hold the way to its databases.
    kept = "INSERT IGNORE INTO .(cell_mappings|user|password|credential|endpoint)"
    assert stage.ssh("identity-blue-1", f"grep -lE '{kept}' {folder}/*.sql").returncode == 1
