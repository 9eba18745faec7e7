"""The other end of the bus: every message that comes is written down, then acknowledged."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import amqp  # type: ignore[import-untyped]  # ships no types

from suites.probes.messages import Bus, told_apart

CONSUMED = "amqp-consumed.txt"
PREFETCH = 50
LOOK_S = 0.5
AGAIN_S = 0.1
# Messages come all the time. A broker that gives none for so long may be gone without a word: the next one.
SILENT_S = 3.0


def consume(bus: Bus, into: Path, over: threading.Event) -> None:
    """Consume until `over`, whatever breaks: what was not acknowledged comes again, by another broker."""
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
