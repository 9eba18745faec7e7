"""The message bus as a publisher sees it: a message counts when the broker has confirmed it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import amqp  # type: ignore[import-untyped]  # ships no types

from suites.probes.places import Places
from suites.probes.spec import TIMEOUT_S

PORT = 5672
USER = "openstack"
# The queue goes so long after its last client: nobody has to be there to delete it.
EXPIRES_MS = 120_000


@dataclass(frozen=True, slots=True)
class Bus:
    """The brokers, the account's password, and the queue that a probe has for itself."""

    places: Places
    password: str
    queue: str

    def connected(self) -> tuple[str, amqp.Connection]:
        """Connect to the broker whose turn it is, and return its name too. Raises as `Publisher.ask`."""
        name = self.places.current()
        connection = amqp.Connection(
            f"{self.places.addresses[name]}:{PORT}", USER, self.password, confirm_publish=True,
            connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, write_timeout=TIMEOUT_S,
        )  # fmt: skip
        with self.places.leaving(name), told_apart():
            connection.connect()
        return name, connection

    def declare(self) -> None:
        """Make the queue; the broker that is asked leads it. Raises as `Publisher.ask`."""
        _, connection = self.connected()
        with told_apart(), connection:
            connection.channel().queue_declare(
                self.queue, durable=True, auto_delete=False,
                arguments={"x-queue-type": "quorum", "x-expires": EXPIRES_MS},
            )  # fmt: skip


@dataclass(slots=True)
class Publisher:
    """Publishes a message a request, over one connection, and waits until it is confirmed."""

    bus: Bus
    broker: str
    connection: amqp.Connection
    channel: amqp.Channel
    failed: bool = False

    def ask(self, key: str) -> str:
        """Publish one message. Raises TimeoutError, ConnectionError.

        A message that is not taken ends the connection: a channel opened while the queue had no leader
        refuses also when there is one again.
        """
        message = amqp.Message(key, delivery_mode=2)
        self.failed = True
        with self.bus.places.leaving(self.broker), told_apart():
            self.channel.basic_publish(message, routing_key=self.bus.queue, timeout=TIMEOUT_S)
        self.failed = False
        return self.broker

    def close(self) -> None:
        """Say goodbye, so that the broker warns nobody; but not to one that may not be there to hear it."""
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
    """What py-amqp raises, as the loss of the connection; a time-out is one already."""
    try:
        yield
    except amqp.exceptions.MessageNacked:
        raise ConnectionError("the broker did not take the message") from None
    except amqp.AMQPError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from None
