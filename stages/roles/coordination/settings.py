"""Settings of coordination hosts, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationInfo, field_validator

from stages.design.durations import Seconds

MOST = 7
FRESH = 5.0  # Sentinel's own limit on the age of INFO replies when it selects a new master


class Settings(BaseModel):
    """Settings of Redis and Sentinel, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    down_after: Seconds
    info_period: Seconds
    failover_timeout: Seconds
    replica_max_lag: Seconds
    max_memory: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(mb|gb)$")]

    @field_validator("info_period")
    @classmethod
    def _fresh(cls, length: float) -> float:
        if length > FRESH / 2:
            raise ValueError(
                f"must be at most {FRESH / 2:g}s: Sentinel forgets what is older than {FRESH:g}s"
            )
        return length

    @field_validator("failover_timeout")
    @classmethod
    def _after_down(cls, length: float, info: ValidationInfo) -> float:
        if length <= info.data.get("down_after", 0.0):
            raise ValueError("must be longer than down_after, or a failover is given up before it is done")
        return length

    @field_validator("replica_max_lag")
    @classmethod
    def _whole(cls, length: float) -> float:
        if length != int(length) or length < 2:  # noqa: PLR2004 - the message explains it
            raise ValueError("must be whole seconds and at least 2: replicas report once a second")
        return length


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many coordination hosts, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} coordination hosts"
    if count % 2 == 0:
        return f"{count} sentinels have no majority when they are split in halves: none could name a master"
    return None
