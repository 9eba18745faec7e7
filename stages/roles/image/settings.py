"""Settings of image hosts, and how many there may be. Times are in seconds."""

from pydantic import BaseModel, Field

from stages.design.durations import Seconds
from stages.design.settings import STRICT
from stages.openstack.settings import COUNT

__all__ = ["COUNT", "Settings"]


class Settings(BaseModel):
    """Settings of Glance and memcached, explained in config/roles.yaml."""

    model_config = STRICT

    workers: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=64)
    database_pool: int = Field(ge=1, le=100)
    database_overflow: int = Field(ge=0, le=100)
    image_megabytes: int = Field(ge=1)
    cache_megabytes: int = Field(ge=1)
    cache_timeout: Seconds
    cache_retry: Seconds = Field(ge=1)
    memcached_memory: int = Field(ge=8, le=65_536)
    debug: bool
