#!/usr/bin/python3 -IS
"""Prints what the HAProxy of this host has counted since its worker started, as JSON.

By pool, and by POOL/SERVER, for pools that speak HTTP. Times are in milliseconds, as HAProxy has them: means
over the requests so far, and from the 513th on weighted ones over about the last 512. It starts no program.
"""

from __future__ import annotations

import csv
import json
import socket
import sys

SOCKET, ANSWER_WITHIN = "/run/haproxy/admin.sock", 5
POOL, SERVER = "1", "2"  # the types of such rows in `show stat`
COUNTED = ("req_tot", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "econ", "eresp", "wretr",
           "wredis", "qtime", "ctime", "rtime")  # fmt: skip


def ask(command: str) -> str:
    """What HAProxy answers. Raises OSError if it does not."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_WITHIN)
        connection.connect(SOCKET)
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def counters(text: str) -> dict[str, dict[str, int]]:
    """The counters in an answer to `show stat`; a pool that does not speak HTTP counts no answers."""
    rows = csv.DictReader(text.removeprefix("# ").splitlines())
    return {
        row["pxname"] if row["type"] == POOL else f"{row['pxname']}/{row['svname']}": {
            name: int(row[name] or 0) for name in COUNTED
        }
        for row in rows
        if row["type"] in (POOL, SERVER) and row["hrsp_5xx"]
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(counters(ask("show stat"))))
