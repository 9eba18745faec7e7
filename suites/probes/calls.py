"""Calls to Nova's conductors over the bus, as other services of Nova make them, but without retries.

Whichever conductor takes the call answers it, and does nothing else: the method is one that every service of
Nova has for this.
"""

import contextlib
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import amqp  # type: ignore[import-untyped]  # ships no types

from suites.probes.loop import Connect, RefusedError
from suites.probes.messages import Bus, told_apart
from suites.probes.order import Order
from suites.probes.places import starting
from suites.probes.spec import API_TIMEOUT_S

CONDUCTORS = "conductor"  # the queue that all of them take their work from
# oslo.messaging's envelope, and the keys in it that are for itself.
VERSION, MESSAGE = "oslo.version", "oslo.message"
SHOWN = 120


def called(key: str, replies: str) -> str:
    """Return the body of a message that calls a conductor, to be answered into the queue `replies`."""
    call = {
        "method": "ping",
        "namespace": "baseapi",
        "version": "1.0",
        "args": {"arg": key},
        "_msg_id": key,
        "_reply_q": replies,
        "_unique_id": key,
        "_timeout": API_TIMEOUT_S,
        # Nobody's: else the conductor would look up what this user may do.
        "_context_is_admin": False,
    }
    return json.dumps({VERSION: "2.0", MESSAGE: json.dumps(call)})


def answers(body: str | bytes, key: str) -> bool:
    """Say whether a message from the queue of replies is the answer to this call.

    Raises RefusedError if it says that the call failed, or echoes something else. Any other message is the
    answer to an earlier call, which nobody waits for any more.
    """
    document = json.loads(body)
    told = json.loads(document[MESSAGE])
    if told.get("_msg_id") != key:
        return False
    if told.get("failure"):
        raise RefusedError(str(told["failure"])[:SHOWN])
    result = told.get("result")
    if not isinstance(result, dict) or result.get("arg") != key:
        raise RefusedError(f"called with {key}, answered {str(result)[:SHOWN]}")
    return True


@dataclass(slots=True)
class Caller:
    """Makes one call per request, over one connection with a queue of its own for the replies."""

    bus: Bus
    broker: str
    connection: amqp.Connection
    channel: amqp.Channel
    replies: str
    arrived: list[str | bytes]
    clock: Callable[[], float] = time.monotonic
    failed: bool = False

    def ask(self, key: str) -> None:
        """Call a conductor. Raises RefusedError, TimeoutError, ConnectionError.

        A call that fails ends the connection, and the broker is left: it may be the one that is silent.
        """
        end = self.clock() + API_TIMEOUT_S
        message = amqp.Message(
            called(key, self.replies),
            content_type="application/json",
            content_encoding="utf-8",
            expiration=str(int(API_TIMEOUT_S * 1000)),  # nobody waits longer: no conductor need do it then
        )
        self.failed = True
        with self.bus.places.leaving(self.broker), told_apart():
            self.channel.basic_publish(message, routing_key=CONDUCTORS, timeout=API_TIMEOUT_S)
            while not any(answers(body, key) for body in self._taken()):
                left = end - self.clock()
                if left <= 0:
                    raise TimeoutError("no conductor answered")
                self.connection.drain_events(timeout=left)
        self.failed = False

    def close(self) -> None:
        """Close cleanly, so that the broker logs no warning, or only the socket if the broker may be gone."""
        if not self.failed:
            with contextlib.suppress(OSError, amqp.AMQPError):
                self.connection.close()
        self.connection.collect()

    def _taken(self) -> list[str | bytes]:
        taken = list(self.arrived)
        self.arrived.clear()
        return taken


def caller(bus: Bus) -> Caller:
    """Connect, and declare a queue for replies, which goes with the connection. Raises as `Caller.ask`."""
    name, connection = bus.connected()
    arrived: list[str | bytes] = []
    with bus.places.leaving(name), told_apart():
        channel = connection.channel()
        replies = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        channel.basic_consume(replies, callback=lambda message: arrived.append(message.body), no_ack=True)
        return Caller(bus, name, connection, channel, replies, arrived)


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how callers connect; nothing is created beforehand."""
    del made
    bus = Bus(starting(order.nodes, order.prefix), order.password.read(), CONDUCTORS)
    return partial(caller, bus)
