"""The stage's lease as effects see it: the highest token granted, as recorded by the engine."""

import json
from dataclasses import dataclass
from pathlib import Path

from stages.errors import LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """The token of a run, and the file that holds the highest token granted for the stage."""

    token: int
    record: Path

    @property
    def site(self) -> Path:
        """The site's folder, which keeps the records of leases in a folder of theirs."""
        return self.record.parent.parent

    def check(self) -> None:
        """Raise LeaseLost if a newer token was granted, or if the record of this one is gone."""
        try:
            highest = int(json.loads(self.record.read_text())["token"])
        except FileNotFoundError:
            if not self.token:
                return
            raise LeaseLost(
                f"it is unknown who holds the stage: the record of token {self.token} is gone",
                where=str(self.record),
                why="it is written before a lease is given out, and nothing removes it",
                next="promote status",
            ) from None
        if highest > self.token:
            raise LeaseLost(
                f"the stage is held by another run (token {highest}, this one has {self.token})",
                where=self.record.stem,
                why="the lease of this run expired, and another run took it",
                next="promote status",
            )
