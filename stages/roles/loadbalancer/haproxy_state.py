#!/usr/bin/python3 -IS
"""Before a reload of HAProxy: writes down the states of its servers, with which the new worker begins.

haproxy-state CONFIGURATION SOCKET FILE. Without a line in FILE, a server begins as up; with one, it keeps the
ports of that line, whatever the configuration says. So what is written follows the configuration:

- a server that is known at the same address and ports keeps its state;
- one that is new, or whose address or port has changed, begins as down, until its checks have passed;
- one that is no longer configured has no line.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WITHIN_S = 2
VERSION, COMMENT = "1", "# "
# What HAProxy reports of a server before its first check; 6: the check is configured and enabled.
DOWN = {"srv_op_state": "0", "srv_uweight": "1", "srv_iweight": "1", "srv_check_status": "1",
        "srv_check_state": "6"}  # fmt: skip
NAMES = ("srv_fqdn", "srvrecord", "srv_check_addr", "srv_agent_addr")  # `-` if there is none; numbers are 0


@dataclass(frozen=True)
class Place:
    """Where a server is reached, and at which port it is checked; as written in the configuration."""

    address: str
    port: str
    check_port: str


Places = Mapping["tuple[str, str]", Place]


def configured(text: str) -> dict[tuple[str, str], Place]:
    """The place of each server, by backend and name."""
    found: dict[tuple[str, str], Place] = {}
    backend, check_port = "", ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] in (["listen"], ["backend"]):
            backend, check_port = words[1], ""
        elif words[:1] == ["default-server"] and "port" in words:
            check_port = words[words.index("port") + 1]
        elif words[:1] == ["server"]:
            address, _, port = words[2].rpartition(":")
            found[backend, words[1]] = Place(address, port, check_port or port)
    return found


def carried(states: str, places: Places) -> str:
    """The text of the state file, from HAProxy's answer to `show servers state`.

    Raises ValueError if that is not an answer of the known version.
    """
    version, header, *rows = [line for line in states.splitlines() if line.strip()] or ["", ""]
    if version != VERSION or not header.startswith(COMMENT):
        raise ValueError(f"HAProxy's answer can't be parsed: {states[:80]!r}")
    names = header.removeprefix(COMMENT).split()
    known = [dict(zip(names, row.split(), strict=True)) for row in rows]
    same = {
        (row["be_name"], row["srv_name"]): row
        for row in known
        if places.get((row["be_name"], row["srv_name"])) == _place(row)
    }
    lines = (_line(names, same.get(key) or _down(names, key, place)) for key, place in places.items())
    return "\n".join((VERSION, header, *lines, ""))


def _place(row: Mapping[str, str]) -> Place:
    check_port = row["srv_check_port"] if row["srv_check_port"] != "0" else row["srv_port"]
    return Place(row["srv_addr"], row["srv_port"], check_port)


def _down(names: Sequence[str], key: tuple[str, str], place: Place) -> dict[str, str]:
    """The state of a server that has not been checked. HAProxy finds it by its names, not by its ids."""
    row = {name: "-" if name in NAMES else "0" for name in names}
    ids = {"be_id": "1", "srv_id": "1", "be_name": key[0], "srv_name": key[1]}
    at = {"srv_addr": place.address, "srv_port": place.port, "srv_check_port": place.check_port}
    return {**row, **DOWN, **ids, **at}


def _line(names: Sequence[str], row: Mapping[str, str]) -> str:
    return " ".join(row[name] for name in names)


def asked(path: str) -> str:
    """What HAProxy says of its servers. Raises OSError if it does not answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WITHIN_S)
        connection.connect(path)
        connection.sendall(b"show servers state\n")
        return b"".join(_received(connection)).decode()


def _received(connection: socket.socket) -> Iterator[bytes]:
    while part := connection.recv(65536):
        yield part


def main(configuration: str, admin: str, file: str) -> str | None:
    """Write the file. If HAProxy does not answer there is none, and the reason is returned."""
    # An old one could have ports that are no longer right.
    Path(file).unlink(missing_ok=True)
    try:
        states = carried(asked(admin), configured(Path(configuration).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        return f"the servers' states are not known ({error}): the new worker begins with all of them up"
    beside = Path(f"{file}.new")
    beside.write_text(states, encoding="utf-8")
    beside.rename(file)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
