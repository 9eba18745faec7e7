#!/usr/bin/python3 -IS
"""Start this member of the Galera cluster, and stop it if it makes no progress.

usage: galera-join SECONDS

A member that hangs while it joins can stop the writes of all others: flow control waits for the slowest one.
So a member that gets no data and applies none for SECONDS is killed. No write is lost: the others have it.
Exits with 75, "try again" (EX_TEMPFAIL of sysexits.h), if it was stopped; with 1 if it did not start at all.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import Protocol

UNIT = "mariadb"
START, STOP = ("systemctl", "start", "--no-block", UNIT), ("systemctl", "stop", UNIT)
STATE = ("systemctl", "show", "--property=ActiveState", "--property=Job", UNIT)
# A start that is only queued has a job, and the state from before.
ENDED = re.compile(r"^ActiveState=(failed|inactive)$(?!.*^Job=[1-9])", re.MULTILINE | re.DOTALL)
KILL = ("systemctl", "kill", "--signal=KILL", UNIT)
LOG = ("journalctl", "--unit", UNIT, "--no-pager", "--lines=20", "--output=cat")
# What it has received, and how many writes it has applied. Logs of a transfer's phases are among the data.
RECEIVED = ("du", "--summarize", "--bytes", "/var/lib/mysql")
ASK = ("mariadb", "--batch", "--skip-column-names", "--connect-timeout=2", "--execute")
APPLIED = (*ASK, "SHOW GLOBAL STATUS LIKE 'wsrep_last_committed'")
# For people: what it still waits for, and who waits inside it.
QUESTION = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_last_committed', "
    "'wsrep_local_recv_queue', 'wsrep_flow_control_active'); "
    "SELECT command, time, state, LEFT(info, 40) FROM information_schema.PROCESSLIST"
)
WAITING = (*ASK, QUESTION)
TRY_AGAIN = 75
EVERY, ANSWERED_WITHIN, STOPPED_WITHIN = 0.5, 5, 30  # seconds


class Machine(Protocol):
    """The host that the member runs on."""

    def now(self) -> float:
        """Seconds of a clock that only goes forward."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def run(self, argv: tuple[str, ...], within: float) -> subprocess.CompletedProcess[str]:
        """Run a program; return its result. Raises TimeoutExpired if it takes more than `within` seconds."""


class ThisMachine:
    """The host that this runs on."""

    def now(self) -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def run(self, argv: tuple[str, ...], within: float) -> subprocess.CompletedProcess[str]:
        """Run a program; return its result. Raises TimeoutExpired if it takes more than `within` seconds."""
        return subprocess.run(argv, capture_output=True, text=True, timeout=within, check=False)


def join(machine: Machine, silence: float) -> tuple[int, str]:
    """Start the member; return the exit status and what there is to say. `silence` is in seconds."""
    _said(machine, START, STOPPED_WITHIN)
    known: dict[tuple[str, ...], str] = {}
    since = machine.now()
    while True:
        state = _said(machine, STATE)
        if "ActiveState=active\n" in state:
            return 0, ""
        if ENDED.search(state):
            return 1, f"{_said(machine, LOG)}\nit did not start"
        if _has_moved(machine, known):
            since = machine.now()
        elif machine.now() - since >= silence:
            return TRY_AGAIN, _stopped(machine, silence)
        machine.sleep(EVERY)


def _has_moved(machine: Machine, known: dict[tuple[str, ...], str]) -> bool:
    """Whether a measure is not the last `known` one; no answer, or one again after none, is no progress."""
    seen: dict[tuple[str, ...], str] = {
        argv: said for argv in (RECEIVED, APPLIED) if (said := _said(machine, argv))
    }
    moved = any(known.get(argv) != said for argv, said in seen.items())
    known.update(seen)
    return moved


def _stopped(machine: Machine, silence: float) -> str:
    seen = _said(machine, WAITING) or f"the server did not answer within {ANSWERED_WITHIN} s"
    for argv in (KILL, STOP):  # or systemd would start it again
        _said(machine, argv, STOPPED_WITHIN)
    return f"{seen}\nit got and applied nothing for {silence:g} s, and was stopped, so that others can write"


def _said(machine: Machine, argv: tuple[str, ...], within: float = ANSWERED_WITHIN) -> str:
    """What a program prints; empty if it does not end in time."""
    try:
        return machine.run(argv, within).stdout
    except subprocess.TimeoutExpired:
        return ""


if __name__ == "__main__":
    status, text = join(ThisMachine(), float(sys.argv[1]))
    sys.stderr.write(f"{text}\n" if text else "")
    sys.exit(status)
