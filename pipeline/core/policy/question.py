"""What policy is asked."""

from dataclasses import dataclass

from pipeline.core.history import History
from pipeline.core.line import Line, LineStage
from pipeline.core.release import Release


@dataclass(frozen=True, slots=True)
class Question:
    """May this release enter this stage at this moment (seconds since 1970), after all that has happened?"""

    history: History
    release: Release
    stage: str
    at: float

    @property
    def line(self) -> Line:
        """The rules that answer it."""
        return self.history.line_for(self.release)

    @property
    def rules(self) -> LineStage:
        """Those of the stage, which is on the line."""
        return next(stage for stage in self.line.stages if stage.name == self.stage)
