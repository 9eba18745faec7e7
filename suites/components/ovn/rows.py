"""A row that proves replication: written through the leader, read from each member's own socket."""

import re
from collections.abc import Iterable, Sequence

from suites.hosts.host import Host
from suites.hosts.places import NORTHBOUND
from suites.readings.network import remotes

SOCKET = "unix:/run/ovn/ovnnb_db.sock"


def write(hosts: Sequence[Host], row: str, value: str) -> None:
    """Write a named value through the leader, on whichever host it is. Raises ReadingFailed."""
    key = _key(row)
    hosts[0].read(f"{_through(hosts)} set NB_Global . external_ids:{key}={_key(value)}")


def remove(hosts: Sequence[Host], row: str) -> None:
    """Delete a named value, if it exists. Raises ReadingFailed."""
    hosts[0].read(f"{_through(hosts)} remove NB_Global . external_ids {_key(row)}")


def read(host: Host, row: str) -> str:
    """Read the value from a member's own copy; empty if it has none. Raises ReadingFailed."""
    command = f"ovn-nbctl --timeout=5 --no-leader-only --db={SOCKET} --if-exists get NB_Global ."
    return host.read(f"{command} external_ids:{_key(row)}").strip().strip('"')


def _through(hosts: Iterable[Host]) -> str:
    return f"ovn-nbctl --timeout=10 --db={remotes(hosts, NORTHBOUND)}"


def _key(text: str) -> str:
    if re.fullmatch(r"[a-z0-9_]+", text) is None:
        raise ValueError(f"{text!r} needs quoting")
    return text
