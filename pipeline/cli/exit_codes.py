"""Every exit code of `promote`, in one table."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Self

from pipeline.core.actions import why_not_rolled_back
from pipeline.core.errors import (
    Deferred,
    NotEligible,
    RunInterrupted,
    StageHeld,
    StageLocked,
    TryAgain,
    UsageProblem,
)
from pipeline.core.kinds import Kind, NoPlan, Outcome
from pipeline.core.verdict import Verdict
from pipeline.engine.result import RunResult


class ExitCode(IntEnum):
    """The exit codes, each with what it means."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """A member is its number."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "done"
    UNEXPECTED = 1, "unexpected"
    USAGE = 2, "usage or config, or a machine that is not fit"
    GATE_FAILED = 3, "a gate failed; the stage was rolled back, or is unverified"
    DEFERRED = 4, "not yet: it says from when on, or what comes first"
    LOCKED = 5, "the stage is locked by another run"
    HELD = 6, "the line is held"
    ROLLOUT_FAILED = (
        7,
        "the rollout failed before any gate, or in a later leg; the stage was rolled back, if it could be",
    )
    ROLLBACK_FAILED = 8, "the rollback failed, too; the stage needs a person"
    NOT_ELIGIBLE = 9, "not eligible, or the plan refuses"
    INCONCLUSIVE = 10, "a gate was inconclusive, which is treated like a failure"
    CHANGES = 20, "the plan has changes; only with `--detailed-exitcode`"
    TRY_AGAIN = 75, "transient, try again"
    HUNG_UP = 129, "interrupted by SIGHUP, resumable"
    INTERRUPTED = 130, "interrupted by Ctrl-C, resumable"
    TERMINATED = 143, "interrupted by SIGTERM, resumable"


_OUTCOMES: Mapping[Outcome, ExitCode] = {
    Outcome.VERIFIED: ExitCode.DONE,
    Outcome.FAILED: ExitCode.GATE_FAILED,
    Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Outcome.ROLLOUT_FAILED: ExitCode.ROLLOUT_FAILED,
    Outcome.REFUSED: ExitCode.NOT_ELIGIBLE,
    Outcome.UNPLANNED: ExitCode.UNEXPECTED,
    Outcome.ABORTED: ExitCode.DONE,
    Outcome.ROLLED_BACK: ExitCode.DONE,
    Outcome.REDEPLOYED: ExitCode.DONE,
    Outcome.RETIRED: ExitCode.DONE,
    Outcome.ROLLBACK_FAILED: ExitCode.ROLLBACK_FAILED,
}
_VERDICTS: Mapping[Verdict, ExitCode] = {
    Verdict.PASS: ExitCode.DONE,
    Verdict.FAIL: ExitCode.GATE_FAILED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}
_NO: Mapping[ExitCode, str] = {
    ExitCode.GATE_FAILED: "a gate failed",
    ExitCode.INCONCLUSIVE: "a gate was inconclusive",
    ExitCode.ROLLOUT_FAILED: "the rollout failed before any gate",
}
# The first match counts, so a subclass must come before its base class.
_ERRORS: tuple[tuple[type[Exception], ExitCode], ...] = (
    (UsageProblem, ExitCode.USAGE),
    (StageLocked, ExitCode.LOCKED),
    (StageHeld, ExitCode.HELD),
    (Deferred, ExitCode.DEFERRED),
    (NotEligible, ExitCode.NOT_ELIGIBLE),
    (TryAgain, ExitCode.TRY_AGAIN),
)


def code_of_run(result: RunResult) -> ExitCode:
    """The exit code of a finished run."""
    if result.first.kind is Kind.GATE and result.outcome is Outcome.OBSERVED:
        return _VERDICTS[result.verdict]
    if _rollback_abandoned(result):
        return ExitCode.ROLLBACK_FAILED
    if result.outcome is Outcome.UNPLANNED and result.first.no_plan is NoPlan.TRANSIENT:
        return ExitCode.TRY_AGAIN
    if result.outcome is Outcome.REFUSED and result.first.no_plan is NoPlan.DEFERRED:
        return ExitCode.DEFERRED
    return _OUTCOMES[result.outcome]


def meaning_of_run(result: RunResult) -> str:
    """What the exit code of this run means, and what became of the stage."""
    code = code_of_run(result)
    if _rollback_abandoned(result):
        return "the rollback was aborted; the stage needs a person"
    what = _NO.get(code)
    if code is ExitCode.ROLLOUT_FAILED and result.first.plan.has_sections:
        what = f"the rollout failed in leg {result.first.leg.name}"
    if (why := why_not_rolled_back(result.first)) is not None:
        return f"{what or 'aborted'}; the stage is not rolled back and is unverified: {why}"
    return code.meaning if what is None else what + _whereabouts(result)


def _rollback_abandoned(result: RunResult) -> bool:
    """Whether a person abandoned the rollback, which leaves the stage as it happened to be."""
    return result.rollback is not None and result.rollback.outcome is Outcome.ABORTED


def _whereabouts(result: RunResult) -> str:
    if result.rollback is not None:
        return f"; the stage was rolled back to {result.history.releases[result.rollback.release].alias}"
    if result.first.kind is Kind.GATE:
        return "; the stage is unchanged"
    if result.first.keep or result.first.kind in {Kind.REDEPLOY, Kind.RETIRE}:
        return "; the stage was left as it is"
    return "; there was nothing to roll back to; the stage is unverified"


def code_of_error(error: Exception) -> int:
    """The exit code of an error that ended the command."""
    if isinstance(error, RunInterrupted):
        return 128 + error.signal
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), ExitCode.UNEXPECTED)
