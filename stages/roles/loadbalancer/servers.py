#!/usr/bin/python3 -IS
"""Tells the HAProxy of this host which of its servers get new requests.

drain FILE WITHIN BACKEND/SERVER...
                                sends these nothing new, waits up to WITHIN seconds until they have answered
                                what they got, then takes them out, and closes what is left. Changes nothing
                                if a backend that gets requests would have no server up
expect BACKEND/SERVER...        has these checked again, as ones that are down: a passed check puts them in
all-in                          exits 0 if no server was taken out by hand or by `drain`
back-in                         puts those in again
share FILE WITHIN LEAST         has green answer so many of a hundred requests to a service as FILE says, and
                                waits up to WITHIN seconds until a colour that gets none has answered what it
                                got. Changes nothing if a colour that gets some has no server up, or the one
                                of LEAST, as green=90, would get more with fewer servers up, of a hundred
lend FILE SECONDS LEAST SERVICE=PART...
                                the same with these parts, but for so long: then HAProxy shares as before,
                                whatever became of who asked for it. Again before that, it is for longer
take-back FILE                  ends that now
shared FILE                     exits 0 if green answers as FILE says
shares FILE                     prints how many of a hundred requests to each service green answers now: as
                                HAProxy's map FILE has it, or its pools if they are of one colour alone; what
                                is lent, too
may-share FILE NEW LEAST        exits 0 if `share` would do what NEW says, or if HAProxy does not run

A server that HAProxy does not have is no error: it gets nothing. It starts no program.
"""

from __future__ import annotations

import contextlib
import csv
import math
import socket
import sys
import time
from pathlib import Path

SOCKET, ANSWER_WITHIN, AGAIN_AFTER = "/run/haproxy/admin.sock", 5, 0.2
SERVER = "2"  # the type of such a row in `show stat`
TAKEN_OUT = ("MAINT", "DRAIN")
GREEN = "-green"  # at the end of the name of each pool of green
LENT, LENT_UNTIL, LENT_NOW = "lent/", "lent-until", "lent-now"  # parts that are lent, their end, and now


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


def drain(path: str, within: float, asked: list[str]) -> None:
    """Send these servers nothing new, wait for their answers, and take them out."""
    known = servers()
    names = [name for name in asked if name in known]
    if stranded := without_others(names, known, current(path)):
        sys.exit(f"nothing was changed: no other server of {', '.join(stranded)} is up")
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


def is_up(status: str) -> bool:
    """Whether a server of this status gets requests; `UP 1/2` has failed a check, and still does."""
    return status.split(maxsplit=1)[0] == "UP"


def without_others(names: list[str], known: dict[str, tuple[str, int]], shares: dict[str, int]) -> list[str]:
    """The pools that get requests, and would have no server up without these.

    One of which all servers go at once goes with them, unless it is a colour's that still answers.
    """
    found = []
    for pool in dict.fromkeys(name.split("/")[0] for name in names if is_up(known[name][0])):
        others = [
            status for name, (status, _) in known.items() if name.split("/")[0] == pool and name not in names
        ]
        service = pool.removesuffix(GREEN)
        gets = pool in pools(service, shares[service]) if service in shares else bool(others)
        if gets and not any(map(is_up, others)):
            found.append(pool)
    return found


def declared(path: str) -> dict[str, int]:
    """By service, how many of a hundred requests green is to answer."""
    pairs = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return {service: int(share) for service, share in pairs}


def entries(path: str) -> dict[str, int]:
    """All that the map has, as HAProxy has it now; empty if it has no such map."""
    rows = [line.split() for line in ask(f"show map {path}").splitlines() if line.startswith("0x")]
    return {name: int(value) for _, name, value in rows}


def current(path: str) -> dict[str, int]:
    """As `declared`, as HAProxy has it now, without what is lent."""
    return {name: part for name, part in entries(path).items() if not is_lent(name)}


def of_one_colour() -> dict[str, int]:
    """The same where HAProxy knows no shares: each pool that it has gets all requests to its service."""
    found = sorted({name.split("/")[0] for name in servers()})
    return {name.removesuffix(GREEN): 100 if name.endswith(GREEN) else 0 for name in found}


def is_lent(name: str) -> bool:
    """Whether this entry of the map is about parts that are lent."""
    return name == LENT_UNTIL or name.startswith(LENT)


def put(path: str, known: dict[str, int], name: str, value: int) -> None:
    """Have the map say this; `known` is what it has now."""
    order(f"{'set' if name in known else 'add'} map {path} {name} {value}")


def pools(service: str, share: int) -> dict[str, int]:
    """The pools that get requests if green gets this share, each with its part."""
    return {name: part for name, part in ((service, 100 - share), (f"{service}{GREEN}", share)) if part}


def lacking(wanted: dict[str, int], now: dict[str, int], least: str) -> list[str]:
    """What the pools lack that would get requests, or more of them than now, in words."""
    seen = [(name.split("/")[0], is_up(status)) for name, (status, _) in servers().items()]
    found = []
    colour, limit = least.split("=")
    for service, share in wanted.items():
        before = pools(service, now.get(service, share))
        for pool, part in pools(service, share).items():
            states = [up for name, up in seen if name == pool]
            more = part > before.get(pool, 0) and pool.endswith(GREEN) == (colour == "green")
            up, needed = sum(states), math.ceil(len(states) * float(limit) / 100) if more else 1
            if not up:
                found.append(f"no server of {pool} is up")
            elif up < needed:
                found.append(f"only {up} of {len(states)} servers of {pool} is up, and {needed} must be")
    return found


def require(wanted: dict[str, int], now: dict[str, int], least: str) -> None:
    """End the program if requests can't be shared like this."""
    if found := lacking(wanted, now, least):
        sys.exit(f"nothing was changed: {'; '.join(found)}")


def changes(wanted: dict[str, int], now: dict[str, int], least: str) -> dict[str, int]:
    """The shares that would change. Ends the program if they can't."""
    changed = {service: part for service, part in wanted.items() if now.get(service) != part}
    require(changed, now, least)
    return changed


def lend(path: str, seconds: float, least: str, parts: dict[str, int]) -> None:
    """Have green answer so many of a hundred requests to each of these services for so many seconds.

    HAProxy itself compares the end with its clock, at each request (templates/haproxy.cfg).
    """
    known = entries(path)
    if strange := [service for service in parts if service not in known]:
        sys.exit(f"nothing was changed: HAProxy does not share requests to {', '.join(strange)}")
    require(parts, current(path), least)
    for service, part in parts.items():
        put(path, known, f"{LENT}{service}", part)
    put(path, known, LENT_UNTIL, math.ceil(time.time() + seconds))


def take_back(path: str) -> None:
    """End what is lent. The end comes first: what is left after a kill is lent to nobody."""
    found = [name for name in entries(path) if is_lent(name)]
    if LENT_UNTIL in found:
        order(f"set map {path} {LENT_UNTIL} 0")
    for name in sorted(found, key=lambda name: name == LENT_UNTIL):
        order(f"del map {path} {name}")


def share(path: str, within: float, least: str) -> None:
    """Share requests between the colours as the file says."""
    now = current(path)
    changed = changes(declared(path), now, least)
    take_back(path)
    for service, part in changed.items():
        put(path, now, service, part)
    idle = {
        name
        for service, part in changed.items()
        for name in (service, f"{service}{GREEN}")
        if name not in pools(service, part)
    }
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
        case ["drain", path, within, *names]:
            drain(path, float(within), names)
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
        case ["share", path, within, least]:
            share(path, float(within), least)
        case ["lend", path, seconds, least, *parts]:
            pairs = [part.split("=") for part in parts]
            lend(path, float(seconds), least, {service: int(part) for service, part in pairs})
        case ["take-back", path]:
            take_back(path)
        case ["shares", path]:
            now = entries(path) or of_one_colour()
            now |= [(LENT_NOW, int(time.time()))] if LENT_UNTIL in now else []
            sys.stdout.write("".join(f"{service} {part}\n" for service, part in now.items()))
        case ["may-share", path, new, least]:
            # One that was killed leaves its socket, at which nobody listens.
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                if now := current(path):
                    changes(declared(new), now, least)
        case ["shared", path]:
            sys.exit(0 if current(path) == declared(path) else 1)
        case _:
            return False
    return True


def main() -> None:
    """Run the verb that the command line names."""
    if not rotate(sys.argv[1:]) and not divide(sys.argv[1:]):
        rotation = "drain FILE WITHIN SERVER... | expect SERVER... | all-in | back-in"
        colours = "share FILE WITHIN LEAST | shared FILE | shares FILE | may-share FILE NEW LEAST"
        colours += " | lend FILE SECONDS LEAST SERVICE=PART... | take-back FILE"
        sys.exit(f"usage: haproxy-servers {rotation} | {colours}")


if __name__ == "__main__":
    main()
