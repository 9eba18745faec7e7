"""Which colours a stage has: asked of what stands, and of load balancers only where two colours do.

Coloured hosts are asked what they were made from only where a colour can't be told by its OpenStack release.
"""

import shlex
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from stages import roles
from stages.design.blueprint import Blueprint, Colour, Tier
from stages.design.colours import FIRST, Colours, Standing, choose, whichever
from stages.design.parts import Refused
from stages.design.strategy import Strategy
from stages.errors import ColoursUnclear, HostRefused
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Seen, Substrate
from stages.requests.recorded import Asked, match
from stages.roles.loadbalancer.pools import LENT, LENT_NOW, LENT_UNTIL
from stages.roles.loadbalancer.role import ask_shares

ALL = 100
Drawn = Callable[[Colours], Substrate]  # the substrate of the stage with these colours


def colours(blueprint: Blueprint, substrate: Substrate, asked: Asked, drawn: Drawn) -> Colours:
    """The colours of the stage for a release that asks for this.

    `blueprint` and `substrate` are those of blue alone; hosts that stand are asked through the one that is
    `drawn` with their colours. Raises ColoursUnclear if nobody can know which one the release is about.
    """
    # A machine is of the colour that its inventory says: blue, until an inventory can say it.
    if not substrate.makes_hosts:
        return FIRST
    hosts = substrate.standing().hosts
    there = _matched(by_colour(blueprint.network, hosts.values()), asked, drawn, hosts)
    two = len(there) == len(Colour)
    told = list(_told(blueprint, substrate, hosts)) if two else []
    answer = [{service: _answers(share) for service, share in one.items()} for one in told]
    found = choose(asked.openstack, there, _services(blueprint, there.values()), answer, asked.strategy)
    if isinstance(found, Refused):
        raise ColoursUnclear(found.what, where=blueprint.stage, next=found.next)
    return found


def _matched(
    there: Mapping[Colour, Standing], asked: Asked, drawn: Drawn, hosts: Mapping[str, Seen]
) -> Mapping[Colour, Standing]:
    """The same colours; with how their hosts match what is asked for, where it depends on that.

    It does where two run what is asked for, and wherever another control plane brings a change.
    """
    unsure = [colour for colour, one in there.items() if one.releases == (asked.openstack,)]
    if not unsure or (len(unsure) < len(Colour) and asked.strategy is Strategy.ROLLING):
        return there
    substrate = drawn(whichever(asked.openstack, there))
    with tempfile.TemporaryDirectory() as folder:
        config = substrate.borrow(Path(folder))
        return {
            colour: replace(one, match=match(asked, colour, hosts, config)) if colour in unsure else one
            for colour, one in there.items()
        }


def standing(blueprint: Blueprint, substrate: Substrate, wanted: str) -> Colours:
    """The colours that stand, for who needs all their hosts; which of two serves is not asked.

    So it also knows them where no load balancer answers, or two stand that the release is not about.
    """
    if not substrate.makes_hosts:
        return FIRST
    return whichever(wanted, by_colour(blueprint.network, substrate.standing().hosts.values()))


def by_colour(network: str, hosts: Iterable[Seen]) -> Mapping[Colour, Standing]:
    """The coloured hosts among these, by colour."""
    known = roles.possible(network)
    found: dict[Colour, dict[str, str]] = {}
    for seen in hosts:
        colour = known[seen.host].colour if seen.host in known else None
        if colour is not None:
            found.setdefault(colour, {})[seen.host] = seen.openstack
    return {colour: Standing(found[colour]) for colour in Colour if colour in found}


def _services(blueprint: Blueprint, standing: Iterable[Standing]) -> list[str]:
    """What coloured roles offer of which these colours have hosts.

    No colour that stands answers for a role that the release is the first to have: nothing changes over.
    """
    known = roles.possible(blueprint.network)
    there = {known[host].role for one in standing for host in one.hosts}
    coloured = (
        role for name, role in blueprint.roles.items() if role.tier is Tier.COLOURED and name in there
    )
    return [service.name for role in coloured for service in role.services]


def shares(blueprint: Blueprint, substrate: Substrate, hosts: Mapping[str, Seen]) -> Mapping[str, int] | None:
    """By service, how many of a hundred requests green answers, as the first load balancer has it that tells.

    None if no load balancer tells.
    """
    return next(_told(blueprint, substrate, hosts), None)


def lent(blueprint: Blueprint, substrate: Substrate, hosts: Mapping[str, Seen]) -> Mapping[Colour, float]:
    """By colour that gets requests only since a canary lent them, for how many seconds more, at most."""
    found: dict[Colour, float] = {}
    for known in _said(blueprint, substrate, hosts):
        left = known.get(LENT_UNTIL, 0) - known.get(LENT_NOW, 0)
        for name, part in known.items():
            share = known.get(name.removeprefix(LENT))
            if left <= 0 or not name.startswith(LENT) or share is None:
                continue
            gets = [colour for colour, at in ((Colour.GREEN, 0), (Colour.BLUE, ALL)) if part != at == share]
            found |= {colour: max(left, found.get(colour, 0)) for colour in gets}
    return found


def _told(
    blueprint: Blueprint, substrate: Substrate, hosts: Mapping[str, Seen]
) -> Iterator[Mapping[str, int]]:
    """The same of each load balancer that tells."""
    services = {
        service.name
        for role in blueprint.roles.values()
        if role.tier is Tier.COLOURED
        for service in role.services
    }
    for told in _said(blueprint, substrate, hosts):
        if known := {name: share for name, share in told.items() if name in services}:
            yield known


def _said(
    blueprint: Blueprint, substrate: Substrate, hosts: Mapping[str, Seen]
) -> Iterator[Mapping[str, int]]:
    """All that each load balancer says about shares, by name.

    The running HAProxy is asked, and not what it may read at its next start.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = substrate.borrow(Path(folder))
        for balancer in blueprint.members("loadbalancer"):
            if balancer.name not in hosts or not hosts[balancer.name].running:
                continue
            try:
                status, text, _ = RemoteHost(balancer.name, config).shell(shlex.join(ask_shares()), b"", 10)
            except HostRefused:  # the other one may tell
                continue
            lines = [line.split() for line in text.splitlines()] if status == 0 else []
            told = (line for line in lines if len(line) == len(("service", "share")))
            yield {name: int(share) for name, share in told}


def _answers(share: int) -> Colour:
    """A colour that gets a part of the requests only does not serve yet."""
    return Colour.GREEN if share == ALL else Colour.BLUE
