"""The errors of pipeline. Each says what, where, why, and the next command to type.

StagegateError
├── UsageProblem              the call or its options make no sense here
│   ├── ConfigProblems        the config has mistakes; all of them, with places
│   └── DirtyTree             the checkout has uncommitted changes, which no release can hold
├── StageLocked               somebody else holds the stage
│   └── LeaseLost             somebody took the stage from us while we worked
├── StageHeld                 the line is stopped
├── NotEligible               policy or the release's own plan says no
│   └── ProtocolNotSpoken     the release speaks another protocol than this engine
├── RunInterrupted            a signal ended the run; it can be resumed
├── TryAgain                  a busy ledger, a download that failed
├── ChildCrashed              a program of the release ended without a result
├── ChildRefused              a program of the release answered that it cannot
├── LedgerNotUnderstood       written by a newer version, or damaged
├── LedgerMoved               another writer appended first (an optimistic append lost)
└── IllegalTransition         the ledger holds, or would hold, what cannot happen
"""

from dataclasses import dataclass


class StagegateError(Exception):
    """What went wrong, where, why, and the next command to type."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        next: str = "",  # noqa: A002 - the four words are the ones of the seam
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next = next

    def lines(self) -> tuple[str, ...]:
        """The error for people, one fact a line; empty facts are left out."""
        facts = (("", self.what), ("where: ", self.where), ("why: ", self.why), ("next: ", self.next))
        return tuple(label + text for label, text in facts if text)


class UsageProblem(StagegateError):
    """The call or its options make no sense here."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake in the config. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str
    hint: str | None

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


class ConfigProblems(UsageProblem):
    """The config has mistakes; `problems` holds all of them."""

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        count = len(problems)
        super().__init__(
            f"the config has {count} problem{'s' if count != 1 else ''}; nothing was changed",
            next="promote check",
        )
        self.problems = problems

    def lines(self) -> tuple[str, ...]:
        """Every problem with its place, then the summary."""
        return (*(str(problem) for problem in self.problems), *StagegateError.lines(self))


class DirtyTree(UsageProblem):
    """The checkout has changes that no release can hold."""


class StageLocked(StagegateError):
    """Somebody else holds the stage."""


class LeaseLost(StageLocked):
    """Somebody took the stage from us while we worked."""


class StageHeld(StagegateError):
    """The line is stopped."""


class NotEligible(StagegateError):
    """Policy, or the release's own plan, says no."""


class ProtocolNotSpoken(NotEligible):
    """The release speaks another protocol than this engine."""


class RunInterrupted(StagegateError):
    """A signal ended the run; it can be resumed. `signal` is its number."""

    def __init__(
        self,
        signal: int,
        what: str,
        *,
        next: str = "",  # noqa: A002 - the four words are the ones of the seam
    ) -> None:
        super().__init__(what, next=next)
        self.signal = signal


class TryAgain(StagegateError):
    """Something that is likely to work the next time."""


class ChildCrashed(StagegateError):
    """A program of the release ended without a result."""


class ChildRefused(StagegateError):
    """A program of the release answered that it cannot, in its own four parts."""


class LedgerNotUnderstood(StagegateError):
    """Written by a newer version, or damaged."""


class LedgerMoved(StagegateError):
    """Another writer appended first."""


class IllegalTransition(StagegateError):
    """The ledger holds, or would hold, what cannot happen."""
