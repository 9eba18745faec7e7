"""Who did something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a job of a CI server. `proved` is whether somebody else vouches for the name."""

    name: str
    proved: bool = False

    def __str__(self) -> str:
        return self.name if self.proved else f"{self.name} (unverified)"


NOBODY = Actor("unknown")  # of records from before there were actors
