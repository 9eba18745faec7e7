"""Settings of message brokers, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from stages.design.durations import Seconds
from stages.design.settings import STRICT, Count, whole

COUNT = Count("message brokers", 7, why="every queue is kept by all of them", even="both would pause")
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(MB|GB)$")]


class Settings(BaseModel):
    """Settings of RabbitMQ, explained in config/roles.yaml."""

    model_config = STRICT

    net_ticktime: Annotated[Seconds, whole("Erlang sends four ticks in that time", least=4)]
    memory_limit: Size
    disk_free_limit: Size
    wal_megabytes: int = Field(ge=8, le=4096)
    schedulers: int = Field(ge=1, le=1024)
    heartbeat_timeout: Annotated[Seconds, whole("clients check three times in that time", least=3)]
    queue_expiry: Annotated[Seconds, whole("oslo.messaging has no finer unit")]
