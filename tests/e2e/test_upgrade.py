"""A small stage comes to the next OpenStack release, and no request fails. On the real lab.

Staging rehearses: the upgrade changes its clients over, takes them back, and changes them over again.
Rollbacks by hand, ten each way, are in tests/prove/test_switch_figures.py.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from checkout import Checkout
from upgrading import AFTER, BEFORE, OF_IDENTITY, answering, asks_for, counted_by_haproxy, failed_in, writes
from watching import watched

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

STAGE = "staging"
LEAST_REQUESTS = 1000
NOT_ELIGIBLE = 9  # the exit code; its plan is refused, and nothing is changed
REHEARSED = ["expand", "build", "cut-over", "back", "cut-over-again"]
USER = "from-before"


@pytest.fixture(scope="module")
def upgraded(holder_of_the_image: None) -> Iterator[Checkout]:  # noqa: ARG001 - of the image it takes over
    """A clone whose only stage runs the older release, verified by smoke."""
    with closing(Checkout("upgrade").fresh().with_staging_alone().small().with_smoke_alone()) as checkout:
        asks_for(checkout, BEFORE)
        checkout.promote("--stage", STAGE, expect=0)
        checkout.openstack(STAGE, "user", "create", USER)
        yield checkout


def under_clients(checkout: Checkout, into: Path, *arguments: str) -> int:
    """Run `promote` under clients; no request fails, no write is lost. Returns the number of requests."""
    with watched(checkout.target_path(STAGE), into, OF_IDENTITY) as watch:
        checkout.promote(*arguments, expect=0)
    assert failed_in(watch) == {}
    assert watch.left == ()
    written, lost = writes(checkout, STAGE, into, OF_IDENTITY)
    assert written
    assert lost == []
    return watch.requests


def users(checkout: Checkout) -> list[str]:
    return checkout.openstack(STAGE, "user", "list", "-f", "value", "-c", "Name").out.split()


def test_an_upgrade_with_its_rehearsal_fails_no_request(upgraded: Checkout, tmp_path: Path) -> None:
    asks_for(upgraded, AFTER)
    assert under_clients(upgraded, tmp_path, "--stage", STAGE) >= LEAST_REQUESTS
    assert answering(upgraded, STAGE) == {"green"}
    last = upgraded.history()[-1]
    assert [leg["name"] for leg in last["legs"]] == REHEARSED
    assert last["retries"] == []
    assert counted_by_haproxy(upgraded)["requests"]
    assert USER in users(upgraded)


def test_the_colour_that_answers_nobody_is_retired_without_a_failed_request(
    upgraded: Checkout, tmp_path: Path
) -> None:
    under_clients(upgraded, tmp_path, "retire", "--stage", STAGE, "--yes")
    assert {host["colour"] for host in upgraded.target(STAGE)["hosts"]} == {None, "green"}
    assert USER in users(upgraded)
    refused = upgraded.promote("rollback", "--stage", STAGE)
    assert refused.code == NOT_ELIGIBLE, refused.err
    assert BEFORE in refused.err
