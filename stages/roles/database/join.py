#!/usr/bin/python3 -IS
"""Start this member of the Galera cluster, and stop it if it does not become one in time.

usage: galera-join SECONDS

A member that hangs while it joins can stop the writes of all others: flow control waits for the slowest one.
So a member that is none after SECONDS is killed. Nothing is lost: what it was given, the others have.
Exits with 75, "try again" (EX_TEMPFAIL of sysexits.h), if it was stopped; with 1 if it did not start at all.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

START, STOP = ("systemctl", "start", "mariadb"), ("systemctl", "stop", "mariadb")
KILL = ("systemctl", "kill", "--signal=KILL", "mariadb")
TRY_AGAIN = 75
ASKED_WITHIN, STOPPED_WITHIN = 5, 30  # seconds
# What it still waits for: a state, or writes that it has not applied; and who waits inside it.
STATUS = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_last_committed', "
    "'wsrep_local_recv_queue', 'wsrep_flow_control_active'); "
    "SELECT command, time, state, LEFT(info, 40) FROM information_schema.PROCESSLIST"
)
SERVER = ("mariadb", "--batch", "--skip-column-names", "--connect-timeout=2", "--execute", STATUS)
PROGRAMS = ("systemctl", "status", "--no-pager", "--lines=5", "mariadb")


Run = Callable[[tuple[str, ...], float], "subprocess.CompletedProcess[str]"]


def run(argv: tuple[str, ...], within: float) -> subprocess.CompletedProcess[str]:
    """Run a program; return its result. Raises TimeoutExpired if it takes more than `within` seconds."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=within, check=False)


def join(run: Run, within: float) -> tuple[int, str]:
    """Start the member; return the exit status and what there is to say."""
    try:
        started = run(START, within)
    except subprocess.TimeoutExpired:
        seen = _seen(run)
        run(KILL, STOPPED_WITHIN)
        run(STOP, STOPPED_WITHIN)  # or systemd would start it again
        what = f"no member of the cluster within {within:g} s; it was stopped, so that others can write"
        return TRY_AGAIN, f"{seen}\n{what}"
    return (1 if started.returncode else 0), (started.stderr or started.stdout).strip()


def _seen(run: Run) -> str:
    """What the server says of itself, or what it runs if it does not answer."""
    said = []
    for argv in (SERVER, PROGRAMS):
        try:
            said.append(run(argv, ASKED_WITHIN).stdout.strip())
        except subprocess.TimeoutExpired:
            said.append(f"{argv[0]} did not answer within {ASKED_WITHIN} s")
    return "\n".join(said)


if __name__ == "__main__":
    status, text = join(run, float(sys.argv[1]))
    sys.stderr.write(f"{text}\n" if text else "")
    sys.exit(status)
