"""What policy is asked."""

from dataclasses import dataclass

from pipeline.core.actor import Actor
from pipeline.core.approval import Approval
from pipeline.core.forge_calendar import freezes_of
from pipeline.core.freeze import Freezing
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.line import Line, LineStage
from pipeline.core.release import Release


@dataclass(frozen=True, slots=True)
class Question:
    """May this release enter this stage at this moment (seconds since 1970), after all that has happened?

    `requester` is who asks for the promotion. `plan` is the digest of the plan by which it would enter;
    empty: it is not known yet. `kind` is that of the attempt. `silent` is why the forge did not say when it
    is frozen; empty: it did, or was not asked.
    """

    history: History
    release: Release
    stage: str
    at: float
    requester: Actor
    plan: str = ""
    kind: Kind = Kind.PROMOTE
    silent: str = ""

    @property
    def line(self) -> Line:
        """The rules that answer it."""
        return self.history.line_for(self.release)

    @property
    def rules(self) -> LineStage:
        """Those of the stage, which is on the line."""
        return next(stage for stage in self.line.stages if stage.name == self.stage)

    @property
    def freezes(self) -> tuple[Freezing, ...]:
        """Those of the stage, by the line and by the forge."""
        return freezes_of(self.rules, self.history.calendar)

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """Those of this release for this stage, whether or not they count, in the order of giving."""
        return tuple(
            item
            for item in self.history.approvals
            if (item.stage, item.release, item.kind) == (self.stage, self.release.id, self.kind)
        )
