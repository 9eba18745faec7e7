"""Records, beside target.json, when faults were made: journal errors from those times are expected."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from suites.errors import TargetUnusable
from suites.seam.files import replace_file

NAME = "drills.json"
KEPT = 1000  # as often as `promote gate --repeat` runs at most; each run is one drill


@dataclass(frozen=True, slots=True)
class Drilled:
    """A run of a gate that makes faults.

    `end` is None while it runs; if it was killed, until a later run has undone the faults that it left.
    """

    begin: AwareDatetime
    end: AwareDatetime | None = None

    def explains(self, moment: datetime) -> bool:
        """Say whether `moment` is within the run.

        A run without an end explains nothing: its faults may still be in effect.
        """
        return self.end is not None and self.begin <= moment <= self.end


_FILE = TypeAdapter(tuple[Drilled, ...])


def read_drills(beside: Path) -> tuple[Drilled, ...]:
    """Return the runs on the stage of a target.json, oldest first. Raises TargetUnusable."""
    path = beside.with_name(NAME)
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (ValidationError, OSError) as error:
        raise TargetUnusable(
            "the faults made on purpose are unknown",
            where=str(path),
            why=type(error).__name__,
            next="delete the file; errors from past faults then count",
        ) from None


def write_drill(beside: Path, drill: Drilled) -> None:
    """Record a run, replacing the entry with the same begin. Raises OSError, TargetUnusable."""
    others = [other for other in read_drills(beside) if other.begin != drill.begin]
    _write(beside, [*others, drill][-KEPT:])


def close_drills(beside: Path, now: datetime) -> None:
    """End the runs that were killed, once their faults are undone. Raises as `write_drill`."""
    drills = read_drills(beside)
    if any(drill.end is None for drill in drills):
        _write(beside, [replace(drill, end=drill.end or now) for drill in drills])


def _write(beside: Path, drills: Iterable[Drilled]) -> None:
    replace_file(beside.with_name(NAME), _FILE.dump_json(tuple(drills), indent=1).decode())
