"""The connections of a host's programs: what a program depends on that serves no clients directly."""

import re
import shlex
from collections.abc import Mapping

from suites.hosts.host import Host
from suites.hosts.reading import Observation

# A host's root may not see other users' processes, but the kernel shows the control group of each socket.
SOCKET = re.compile(r"\S+ +\S+ +\S+ +\S+:(\d+) .*cgroup:\S*/([^/\s]+\.service)")


def linked(host: Host, wanted: Mapping[str, int]) -> Observation:
    """Say whether each of these units is connected to its port. Raises ReadingFailed."""
    return judge(wanted, host.read(script(wanted)))


def script(wanted: Mapping[str, int]) -> str:
    """Return the script that lists the connections to these ports."""
    ports = " or ".join(f"dport = :{port}" for port in sorted(set(wanted.values())))
    return f"ss -Htn --cgroup state established {shlex.quote(f'( {ports} )')}"


def judge(wanted: Mapping[str, int], sockets: str) -> Observation:
    """Judge the list of sockets."""
    there = {(found[2], int(found[1])) for line in sockets.splitlines() if (found := SOCKET.match(line))}
    missing = [
        f"{unit} has no connection to port {port}"
        for unit, port in wanted.items()
        if (unit, port) not in there
    ]
    listed = ", ".join(unit.removesuffix(".service") for unit in wanted)
    return Observation(not missing, ", ".join(missing) or f"{listed} connected")
