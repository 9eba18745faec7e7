"""Every exit code of `promote`, in one table."""

from collections.abc import Mapping
from enum import IntEnum

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
    """The exit codes."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    GATE_FAILED = 3
    DEFERRED = 4
    LOCKED = 5
    HELD = 6
    ROLLOUT_FAILED = 7
    ROLLBACK_FAILED = 8
    NOT_ELIGIBLE = 9
    INCONCLUSIVE = 10
    CHANGES = 20
    TRY_AGAIN = 75
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


MEANING: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.UNEXPECTED: "unexpected",
    ExitCode.USAGE: "usage or config, or a machine that is not fit",
    ExitCode.GATE_FAILED: "a gate failed; the stage was rolled back, or is unverified",
    ExitCode.DEFERRED: "not yet: the policy names the moment",
    ExitCode.LOCKED: "the stage is locked by another run",
    ExitCode.HELD: "the line is held",
    ExitCode.ROLLOUT_FAILED: "the rollout failed before any gate; the stage was rolled back, if it could be",
    ExitCode.ROLLBACK_FAILED: "the rollback failed, too; the stage needs a person",
    ExitCode.NOT_ELIGIBLE: "not eligible, or the plan refuses",
    ExitCode.INCONCLUSIVE: "a gate was inconclusive, which is treated like a failure",
    ExitCode.CHANGES: "the plan has changes; only with `--detailed-exitcode`",
    ExitCode.TRY_AGAIN: "transient, try again",
    ExitCode.HUNG_UP: "interrupted by SIGHUP, resumable",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C, resumable",
    ExitCode.TERMINATED: "interrupted by SIGTERM, resumable",
}

_OUTCOMES: Mapping[Outcome, ExitCode] = {
    Outcome.VERIFIED: ExitCode.DONE,
    Outcome.FAILED: ExitCode.GATE_FAILED,
    Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Outcome.ROLLOUT_FAILED: ExitCode.ROLLOUT_FAILED,
    Outcome.REFUSED: ExitCode.NOT_ELIGIBLE,
    Outcome.UNPLANNED: ExitCode.UNEXPECTED,
    Outcome.ABORTED: ExitCode.DONE,
    Outcome.ROLLED_BACK: ExitCode.DONE,
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
    return MEANING[code] if what is None else what + _whereabouts(result)


def _rollback_abandoned(result: RunResult) -> bool:
    """Whether a person abandoned the rollback, which leaves the stage as it happened to be."""
    return result.rollback is not None and result.rollback.outcome is Outcome.ABORTED


def _whereabouts(result: RunResult) -> str:
    if result.rollback is not None:
        return f"; the stage was rolled back to {result.history.releases[result.rollback.release].alias}"
    if result.first.kind is Kind.GATE:
        return "; the stage is unchanged"
    if result.first.keep:
        return "; the stage was left as it is"
    return "; there was nothing to roll back to; the stage is unverified"


def code_of_error(error: Exception) -> int:
    """The exit code of an error that ended the command."""
    if isinstance(error, RunInterrupted):
        return 128 + error.signal
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), ExitCode.UNEXPECTED)
