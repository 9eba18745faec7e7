"""What gates have left in a stage, and what became of it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leftover:
    """A thing that a gate left in a stage; `why` says why it is still there, None if it was removed."""

    component: str
    kind: str
    name: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Swept:
    """All leftovers, in the order of their removal; and what could not be listed, with the reason."""

    found: tuple[Leftover, ...]
    unread: tuple[str, ...]

    @property
    def left(self) -> tuple[Leftover, ...]:
        """What is still there."""
        return tuple(one for one in self.found if one.why is not None)
