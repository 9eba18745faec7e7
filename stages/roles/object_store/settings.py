"""Settings of the object store, and how many there may be."""

from pydantic import BaseModel, Field

from stages.design.settings import STRICT, Count

COUNT = Count("object store", 1, why="its rings know one device, and nothing would copy to a second")


class Settings(BaseModel):
    """Settings of Swift, explained in config/roles.yaml."""

    model_config = STRICT

    workers: int = Field(ge=0, le=64)
    memcached_memory: int = Field(ge=8, le=65_536)
