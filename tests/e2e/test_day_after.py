"""The day after: a stage that was off, all of it, is green by `promote --stage` alone, and has its data."""

import secrets
import uuid

import pytest
from checkout import Checkout
from powering import HOWS, power_off

STAGE = "staging"
COUNT = "mariadb --batch --skip-column-names -e \"SELECT COUNT(*) FROM stagegate.probe WHERE id = '{row}'\""
INSERT = "mariadb -e \"INSERT INTO stagegate.probe (id, at) VALUES ('{row}', NOW())\""
DELETE = "mariadb -e \"DELETE FROM stagegate.probe WHERE id = '{row}'\""


def comes_back(checkout: Checkout, how: str) -> None:
    databases = [host["name"] for host in checkout.target(STAGE)["hosts"] if host["role"] == "database"]
    row = f"day-after-{uuid.uuid4()}"
    checkout.ssh(STAGE, databases[0], INSERT.format(row=row))
    hosts = power_off(checkout, STAGE, how, secrets.randbelow(2**32))
    planned = checkout.promote("plan", "--stage", STAGE, "-o", "json", expect=0).out
    assert planned.count("which is stopped") >= len(hosts) - 1, planned
    checkout.promote("--stage", STAGE, expect=0)
    assert checkout.history()[-1]["outcome"] == "verified"
    for database in databases:
        assert checkout.ssh(STAGE, database, COUNT.format(row=row)).strip() == "1", database
    checkout.ssh(STAGE, databases[0], DELETE.format(row=row))


@pytest.mark.parametrize(
    "how",
    [
        pytest.param("power-cut", marks=pytest.mark.lab),
        pytest.param("shutdown", marks=pytest.mark.prove),
    ],
)
def test_a_small_stage_that_was_off_is_green_again_and_has_its_data(shared: Checkout, how: str) -> None:
    comes_back(shared, how)


@pytest.mark.prove
@pytest.mark.timeout(2400)  # the first to ask for it waits for the whole control plane
@pytest.mark.parametrize("how", HOWS)
def test_a_whole_control_plane_that_was_off_is_green_again_and_has_its_data(
    whole: Checkout, how: str
) -> None:
    comes_back(whole, how)
