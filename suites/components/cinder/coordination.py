"""Distributed locks: whether they work, and whether the API is connected to a host that keeps them."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from suites.components.cinder.component import API
from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.places import SENTINEL, in_python
from suites.hosts.reading import Observation

CONFIGURATION = "/etc/cinder/cinder.conf"
# Two members, with the service's own library, driver and URL. The output has no secret: only the scheme of
# the URL, and only the type of an error.
LOCK = """
import configparser, json, sys, uuid, warnings
warnings.simplefilter("ignore")
from tooz import coordination
conf = configparser.ConfigParser(strict=False, interpolation=None)
conf.read(sys.argv[1])
url = conf.get("coordination", "backend_url", fallback="")
said = {"backend": url.partition(":")[0], "steps": [], "error": ""}
name = b"smoke-" + uuid.uuid4().hex.encode()
try:
    one, two = (coordination.get_coordinator(url, name + part) for part in (b"-one", b"-two"))
    one.start(); two.start()
    first, second = one.get_lock(name), two.get_lock(name)
    said["steps"] = [first.acquire(blocking=False), second.acquire(blocking=False), first.release(),
                     second.acquire(blocking=False), second.release()]
    one.stop(); two.stop()
except Exception as error:
    said["error"] = type(error).__name__
print(json.dumps(said))
"""
TRY = f"runuser -u cinder -- {in_python(LOCK, CONFIGURATION)}"
# While the first holds the lock, the second can't take it; after the release it can.
WANTED = [True, False, True, True, True]
STEPS = ("the first has it", "the second has it too", "given back", "the second has it", "given back")
# The peers of all connections of the API: the kernel shows each socket's unit as its control group.
PEERS = f"ss -Htne state established | awk '/cgroup:[^ ]*\\/{API}( |$)/ {{print $4}}' | sort -u"


@dataclass(frozen=True, slots=True)
class Lock:
    """The result of a lock between two members: the backend, each step, and an error's type."""

    backend: str
    steps: list[bool]
    error: str


def try_lock(host: Host) -> Lock:
    """Try a lock on a host as Cinder would. Raises ReadingFailed."""
    return parse(host.read(TRY))


def parse(text: str) -> Lock:
    """Parse the answer of the program. Raises ReadingFailed."""
    try:
        return TypeAdapter(Lock).validate_python(json.loads(text.strip().splitlines()[-1]))
    except (ValidationError, ValueError, IndexError):
        raise ReadingFailed("the answer about the lock can't be parsed", why=repr(text[:80])) from None


def peers(host: Host) -> frozenset[str]:
    """Return the addresses, without ports, that a host's API is connected to. Raises ReadingFailed."""
    return addresses(host.read(PEERS))


def addresses(text: str) -> frozenset[str]:
    """Parse the peers of `ss`, without Sentinels, which know where the locks are but keep none."""
    peers = (peer.rpartition(":") for peer in text.split())
    return frozenset(
        address.strip("[]").removeprefix("::ffff:") for address, _, port in peers if port != str(SENTINEL)
    )


def shuts_out(lock: Lock) -> Observation:
    """Say whether only one member held the lock at a time."""
    if lock.error or not lock.backend:
        return Observation(holds=False, seen=f"no lock by {lock.backend or 'nothing'}: {lock.error}")
    if lock.steps != WANTED:
        steps = zip(STEPS, lock.steps, strict=False)
        said = ", ".join(f"{step}: {'yes' if did else 'no'}" for step, did in steps)
        return Observation(holds=False, seen=f"a {lock.backend} lock: {said or 'nothing was tried'}")
    return Observation(holds=True, seen=f"a {lock.backend} lock shuts others out")


def connected(peers: Collection[str], backends: Collection[str]) -> Observation:
    """Say whether the API is connected to one of the hosts that keep the locks."""
    mine = sorted(set(peers) & set(backends))
    wanted = ", ".join(sorted(backends)) or "any host: none keeps locks"
    return Observation(
        holds=bool(mine), seen=f"{API} is connected to {', '.join(mine) if mine else 'none of ' + wanted}"
    )
