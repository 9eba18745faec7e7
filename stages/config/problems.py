"""Problems of a config, each with its place, a message and a hint."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from stages.errors import StagesError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """The form that editors and terminals make clickable."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem of the config, with a hint on what to do about it, if known."""

    file: str
    line: int
    column: int
    message: str
    hint: str | None = None

    @classmethod
    def at(cls, place: Place, message: str, hint: str | None = None) -> "Problem":
        """A problem at a place."""
        return cls(place.file, place.line, place.column, message, hint)

    def __str__(self) -> str:
        """`file:line:column: message (hint)`."""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{advice}"


class ConfigProblems(StagesError):
    """The config is invalid. `problems` has all problems, sorted by place; never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda problem: (*_place(problem), problem.message)))
        count = len(self.problems)
        super().__init__(
            f"the config has {count} problem{'s' if count > 1 else ''}",
            where=str(Place(*_place(self.problems[0]))) if self.problems else "",
            why="\n".join(str(problem) for problem in self.problems),
            next="fix the places named above, then: promote check",
        )


def closest(name: object, known: Iterable[str]) -> str:
    """A hint for an unknown name: the most similar known name, else all known names."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "known: " + ", ".join(names) if names else "no key is known here"


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line, problem.column
