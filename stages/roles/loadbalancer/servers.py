#!/usr/bin/python3 -IS
"""Tells the HAProxy of this host which of its servers get new requests.

drain WITHIN BACKEND/SERVER...  sends these nothing new, waits up to WITHIN seconds until they have answered
                                what they got, then takes them out, and closes what is left
expect BACKEND/SERVER...        has these checked again, as ones that are down: a passed check puts them in
all-in                          exits 0 if no server was taken out by hand or by `drain`
back-in                         puts those in again

A server that HAProxy does not have is no error: it gets nothing. It starts no program.
"""

from __future__ import annotations

import csv
import socket
import sys
import time

SOCKET, ANSWER_WITHIN, AGAIN_AFTER = "/run/haproxy/admin.sock", 5, 0.2
SERVER = "2"  # the type of such a row in `show stat`
TAKEN_OUT = ("MAINT", "DRAIN")


def ask(command: str) -> str:
    """What HAProxy answers. Raises OSError if it does not."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_WITHIN)
        connection.connect(SOCKET)
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def order(command: str) -> None:
    """Have HAProxy do something. It says nothing if it has done it."""
    if said := ask(command).strip():
        sys.exit(f"HAProxy refused «{command}»: {said}")


def servers() -> dict[str, tuple[str, int]]:
    """By BACKEND/SERVER, its status and its current sessions."""
    rows = csv.DictReader(ask("show stat").removeprefix("# ").splitlines())
    mine = (row for row in rows if row["type"] == SERVER)
    return {f"{row['pxname']}/{row['svname']}": (row["status"], int(row["scur"])) for row in mine}


def busy(names: list[str]) -> dict[str, int]:
    """The current sessions of those of these servers that have any."""
    seen = servers()
    return {name: seen[name][1] for name in names if name in seen and seen[name][1]}


def drain(within: float, asked: list[str]) -> None:
    """Send these servers nothing new, wait for their answers, and take them out."""
    known = servers()
    names = [name for name in asked if name in known]
    for name in names:
        order(f"set server {name} state drain")
    end = time.monotonic() + within
    while (left := busy(names)) and time.monotonic() < end:
        time.sleep(AGAIN_AFTER)
    for name in names:
        order(f"set server {name} state maint")
    for name, count in left.items():
        sys.stdout.write(f"{name} still had {count} sessions after {within:g} s: they are closed\n")
        order(f"shutdown sessions server {name}")


def expect(asked: list[str]) -> None:
    """Count these servers as down until a check passes; until that is said, none gets a request."""
    known = servers()
    for name in [name for name in asked if name in known]:
        order(f"set server {name} state drain")
        order(f"set server {name} health down")
        order(f"set server {name} state ready")


def taken_out() -> list[str]:
    """The servers that get nothing because somebody said so; a failed check is another status."""
    return [name for name, (status, _) in servers().items() if status.split()[0] in TAKEN_OUT]


def main() -> None:
    """Run the verb that the command line names."""
    match sys.argv[1:]:
        case ["drain", within, *names]:
            drain(float(within), names)
        case ["expect", *names]:
            expect(names)
        case ["all-in"]:
            sys.exit(1 if taken_out() else 0)
        case ["back-in"]:
            for name in taken_out():
                order(f"set server {name} state ready")
        case _:
            sys.exit("usage: haproxy-servers drain WITHIN SERVER... | expect SERVER... | all-in | back-in")


if __name__ == "__main__":
    main()
