"""The errors of pipeline. Each says what, where, why, and the next command to type.

StagegateError
├── UsageProblem              the command or its options are not valid here
│   ├── ConfigProblems        the config has problems; lists all of them, with their places
│   ├── DirtyTree             the checkout has uncommitted changes, so it cannot be pinned
│   ├── Unpinnable            code or config has a file that no release can hold
│   └── ObjectMissing         an object is not in the store (any more)
├── StageLocked               another run holds the stage's lease
│   └── LeaseLost             the lease of this run was taken over, or could not be renewed
├── StageHeld                 a hold stops promotions into the stage
├── Deferred                  it is not allowed yet
├── NotEligible               the policy, or the state of the stage, does not allow it
│   ├── ProtocolNotSpoken     the release uses another protocol than this engine
│   ├── Superseded            a newer promotion goes into the stage instead
│   └── NotProved             a token does not prove who runs the command
├── RunInterrupted            a signal ended the run; it can be resumed
├── TryAgain                  a transient failure: a busy ledger, a failed download
│   └── ForgeUnreachable      a forge did not answer, or asks to be left alone for a while
├── ForgeRefused              a forge will not do what it was asked, however often
├── ChildCrashed              a program of the release ended without a result
├── ChildRefused              a program of the release returned a refusal
├── LedgerNotUnderstood       the ledger was written by a newer version, or is damaged
│   └── LedgerDamaged         no version wrote what the ledger holds
├── ObjectDamaged             what the store has under a digest is something else
├── LedgerMoved               another writer appended first (an optimistic append lost)
└── IllegalTransition         the ledger has, or would get, an impossible sequence of events
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
        next: str = "",  # noqa: A002 - the four keys of an error in the seam's protocol
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next = next

    def lines(self) -> tuple[str, ...]:
        """The error as text, one line per fact, without empty ones."""
        facts = (("", self.what), ("where: ", self.where), ("why: ", self.why), ("next: ", self.next))
        return tuple(label + text for label, text in facts if text)


class UsageProblem(StagegateError):
    """The command or its options are not valid here."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One problem in the config. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str
    hint: str | None

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


class ConfigProblems(UsageProblem):
    """The config, or another file, has problems; `problems` holds all of them."""

    def __init__(
        self,
        problems: tuple[ConfigProblem, ...],
        of: str = "the config",
        next: str = "promote check",  # noqa: A002 - as in StagegateError
    ) -> None:
        count = len(problems)
        super().__init__(
            f"{of} has {count} problem{'s' if count != 1 else ''}; nothing was changed", next=next
        )
        self.problems = problems

    def lines(self) -> tuple[str, ...]:
        """Every problem with its place, then the summary."""
        return (*(str(problem) for problem in self.problems), *StagegateError.lines(self))


class DirtyTree(UsageProblem):
    """The checkout has uncommitted changes, so it cannot be pinned."""


class Unpinnable(UsageProblem):
    """Code or config has a file that no release can hold."""


class StageLocked(StagegateError):
    """Another run holds the stage's lease."""


class LeaseLost(StageLocked):
    """The lease of this run was taken over, or could not be renewed."""


class StageHeld(StagegateError):
    """A hold stops promotions into the stage."""


class Deferred(StagegateError):
    """Not yet: not before `until` (seconds since 1970); if None, until something else has ended."""

    def __init__(self, what: str, *, until: float | None = None, **facts: str) -> None:
        super().__init__(what, **facts)
        self.until = until


class NotEligible(StagegateError):
    """The policy, or the state of the stage, does not allow it."""


class ProtocolNotSpoken(NotEligible):
    """The release uses another protocol than this engine."""


class Superseded(NotEligible):
    """A promotion waited for its stage, and a newer one goes instead."""


class NotProved(NotEligible):
    """A token does not prove who runs the command."""


class RunInterrupted(StagegateError):
    """A signal ended the run; it can be resumed. `signal` is its number."""

    def __init__(self, signal: int, what: str, **facts: str) -> None:
        super().__init__(what, **facts)
        self.signal = signal


class TryAgain(StagegateError):
    """A transient failure: a retry is likely to succeed."""


class ForgeUnreachable(TryAgain):
    """A forge did not answer, so it may have heard; or it asks for a pause of `retry_after_s` seconds."""

    def __init__(self, what: str, *, retry_after_s: float | None = None, **facts: str) -> None:
        super().__init__(what, **facts)
        self.retry_after_s = retry_after_s


class ForgeRefused(StagegateError):
    """A forge will not do what it was asked, however often. `forbidden`: its token may do nothing like it."""

    def __init__(self, what: str, *, forbidden: bool = False, **facts: str) -> None:
        super().__init__(what, **facts)
        self.forbidden = forbidden


class ObjectMissing(UsageProblem):
    """An object is not in the store (any more)."""

    def __init__(self, digest: str, where: str) -> None:
        super().__init__(
            f"object {digest[:12]} is not in the store",
            where=where,
            why="it was removed there, or this is another store than the one that it was put into",
            next="promote doctor",
        )


class ObjectDamaged(StagegateError):
    """What the store has under a digest is something else."""

    def __init__(self, digest: str, found: str, where: str) -> None:
        super().__init__(
            f"object {digest[:12]} is damaged",
            where=where,
            why=f"its content has the digest {found[:12]}; nothing of it was used",
            next="remove it in the store; where the folder still is: promote store push",
        )


class ChildCrashed(StagegateError):
    """A program of the release ended without a result."""


class ChildRefused(StagegateError):
    """A program of the release returned a refusal, with its own what, where, why and next."""


class LedgerNotUnderstood(StagegateError):
    """The ledger was written by a newer version, or is damaged."""


class LedgerDamaged(LedgerNotUnderstood):
    """No version wrote what the ledger holds."""


class LedgerMoved(StagegateError):
    """Another writer appended first."""


class IllegalTransition(StagegateError):
    """The ledger has, or would get, an impossible sequence of events."""
