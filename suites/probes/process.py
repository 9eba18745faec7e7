"""A probe process: reads an `Order` as JSON from stdin, records requests in files, ends when stdin closes.

It prints `ready` when its first requests are due. Both connection modes of a kind share one process, since
two cores serve all probes and the stage that they probe.
"""

import importlib
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, cast

from suites.probes.loop import Connect, Requester, run
from suites.probes.order import Order
from suites.probes.spec import RECORDS, Kind, Probe, probes
from suites.probes.trace import Request, Trace, header_line, request_line

PACKAGE = "suites.probes"
MODULES: Mapping[Kind, str] = {
    Kind.SQL: "rows",
    Kind.AMQP: "messages",
    Kind.REDIS: "keys",
    Kind.SERVER: "servers",
    Kind.CALL: "calls",
    Kind.CHASSIS: "chassis",
    **dict.fromkeys(RECORDS, "records"),
}

Connecting = Callable[[Order, ExitStack], Connect]


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how to connect; what connections need is created now, and removed when `made` closes.

    Each kind names its module, so that no process loads what it does not need. Raises what the clients raise
    if it can't be created.
    """
    module = importlib.import_module(f"{PACKAGE}.{MODULES.get(order.kind, 'apis')}")
    return cast("Connecting", module.connecting)(order, made)


def main() -> int:
    """Probe until stdin ends."""
    order = Order.model_validate_json(sys.stdin.readline())
    with ExitStack() as made:
        connect = connecting(order, made)
        over = threading.Event()
        threading.Thread(target=_await_end, args=(over,), daemon=True).start()
        requesters = tuple(
            Requester(probe, connect, recording(probe, order.into), time.monotonic)
            for probe in probes(order.kind)
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        run(requesters, order.prefix, over.wait, time.monotonic)
    return 0


def _await_end(over: threading.Event) -> None:
    """Set `over` when stdin closes, which means that whoever started the probe is done or gone."""
    sys.stdin.read()
    over.set()


def recording(probe: Probe, into: Path) -> Callable[[Request], None]:
    """Open a probe's file, write its header, and return a function that appends and flushes a request."""
    file: TextIO = (into / f"{probe.name}.jsonl").open("w", encoding="utf-8")
    now = time.monotonic()
    wall = datetime.now(UTC).isoformat()
    # How long it will run is not known yet: readers set the end when they cut out a window.
    head = Trace(
        probe.name, probe.kind.value, probe.connection, probe.rate, probe.timeout_s, now, now, (), wall
    )
    file.write(header_line(head))
    file.flush()
    lock = threading.Lock()

    def record(request: Request) -> None:
        with lock:
            file.write(request_line(request))
            file.flush()

    return record


if __name__ == "__main__":
    sys.exit(main())
