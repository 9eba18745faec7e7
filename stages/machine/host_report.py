"""What a host has, for whoever is about to change it: sent there as text, it reads its question from stdin.

The question has `directories`, `ports` (address and port of other hosts) and `names` (of other hosts). The
report, on stdout, has the clock when it began and how long it `took` in seconds, the version of Python,
memory, the room below each directory, the state of each port, the addresses of each name, and the MTU of
each network interface. It changes nothing, and keeps to what old Pythons know: which one a host has is part
of the report.

A port is `open`, `closed` (the host refuses: it is reached, and nothing listens there yet), or else the words
of the system for why it is not reached.
"""

from __future__ import annotations  # which old Pythons need not read then

import json
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CONNECT_S = 3.0  # a lost packet is sent again after 1 s; two may be lost
MANY = 64


def port(where: tuple[str, int]) -> tuple[str, int, str]:
    """The address, the port and its state."""
    try:
        socket.create_connection((where[0], where[1]), timeout=CONNECT_S).close()
    except ConnectionRefusedError:
        return (where[0], where[1], "closed")
    except OSError as error:
        return (where[0], where[1], str(error) or type(error).__name__)
    return (where[0], where[1], "open")


def addresses(name: str) -> list[str]:
    """The IPv4 addresses that the name resolves to here; none if it does not."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({str(entry[4][0]) for entry in found})


def room(directory: str) -> dict[str, Any]:
    """What is free where the directory is, or would be; in MB and inodes, of what any user may take."""
    at = Path(directory)
    while not at.is_dir():
        at = at.parent
    seen = os.statvfs(at)
    unit = seen.f_frsize
    return {
        "at": str(at),
        "size_mb": seen.f_blocks * unit >> 20,
        "free_mb": seen.f_bavail * unit >> 20,
        "inodes": seen.f_files,
        "free_inodes": seen.f_favail,
    }


def memory() -> int:
    """All memory that the kernel manages, in MB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def mtus() -> dict[str, int]:
    """The MTU of each network interface, in bytes."""
    return {at.parent.name: int(at.read_text()) for at in Path("/sys/class/net").glob("*/mtu")}


def report(question: dict[str, Any]) -> dict[str, Any]:
    """The report, as its JSON."""
    clock, began = time.time(), time.monotonic()
    with ThreadPoolExecutor(MANY) as pool:
        ports = pool.map(port, question["ports"])
        found = pool.map(addresses, question["names"])
        return {
            "clock": clock,
            "python": list(sys.version_info[:3]),
            "memory_mb": memory(),
            "directories": {one: room(one) for one in question["directories"]},
            "mtus": mtus(),
            "ports": list(ports),
            "names": dict(zip(question["names"], found)),  # noqa: B905 - strict is Python 3.10's
            "took": time.monotonic() - began,
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(report(json.loads(sys.stdin.buffer.read().decode()))))
