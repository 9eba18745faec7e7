"""Settings of document stores, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, Field

from stages.design.durations import Seconds
from stages.design.settings import STRICT, Count, at_most

COUNT = Count("document stores", 7, why="MongoDB lets no more members vote", even="none would be primary")


class Settings(BaseModel):
    """Settings of MongoDB's replica set, explained in config/roles.yaml."""

    model_config = STRICT

    cache: int = Field(ge=256, le=1_048_576)
    oplog: int = Field(ge=990)
    election_timeout: Seconds
    heartbeat_interval: Annotated[
        Seconds, at_most("election_timeout", "one lost heartbeat would cause an election", times=2)
    ]
