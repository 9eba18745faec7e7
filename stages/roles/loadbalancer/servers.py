#!/usr/bin/python3 -IS
"""Tells the HAProxy of this host which of its servers get new requests.

drain WITHIN BACKEND/SERVER...  sends these nothing new, waits up to WITHIN seconds until they have answered
                                what they got, then takes them out, and closes what is left
expect BACKEND/SERVER...        has these checked again, as ones that are down: a passed check puts them in
all-in                          exits 0 if no server was taken out by hand or by `drain`
back-in                         puts those in again
share FILE WITHIN               has green answer so many of a hundred requests to a service as FILE says, and
                                waits up to WITHIN seconds until a colour that gets none has answered what it
                                got. Changes nothing if a colour that would get some has no server up
shared FILE                     exits 0 if green answers as FILE says
shares FILE                     prints how many of a hundred requests to each service green answers now: as
                                HAProxy's map FILE has it, or its pools if they are of one colour alone
may-share FILE NEW              exits 0 if `share` would do what NEW says, or if HAProxy does not run

A server that HAProxy does not have is no error: it gets nothing. It starts no program.
"""

from __future__ import annotations

import csv
import socket
import sys
import time
from pathlib import Path

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


def still_busy(names: list[str], within: float) -> dict[str, int]:
    """The current sessions of these servers once they have none, or after so many seconds."""
    end = time.monotonic() + within
    while (left := busy(names)) and time.monotonic() < end:
        time.sleep(AGAIN_AFTER)
    return left


def drain(within: float, asked: list[str]) -> None:
    """Send these servers nothing new, wait for their answers, and take them out."""
    known = servers()
    names = [name for name in asked if name in known]
    for name in names:
        order(f"set server {name} state drain")
    left = still_busy(names, within)
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


def declared(path: str) -> dict[str, int]:
    """By service, how many of a hundred requests green is to answer."""
    pairs = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return {service: int(share) for service, share in pairs}


def current(path: str) -> dict[str, int]:
    """The same, as HAProxy has it now; empty if it has no such map."""
    rows = [line.split() for line in ask(f"show map {path}").splitlines() if line.startswith("0x")]
    return {service: int(share) for _, service, share in rows}


def of_one_colour() -> dict[str, int]:
    """The same where HAProxy knows no shares: each pool that it has gets all requests to its service."""
    found = {name.split("/")[0] for name in servers()}
    return {name.removesuffix("-green"): 100 if name.endswith("-green") else 0 for name in sorted(found)}


def pools(service: str, share: int) -> tuple[list[str], list[str]]:
    """The pools that get requests with this share, and those that get none."""
    blue, green = service, f"{service}-green"
    get = [name for name, part in ((blue, 100 - share), (green, share)) if part]
    return get, [name for name in (blue, green) if name not in get]


def without_servers(shares: dict[str, int]) -> list[str]:
    """The pools that would get requests and have no server that is up."""
    up = {name.split("/")[0] for name, (status, _) in servers().items() if status.split()[0] == "UP"}
    return [name for service, share in shares.items() for name in pools(service, share)[0] if name not in up]


def changes(wanted: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    """The shares that would change. Ends the program if a pool that would get requests has no server up."""
    changed = {service: part for service, part in wanted.items() if now.get(service) != part}
    if empty := without_servers(changed):
        sys.exit(f"nothing was changed: no server of {', '.join(empty)} is up")
    return changed


def share(path: str, within: float) -> None:
    """Share requests between the colours as the file says."""
    now = current(path)
    changed = changes(declared(path), now)
    for service, part in changed.items():
        verb = "set" if service in now else "add"
        order(f"{verb} map {path} {service} {part}")
    idle = {name for service, part in changed.items() for name in pools(service, part)[1]}
    end = time.monotonic() + within
    while (
        left := busy([name for name in servers() if name.split("/")[0] in idle])
    ) and time.monotonic() < end:
        time.sleep(AGAIN_AFTER)
    for name, count in left.items():
        sys.stdout.write(f"{name} still has {count} sessions after {within:g} s\n")


def rotate(words: list[str]) -> bool:
    """Do what these words say about servers of a pool; False if they say nothing about them."""
    match words:
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
            return False
    return True


def divide(words: list[str]) -> bool:
    """Do what these words say about the shares of colours; False if they say nothing about them."""
    match words:
        case ["share", path, within]:
            share(path, float(within))
        case ["shares", path]:
            now = current(path) or of_one_colour()
            sys.stdout.write("".join(f"{service} {part}\n" for service, part in now.items()))
        case ["may-share", path, new]:
            if Path(SOCKET).exists() and (now := current(path)):
                changes(declared(new), now)
        case ["shared", path]:
            sys.exit(0 if current(path) == declared(path) else 1)
        case _:
            return False
    return True


def main() -> None:
    """Run the verb that the command line names."""
    if not rotate(sys.argv[1:]) and not divide(sys.argv[1:]):
        rotation = "drain WITHIN SERVER... | expect SERVER... | all-in | back-in"
        colours = "share FILE WITHIN | shared FILE | shares FILE | may-share FILE NEW"
        sys.exit(f"usage: haproxy-servers {rotation} | {colours}")


if __name__ == "__main__":
    main()
