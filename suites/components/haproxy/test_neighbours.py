from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from suites.components.haproxy import neighbours
from suites.components.haproxy.component import SERVED_BY
from suites.harness.fixtures import MustHold
from suites.hosts.host import Host, read_all
from suites.neighbours.pair import Pair
from suites.seam.target import Target


@pytest.mark.looks_back
def test_own_pools_stayed_up(
    pair: Pair,  # noqa: ARG001 - where one colour stands alone, this proves nothing
    hosts: Sequence[Host],
    target: Target,
    must_hold: MustHold,
) -> None:
    since = (datetime.now(UTC) - target.settled_at).total_seconds()  # before it is read: that takes time
    pools = read_all(hosts, neighbours.read)
    must_hold(neighbours.stayed_up(pools, neighbours.own(target, SERVED_BY), since))
