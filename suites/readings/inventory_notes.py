"""The inventory of a stage as smoke noted it, beside target.json: what the final look compares with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from suites.errors import NotMeasured
from suites.readings.inventory import Thing
from suites.seam.files import replace_file

NAME = "inventory.json"


@dataclass(frozen=True, slots=True)
class Noted:
    """What a component had, and when."""

    at: AwareDatetime
    things: tuple[Thing, ...]


_FILE = TypeAdapter(dict[str, Noted])


def read(beside: Path) -> dict[str, Noted]:
    """Return by component what was noted of the stage of a target.json. Raises NotMeasured."""
    path = beside.with_name(NAME)
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValidationError, OSError) as error:
        why = type(error).__name__
        raise NotMeasured("the inventory of before can't be read", where=str(path), why=why) from None


def note(beside: Path, component: str, things: Iterable[Thing], at: datetime) -> None:
    """Note what a component has. Raises OSError; a file that can't be read is begun again."""
    try:
        known = read(beside)
    except NotMeasured:
        known = {}
    known[component] = Noted(at, tuple(things))
    replace_file(beside.with_name(NAME), _FILE.dump_json(known, indent=1).decode())


def of(beside: Path, component: str) -> Noted:
    """Return what was noted of a component. Raises NotMeasured if nothing was."""
    noted = read(beside)
    if component not in noted:
        raise NotMeasured(
            "nobody has noted what was there before the gates",
            where=component,
            next="promote gate smoke --stage STAGE, which notes it, and then this gate",
        )
    return noted[component]
