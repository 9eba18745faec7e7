"""The settings that a running HAProxy and a running keepalived must have, read from their configurations."""

import re
from collections.abc import Iterator
from itertools import pairwise

from stages.design.declaring import Setting
from stages.design.options import directives

# What HAProxy begins with, where its configuration says nothing else.
UNLIMITED, WEIGHT = "none", "1"
SECTIONS = ("global", "defaults", "frontend", "backend", "listen")
VALUED = ("port", "rise", "fall", "maxconn", "weight")


def haproxy(text: str) -> Iterator[Setting]:
    """Yield what HAProxy is to report of itself, of its pools and of their servers."""
    section, pool, most, defaults = "", "", "", dict[str, str]()
    for name in ("ConnRateLimit", "SessRateLimit"):  # the configuration sets none
        yield Setting("haproxy", "process", name, "0")
    for words in directives(text):
        if words[0] in SECTIONS:
            section, pool, defaults = words[0], " ".join(words[1:2]), {}
            if section in {"frontend", "listen"}:
                yield Setting("haproxy", "pool", f"{pool} listener", "OPEN")
                yield Setting("haproxy", "pool", f"{pool} clients at once", most)
                yield Setting("haproxy", "pool", f"{pool} clients a second", "0")
        elif section == "global" and words[0] == "maxconn":
            most = words[1]
            yield Setting("haproxy", "process", "Maxconn", most)
        elif section in {"listen", "backend"} and words[0] in {"mode", "balance"}:
            yield Setting("haproxy", "pool", f"{pool} {words[0]}", words[1])
        elif words[0] == "default-server":
            defaults |= _server(words[1:])
        elif words[0] == "server":
            yield from _of_server(f"{pool}/{words[1]}", words[2], defaults | _server(words[3:]))


def _server(words: tuple[str, ...]) -> dict[str, str]:
    """The parameters of a server that can be asked for: those with a value, and two without."""
    found = {name: value for name, value in pairwise(words) if name in VALUED}
    return found | {name: "yes" for name in ("check", "backup") if name in words}


def _of_server(name: str, address: str, has: dict[str, str]) -> Iterator[Setting]:
    told = {
        "address": address,
        "check": f"at port {has['port']}" if "check" in has else "off",
        "rise": has.get("rise", ""),
        "fall": has.get("fall", ""),
        "weight": has.get("weight", WEIGHT),
        "maxconn": has.get("maxconn", UNLIMITED),
        "use": "backup" if "backup" in has else "active",
    }
    for what, value in told.items():
        if value:
            yield Setting("haproxy", "server", f"{name} {what}", value)


def keepalived(text: str) -> Iterator[Setting]:
    """Yield what keepalived is to report of the instance that holds the VIP."""
    peers = re.search(r"unicast_peer \{([^}]*)\}", text)
    addresses = re.search(r"virtual_ipaddress \{([^}]*)\}", text)
    told = {words[0]: words[1] if len(words) > 1 else "" for words in directives(text)}
    wanted = {
        "effective priority": told["priority"],
        "virtual router id": told["virtual_router_id"],
        "interface": told["interface"],
        "advert interval": f"{round(float(told['advert_int']) * 1000)} ms",
        "preempt": "off" if "nopreempt" in told else "on",
        "source address": told.get("unicast_src_ip", ""),
        "peers": " ".join(sorted(peers[1].split())) if peers else "",
        "addresses": " ".join(sorted(one.removesuffix("/32") for one in addresses[1].split()))
        if addresses
        else "",
    }
    for name, value in wanted.items():
        if value:
            yield Setting("keepalived", "instance", name, value)
