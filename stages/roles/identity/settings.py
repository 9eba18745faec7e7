"""What may be set on identity hosts, and how many there may be. All times are seconds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stages.design.durations import Seconds  # noqa: TC001 - pydantic looks it up at run time

MOST = 8


class Settings(BaseModel):
    """Keystone and memcached; what each means stands beside its value in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    workers: int = Field(ge=1, le=64)
    password_hash_rounds: int = Field(ge=4, le=31)
    token_expiration: Seconds
    cache_timeout: Seconds
    cache_retry: Seconds = Field(ge=1)
    memcached_memory: int = Field(ge=8, le=65_536)
    debug: bool


def count_problem(count: int) -> str | None:
    """Why there can't be so many identity hosts; None when there can."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} identity hosts of a colour: so many addresses are set aside"
    return None
