"""The OpenStack releases that the code knows, and the steps between them that upstream supports. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stages.design.parts import Refused
from stages.openstack.review import Review, missing, problems

_NAME = re.compile(r"(\d{4})\.([12])")
_RESTORE = "restore openstack in config/stagegate.yaml"


@dataclass(frozen=True, slots=True)
class Release:
    """An OpenStack release such as "2026.1". `slurp` is whether upstream supports it for long (SLURP)."""

    name: str
    slurp: bool


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases with a lock, the versions of the projects that it has, and the reviews of migrations.

    `locked` has versions by release and distribution, as in `{"2026.1": {"nova": "33.0.1"}}`.
    """

    known: tuple[Release, ...] = ()
    locked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()

    def refusals(self, before: str, after: str) -> tuple[Refused, ...]:
        """Why a stage that runs the release `before` may not be upgraded to `after`; empty if it may be.

        First whether upstream supports the step, then whether a person has reviewed its migrations.
        """
        if against := self._against_step(before, after):
            return (against,)
        found = self.review(before, after)
        return problems(found, self.locked) if found is not None else (missing(before, after),)

    def review(self, before: str, after: str) -> Review | None:
        """The review of this step's migrations, whether or not it has problems; None if there is none."""
        return next((one for one in self.reviews if (one.before, one.after) == (before, after)), None)

    def precedes(self, one: str, other: str) -> bool:
        """Whether `one` came before `other`; not if either has no place in their order."""
        place, later = _position(one), _position(other)
        return place is not None and later is not None and place < later

    def _against_step(self, before: str, after: str) -> Refused | None:
        place, target = _position(before), _position(after)
        if place is None or target is None:
            unknown = before if place is None else after
            return Refused(f"{unknown} is no OpenStack release that has a place in their order", _RESTORE)
        if target < place:
            why = f"{after} came before {before}, and no project can downgrade its database"
            return Refused(why, f"{_RESTORE}; what {after} had is only in a backup from before the upgrade")
        if self.supports(before, after):
            return None
        why = (
            f"upstream supports no step from {before} to {after}, only to the next release, or from a SLURP "
            f"release to the next SLURP release ({', '.join(self._slurp()) or 'none is known'})"
        )
        way = self._way(before, after)
        return Refused(why, f"go by way of {', then '.join(way)}: one promotion each" if way else _RESTORE)

    def supports(self, before: str, after: str) -> bool:
        """Whether upstream supports this step: to the next release, or from SLURP to the next SLURP."""
        place, target = _position(before), _position(after)
        if place is None or target is None:
            return False
        return target == place + 1 or (target == place + 2 and {before, after} <= set(self._slurp()))

    def _way(self, before: str, after: str) -> Sequence[str]:
        """The releases with a lock to stop at in between, the fewest; empty if no way is known."""
        ways: list[list[str]] = [[before]]
        while ways:
            way = ways.pop(0)
            if way[-1] == after:
                return way[1:-1]
            ways += [[*way, one.name] for one in self.known if self.supports(way[-1], one.name)]
        return ()

    def _slurp(self) -> tuple[str, ...]:
        return tuple(release.name for release in self.known if release.slurp)


def _position(release: str) -> int | None:
    """Its place in the order of all releases, of which there are two a year; None if it has no such name."""
    found = _NAME.fullmatch(release)
    return 2 * int(found[1]) + int(found[2]) if found else None
