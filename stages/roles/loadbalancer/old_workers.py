#!/usr/bin/python3 -IS
"""Ends connections of replaced HAProxy workers to servers that are not in use any more.

After a reload, the old worker keeps the connections that it has, but checks no server. So a client could stay
connected to a database that stops, or is a standby again. This asks the present worker which server of each
backend it uses, where only one is used at a time. It ends sessions one by one: an old worker's backends are
disabled, and refuse to end all of a server. It starts no process (haproxy_watch.py says why).
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import socket
import sys
import time

WITHIN = 3.0  # seconds for an answer
Row = dict[str, str]


def in_use(rows: list[Row], backend: str) -> str | None:
    """The server that gets the backend's new clients: the first that is up, backups last; None if none is."""
    up = [row for row in rows if row["pxname"] == backend and row["status"].startswith("UP")]
    chosen = sorted(up, key=lambda row: row["bck"] == "1")[:1]
    return chosen[0]["svname"] if chosen else None


def astray(sessions: str, backend: str, used: str | None) -> dict[str, str]:
    """The sessions, by id, of the backend's clients at a server although another one, or none, is used.

    From `show sess`; the values are the servers. One that is still being connected has no server yet.
    """
    at_server = re.compile(rf"^(0x[0-9a-f]+): .* be={re.escape(backend)} srv=([^<\s]+)", re.MULTILINE)
    return {session: server for session, server in at_server.findall(sessions) if server != used}


def old_workers(processes: str) -> list[str]:
    """The process ids of replaced workers, from `show proc`."""
    _, _, old = processes.partition("# old workers")
    return re.findall(r"^(\d+)\s+worker\b", old, re.MULTILINE)


def say(path: str, command: str) -> str:
    """HAProxy's answer to a command at its master's socket. Raises OSError."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WITHIN)
        connection.connect(path)
        connection.sendall(f"{command}\n".encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def servers(path: str) -> list[Row]:
    """What the present worker knows of its servers. Raises OSError."""
    text = say(path, "@1 show stat")
    rows = csv.DictReader(io.StringIO(text.strip().removeprefix("# ")))
    return [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]


def look(path: str, backends: list[str]) -> list[str]:
    """End what is astray now; return what was done, as sentences. Raises OSError."""
    old = old_workers(say(path, "show proc"))
    present = servers(path) if old else []
    # While workers change, there may be no answer. That says nothing of the servers.
    known = [backend for backend in backends if any(row["pxname"] == backend for row in present)]
    done: list[str] = []
    for worker in old:
        sessions = say(path, f"@!{worker} show sess")
        for backend in known:
            used = in_use(present, backend)
            ended = astray(sessions, backend, used)
            for session, server in ended.items():
                done += refused(say(path, f"@!{worker} shutdown session {session}"), f"{backend}/{server}")
            for server in sorted(set(ended.values())):
                count = list(ended.values()).count(server)
                done.append(
                    f"ended {count} of old worker {worker} at {backend}/{server}, {used or 'none'} is in use"
                )
    return done


def refused(answer: str, what: str) -> list[str]:
    """What HAProxy said against the end of a session; one that has just ended by itself is fine."""
    said = answer.strip()
    return [f"a session at {what} was not ended: {said}"] if said and "No such session" not in said else []


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def watch(options: argparse.Namespace) -> None:
    """Look for ever; print what was ended, and once that HAProxy does not answer."""
    silent = False
    while True:
        try:
            for what in look(options.master, options.backends):
                tell(what)
            silent = False
        except OSError as error:
            if not silent:
                tell(f"HAProxy's master does not answer, it is asked again: {error}")
            silent = True
        time.sleep(options.interval)


def main() -> None:
    """Read where to ask, and watch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--master", required=True, help="the socket of HAProxy's master process")
    parser.add_argument("--interval", required=True, type=float, help="seconds between two looks")
    parser.add_argument("backends", nargs="*", help="backends that use one server at a time")
    watch(parser.parse_args())


if __name__ == "__main__":
    main()
