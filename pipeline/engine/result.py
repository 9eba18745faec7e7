"""The result of a run."""

from dataclasses import dataclass

from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: the history afterwards, and the id of the requested attempt."""

    history: History
    attempt_id: str

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts of the run, in order."""
        return self.history.run(self.attempt.run)

    @property
    def attempt(self) -> Attempt:
        """The requested attempt."""
        return self.history.attempts[self.attempt_id]

    @property
    def first(self) -> Attempt:
        """The attempt the run began with."""
        return self.attempts[0]

    @property
    def rollback(self) -> Attempt | None:
        """The rollback that the run caused, if any."""
        return next((item for item in self.attempts if item.kind is Kind.ROLLBACK), None)

    @property
    def handed_over(self) -> bool:
        """Whether the run has not ended, but waits for others to judge its gates."""
        return self.attempt.outcome is None

    @property
    def outcome(self) -> Outcome:
        """How the run ended: a rollback that failed or was aborted overrides the first attempt's outcome."""
        back = self.rollback
        if back is not None and back.outcome in (Outcome.ROLLBACK_FAILED, Outcome.ABORTED):
            return back.outcome
        return self.first.outcome or Outcome.ABORTED

    @property
    def verdict(self) -> Verdict:
        """The worst verdict among the gates of the first attempt."""
        return self.first.verdict()
