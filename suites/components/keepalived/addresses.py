"""Which host holds the VIP, from `ip -o addr`."""

import ipaddress
from collections.abc import Iterable, Mapping

from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation


def held(hosts: Iterable[Host], vip: str) -> Observation:
    """Read the hosts' addresses, and say whether exactly one has the VIP. Raises ReadingFailed."""
    return one_holder({host.name: parse(host.read("ip -o addr show")) for host in hosts}, vip)


def parse(text: str) -> frozenset[str]:
    """Parse the addresses of a host, without prefix lengths. Raises ReadingFailed."""
    found = set()
    for line in text.splitlines():
        fields = line.split()
        try:
            # An address line is `1: lo    inet 127.0.0.1/8 …`.
            found.add(str(ipaddress.ip_interface(fields[3]).ip))
        except (ValueError, IndexError):
            raise ReadingFailed("the output of `ip -o addr` can't be parsed", why=repr(line)) from None
    return frozenset(found)


def one_holder(addresses: Mapping[str, Iterable[str]], vip: str) -> Observation:
    """Say whether exactly one host has the VIP."""
    holders = [host for host, those in addresses.items() if vip in those]
    return Observation(holds=len(holders) == 1, seen=f"{vip} is held by {', '.join(holders) or 'nobody'}")
