"""Settings of the object store, and how many there may be."""

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Settings of Swift, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    workers: int = Field(ge=0, le=64)
    memcached_memory: int = Field(ge=8, le=65_536)


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many object stores, or None."""
    if count != 1:
        return "there can be 1 object store: its rings know one device, and nothing would copy to a second"
    return None
