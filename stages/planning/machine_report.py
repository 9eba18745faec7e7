"""What a machine says of itself before it is a host: the text of programs/report-machine as values. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Described:
    """What a machine says of itself.

    `at` has the network interface and prefix length of each IPv4 address. `python` is empty without one.
    `owner` is the site and stage it is a host of, or empty. `resources` has the form of host_report's.
    `users` has number and group of each account, `groups` the number of each group. `mtus` has the MTU of
    each network interface, in bytes.
    """

    system: str
    pretty: str
    systemd: bool
    at: Mapping[str, tuple[str, int]]
    python: str
    owner: str
    resources: Mapping[str, Any]
    users: Mapping[str, tuple[int, int]]
    groups: Mapping[str, int]
    mtus: Mapping[str, int] = field(default_factory=dict)

    def mtu(self, address: str) -> int | None:
        """That of the interface with this address, if it told."""
        return self.mtus.get(self.at[address][0]) if address in self.at else None


def read(text: str, address: str) -> Described:
    """The report of programs/report-machine, from the machine that ssh reaches at `address`.

    Raises ValueError if it is none, or not all of one.
    """
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line]
    one = {key: value.strip() for key, value in pairs}
    if not {"clock", "memory_kb", "room", "end"} <= one.keys():
        raise ValueError("the report is not complete")
    return Described(
        system=one.get("system", ":"),
        pretty=one.get("pretty") or "no Debian",
        systemd="systemd" in one,
        at=_addresses(pairs, address),
        python=one.get("python", ""),
        owner=one.get("owner", ""),
        resources={
            "clock": float(one["clock"]),
            "took": 0.0,
            "memory_mb": int(one["memory_kb"]) >> 10,
            "directories": dict(_room(value) for key, value in pairs if key == "room"),
        },
        users={name: (int(uid), int(gid)) for name, uid, gid in _words(pairs, "user")},
        groups={name: int(gid) for name, gid in _words(pairs, "group")},
        mtus={name: int(mtu) for name, mtu in _words(pairs, "mtu")},
    )


def _words(pairs: list[list[str]], key: str) -> list[list[str]]:
    return [value.split() for name, value in pairs if name == key]


def _addresses(pairs: list[list[str]], address: str) -> dict[str, tuple[str, int]]:
    """From `ip`, or without it from the networks that the kernel reaches directly, for this address alone."""
    found = {}
    for key, value in pairs:
        if key == "address":
            name, interface = value.split()
            own, _, prefix = interface.partition("/")
            found[own] = (name, int(prefix or ipaddress.IPV4LENGTH))
        elif key == "network":
            name, *words = value.split()
            base, mask = (int.from_bytes(bytes.fromhex(word), "little") for word in words)
            if int(ipaddress.IPv4Address(address)) & mask == base:
                found[address] = (name, mask.bit_count())
    return found


def _room(value: str) -> tuple[str, dict[str, Any]]:
    at, *words = value.split()
    unit, size, free, inodes, free_inodes = map(int, words)
    return at, {
        "at": at,
        "size_mb": size * unit >> 20,
        "free_mb": free * unit >> 20,
        "inodes": inodes,
        "free_inodes": free_inodes,
    }
