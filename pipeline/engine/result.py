"""What a run came to."""

from dataclasses import dataclass

from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RunResult:
    """A driven run: the history afterwards, and the id of the attempt that was asked for."""

    history: History
    attempt_id: str

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts of the run, in order."""
        return self.history.run(self.attempt.run)

    @property
    def attempt(self) -> Attempt:
        """The attempt that was asked for."""
        return self.history.attempts[self.attempt_id]

    @property
    def first(self) -> Attempt:
        """The attempt the run began with."""
        return self.attempts[0]

    @property
    def rollback(self) -> Attempt | None:
        """The return the run caused, if any."""
        return next((item for item in self.attempts if item.kind is Kind.ROLLBACK), None)

    @property
    def outcome(self) -> Outcome:
        """How the run ended as a whole: a rollback that failed or was abandoned outweighs everything."""
        back = self.rollback
        if back is not None and back.outcome in (Outcome.ROLLBACK_FAILED, Outcome.ABORTED):
            return back.outcome
        return self.first.outcome or Outcome.ABORTED

    @property
    def verdict(self) -> Verdict:
        """What the gates of the first attempt said, the worst of them."""
        return self.first.verdict()
