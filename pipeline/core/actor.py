"""Who did something."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a job of a CI server. `proved` is whether somebody else vouches for the name.

    `job` is by what a proved person acted: a job, such as "job 7 of group/project", or "the board". It is no
    part of who they are: a person who acts by two jobs is one actor, and equal.
    """

    name: str
    proved: bool = False
    job: str = field(default="", compare=False)

    def __str__(self) -> str:
        who = self.name if self.proved else f"{self.name} (unverified)"
        return f"{who}, by {self.job}" if self.job else who


NOBODY = Actor("unknown")  # of records from before there were actors
