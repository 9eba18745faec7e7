"""The stage's lease as an effect sees it: the highest token granted, as the engine wrote it down."""

import json
from dataclasses import dataclass
from pathlib import Path

from stages.errors import LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """The token a run was given, and the file that holds the highest one granted for the stage."""

    token: int
    record: Path

    def check(self) -> None:
        """Raises LeaseLost when a newer token was granted, or when the record of this one is gone."""
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
