"""Settings of identity hosts, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, Field

from stages.design.durations import Seconds
from stages.design.settings import STRICT, whole
from stages.openstack.settings import COUNT

__all__ = ["COUNT", "Settings"]


class Settings(BaseModel):
    """Settings of Keystone and memcached, explained in config/roles.yaml."""

    model_config = STRICT

    workers: int = Field(ge=1, le=64)
    password_hash_rounds: int = Field(ge=4, le=31)
    token_expiration: Seconds
    answer_timeout: Annotated[Seconds, whole("Keystone's middleware has no finer unit")]
    database_pool: int = Field(ge=1, le=100)
    database_overflow: int = Field(ge=0, le=100)
    cache_timeout: Seconds
    cache_retry: Seconds = Field(ge=1)
    memcached_memory: int = Field(ge=8, le=65_536)
    debug: bool
