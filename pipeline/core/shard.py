"""A shard: one of several parts of a gate, which together are the whole of it. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Self

from pipeline.core.plan import Roster, RosterEntry

_WRITTEN = re.compile(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """The shard `number`, from 1, of `count`."""

    number: int
    count: int

    def __post_init__(self) -> None:
        """Raise ValueError for a number that is not among the count."""
        if not 1 <= self.number <= self.count:
            raise ValueError(f"there is no shard {self.number} of {self.count}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The shard that is written `2/3`. Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a shard, such as 2/3")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """As a person writes it."""
        return f"{self.number}/{self.count}"

    def of(self, roster: Roster) -> Roster:
        """The part of the roster that this shard must see; it may be empty.

        All checks of a component are in one shard, since they may use the same things of it. The shards are
        about as large as each other, and the same roster is always divided in the same way.
        """
        mine = self._components(roster.entries)
        entries = tuple(entry for entry in roster.entries if entry.component in mine)
        return replace(roster, entries=entries, partial=True)

    def _components(self, entries: tuple[RosterEntry, ...]) -> frozenset[str]:
        sizes: dict[str, int] = {}
        for entry in entries:
            sizes[entry.component] = sizes.get(entry.component, 0) + 1
        loads = [0] * self.count
        mine = set()
        for component in sorted(sizes, key=lambda name: (-sizes[name], name)):
            least = loads.index(min(loads))
            loads[least] += sizes[component]
            if least == self.number - 1:
                mine.add(component)
        return frozenset(mine)
