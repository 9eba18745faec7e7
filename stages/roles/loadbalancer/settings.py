"""Settings of load balancers, and how many there may be. Times are in seconds."""

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from stages.design.durations import Seconds

MOST = 3


class Settings(BaseModel):
    """Timers of keepalived and HAProxy, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    advert_interval: Seconds
    track_interval: Seconds
    track_timeout: Seconds
    track_fall: int = Field(ge=1, le=20)
    track_rise: int = Field(ge=1, le=20)
    check_interval: Seconds
    check_fast_interval: Seconds
    check_down_interval: Seconds
    check_fall: int = Field(ge=1, le=20)
    check_rise: int = Field(ge=1, le=20)
    check_timeout: Seconds
    connect_timeout: Seconds
    client_timeout: Seconds
    server_timeout: Seconds
    drain_timeout: Seconds
    maxconn: int = Field(ge=10, le=1_000_000)

    @field_validator("advert_interval")
    @classmethod
    def _hundredths(cls, length: float) -> float:
        if abs(length * 100 - round(length * 100)) > 1e-6 or length > 40:  # noqa: PLR2004 - the field has 12 bits
            raise ValueError("VRRP version 3 counts in hundredths of a second, 40 seconds at most")
        return length

    @field_validator("track_interval", "track_timeout")
    @classmethod
    def _whole(cls, length: float) -> float:
        if length != int(length):
            raise ValueError("keepalived counts this in whole seconds")
        return length

    @field_validator("check_fast_interval")
    @classmethod
    def _faster(cls, length: float, info: ValidationInfo) -> float:
        if length > info.data.get("check_interval", length):
            raise ValueError("the fast interval is longer than check_interval")
        return length


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many load balancers, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} load balancers: each is another place for the one VIP"
    return None
