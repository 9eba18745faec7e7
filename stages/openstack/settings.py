"""Settings of roles that run OpenStack services and have no settings of their own. Times are in seconds."""

from pydantic import BaseModel, ConfigDict, Field

from stages.design.durations import Seconds

MOST = 8


class Settings(BaseModel):
    """Processes, threads and caches, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    workers: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=64)
    cache_timeout: Seconds
    cache_retry: Seconds = Field(ge=1)
    memcached_memory: int = Field(ge=8, le=65_536)
    debug: bool


def count_problem(count: int) -> str | None:
    """The reason why a role can't have this many hosts, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} hosts of a colour: so many addresses are set aside"
    return None
