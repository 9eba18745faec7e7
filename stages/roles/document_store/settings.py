"""Settings of document stores, and how many there may be. Times are in seconds."""

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from stages.design.durations import Seconds

MOST = 7  # MongoDB lets seven members vote


class Settings(BaseModel):
    """Settings of MongoDB's replica set, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    cache: int = Field(ge=256, le=1_048_576)
    oplog: int = Field(ge=990)
    heartbeat_interval: Seconds
    election_timeout: Seconds

    @field_validator("election_timeout")
    @classmethod
    def _after_heartbeats(cls, length: float, info: ValidationInfo) -> float:
        if length < 2 * info.data.get("heartbeat_interval", 0.0):
            raise ValueError(
                "must be at least twice heartbeat_interval, or one lost heartbeat is an election"
            )
        return length


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many document stores, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} document stores: no more members may vote"
    if count % 2 == 0:
        return (
            f"{count} document stores have no majority when they are split in halves: none would be primary"
        )
    return None
