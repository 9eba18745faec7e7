"""What gates have left in a stage: found by its name, and removed if asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from suites.errors import NotWithin, SuitesError
from suites.hosts.host import Host
from suites.hosts.reading import Observation, until
from suites.openstack.asking import Request, Requesting
from suites.readings.inventory import Listing, Thing, made_by_gates, things
from suites.seam.report import one_line
from suites.seam.target import Target

# What is removed first: others can't go before it. What is not named here comes last.
FIRST = ("server", "volume", "port", "router", "subnet", "network")
# A server's ports and volumes can't go before it is gone.
GONE_WITHIN, EVERY = 40.0, 1.0
NOT_FOUND, REFUSED = 404, 300


@dataclass(frozen=True, slots=True)
class Leftover:
    """A thing that a gate left: of which component, and what became of it.

    `why` says why it is still there; None if it was removed.
    """

    component: str
    kind: str
    name: str
    why: str | None

    def to_json(self) -> dict[str, object]:
        """Return it as a part of the answer of `python -m suites sweep`."""
        return {"component": self.component, "kind": self.kind, "name": self.name, "why": self.why}


@dataclass(frozen=True, slots=True)
class Swept:
    """All leftovers, in the order of their removal; and what could not be listed, with the reason."""

    found: tuple[Leftover, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Left:
    """A leftover before it is removed; `url` is where, "" for what no API deletes."""

    component: str
    thing: Thing
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Finds what gates have left in a target, by the listings of its components."""

    target: Target
    listings: Mapping[str, Listing]
    fleet: Mapping[str, Host]
    api: Requesting
    tell: Callable[[str], None]

    def run(self, *, clear: bool) -> Swept:
        """Find all leftovers; with `clear`, remove them. What a service refuses is in the result."""
        left: list[_Left] = []
        unread: list[str] = []
        for component, listing in self.listings.items():
            host = self.fleet[self.target.names(component)[0]]
            try:
                listed = things(listing, self.api, self.target.endpoints, host)
            except SuitesError as error:
                unread.append(one_line(f"{component}: {error}"))
                continue
            left += [self._left(component, listing, thing) for thing in made_by_gates(listed)]
        found = tuple(self._swept(one, clear=clear) for one in _ordered(left))
        return Swept(found, tuple(unread))

    def _left(self, component: str, listing: Listing, thing: Thing) -> _Left:
        lists = [one for one in listing.lists if one.kind == thing.kind]
        if not lists:
            return _Left(component, thing, "", {})
        base = self.target.endpoints[listing.endpoint].rstrip("/")
        return _Left(component, thing, f"{base}{lists[0].path}/{thing.id}", lists[0].headers)

    def _swept(self, one: _Left, *, clear: bool) -> Leftover:
        why: str | None = "not asked to remove it"
        if clear:
            why = self._stays(one)
            self.tell(f"{one.thing} {'is removed' if why is None else f'stays: {why}'}")
        return Leftover(one.component, one.thing.kind, one.thing.name, why)

    def _stays(self, one: _Left) -> str | None:
        """Delete a thing; return why it is still there, None if it is gone."""
        if not one.url:
            return "no API deletes it"
        try:
            status = self.api.send(Request("DELETE", one.url, headers=one.headers)).status
            if status >= REFUSED and status != NOT_FOUND:
                return f"answered {status}"
            if one.thing.kind == FIRST[0]:
                until(lambda: self._gone(one), within=GONE_WITHIN, every=EVERY)
        except NotWithin as error:
            return error.why
        except SuitesError as error:
            return one_line(str(error))
        return None

    def _gone(self, one: _Left) -> Observation:
        status = self.api.send(Request("GET", one.url, headers=one.headers)).status
        return Observation(status == NOT_FOUND, f"{one.thing} is still shown ({status})")


def _ordered(left: Sequence[_Left]) -> list[_Left]:
    """Return what must go first, then the rest in the order in which it was found."""
    places = {kind: place for place, kind in enumerate(FIRST)}
    return sorted(left, key=lambda one: places.get(one.thing.kind, len(FIRST)))
