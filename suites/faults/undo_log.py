"""Records how to undo a fault before it is made, so that the next run undoes what a killed one left."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from suites.errors import HealingFailed
from suites.faults.fault import Fault
from suites.seam.files import replace_file, sync
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


_FILE = TypeAdapter(tuple[Standing, ...])


@dataclass(frozen=True, slots=True)
class UndoLog:
    """The file beside target.json that lists the faults that may be in effect. No file means none."""

    path: Path

    def standing(self) -> tuple[Standing, ...]:
        """Return the faults that may be in effect, newest last. Raises HealingFailed if it can't be read."""
        try:
            return _FILE.validate_json(self.path.read_bytes())
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
        if standing:
            replace_file(self.path, _FILE.dump_json(standing, indent=1).decode())
        else:
            self.path.unlink(missing_ok=True)
            sync(self.path.parent)
