"""Settings of compute hosts, and how many there may be."""

from pydantic import BaseModel

from stages.design.settings import STRICT, Count

COUNT = Count("compute hosts", 8, why="so many addresses are set aside")


class Settings(BaseModel):
    """Settings of nova-compute, explained in config/roles.yaml."""

    model_config = STRICT

    debug: bool
