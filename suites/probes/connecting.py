"""How each kind of probe connects: by a module of its own, so that no process loads what it does not need."""

import importlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import cast

from suites.probes.loop import Connect
from suites.probes.order import Order
from suites.probes.spec import Kind

PACKAGE = "suites.probes"
MODULES: Mapping[Kind, str] = {
    Kind.HTTP: "tokens",
    Kind.VALIDATE: "tokens",
    Kind.ISSUE: "tokens",
    Kind.SQL: "rows",
    Kind.AMQP: "bus",
    Kind.REDIS: "keys",
    Kind.IMAGE: "images",
    Kind.COMPUTE: "flavors",
    Kind.SERVER: "servers",
}

Connecting = Callable[[Order, ExitStack], Connect]


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how connections are made; what they need is made now, and taken away when `made` closes.

    Raises what the clients raise when it can't be made.
    """
    module = importlib.import_module(f"{PACKAGE}.{MODULES[order.kind]}")
    return cast("Connecting", module.connecting)(order, made)
