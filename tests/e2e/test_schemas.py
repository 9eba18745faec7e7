"""A dump fills what is empty and nothing else; the release's own command then changes nothing, or it is said.

Keystone's command and the image's dump, on the shared dev's real database, in a database of the test's own.
"""

import json
from collections.abc import Iterator
from functools import partial

import pytest
from checkout import Checkout, Done

pytestmark = pytest.mark.lab

DUMP, TRIAL, OLDER = "/usr/share/stagegate/schemas/keystone.sql", "keystone_trial", "/tmp/older.sql"  # noqa: S108 - on the host
CLIENT = "/etc/stagegate/database.cnf"
MANAGE = "runuser -u keystone -- /opt/openstack/bin/keystone-manage"
SYNC = f"{MANAGE} --config-file /etc/keystone/{TRIAL}.conf db_sync"


class Stage:
    """Shell scripts on the identity host and on the database of the shared dev."""

    def __init__(self, shared: Checkout) -> None:
        self.ssh = partial(shared.ssh, "dev", "identity-blue-1")
        self.run = partial(shared.run_on, "dev", "identity-blue-1")
        self._database = partial(shared.ssh, "dev", "database-1")

    def sql(self, text: str) -> str:
        return self._database(f'mariadb --batch --skip-column-names --execute "{text}"').strip()

    def schema(self, verb: str, dump: str = DUMP, database: str = TRIAL) -> Done:
        return self.run(f"/usr/local/lib/stagegate/schema {verb} {database} {dump} {CLIENT}")

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
    found.ssh(f"cp -p {own} {copy}; sed -i '/^connection = /s#/keystone$#/{TRIAL}#' {copy}")
    try:
        yield found
    finally:
        found.empty()
        found.sql(f"REVOKE ALL ON {TRIAL}.* FROM 'keystone'@'%'; DROP DATABASE {TRIAL}")
        found.ssh(f"rm -f /etc/keystone/{TRIAL}.conf {OLDER}")


def test_a_stage_that_has_data_never_sees_a_dump(stage: Stage) -> None:
    assert stage.noted("keystone").startswith("loaded "), "the stage's own schema came from the dump"
    rows = "CHECKSUM TABLE keystone.user, keystone.project, keystone.endpoint, keystone.password"
    before = stage.sql(rows), stage.noted("keystone")
    for verb in ("load", "check"):
        assert stage.schema(verb, database="keystone").code == 0
    assert (stage.sql(rows), stage.noted("keystone")) == before
    # One table is data enough, with or without a row.
    stage.sql(f"CREATE TABLE {TRIAL}.somebodys (id INT PRIMARY KEY)")
    assert stage.schema("load").code == 0
    assert stage.sql(f"SHOW TABLES IN {TRIAL}") == "somebodys"


def test_the_release_own_command_finds_nothing_to_do_also_after_a_load_that_was_cut_off(stage: Stage) -> None:
    digest = stage.ssh(f"sha256sum < {DUMP}").split()[0]
    stage.sql(f"INSERT INTO stagegate.applied VALUES ('load/{TRIAL}', 'begun {digest}')")  # noqa: S608 - ours
    some = f"sed -n '1,/^INSERT/p' {DUMP} | mariadb --defaults-extra-file={CLIENT} {TRIAL}"
    stage.ssh(some)
    done = stage.schema("load")
    assert done.code == 0, done.err
    stage.ssh(SYNC)
    done = stage.schema("check")
    assert done.code == 0, done.err
    assert stage.noted() == f"loaded {digest}"


def test_a_dump_of_an_older_head_is_a_defect_of_the_image_and_stays_one(stage: Stage) -> None:
    stage.ssh(f"{SYNC} --expand")  # half of the way to this release
    stage.ssh(f"schema-dump --defaults-extra-file={CLIENT} {TRIAL} > {OLDER}")
    stage.empty()
    assert stage.schema("load", OLDER).code == 0
    stage.ssh(SYNC)
    for _ in range(2):
        done = stage.schema("check", OLDER)
        assert done.code == 1
        assert "a defect of the image" in done.err
        assert stage.schema("load", OLDER).code == 0
    assert stage.noted().startswith("begun ")


def test_the_image_has_a_dump_of_every_schema_and_no_secret_in_any(stage: Stage) -> None:
    folder = "/usr/share/stagegate/schemas"
    wanted = {entry["database"] for entry in json.loads(stage.ssh(f"cat {folder}.json"))}
    found = stage.ssh(f"cd {folder} && ls").split()
    assert {name.removesuffix(".sql") for name in found} == wanted
    # The cells of a stage are mapped by its own commands: their rows hold the way to its databases.
    kept = "INSERT IGNORE INTO .(cell_mappings|user|password|credential|endpoint)"
    assert stage.run(f"grep -lE '{kept}' {folder}/*.sql").code == 1
