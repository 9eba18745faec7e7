"""Settings of roles that run OpenStack services and have no settings of their own. Times are in seconds."""

from pydantic import BaseModel, Field

from stages.design.durations import Seconds
from stages.design.settings import STRICT, Count

COUNT = Count("hosts of a colour", 8, why="so many addresses are set aside")


class Settings(BaseModel):
    """Processes, threads and caches, explained in config/roles.yaml."""

    model_config = STRICT

    workers: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=64)
    database_pool: int = Field(ge=1, le=100)
    database_overflow: int = Field(ge=0, le=100)
    cache_timeout: Seconds
    cache_retry: Seconds = Field(ge=1)
    memcached_memory: int = Field(ge=8, le=65_536)
    debug: bool
