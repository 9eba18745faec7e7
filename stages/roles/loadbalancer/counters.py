#!/usr/bin/python3 -IS
"""Prints what the HAProxy of this host has counted since its worker started, as JSON.

By pool, and by POOL/SERVER, for pools that speak HTTP. Times are in milliseconds, as HAProxy has them: means
over the requests so far, and from the 513th on weighted ones over about the last 512. It starts no program.

With two numbers, it prints a line every so many seconds, for so many seconds or until its stdin ends: what
pools have counted, how many of their servers get requests, and when that was by the clock since the boot.
"""

from __future__ import annotations

import csv
import json
import select
import socket
import sys
import time
from collections.abc import Sequence

SOCKET, ANSWER_WITHIN = "/run/haproxy/admin.sock", 5
POOL, SERVER = "1", "2"  # the types of such rows in `show stat`
COUNTED = ("req_tot", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "econ", "eresp", "wretr",
           "wredis", "qtime", "ctime", "rtime")  # fmt: skip
POOLS = "show stat -1 2 -1"  # rows of pools alone: much shorter than with those of servers
UP = "act"  # how many servers of a pool get requests


def ask(command: str) -> str:
    """What HAProxy answers. Raises OSError if it does not."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_WITHIN)
        connection.connect(SOCKET)
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def counters(text: str, names: Sequence[str] = COUNTED) -> dict[str, dict[str, int]]:
    """These of an answer to `show stat`; a pool that does not speak HTTP counts no answers."""
    rows = csv.DictReader(text.removeprefix("# ").splitlines())
    return {
        row["pxname"] if row["type"] == POOL else f"{row['pxname']}/{row['svname']}": {
            name: int(row[name] or 0) for name in names
        }
        for row in rows
        if row["type"] in (POOL, SERVER) and row["hrsp_5xx"]
    }


def watch(every: float, seconds: float) -> None:
    """Print a line every so many seconds until as many have passed, or until nobody listens any more."""
    until = time.monotonic() + seconds
    while True:
        seen = {"clock": time.monotonic(), "counted": counters(ask(POOLS), (*COUNTED, UP))}
        sys.stdout.write(json.dumps(seen, separators=(",", ":")) + "\n")
        sys.stdout.flush()
        left = until - time.monotonic()
        if left <= 0 or select.select([sys.stdin], [], [], min(every, left))[0]:
            return


if __name__ == "__main__":
    if sys.argv[1:]:
        watch(*map(float, sys.argv[1:]))
    else:
        sys.stdout.write(json.dumps(counters(ask("show stat"))))
