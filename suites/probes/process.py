"""A probe process: reads what to do as JSON from stdin, records requests into files, ends with its stdin.

Request: an `Order`. It prints `ready` when its first requests are due. Both connection modes of a kind are in
one process: two cores serve all probes and what they probe.
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
from suites.probes.spec import Kind, Probe, probes
from suites.probes.trace import Request, Trace, header_line, request_line

PACKAGE = "suites.probes"
MODULES: Mapping[Kind, str] = {
    Kind.SQL: "rows",
    Kind.AMQP: "messages",
    Kind.REDIS: "keys",
    Kind.SERVER: "servers",
}

Connecting = Callable[[Order, ExitStack], Connect]


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how connections are made; what they need is made now, and taken away when `made` closes.

    Each kind has a module, so that no process loads what it does not need. Raises what the clients raise when
    it can't be made.
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
    """Whoever started the probes holds the other end of stdin; when it is gone, so is the reason to probe."""
    sys.stdin.read()
    over.set()


def recording(probe: Probe, into: Path) -> Callable[[Request], None]:
    """Open the file of a probe, write its header, and return what appends a request to it at once."""
    file: TextIO = (into / f"{probe.name}.jsonl").open("w", encoding="utf-8")
    now = time.monotonic()
    wall = datetime.now(UTC).isoformat()
    # How long it will run is not known yet: what a window needs is cut out later.
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
