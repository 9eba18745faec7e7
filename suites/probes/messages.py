"""Messages over RabbitMQ: the broker confirms each one that is published, the consumer records each it gets.

A probe has its own queue: it publishes through one broker, and consumes through another if there is one.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import amqp  # type: ignore[import-untyped]  # ships no types

from suites.hosts.places import BUS
from suites.probes.loop import Connect
from suites.probes.order import Order
from suites.probes.places import Places, starting
from suites.probes.spec import TIMEOUT_S

USER = "openstack"
# The queue expires this long after its last client, so nobody needs to delete it.
EXPIRES_MS = 120_000
CONSUMED = "amqp-consumed.txt"
PREFETCH = 50
LOOK_S = 0.5
AGAIN_S = 0.1
# Messages arrive all the time. A broker that delivers none for this long may be lost: try the next one.
SILENT_S = 3.0
ENDS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Bus:
    """The brokers, the account's password, and the probe's own queue."""

    places: Places
    password: str
    queue: str

    def connected(self) -> tuple[str, amqp.Connection]:
        """Connect to the current broker, and return its name too. Raises as `Publisher.ask`."""
        name = self.places.current()
        connection = amqp.Connection(
            f"{self.places.addresses[name]}:{BUS}", USER, self.password, confirm_publish=True,
            connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, write_timeout=TIMEOUT_S,
        )  # fmt: skip
        with self.places.leaving(name), told_apart():
            connection.connect()
        return name, connection

    def declare(self) -> None:
        """Declare the queue; the broker that is asked leads it. Raises as `Publisher.ask`."""
        _, connection = self.connected()
        with told_apart(), connection:
            connection.channel().queue_declare(
                self.queue, durable=True, auto_delete=False,
                arguments={"x-queue-type": "quorum", "x-expires": EXPIRES_MS},
            )  # fmt: skip


@dataclass(slots=True)
class Publisher:
    """Publishes one message per request, over one connection, and waits until it is confirmed."""

    bus: Bus
    broker: str
    connection: amqp.Connection
    channel: amqp.Channel
    failed: bool = False

    def ask(self, key: str) -> str:
        """Publish one message. Raises TimeoutError, ConnectionError.

        A message that is not accepted ends the connection: a channel opened while the queue had no leader
        keeps refusing even when there is one again.
        """
        message = amqp.Message(key, delivery_mode=2)
        self.failed = True
        with self.bus.places.leaving(self.broker), told_apart():
            self.channel.basic_publish(message, routing_key=self.bus.queue, timeout=TIMEOUT_S)
        self.failed = False
        return self.broker

    def close(self) -> None:
        """Close cleanly, so that the broker logs no warning, or only the socket if the broker may be gone."""
        if not self.failed:
            with contextlib.suppress(OSError, amqp.AMQPError):
                self.connection.close()
        self.connection.collect()


def publisher(bus: Bus) -> Publisher:
    """Connect for publishing. Raises as `Publisher.ask`."""
    name, connection = bus.connected()
    with bus.places.leaving(name), told_apart():
        return Publisher(bus, name, connection, connection.channel())


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Translate py-amqp's exceptions into ConnectionError; its timeouts are TimeoutError already."""
    try:
        yield
    except amqp.exceptions.MessageNacked:
        raise ConnectionError("the broker did not take the message") from None
    except amqp.AMQPError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from None


def consume(bus: Bus, into: Path, over: threading.Event) -> None:
    """Consume until `over`; after an error, use another broker, which resends what was not acknowledged."""
    with into.open("a", encoding="utf-8") as file:

        def keep(key: str) -> None:
            file.write(f"{key}\n")
            file.flush()

        while not over.is_set():
            try:
                name, connection = bus.connected()
                with bus.places.leaving(name), told_apart():
                    _drain(connection, bus.queue, keep, over)
            except OSError:
                over.wait(AGAIN_S)


def _drain(
    connection: amqp.Connection, queue: str, keep: Callable[[str], None], over: threading.Event
) -> None:
    last = time.monotonic()

    def came(message: amqp.Message) -> None:
        nonlocal last
        last = time.monotonic()
        keep(str(message.body))
        channel.basic_ack(message.delivery_tag)

    try:
        channel = connection.channel()
        channel.basic_qos(0, PREFETCH, a_global=False)
        channel.basic_consume(queue, callback=came)
        while not over.is_set():
            try:
                connection.drain_events(timeout=LOOK_S)
            except TimeoutError:
                if time.monotonic() - last > SILENT_S:
                    raise
    finally:
        connection.collect()


def connecting(order: Order, made: ExitStack) -> Connect:
    """Declare the queue and start consuming; return how publishers connect. Raises as `Publisher.ask`."""
    password, queue = order.password.read(), f"stagegate-{order.prefix}"
    publishing = Bus(starting(order.nodes, order.prefix), password, queue)
    publishing.declare()
    reading = Bus(starting(order.nodes, order.prefix, later=1), password, queue)
    over = threading.Event()
    into = order.into / CONSUMED
    into.touch()
    thread = threading.Thread(target=consume, args=(reading, into, over), daemon=True)
    thread.start()
    made.callback(thread.join, ENDS_WITHIN_S)
    made.callback(over.set)
    return partial(publisher, publishing)
