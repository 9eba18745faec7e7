"""`canary` in a stage's file: what precedes a change of colours (stages/design/canary.py)."""

from pydantic import BaseModel, Field, field_validator, model_validator

from stages.config.document import Document
from stages.config.judging import at, judge
from stages.config.problems import Problem
from stages.design.canary import ERRORS, REQUESTS, SLOWER, Canary
from stages.design.durations import Seconds
from stages.design.percent import Percent
from stages.design.settings import STRICT

# The engine ends a step after an hour.
LONGEST = 45 * 60


class CanaryShape(BaseModel):
    """The share of requests, for how long, and how much worse the answers may be."""

    model_config = STRICT

    share: Percent
    seconds: Seconds = Field(alias="for", le=LONGEST)
    requests: int = Field(default=REQUESTS, ge=1)
    errors: Percent = ERRORS
    slower: float = Field(default=SLOWER, ge=1, le=100)

    @field_validator("share")
    @classmethod
    def _whole(cls, share: float) -> float:
        if share != int(share) or share > 50:  # noqa: PLR2004 - half of all
            raise ValueError(
                "a share must be a whole number, 50% at most: the rest is what it is compared with"
            )
        return share

    @model_validator(mode="after")
    def _of_several(self) -> "CanaryShape":
        if self.requests * self.errors < 100:  # noqa: PLR2004 - a hundred of a hundred
            raise ValueError(
                f"one 5xx of {self.requests} requests is more than {self.errors:g}%, so one answer would "
                "decide: allow more errors, or require more requests"
            )
        return self


def judge_canary(document: Document) -> tuple[Canary | None, list[Problem]]:
    """Validate it; return the canary, None without one, and all problems."""
    if at(document.data, ("canary",)) is None:
        return None, []
    shape, problems = judge(CanaryShape, document, ("canary",))
    if shape is None:
        return None, problems
    return Canary(int(shape.share), shape.seconds, shape.requests, shape.errors, shape.slower), problems
