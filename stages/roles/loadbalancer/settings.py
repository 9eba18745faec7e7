"""Settings of load balancers, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from stages.design.durations import Seconds
from stages.design.percent import Percent
from stages.design.settings import STRICT, Count, at_most, whole

COUNT = Count("load balancers", 3, why="each is another place for the one VIP")
WholeSeconds = Annotated[Seconds, whole("keepalived has no finer unit")]
Checks = Annotated[int, Field(ge=1, le=20)]


class Settings(BaseModel):
    """Timers of keepalived and HAProxy, explained in config/roles.yaml."""

    model_config = STRICT

    advert_interval: Seconds
    track_interval: WholeSeconds
    track_timeout: WholeSeconds
    track_fall: Checks
    track_rise: Checks
    check_interval: Seconds
    check_fast_interval: Annotated[Seconds, at_most("check_interval", "it is the faster of the two")]
    check_down_interval: Seconds
    check_fall: Checks
    check_rise: Checks
    check_timeout: Seconds
    http_check_timeout: Seconds = 10.0
    connect_timeout: Seconds
    client_timeout: Seconds
    server_timeout: Seconds
    queue_timeout: Seconds = 30.0
    request_timeout: Seconds = 10.0
    drain_timeout: Seconds
    maxconn: int = Field(ge=10, le=1_000_000)
    least_up: Percent = 100.0

    @field_validator("advert_interval")
    @classmethod
    def _hundredths(cls, length: float) -> float:
        if abs(length * 100 - round(length * 100)) > 1e-6 or length > 40:  # noqa: PLR2004 - the field has 12 bits
            raise ValueError("VRRP version 3 counts in hundredths of a second, 40 seconds at most")
        return length
