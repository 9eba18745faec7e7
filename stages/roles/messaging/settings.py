"""Settings of message brokers, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from stages.design.durations import Seconds

MOST = 7
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(MB|GB)$")]


class Settings(BaseModel):
    """Settings of RabbitMQ, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    net_ticktime: Seconds
    memory_limit: Size
    disk_free_limit: Size
    wal_megabytes: int = Field(ge=8, le=4096)

    @field_validator("net_ticktime")
    @classmethod
    def _whole(cls, length: float) -> float:
        if length != int(length) or length < 4:  # noqa: PLR2004 - the message explains it
            raise ValueError("must be whole seconds and at least 4: Erlang sends four ticks in that time")
        return length


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many brokers, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} message brokers: every queue is kept by all of them"
    if count % 2 == 0:
        return f"{count} message brokers have no majority when they are split in halves: both would pause"
    return None
