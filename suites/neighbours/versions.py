"""The versions that an API of each colour speaks: clients of both must find one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from suites.errors import RequestRefused
from suites.hosts.reading import Observation
from suites.neighbours.pair import Pair

Number = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The versions that an API speaks, from the least to the most."""

    least: Number
    most: Number

    def __str__(self) -> str:
        return f"{_text(self.least)} to {_text(self.most)}"


def read(pair: Pair, endpoint: str) -> Mapping[str, Spoken]:
    """Return by colour what an API speaks. Raises RequestRefused, also for an answer without versions."""
    found = {}
    for neighbour in pair.both:
        document = neighbour.service(endpoint).versions.shown("/")
        try:
            found[neighbour.colour] = parse(document)
        except (LookupError, TypeError, ValueError):
            raise RequestRefused("the answer has no versions", where=neighbour.colour) from None
    return found


def parse(document: Any) -> Spoken:  # noqa: ANN401 - JSON
    """Return what the list of an API's versions says it speaks: its range with the most.

    An API without microversions speaks all of a major version up to the one that it names.
    Raises LookupError, TypeError or ValueError for anything else than such a list.
    """
    listed = document["versions"]
    rows: Iterable[Mapping[str, str]] = listed["values"] if isinstance(listed, Mapping) else listed
    return max(map(_spoken, rows), key=lambda spoken: spoken.most)


def _spoken(row: Mapping[str, str]) -> Spoken:
    if least := row.get("min_version"):
        return Spoken(_number(least), _number(row.get("max_version") or row["version"]))
    most = _number(row["id"].removeprefix("v"))
    return Spoken((most[0], 0), most)


def meet(spoken: Mapping[str, Spoken]) -> Observation:
    """Say whether the ranges of all colours have a version in common."""
    least = max(one.least for one in spoken.values())
    most = min(one.most for one in spoken.values())
    told = ", ".join(f"{colour} speaks {one}" for colour, one in spoken.items())
    if least > most:
        return Observation(holds=False, seen=f"{told}: no version in common")
    return Observation(holds=True, seen=f"{told}: {_text(least)} to {_text(most)} in common")


def _number(text: str) -> Number:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def _text(number: Number) -> str:
    return f"{number[0]}.{number[1]}"
