"""Conductors of both colours take the work that the APIs of both give them.

All conductors take from one queue of the message bus, so an API does not choose which of them works for it.
For a server that is rebuilt, Nova records the host of the conductor that took it, and so it can be seen that
each API has met conductors of both colours. For new servers nothing is recorded.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from suites.errors import NotMeasured, RequestRefused
from suites.neighbours import servers
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour, Pair

BINARY = "nova-conductor"
# The message bus hands out to one consumer after the other, with calls of compute hosts in between, so two or
# three are mostly enough. If each went to either colour at random, so many would miss one in 32,000 times.
REBUILDS = 16
REBUILT_WITHIN = 60.0
# The first version that shows the host of an event to administrators.
VERSION = {"X-OpenStack-Nova-API-Version": "2.62"}
ACTION, EVENT = "rebuild", "rebuild_server"


@dataclass(frozen=True, slots=True)
class Met:
    """How many requests to the API of a colour were taken by conductors of each colour."""

    api: str
    taken: Mapping[str, int]

    def __str__(self) -> str:
        told = ", ".join(f"{count} by {colour}'s" for colour, count in sorted(self.taken.items()))
        return f"of {self.api}'s rebuilds conductors took {told or 'none'}"


def work(pair: Pair, made: Made, own: Collection[str]) -> str:
    """Rebuild a server through the API of each colour until it has met conductors of both.

    `own` are the conductor hosts of the colour under test. Raises NotMeasured if an API has met conductors of
    one colour alone, RequestRefused if a server is not rebuilt, NotWithin, ClientFailed.
    """
    conductors = colours_of(pair, own)
    writer, reader = pair.both
    image = servers.upload(writer, made)
    path = servers.boot(writer, made, image, str(servers.flavor(writer, made)["id"]))
    servers.await_status(reader, path, "ACTIVE", servers.ACTIVE_WITHIN)
    met = [_meet(*way, path, image, conductors, made.tell) for way in pair.ways]
    said = "; ".join(map(str, met))
    if any(len(one.taken) < len(pair.both) for one in met):
        raise NotMeasured(f"conductors of one colour alone were met in {REBUILDS} rebuilds", why=said)
    return said


def colours_of(pair: Pair, own: Collection[str]) -> Mapping[str, str]:
    """Return the colour of each conductor host that is up, by its name.

    Raises NotMeasured if one of the two colours has none, RequestRefused, ClientFailed.
    """
    listed = pair.own.service("compute").shown(f"/os-services?binary={BINARY}")["services"]
    up = [str(row["host"]) for row in listed if row["binary"] == BINARY and row["state"] == "up"]
    found = {host: pair.own.colour if host in own else pair.other.colour for host in up}
    for neighbour in pair.both:
        if neighbour.colour not in found.values():
            raise NotMeasured(f"no conductor of {neighbour.colour} is up", why=f"up are {', '.join(up)}")
    return found


def _meet(  # noqa: PLR0913, PLR0917 - a way is two of them
    writer: Neighbour,
    reader: Neighbour,
    path: str,
    image: str,
    conductors: Mapping[str, str],
    tell: Callable[[str], None],
) -> Met:
    """Rebuild through one colour's API until conductors of both colours have taken a rebuild.

    Each is told: all of them may take longer than a gate may be silent.
    """
    taken: Counter[str] = Counter()
    compute = writer.service("compute")
    for _ in range(REBUILDS):
        before = set(_rebuilds(writer, path))
        compute.call("POST", f"{path}/action", {"rebuild": {"imageRef": image}})
        servers.await_status(reader, path, "ACTIVE", REBUILT_WITHIN)
        new = [name for name in _rebuilds(writer, path) if name not in before]
        host = _taken_by(writer, path, new)
        if host not in conductors:
            what = f"a rebuild was taken by {host}, which was not among the conductors that are up"
            raise NotMeasured(what, why=", ".join(conductors))
        taken[conductors[host]] += 1
        tell(str(Met(writer.colour, taken)))
        if len(taken) == len(set(conductors.values())):
            break
    return Met(writer.colour, taken)


def _rebuilds(neighbour: Neighbour, path: str) -> list[str]:
    """The ids of the requests to rebuild a server."""
    shown = neighbour.service("compute").shown(f"{path}/os-instance-actions", VERSION)
    return [str(one["request_id"]) for one in shown["instanceActions"] if one["action"] == ACTION]


def _taken_by(neighbour: Neighbour, path: str, requests: Collection[str]) -> str:
    """The host of the conductor that took the one new rebuild; its event must have ended well."""
    if len(requests) != 1:
        what = f"records {len(requests)} new rebuilds of a server that was rebuilt once"
        raise RequestRefused(what, where=neighbour.colour)
    (request,) = requests
    shown = neighbour.service("compute").shown(f"{path}/os-instance-actions/{request}", VERSION)
    events = [one for one in shown["instanceAction"]["events"] if one["event"] == EVENT]
    if not events or not events[0].get("host"):
        raise NotMeasured("Nova does not tell which conductor took a rebuild", where=neighbour.colour)
    host = str(events[0]["host"])
    if events[0]["result"] == "Error":
        raise RequestRefused(f"the conductor on {host} failed to rebuild", where=neighbour.colour)
    return host
