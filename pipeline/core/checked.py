"""A check of a running gate that has ended, as it is reported while the gate runs."""

from dataclasses import dataclass

from pipeline.core.plan import RosterEntry


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of a running gate that ended; by then `done` of the `wanted` roster entries have run.

    `retakes` is how many of its measurements were repeated.
    """

    gate: str
    entry: RosterEntry
    outcome: str
    seen: str
    done: int
    wanted: int
    retakes: int = 0

    def line(self) -> str:
        """The check and its outcome as text, and, unless it passed, what was seen."""
        seen = f": {self.seen}" if self.outcome != "passed" and self.seen else ""
        taken = f" (retakes: {self.retakes})" if self.retakes else ""
        return f"{self.entry.component}/{self.entry.check} {self.outcome}{taken}{seen}"
