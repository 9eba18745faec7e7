#!/usr/bin/python3 -IS
"""Takes a service of this host out of the load balancers' rotation, and waits until it serves nobody.

Its unit runs this before it stops. The service goes on meanwhile; only its health check says that it drains.
Each wait has a limit. What was not so by then is printed and nothing else: a stop must end.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Row = dict[str, str]
WITHIN, EVERY = 3.0, 0.2  # seconds: for one answer, and between two looks


def takes_clients(row: Row) -> bool:
    """Whether HAProxy sends new clients there; so does `UP 1/2`, whose last check failed."""
    return row["status"].startswith(("UP", "no check"))


def still_in(server: str, backends: list[str], rows: list[Row]) -> list[str]:
    """The backends in which this server takes clients, without those that have no other server at all."""
    own = {row["pxname"] for row in rows if row["svname"] == server and takes_clients(row)}
    shared = {row["pxname"] for row in rows if row["svname"] != server}
    return [backend for backend in backends if backend in own & shared]


def alone_in(server: str, backends: list[str], rows: list[Row]) -> list[str]:
    """The backends in which this server takes clients, and no other does, although there are others."""
    others = {row["pxname"] for row in rows if row["svname"] != server and takes_clients(row)}
    return [backend for backend in still_in(server, backends, rows) if backend not in others]


def servers(address: str, port: int) -> list[Row]:
    """What a load balancer knows of its servers. Raises OSError when it does not answer."""
    with socket.create_connection((address, port), timeout=WITHIN) as connection:
        connection.sendall(b"show stat\n")
        text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    if not text.startswith("# "):
        raise ConnectionError(f"not what it knows of its servers: {text[:60]!r}")
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    return [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]


class Balancers:
    """The load balancers, addresses by name, without those that did not answer: these send no clients."""

    def __init__(self, addresses: dict[str, str], port: int) -> None:
        self.addresses, self.port = dict(addresses), port

    def each(self, seen: Callable[[list[Row]], list[str]]) -> list[str]:
        """The backends `seen` in the rows of each one that answers, as balancer/backend."""
        found: list[str] = []
        for name, address in list(self.addresses.items()):
            try:
                found += [f"{name}/{backend}" for backend in seen(servers(address, self.port))]
            except OSError as error:
                # Asked once: a lost host would cost a time limit in each look.
                sys.stdout.write(
                    f"{name} does not answer at {address}:{self.port}, so it is left out: {error}\n"
                )
                del self.addresses[name]
        return found


def clients(port: int) -> list[str]:
    """The addresses of those that are connected to this port, those not accepted yet included."""
    asked = ("ss", "--no-header", "--tcp", "--numeric", "state", "established", f"sport = :{port}")
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return [line.split()[3] for line in done.stdout.splitlines()]


def wait(left: Callable[[], list[str]], within: float, what: str, looks: int = 1) -> None:
    """Wait until nothing is left in so many looks in a row; print what is left after `within` seconds."""
    end, clear = time.monotonic() + within, 0
    while True:
        seen = left()
        clear = 0 if seen else clear + 1
        if clear == looks:
            return
        if time.monotonic() >= end:
            sys.stdout.write(f"after {within:g} s {what}: {', '.join(seen) or 'nobody in the last look'}\n")
            return
        time.sleep(EVERY)


def leave(options: argparse.Namespace, stage: dict[str, Any]) -> None:
    """Leave once another server can take over, then wait for the load balancers and for the clients.

    Another one that was restarted just before may not be seen up yet. Whether there are others is asked of
    the load balancers: the config may no longer have a host that still serves, or already have one to come.
    """
    server, backends = stage["server"], options.backends
    balancers = Balancers(stage["balancers"], stage["port"])
    if options.sign and not options.sign.exists():
        sys.stdout.write(f"it does not drain, or has not started yet: there is no {options.sign}\n")
        balancers = Balancers({}, stage["port"])
    others = partial(alone_in, server, backends)
    wait(partial(balancers.each, others), stage["returned_within"], "no other server takes clients at")
    options.mark.touch()
    own = partial(still_in, server, backends)
    wait(partial(balancers.each, own), stage["noticed_within"], f"{server} still takes clients at")
    # Twice: a client that a load balancer sent here just before may be about to connect.
    what = f"still connected to port {options.port}"
    wait(partial(clients, options.port), stage["served_within"], what, looks=2)


def main() -> None:
    """Read what to leave from the command line, and who is who from the file beside this program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mark", required=True, type=Path, help="makes the health check say that it drains")
    parser.add_argument("--sign", type=Path, help="a file of the service that shows that it heeds the mark")
    parser.add_argument("--port", required=True, type=int, help="where the service has its clients")
    parser.add_argument("backends", nargs="*", help="where load balancers send clients to it")
    leave(parser.parse_args(), json.loads(Path(__file__).with_suffix(".json").read_text()))


if __name__ == "__main__":
    main()
