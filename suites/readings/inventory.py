"""What a stage has: things of its services, before the gates made faults in it and after. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from suites.errors import RequestRefused
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.openstack.asking import Request, Requesting

# How gates name what they make and remove again, in Placement with a CUSTOM_ before it: the api gate's tests;
# others, with the number of a run, which nobody has in names of theirs; probes of faults; smoke's server.
RUN = r"[0-9a-f]{8}"
MADE = re.compile(
    rf"stagegate-api-made\S*|stagegate-(?:smoke|load|neighbours)-{RUN}(?:-\S*)?"
    rf"|stagegate-f{RUN}-[0-9a-f]{{1,4}}-\S*|smoke-{RUN}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
)
TRAIT = "CUSTOM_"
# What the api gate keeps from run to run.
KEPT = re.compile(r"stagegate-api(?!-made)\S*")
SHOWN = 5
GOOD = 200


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of a service: its kind, its id, and its name for people.

    One that `stays` is of the stage itself, such as a user of a service. Others belong to tenants, who make
    and delete them at any time. Users and projects are both: one of a tenant `may_go`, which is only told.
    """

    kind: str
    id: str
    name: str
    stays: bool = False
    may_go: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}"


@dataclass(frozen=True, slots=True)
class List:
    """A list of an API: the kind of its things, path and query, and the key that has it in the answer.

    If `only` names some, the others of a list that stays are of tenants.
    """

    kind: str
    path: str
    key: str
    query: str = ""
    stays: bool = False
    only: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a component has: lists of its API at a named endpoint, or what `asked` reads on a host."""

    endpoint: str = ""
    lists: tuple[List, ...] = ()
    asked: Callable[[Host], Iterable[Thing]] | None = None

    @property
    def has_some_that_stay(self) -> bool:
        """Whether some of it is of the stage itself, so that it can't be empty."""
        return self.asked is not None or any(one.stays for one in self.lists)


def things(listing: Listing, api: Requesting, endpoints: Mapping[str, str], host: Host) -> tuple[Thing, ...]:
    """Return all things of a component.

    Raises ClientFailed, RequestRefused for an answer that is no such list, what `asked` raises, KeyError.
    """
    if listing.asked is not None:
        return tuple(listing.asked(host))
    base = endpoints[listing.endpoint].rstrip("/")
    return tuple(thing for one in listing.lists for thing in _listed(api, base, one))


def _listed(api: Requesting, base: str, one: List) -> list[Thing]:
    url = base + one.path + one.query
    answer = api.send(Request("GET", url, headers=one.headers))
    document = answer.document if isinstance(answer.document, dict) else {}
    if answer.status != GOOD or not isinstance(document.get(one.key), list):
        raise RequestRefused(f"no list of {one.key}: answered {answer.status}", where=url)
    return [_thing(row, one) for row in document[one.key]]


def _thing(row: Any, one: List) -> Thing:  # noqa: ANN401 - JSON
    if isinstance(row, str):
        return Thing(one.kind, row, row, one.stays)
    program = f"{row.get('binary')} on {row.get('host')}"
    own = {
        "endpoint": f"{row.get('interface')} {row.get('url')}",
        "agent": program,
        "service": row.get("name") or program,
    }
    name = str(own.get(one.kind) or row.get("name") or "")
    may_go = bool(one.only) and name not in one.only
    return Thing(one.kind, str(row.get("id") or row.get("uuid") or name), name, one.stays, may_go)


def made_by_gates(found: Iterable[Thing]) -> tuple[Thing, ...]:
    """Return what gates have made, by its name."""
    return tuple(thing for thing in found if _is_made(thing.name))


def _is_made(name: str) -> bool:
    trait = name.removeprefix(TRAIT)
    return MADE.fullmatch(name if trait == name else trait.replace("_", "-").lower()) is not None


def as_before(listing: Listing, before: Iterable[Thing], now: Iterable[Thing]) -> Observation:
    """Say whether all that is of the stage itself is still there, and nothing that gates made is left."""
    there = tuple(now)
    known, own = _of_the_stage(before), _of_the_stage(there)
    left, less, new = made_by_gates(there), _without(known, own), _without(own, known)
    gone, went = [one for one in less if not one.may_go], [one for one in less if one.may_go]
    wrong = [f"gone: {_named(gone)}"] if gone else []
    wrong += [f"left over: {_named(left)}; `promote sweep --stage STAGE` removes it"] if left else []
    if listing.has_some_that_stay and not own:
        wrong.append("nothing of the stage itself is listed")
    if wrong:
        return Observation(holds=False, seen="; ".join(wrong))
    told = f"; NEW, and not by a gate's name: {_named(new)}" if new else ""
    told += f"; GONE, and not the stage's own: {_named(went)}" if went else ""
    return Observation(holds=True, seen=f"{len(there)} things{told}")


def _of_the_stage(found: Iterable[Thing]) -> list[Thing]:
    """What stays, without what gates make or keep: they may remove that."""
    named = [thing for thing in found if thing.stays]
    return [one for one in named if not _is_made(one.name) and not KEPT.fullmatch(one.name)]


def _without(some: Iterable[Thing], others: Iterable[Thing]) -> list[Thing]:
    known = {(thing.kind, thing.id) for thing in others}
    return [thing for thing in some if (thing.kind, thing.id) not in known]


def _named(found: Iterable[Thing]) -> str:
    names = [str(thing) for thing in found]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
