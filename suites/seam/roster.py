"""The roster: what a gate must see, made before the gate runs, and the lease under which it runs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from suites.errors import RosterUnusable
from suites.seam.lease import Lease


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A check of a component on a host; the host is "-" for a check that runs once per stage."""

    component: str
    host: str
    check: str

    def __str__(self) -> str:
        return f"{self.component} · {self.host} · {self.check}"


@dataclass(frozen=True, slots=True)
class Roster:
    """What a gate must see; and the lease of the run that started it, None if no run is known.

    If it is `partial`, only the checks of its entries are to be run, in every gate.
    """

    entries: frozenset[Entry]
    lease: Lease | None = None
    partial: bool = False


def read_roster(path: Path) -> Roster:
    """Read a roster: a JSON list of entries, or an object with that list under "roster".

    The object may have a "lease"; older engines write none. It may be "partial". Raises RosterUnusable, also
    for an empty list.
    """
    try:
        document = json.loads(path.read_bytes())
        if not isinstance(document, dict):
            document = {"roster": document}
        entries = TypeAdapter(list[Entry]).validate_python(document["roster"])
        lease = TypeAdapter(Lease).validate_python(document["lease"]) if "lease" in document else None
        partial = TypeAdapter(bool).validate_python(document.get("partial", False), strict=True)
    except OSError as error:
        raise RosterUnusable("the roster can't be read", where=str(path), why=str(error.strerror)) from None
    except KeyError:
        raise RosterUnusable('the document has no "roster"', where=str(path)) from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RosterUnusable("not a roster", where=str(path), why=f"{place}: {first['msg']}") from None
    except ValueError as error:
        raise RosterUnusable("not JSON", where=str(path), why=str(error)) from None
    if not entries:
        why = "a gate that is given no check proves nothing, and one of faults would make all of them"
        raise RosterUnusable("the roster names no check", where=str(path), why=why)
    return Roster(frozenset(entries), lease, partial)


def unseen(roster: Iterable[Entry], seen: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the roster entries that no check covers, sorted."""
    return tuple(sorted(set(roster) - set(seen)))
