"""All databases were lost but for copies: the only copy starts the cluster; of several a person chooses."""

import uuid
from collections.abc import Iterator

import pytest
from checkout import Checkout

STAGE, DATABASES = "staging", ("database-1", "database-2", "database-3")
COUNT = "mariadb --batch --skip-column-names -e \"SELECT COUNT(*) FROM stagegate.probe WHERE id = '{row}'\""
INSERT = "mariadb -e \"INSERT INTO stagegate.probe (id, at) VALUES ('{row}', NOW())\""
DELETE = "mariadb -e \"DELETE FROM stagegate.probe WHERE id = '{row}'\""
FOLDER = "/var/lib/mysql"
RECORD = f"{FOLDER}/grastate.dat"
ANOTHER = "11111111-aaaa-11ee-8000-000000000002"


@pytest.fixture
def row(shared: Checkout) -> Iterator[str]:
    """A row that all databases have; then they are stopped in turn, and at the end all have it again."""
    row = f"lost-{uuid.uuid4()}"
    shared.ssh(STAGE, DATABASES[0], INSERT.format(row=row))
    for name in reversed(DATABASES):
        shared.ssh(STAGE, name, "systemctl stop mariadb")
    yield row
    for name in DATABASES:
        assert shared.ssh(STAGE, name, COUNT.format(row=row)).strip() == "1", name
    shared.ssh(STAGE, DATABASES[0], DELETE.format(row=row))


@pytest.mark.lab
def test_a_restored_backup_starts_the_cluster_and_the_empty_hosts_take_its_data(
    shared: Checkout, row: str
) -> None:
    for name in ("database-1", "database-3"):
        shared.ssh(STAGE, name, f"find {FOLDER} -mindepth 1 -delete")
    # As a backup that was copied back: databases, and nothing that Galera wrote.
    shared.ssh(STAGE, "database-2", f"rm -f {RECORD} {FOLDER}/gvwstate.dat {FOLDER}/galera.cache")
    # What stands there: dev may have verified a release since that staging has turned down.
    stage = shared.promote("status", STAGE, "-o", "json", expect=0).document["stages"][0]
    release = ("--stage", STAGE, "--release", stage["standing"])
    planned = shared.promote("plan", *release, expect=0).out
    assert "start the Galera cluster on database-2" in planned, row
    shared.promote(*release, expect=0)


@pytest.mark.prove
def test_of_data_of_two_clusters_a_person_chooses(shared: Checkout, row: str) -> None:
    for name in DATABASES:
        shared.ssh(STAGE, name, f"sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 0/' {RECORD}")
    shared.ssh(STAGE, "database-2", f"sed -i 's/^uuid:.*/uuid:    {ANOTHER}/' {RECORD}")
    refused = shared.promote("plan", "--stage", STAGE).out
    assert f"next: promote bootstrap --stage {STAGE}" in refused, row
    look = shared.promote("bootstrap", "--stage", STAGE, expect=9).out
    assert f"stopped data, {ANOTHER}:" in look
    assert f"promote bootstrap --stage {STAGE} --from HOST" in look
    shared.promote("bootstrap", "--stage", STAGE, "--from", "database-1", "--yes", expect=0)
    assert "asked for a bootstrap from database-1" in shared.promote("audit", "--stage", STAGE, expect=0).out
