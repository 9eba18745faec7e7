"""Settings of coordination hosts, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints, field_validator

from stages.design.durations import Seconds
from stages.design.settings import STRICT, Count, longer_than, whole

COUNT = Count(
    "coordination hosts",
    7,
    why="a majority of their Sentinels must agree on each failover",
    even="neither could name a master",
)
FRESH = 5.0  # Sentinel's own limit on the age of INFO replies when it selects a new master


class Settings(BaseModel):
    """Settings of Redis and Sentinel, explained in config/roles.yaml."""

    model_config = STRICT

    down_after: Seconds
    info_period: Seconds
    failover_timeout: Annotated[
        Seconds, longer_than("down_after", "a failover would be given up before it is done")
    ]
    replica_max_lag: Annotated[Seconds, whole("replicas report once a second", least=2)]
    answer_timeout: Annotated[Seconds, whole("all limits of services are")]
    max_memory: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(mb|gb)$")]

    @field_validator("info_period")
    @classmethod
    def _fresh(cls, length: float) -> float:
        if length > FRESH / 2:
            raise ValueError(
                f"must be at most {FRESH / 2:g}s: Sentinel forgets what is older than {FRESH:g}s"
            )
        return length
