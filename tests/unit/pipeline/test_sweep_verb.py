"""`promote sweep` shows what gates have left in a stage, and removes it when a person or --yes says so."""

import json

import pytest
from desk import Desk, green, locked, open_attempt

from pipeline.core.swept import Leftover
from pipeline.testing.gates import ASKED, AWAY

SERVER = Leftover("nova-api", "server", "smoke-1", ASKED)
STUCK = Leftover("neutron", "network", "stagegate-load-1f-3", "answered 409")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk(*green(desk))
    return desk


def sweep(desk: Desk, *argv: str) -> int:
    return desk("sweep", "--stage", "dev", *argv)


def test_what_gates_have_left_is_shown_and_stays_where_nobody_can_be_asked(desk: Desk) -> None:
    desk.bench.left = [SERVER, STUCK]
    before = len(desk.bench.store.rows)
    assert sweep(desk) == 0
    for words in ("nova-api", "server", "smoke-1", ASKED, "2 things of gates in dev"):
        assert words in desk.out
    assert "to remove it: promote sweep --stage dev --yes" in desk.out
    assert desk.bench.left == [SERVER, STUCK]
    # What gates make is no part of a release, so nothing but the lease is recorded.
    recorded = [json.loads(row.event)["event"] for row in desk.bench.store.rows[before:]]
    assert {name[:5] for name in recorded} == {"Lease"}


def test_with_yes_it_is_removed_and_what_stays_is_told_with_its_reason(desk: Desk) -> None:
    desk.bench.left = [SERVER, STUCK]
    assert sweep(desk, "--yes") == 1
    assert "removed" in desk.out
    assert "answered 409" in desk.out
    assert "1 thing of gates in dev" in desk.out
    assert desk.bench.left == [STUCK]


def test_all_removed_is_well(desk: Desk) -> None:
    desk.bench.left = [SERVER]
    assert sweep(desk, "--yes") == 0
    assert sweep(desk) == 0
    assert desk.out == "no gate has left anything in dev\n"


def test_a_component_that_can_not_be_asked_is_no_clean_stage(desk: Desk) -> None:
    desk.bench.left = [Leftover(AWAY, "image", "smoke-2", ASKED)]
    assert sweep(desk) == 1
    assert desk.out == f"not looked for: {AWAY}: no answer\n"


@pytest.mark.parametrize(("way", "code"), [(locked, 5), (open_attempt, 9)])
def test_nothing_is_looked_for_while_another_run_is_at_work(desk: Desk, way: object, code: int) -> None:
    assert callable(way)
    way(desk)
    desk.bench.left = [SERVER]
    stage = "dev"
    assert desk("sweep", "--stage", stage, "--yes") == code
    assert desk.bench.left == [SERVER]
