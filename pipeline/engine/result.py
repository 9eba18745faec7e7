"""What a run came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.core.kinds import Kind, Outcome

if TYPE_CHECKING:
    from pipeline.core.history import History
    from pipeline.core.promotion import Promotion
    from pipeline.core.verdict import Finding, Verdict


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
        """How the run ended as a whole: a failed return outweighs everything."""
        back = self.returned
        if back is not None and back.outcome is Outcome.RETURN_FAILED:
            return Outcome.RETURN_FAILED
        return self.first.outcome or Outcome.ABORTED

    @property
    def verdict(self) -> Verdict:
        """What the gates of the first promotion said, the worst of them."""
        return self.first.verdict()

    @property
    def worst_finding(self) -> tuple[Finding, str] | None:
        """The finding to look at first, and where its evidence lies below the site."""
        for promotion in self.promotions:
            for gate, evidence in promotion.evidence.items():
                if evidence.findings:
                    return evidence.findings[0], promotion.directories.get(gate, f"runs/{promotion.id}")
        return None
