import uuid
from collections.abc import Iterator, Sequence

import pytest

from suites.components.rabbitmq import broker, message, queues
from suites.components.rabbitmq.component import CALLERS
from suites.harness.fixtures import MustHold, Seeing
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.hosts.reading import Observation, until
from suites.seam.target import Target

MOVED_WITHIN = 10
# Elections take less than a second; what is left of a queue that has expired is removed in two looks.
LED_WITHIN = 20
# A service that has just started declares its queues first and consumes from them a moment later.
CONSUMED_WITHIN = 10


@pytest.fixture
def queue(hosts: Sequence[Host]) -> Iterator[str]:
    name = f"stagegate-{uuid.uuid4()}"
    yield name
    message.remove(hosts[0], name)


@asks(lambda _, host: [broker.script(host)])
def test_brokers_are_one_cluster(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(broker.one_cluster(broker.read_each(hosts)))


@asks(lambda _, host: [broker.script(host)])
def test_partition_is_handled(host: Host, target: Target, must_hold: MustHold) -> None:
    read = broker.read(host)
    must_hold(broker.as_set(read, target.settings["messaging"]))
    must_hold(broker.no_guest(read))


@asks(lambda _, host: [broker.script(host)])
def test_disk_is_free(host: Host, must_hold: MustHold) -> None:
    must_hold(broker.disk_is_free(broker.read(host)))


@asks(lambda _, host: [message.round_trip(host)])
def test_client_is_served(host: Host, must_hold: MustHold) -> None:
    must_hold(message.consumed(host.read(message.round_trip(host))))


@asks(lambda _, host: [broker.script(host)])
def test_members_are_alive(host: Host, must_hold: MustHold) -> None:
    must_hold(until(lambda: broker.has_all_members(broker.read(host)), within=LED_WITHIN, every=1))


def test_queues_are_quorum(hosts: Sequence[Host], must_hold: MustHold) -> None:
    must_hold(queues.of_the_right_type(queues.read(hosts[0]), [host.name for host in hosts]))


def test_queues_have_leaders(hosts: Sequence[Host], must_hold: MustHold) -> None:
    def look() -> Observation:
        return broker.leaders_are_known(broker.read_each(hosts))

    must_hold(until(look, within=LED_WITHIN, every=1))


def test_consumers_on_every_rpc_queue(hosts: Sequence[Host], target: Target, must_hold: MustHold) -> None:
    callers = CALLERS & {component for host in target.hosts for component in host.components}

    def look() -> Observation:
        return queues.consumed(queues.read(hosts[0]), callers, target.beside)

    must_hold(until(look, within=CONSUMED_WITHIN, every=1))


def test_message_outlives_its_leader(
    hosts: Sequence[Host], queue: str, must_hold: MustHold, seen: Seeing
) -> None:
    text = uuid.uuid4().hex
    message.publish(hosts[0], queue, text)
    led = message.leader(hosts[0], queue)
    seen(f"confirmed through {hosts[0].name}, led by {led}")
    others = [host for host in hosts if host.name != led]
    if len(hosts) == 1:
        seen("one broker: no other to lead")
    else:
        message.move(hosts[0], queue, others[0])
        must_hold(until(lambda: _led_by(others[0], queue, others[0]), within=MOVED_WITHIN))
    reader = hosts[-1]
    read = message.read(reader, queue)
    must_hold(
        Observation(read == text, f"{'read back' if read == text else 'not readable'} through {reader.name}")
    )


def _led_by(asked: Host, queue: str, wanted: Host) -> Observation:
    led = message.leader(asked, queue)
    return Observation(led == wanted.name, f"led by {led}")
