from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from suites.components.haproxy import neighbours
from suites.components.haproxy.component import SERVED_BY
from suites.hosts.host import Host, read_all
from suites.neighbours.fixtures import Judging
from suites.neighbours.pair import Pair
from suites.seam.target import Target


@pytest.mark.looks_back
def test_own_pools_stayed_up(
    pair: Pair,  # noqa: ARG001 - where one colour stands alone, this proves nothing
    hosts: Sequence[Host],
    target: Target,
    judging: Judging,
) -> None:
    since = (datetime.now(UTC) - target.settled_at).total_seconds()  # before it is read: that takes time
    remembered = read_all(hosts, neighbours.read)
    judging(neighbours.stayed_up(remembered, neighbours.own(target, SERVED_BY), since))
