"""Whether the hosts of a colour are what a release asks for: by their images, and by what they recorded.

A host records the manifest that was applied to it last. What has changed on it since does not count, nor
whether it serves: that is mended where it stands, and is no reason for another control plane.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from stages.design.blueprint import Colour
from stages.design.colours import Match
from stages.design.strategy import Strategy
from stages.errors import HostRefused
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Seen

STATE = "/var/lib/stagegate/state.json"  # where the applier records it
SSH_FAILED = 255  # ssh itself, and not what it was to run
WITHIN = 30.0  # seconds for a host to print it


@dataclass(frozen=True, slots=True)
class Asked:
    """What a release asks for of coloured hosts: its OpenStack release, and what they would be in a colour.

    `digests` has by host the steady digest of its manifest in this colour, `image` the content digest of what
    hosts are made from, None if it is not built yet. Both are asked for only where something depends on them.
    With `returns`, somebody rolls back to the release.
    """

    openstack: str
    strategy: Strategy = Strategy.ROLLING
    digests: Callable[[Colour], Mapping[str, str]] = field(default=lambda _colour: {})
    image: Callable[[], str | None] = field(default=lambda: None)
    returns: bool = False


def match(asked: Asked, colour: Colour, hosts: Mapping[str, Seen], config: Path) -> Match:
    """How the hosts of this colour among these match what is asked for; each that runs is asked by ssh.

    `config` is the ssh configuration. Hosts count that the release has in this colour. Of one that does not
    tell, the image counts for nothing, too: an older release may have made it, and a change that was to
    replace it in place ended before. What differs goes to stderr.
    """
    wanted = asked.digests(colour)
    there = {name: seen for name, seen in hosts.items() if name in wanted}
    running = [name for name, seen in there.items() if seen.running and not seen.silent]
    if not running:
        return _untold(asked, there)
    with ThreadPoolExecutor(max_workers=len(running)) as pool:  # it is mostly waiting
        answers = zip(
            running, pool.map(lambda name: _applied(RemoteHost(name, config)), running), strict=True
        )
        told = {name: digest for name, digest in answers if digest}
    if not told:
        return _untold(asked, there)
    image = asked.image()
    images = [name for name in told if there[name].image != image]
    manifests = [name for name, digest in told.items() if digest != wanted[name]]
    if images or manifests:
        _say(colour, {"another image": images, "another manifest": manifests})
        return Match.DIFFERS
    return Match.WHOLE if told.keys() == there.keys() else Match.PART


def _untold(asked: Asked, there: Mapping[str, Seen]) -> Match:
    """How hosts match none of which tells. Who rolls back finds a colour that is stopped by its images."""
    image = asked.image() if asked.returns and there else None
    return Match.MADE if image and all(seen.image == image for seen in there.values()) else Match.UNTOLD


def _say(colour: Colour, found: Mapping[str, Sequence[str]]) -> None:
    """Tell people why another colour may take over: it is in the log of the run."""
    told = "; ".join(f"{what} on {', '.join(sorted(hosts))}" for what, hosts in found.items() if hosts)
    sys.stderr.write(f"{colour.value} is not what the release asks for: {told}\n")


def _applied(host: RemoteHost) -> str:
    """The digest that the host recorded; empty if it does not tell, as one made by an older release."""
    try:
        status, said, error = host.shell(f"cat {STATE}", b"", WITHIN)
        found = json.loads(said) if status == 0 else {}
    except (HostRefused, ValueError) as problem:  # it counts as one that does not tell
        found, why = {}, str(problem)
    else:
        why = error.strip() if status == SSH_FAILED else ""
    if why:
        sys.stderr.write(f"{host.name} does not tell which manifest was applied to it: {why}\n")
    return str(found.get("applied", "")) if isinstance(found, dict) else ""
