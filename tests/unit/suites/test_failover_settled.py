"""When a member of a cluster has got over a failover, by its own words."""

import pytest

from suites.components.rabbitmq import broker as rabbitmq
from suites.components.rabbitmq.broker import Broker
from suites.components.redis import member as redis

BROKERS = ("rabbit@messaging-1", "rabbit@messaging-2", "rabbit@messaging-3")


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("role:master\r\nconnected_slaves:2\r\nmin_slaves_good_slaves:2", True),
        ("role:master\r\nconnected_slaves:0\r\nmin_slaves_good_slaves:0", False),
        ("role:master\r\nconnected_slaves:0", True),
        ("role:slave\r\nmaster_link_status:up\r\nmaster_sync_in_progress:0", True),
        ("role:slave\r\nmaster_link_status:down\r\nmaster_sync_in_progress:0", False),
        ("role:slave\r\nmaster_link_status:up\r\nmaster_sync_in_progress:1", False),
        ("", False),
    ],
)
def test_a_redis_is_settled_as_a_master_that_is_followed_or_a_replica_in_sync(
    said: str, *, holds: bool
) -> None:
    assert redis.has_settled(said).holds is holds


@pytest.mark.parametrize(
    ("running", "partitions", "holds"),
    [(BROKERS, (), True), (BROKERS[:2], (), False), (BROKERS, BROKERS[2:], False)],
)
def test_a_broker_is_settled_when_it_sees_all_of_its_cluster(
    running: tuple[str, ...], partitions: tuple[str, ...], *, holds: bool
) -> None:
    seen = Broker(BROKERS, running, partitions, (), 8, "pause_minority", 10**9, 10**8, (), (), ("openstack",))
    assert rabbitmq.has_settled(seen).holds is holds
