"""When faults were made on purpose, kept beside target.json: what journals say of those times is no news."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from suites.errors import TargetUnusable

NAME = "drills.json"
KEPT = 100


@dataclass(frozen=True, slots=True)
class Drilled:
    """A run of a gate that makes faults.

    `end` is None while it runs; when it was killed, until a later one has undone what it left standing.
    """

    begin: AwareDatetime
    end: AwareDatetime | None = None

    def explains(self, moment: datetime) -> bool:
        """Say whether something happened meanwhile.

        A run that did not end explains nothing: its faults may still stand.
        """
        return self.end is not None and self.begin <= moment <= self.end


_FILE = TypeAdapter(tuple[Drilled, ...])


def read_drills(beside: Path) -> tuple[Drilled, ...]:
    """Return the runs in the stage of a target.json, oldest first. Raises TargetUnusable."""
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
    """Write a run down, in the place of what was written at its begin. Raises OSError, TargetUnusable."""
    others = [other for other in read_drills(beside) if other.begin != drill.begin]
    _write(beside.with_name(NAME), [*others, drill][-KEPT:])


def close_drills(beside: Path, now: datetime) -> None:
    """End the runs that were killed: what they left standing is undone. Raises as `write_drill`."""
    drills = read_drills(beside)
    if any(drill.end is None for drill in drills):
        _write(beside.with_name(NAME), [replace(drill, end=drill.end or now) for drill in drills])


def _write(path: Path, drills: Iterable[Drilled]) -> None:
    new = path.with_name(f".{path.name}.new")
    new.touch(mode=0o600)  # beside the target: of a stage nothing is for others
    new.write_bytes(_FILE.dump_json(tuple(drills), indent=1))
    new.replace(path)
