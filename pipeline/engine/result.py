"""What a run came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.core.kinds import Kind, Outcome

if TYPE_CHECKING:
    from pipeline.core.history import History
    from pipeline.core.promotion import Promotion
    from pipeline.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RunResult:
    """A driven run: the history afterwards, and the id of the promotion that was asked for."""

    history: History
    promotion_id: str

    @property
    def promotions(self) -> tuple[Promotion, ...]:
        """The promotions of the run, in order."""
        return self.history.run(self.promotion.run)

    @property
    def promotion(self) -> Promotion:
        """The promotion that was asked for."""
        return self.history.promotions[self.promotion_id]

    @property
    def first(self) -> Promotion:
        """The promotion the run began with."""
        return self.promotions[0]

    @property
    def returned(self) -> Promotion | None:
        """The return the run caused, if any."""
        return next((item for item in self.promotions if item.kind is Kind.RETURN), None)

    @property
    def outcome(self) -> Outcome:
        """How the run ended as a whole: a return that failed or was given up outweighs everything."""
        back = self.returned
        if back is not None and back.outcome in (Outcome.RETURN_FAILED, Outcome.ABORTED):
            return back.outcome
        return self.first.outcome or Outcome.ABORTED

    @property
    def verdict(self) -> Verdict:
        """What the gates of the first promotion said, the worst of them."""
        return self.first.verdict()
