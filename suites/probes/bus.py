"""A queue of a probe's own: published to by one broker, consumed by another, where there is one."""

import threading
from contextlib import ExitStack
from functools import partial

from suites.probes.consuming import CONSUMED, consume
from suites.probes.loop import Connect
from suites.probes.messages import Bus, publisher
from suites.probes.order import Order
from suites.probes.places import starting

ENDS_WITHIN_S = 5.0


def connecting(order: Order, made: ExitStack) -> Connect:
    """Make the queue and begin to consume; return how publishers connect. Raises what they raise."""
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
