"""A probe process: reads what to do as JSON from stdin, records requests into files, ends with its stdin.

Request: `{"kind", "into": directory, "prefix", "url" or "address", "user", "password": {"file"} or {"env"}}`.
It prints `ready` when its first requests are due. Both connection modes of a kind are in one process: two
cores serve all probes and what they probe.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel

from suites.harness.probing import asking
from suites.harness.probing.loop import Connect, Requester, run
from suites.harness.probing.spec import TIMEOUT_S, Kind, Probe, probes
from suites.harness.secret_reference import SecretReference
from suites.harness.trace import Request, Trace, header_line, request_line

JSON = {"Content-Type": "application/json"}


class Order(BaseModel):
    """What to probe; `at` is a URL, or `host:port` of a database."""

    kind: Kind
    into: Path
    prefix: str
    at: str
    user: str = ""
    password: SecretReference | None = None


def main() -> int:
    """Probe until stdin ends."""
    order = Order.model_validate_json(sys.stdin.readline())
    connect = connecting(order)
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


def connecting(order: Order) -> Connect:
    """Return how connections are made. A token that requests show is taken now."""
    password = order.password
    if order.kind is Kind.HTTP:
        return lambda: asking.http_client(order.at, TIMEOUT_S)
    if password is None:
        raise ValueError(f"a probe of kind {order.kind.value} needs a password")
    if order.kind is Kind.SQL:
        secret = password.read()
        return lambda: asking.sql_client(order.at, order.user, secret, TIMEOUT_S)
    body = asking.password_request(password)
    tokens = f"{order.at}/auth/tokens"
    if order.kind is Kind.ISSUE:
        return lambda: asking.http_client(tokens, TIMEOUT_S, "POST", JSON, body)
    token = asking.take_token(order.at, body, 10 * TIMEOUT_S)
    shown = {"X-Auth-Token": token, "X-Subject-Token": token}
    return lambda: asking.http_client(tokens, TIMEOUT_S, headers=shown)


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
