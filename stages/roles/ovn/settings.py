"""Settings of OVN's control plane, and how many hosts it may have. Times are in seconds."""

from pydantic import BaseModel, Field

from stages.design.durations import Seconds
from stages.design.settings import STRICT, Count

COUNT = Count("ovn hosts", 7, why="a majority of them writes each change", even="neither could write")


class Settings(BaseModel):
    """Settings of both databases' raft clusters, explained in config/roles.yaml."""

    model_config = STRICT

    election_timer: Seconds = Field(ge=0.1, le=600)  # OVSDB rejects other values
    inactivity_probe: Seconds = Field(ge=1, le=3600)
