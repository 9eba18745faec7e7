"""A backup of a real member: made while clients write, proved, and undone when it is killed."""

import json
import shlex
from typing import Any

import pytest
from checkout import Checkout, wait_until

from stages.roles.database.backed_up import BACKUP, KEPT_IN

STAGE, MEMBER, WRITER = "staging", "database-3", "database-1"
SPEC = {
    "what": "backup of a test",
    "then": "promote",
    "host": MEMBER,
    "name": "of-a-test",
    "heads": {"keystone": []},
}
START = shlex.join((BACKUP, "run", json.dumps(SPEC)))
DESYNCED = "mariadb --batch --skip-column-names -e \"SHOW GLOBAL VARIABLES LIKE 'wsrep_desync'\" | cut -f 2"
WRITE = "for n in $(seq 400); do mariadb -e \"REPLACE INTO stagegate.probe (id) VALUES ('backup-$n')\"; done"
REMOVE = "mariadb -e \"DELETE FROM stagegate.probe WHERE id LIKE 'backup-%'\""


def in_step(shared: Checkout) -> bool:
    return shared.run_on(STAGE, MEMBER, f"{BACKUP} ended").code == 0


def told(shared: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared.ssh(STAGE, MEMBER, f"{BACKUP} told"))
    return found


@pytest.mark.lab
def test_a_backup_is_proved_while_clients_write_and_the_member_is_in_step_afterwards(
    shared: Checkout,
) -> None:
    shared.ssh(STAGE, WRITER, f"({WRITE}) >/dev/null 2>&1 &")
    try:
        shared.ssh(STAGE, MEMBER, START)
        wait_until(lambda: in_step(shared), within=60, what="the member is Synced")
        found = told(shared)
        assert found["measured"]["databases"] == 1
        assert found["measured"]["rows"] > 0
        kept = shared.ssh(STAGE, MEMBER, f"ls {KEPT_IN}")
        assert kept.count(".mbstream.gz") == kept.count(".json") >= 1
        assert "work" not in kept
    finally:
        shared.ssh(STAGE, WRITER, REMOVE)


@pytest.mark.prove
def test_a_backup_that_is_killed_leaves_the_member_in_step_and_can_be_repeated(shared: Checkout) -> None:
    killing = f'until [ "$({DESYNCED})" = ON ]; do sleep 0.05; done; systemctl kill -s KILL galera-backup'
    done = shared.run_on(STAGE, MEMBER, f"({killing}) & {START}; code=$?; wait; exit $code")
    assert done.code != 0
    assert "backup of a test: the service ended:" in done.err
    wait_until(lambda: in_step(shared), within=60, what="the member is Synced")
    assert shared.ssh(STAGE, MEMBER, DESYNCED).strip() == "OFF"
    shared.ssh(STAGE, MEMBER, START)
    wait_until(lambda: in_step(shared), within=60, what="the member is Synced")
