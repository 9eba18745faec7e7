"""The verb `scale`: write how many hosts of each role a stage has into its file, or say why not."""

import difflib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.config import Problem, read
from stages.config.scaling import scaled
from stages.errors import BadRequest, UnknownStage
from stages.requests.trial import read_with


@dataclass(frozen=True, slots=True)
class Change:
    """How many hosts a role of a stage had, and has now."""

    role: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Scaled:
    """What was changed in the stage's `file`: counts, and lines with their signs; or all problems."""

    file: str
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    diff: tuple[str, ...] = ()


def scale(directory: Path, stage: str, counts: Mapping[str, int]) -> Scaled:
    """Change the counts in the stage's file. With a problem, all are returned and nothing is changed.

    The file is replaced as a whole. Raises ConfigProblems if the config is invalid as it is, UnknownStage,
    BadRequest if its layout is such that a changed count can't be written.
    """
    before = read(directory)
    if stage not in {entry.name for entry in before.stages}:
        raise UnknownStage(
            f"there is no stage {stage!r}",
            where=f"{directory}/stagegate.yaml",
            why=f"the config names {', '.join(entry.name for entry in before.stages)}",
            next="promote status",
        )
    file = directory / "stages" / f"{stage}.yaml"
    old = file.read_bytes().decode("utf-8")
    new, problems = scaled(old, str(file), counts)
    after, found = read_with(directory, {file: new})
    problems += found
    if problems or after is None:
        return Scaled(str(file), tuple(sorted(problems)))
    had, has = before.stage(stage).roles, after.stage(stage).roles
    if dict(has) != {**had, **counts}:
        raise BadRequest(
            "the counts could not be written",
            where=str(file),
            why="read again, the file does not say what was asked",
            next=f"edit roles in {file}, then: promote check",
        )
    if new != old:
        _replace(file, new)
    changes = tuple(Change(role, had[role], has[role]) for role in counts if had[role] != has[role])
    return Scaled(str(file), changes=changes, diff=_difference(old, new))


def _replace(file: Path, text: str) -> None:
    """Write the file whole or not at all, with the mode that it has; a link keeps pointing to it."""
    place = file.resolve()
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(text.encode("utf-8"))
    shutil.copymode(place, beside)
    beside.replace(place)


def _difference(old: str, new: str) -> tuple[str, ...]:
    """The changed lines with their signs, without the rest of the file."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
