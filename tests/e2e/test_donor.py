"""Two databases lost their data: the third one serves while it gives its own to the first that comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import Checkout, wait_until
from watching import watched

pytestmark = pytest.mark.lab

STAGE, WRITER, LOST = "staging", "database-1", ("database-3", "database-2")
STATE = "mariadb --batch --skip-column-names --execute \"SHOW STATUS LIKE 'wsrep_local_state_comment'\""
SYNCED = f"{STATE} 2>&1 | grep -q Synced && echo synced || echo not yet"
# All members agree anew on who is in (evs_install_timeout at the most), and a donor stops commits
# while it copies what is not InnoDB's: far less than a second of a stage without data.
LONGEST_GAP = 2.0
WITHIN = 300  # seconds until it is back, on a machine that is busy with other things


@pytest.fixture
def two_lost(shared: Checkout) -> Iterator[Checkout]:
    """A stage whose writer is alone; the others are back at the end."""
    try:
        for name in LOST:
            shared.ssh(STAGE, name, "systemctl stop mariadb && find /var/lib/mysql -mindepth 1 -delete")
        yield shared
    finally:
        for name in LOST:
            rejoin(shared, name)


def rejoin(checkout: Checkout, name: str) -> None:
    checkout.ssh(STAGE, name, "systemctl start --no-block mariadb")
    wait_until(lambda: "synced" in checkout.ssh(STAGE, name, SYNCED).split(), WITHIN, f"{name} is Synced")


def test_the_last_database_serves_while_another_one_is_rebuilt_from_it(
    two_lost: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    with watched(staging_target, tmp_path) as client:
        rejoin(two_lost, LOST[0])
    journal = two_lost.ssh(STAGE, WRITER, "journalctl --unit mariadb --since '-5min' --output cat")
    assert "Shifting SYNCED -> DONOR/DESYNCED" in journal, "it was the donor"
    assert "wsrep_sst_mariabackup --role 'donor'" in journal, "of all data, not of the last writes"
    assert {probe: client.ended(probe) for probe in client.failed} == {"sql-new": [], "sql-kept": []}
    assert all(seen.longest_gap_s <= LONGEST_GAP for seen in client.measures.values()), client.measures
