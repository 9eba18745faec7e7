"""The steps of a round trip, and the catalog: what the client tells and what is judged."""

from dataclasses import dataclass

GOOD, REFUSED, NOT_FOUND = 200, 300, 404
# What a host is asked to do.
MAKE, SHOW, DELETE, GONE = "make it", "show it", "delete it", "show it once it is deleted"
LIST = "list "  # and what is listed
ELSEWHERE = "show it at "  # and the host, another one of the component
STEPS = (MAKE, SHOW, DELETE, GONE)


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a round trip: its status, 0 without an answer, and what is wrong with what it got."""

    what: str
    status: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """All requests to one host, in their order."""

    component: str
    host: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    """An entry of the catalog: the type of its service, its interface, its region and its URL."""

    type: str
    interface: str
    region: str
    url: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a token of the administrator comes with, and the region in which its clients look."""

    region: str
    entries: tuple[Offered, ...]
