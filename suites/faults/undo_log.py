"""Records how to undo a fault before it is made, so that the next run undoes what a killed one left."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from suites.errors import HealingFailed
from suites.faults.fault import Fault
from suites.seam.target import Argv

NAME = "faults.json"


@dataclass(frozen=True, slots=True)
class Standing:
    """A fault that may be in effect: its host, and the commands that undo it."""

    fault: str
    host: str
    undo: tuple[Argv, ...]
    severs: bool = False

    @classmethod
    def of(cls, fault: Fault) -> "Standing":
        """Return what the log records about a fault."""
        return cls(fault.name, fault.host, fault.undo, fault.severs)

    def to_json(self) -> Mapping[str, object]:
        """Return the entry as the file holds it."""
        return {"fault": self.fault, "host": self.host, "undo": self.undo, "severs": self.severs}


@dataclass(frozen=True, slots=True)
class UndoLog:
    """The file beside target.json that lists the faults that may be in effect. No file means none."""

    path: Path

    def standing(self) -> tuple[Standing, ...]:
        """Return the faults that may be in effect, newest last. Raises HealingFailed if it can't be read."""
        try:
            return TypeAdapter(tuple[Standing, ...]).validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except (ValidationError, OSError) as error:
            raise HealingFailed(
                "the faults left by an earlier run are unknown",
                where=str(self.path),
                why=type(error).__name__,
                next="check the stage's hosts, then delete the file",
            ) from None

    def add(self, fault: Fault) -> None:
        """Record a fault; it is on disk when this returns. Raises OSError, HealingFailed."""
        self._write((*self.standing(), Standing.of(fault)))

    def remove(self, standing: Standing) -> None:
        """Remove a fault that has been undone. Raises OSError, HealingFailed."""
        self._write(tuple(one for one in self.standing() if one != standing))

    def _write(self, standing: tuple[Standing, ...]) -> None:
        if not standing:
            self.path.unlink(missing_ok=True)
        else:
            new = self.path.with_name(f".{self.path.name}.new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump([one.to_json() for one in standing], file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
