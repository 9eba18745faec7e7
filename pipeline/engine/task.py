"""What one action of an attempt is performed with."""

from dataclasses import dataclass

from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.engine.rosters import Rosters
from pipeline.ports import Context
from pipeline.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Task:
    """The ports, the rosters that the run knows, and history and attempt as of the start of the action."""

    shop: Workshop
    rosters: Rosters
    history: History
    attempt: Attempt

    @property
    def context(self) -> Context:
        """The context of calls to the release's code."""
        return context_of(self.attempt)


def context_of(attempt: Attempt) -> Context:
    """The context of the calls to the release's code for this attempt."""
    return Context(
        stage=attempt.stage,
        release=attempt.release,
        first=attempt.first,
        artifacts=attempt.artifacts,
        token=attempt.token,
        promotion=attempt.id,
        bootstrap=attempt.bootstrap,
        redeploy=attempt.redeploy,
        retire=True if attempt.kind is Kind.RETIRE else None,
        rollback=True if attempt.kind is Kind.ROLLBACK else None,
        leg=attempt.leg.name or None,
    )
