"""Which colours a stage has, and which of them a release is about: from what stands there. Pure.

A release names one OpenStack release. The colour that runs it is the release's own: its hosts are made and
changed. If no colour runs it, the free one becomes its own, beside the one that serves (an upgrade).
If the release's own colour stands and does not serve, it takes over (an upgrade goes on, or is taken back).

Where several releases of the same OpenStack follow each other, a colour is the release's own if its hosts are
what the release asks for. If no colour is, it follows from the stage's strategy: the one that serves is
changed in place, or the other one takes over.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from stages.design.blueprint import Blueprint, Colour, Host, Plane, Tier
from stages.design.parts import Refused
from stages.design.strategy import Strategy

OTHER = {Colour.BLUE: Colour.GREEN, Colour.GREEN: Colour.BLUE}


@dataclass(frozen=True, slots=True)
class Beside:
    """The other colour as it stands: the OpenStack release that it runs, and the names of its hosts."""

    colour: Colour
    openstack: str
    hosts: tuple[str, ...]

    def plane(self, known: Mapping[str, Host]) -> Plane:
        """Its plane; `known` has every host that the stage could have, by name."""
        hosts = tuple(known[name] for name in self.hosts)
        return Plane(Tier.COLOURED, self.colour, self.openstack, hosts)


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a stage as a release finds them: its own, and the one beside it, if there is one.

    `served` are the services that the other colour answers now; none if the release's own serves. With
    `returns`, somebody rolls back to the release.
    """

    own: Colour = Colour.BLUE
    beside: Beside | None = None
    served: tuple[str, ...] = ()
    returns: bool = False

    def without(self, services: tuple[str, ...]) -> "Colours":
        """The same once the release's own colour answers these services, too."""
        return replace(self, served=tuple(name for name in self.served if name not in services))

    def to_json(self) -> dict[str, Any]:
        """The form in which an action of a plan carries it; empty for the first colour alone."""
        if self == FIRST:
            return {}
        other = self.beside
        told = other and {
            "colour": other.colour.value,
            "openstack": other.openstack,
            "hosts": list(other.hosts),
        }
        returns = {"returns": True} if self.returns else {}
        return {"own": self.own.value, "beside": told, "served": list(self.served), **returns}


FIRST = Colours()  # blue alone


def read(data: Mapping[str, Any]) -> Colours:
    """What `to_json` wrote. Raises KeyError or ValueError for anything else."""
    if not data:
        return FIRST
    other = data["beside"]
    beside = other and Beside(Colour(other["colour"]), str(other["openstack"]), tuple(other["hosts"]))
    returns = bool(data.get("returns"))
    return Colours(Colour(data["own"]), beside or None, tuple(data["served"]), returns)


def of(blueprint: Blueprint) -> Colours:
    """The colours that a blueprint was drawn for."""
    other = blueprint.beside
    if other is None or other.colour is None:
        return Colours(blueprint.colour)
    names = tuple(sorted(host.name for host in other.hosts))
    beside, served = Beside(other.colour, other.openstack, names), tuple(sorted(blueprint.served))
    return Colours(blueprint.colour, beside, served, blueprint.returns)


def is_newer(blueprint: Blueprint) -> bool:
    """Whether the release's own colour is newer than the one beside it: not on the way back.

    Where both run one OpenStack release, it is, unless somebody rolls back.
    """
    other = blueprint.beside
    own = [plane.openstack for plane in blueprint.planes if plane.colour is blueprint.colour]
    if other is None or set(own) == {other.openstack}:
        return other is not None and not blueprint.returns
    # Names of releases, such as "2026.1", are in the order of their text.
    return all(release > other.openstack for release in own)


class Match(Enum):
    """Whether the hosts of a colour are what a release asks for, as far as they tell."""

    WHOLE = "all tell, and are"
    PART = "those that tell are"
    UNTOLD = "none tells"
    MADE = "none tells, but somebody rolls back to the image that all have"
    DIFFERS = "one tells that it is not"


@dataclass(frozen=True, slots=True)
class Standing:
    """A colour that stands: by host, the OpenStack release that it runs; empty for one that does not tell.

    `match` is with what the release asks for; nobody is asked where nothing depends on it.
    """

    hosts: Mapping[str, str]
    match: Match = Match.UNTOLD

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases that its hosts run; several if a change of release ended halfway."""
        return tuple(sorted({release for release in self.hosts.values() if release}))


def choose(
    wanted: str,
    standing: Mapping[Colour, Standing],
    services: Iterable[str],
    told: Sequence[Mapping[str, Colour]],
    strategy: Strategy = Strategy.ROLLING,
) -> Colours | Refused:
    """The colours for a release that wants this OpenStack release.

    `services` are those that colours offer. `told` has, of each load balancer that tells, which colour
    answers each. Where they differ, a change of colours ended halfway, and the service counts as the other
    colour's: it changes over once policy was asked. One colour alone answers them all. Refused if two stand
    that the release is not about, if nobody knows which of two serves, or if neither is free for a change
    that another one is to bring.
    """
    if (found := _alone(wanted, standing, services, strategy)) is not None:
        return found
    own = [colour for colour, one in standing.items() if one.releases == (wanted,)]
    if not own:
        runs = ", ".join(f"{colour.value} runs {_told(one)}" for colour, one in standing.items())
        return Refused(
            f"two control planes stand, and neither runs OpenStack {wanted}: {runs}",
            next="promote one of those releases",
        )
    if not told:
        return Refused(
            "two control planes stand, and no load balancer tells which one serves",
            next="start one, as docs/operate.md says in 'No load balancer tells which colour serves'",
        )
    mine = _own(own, standing, told, strategy)
    if isinstance(mine, Refused):
        return mine
    other = OTHER[mine]
    served = {service for one in told for service, colour in one.items() if colour is other}
    return Colours(mine, _beside(other, standing[other]), tuple(sorted(served)))


def whichever(wanted: str, standing: Mapping[Colour, Standing]) -> Colours:
    """The colours of what stands, each of its hosts among them, where it is not known who serves.

    The release's own is the one that runs it; if none of two does, blue counts as its own.
    """
    if (found := _alone(wanted, standing, (), Strategy.ROLLING)) is not None:
        return found
    runs = [colour for colour, one in standing.items() if one.releases == (wanted,)]
    own = runs[0] if runs else Colour.BLUE
    return Colours(own, _beside(OTHER[own], standing[OTHER[own]]))


def _answers(told: Iterable[Mapping[str, Colour]]) -> Counter[Colour]:
    """How many services each colour answers, summed over load balancers."""
    return Counter(colour for one in told for colour in one.values())


def _own(
    runs: Sequence[Colour],
    standing: Mapping[Colour, Standing],
    told: Sequence[Mapping[str, Colour]],
    strategy: Strategy,
) -> Colour | Refused:
    """The release's own of two colours; `runs` are those that run its OpenStack release, at least one."""
    replaces, answers = strategy is Strategy.BLUE_GREEN, _answers(told)
    if len(runs) == 1:
        return _only(runs[0], standing, answers, strategy)
    serves = max(Colour, key=lambda colour: answers[colour])
    # The one that serves comes first, even if a host of it is silent: that is no reason to move clients.
    for colour in (serves, OTHER[serves]):
        if standing[colour].match in (Match.WHOLE, Match.PART):
            return colour
    if standing[serves].match is not Match.MADE and standing[OTHER[serves]].match is Match.MADE:
        return OTHER[serves]
    if standing[serves].match in (Match.UNTOLD, Match.MADE) or not replaces:
        return serves
    if answers[OTHER[serves]]:  # some clients are there: it is not free for a change
        return Refused(
            "both colours answer clients, and neither is what the release asks for",
            next="promote rollback, or promote the release that one of them has",
        )
    return OTHER[serves]


def _only(
    only: Colour, standing: Mapping[Colour, Standing], answers: Mapping[Colour, int], strategy: Strategy
) -> Colour | Refused:
    """The release's own where of two colours only this one runs its OpenStack release."""
    other = OTHER[only]
    differs = standing[only].match is Match.DIFFERS
    if strategy is Strategy.BLUE_GREEN and not answers[other] and differs:
        return Refused(
            f"{other.value} would have to become what the release asks for, since {only.value} serves, "
            f"and it is held as the way back to OpenStack {_told(standing[other])}",
            next=f"retire {other.value}, or write strategy: {Strategy.ROLLING.value} for this change",
        )
    return only


def _alone(
    wanted: str, standing: Mapping[Colour, Standing], services: Iterable[str], strategy: Strategy
) -> Colours | None:
    """The colours where at most one stands; None where two do."""
    match list(standing.items()):
        case []:
            return FIRST
        case [(colour, one)]:
            # Hosts that do not tell their release were made before hosts did. They are replaced in place.
            stays = strategy is Strategy.ROLLING or one.match is not Match.DIFFERS
            if not one.releases or (one.releases == (wanted,) and stays):
                return Colours(colour)
            return Colours(OTHER[colour], _beside(colour, one), tuple(sorted(services)))
        case _:
            return None


def _beside(colour: Colour, one: Standing) -> Beside:
    return Beside(colour, _told(one), tuple(sorted(one.hosts)))


def _told(one: Standing) -> str:
    return " and ".join(one.releases) or "an unknown release"
