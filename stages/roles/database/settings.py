"""Settings of databases, and how many there may be. Times are in seconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from stages.design.durations import Seconds

MOST = 7


class Settings(BaseModel):
    """Settings of MariaDB and Galera, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    max_connections: int = Field(ge=10, le=100_000)
    buffer_pool: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[MG]$")]
    evs_keepalive_period: Seconds
    evs_suspect_timeout: Seconds
    evs_inactive_timeout: Seconds
    evs_inactive_check_period: Seconds
    evs_join_retrans_period: Seconds
    evs_install_timeout: Seconds
    gcache: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[MG]$")]
    donor_timeout: Seconds
    join_timeout: Seconds
    sync_timeout: Seconds
    check_timeout: Seconds
    drain_timeout: Seconds

    @field_validator("join_timeout")
    @classmethod
    def _after_the_donor(cls, length: float, info: ValidationInfo) -> float:
        if length <= info.data.get("donor_timeout", 0.0):
            raise ValueError("must be longer than donor_timeout: the transfer itself takes its time, too")
        return length

    @field_validator("evs_suspect_timeout")
    @classmethod
    def _after_keepalive(cls, length: float, info: ValidationInfo) -> float:
        if length <= info.data.get("evs_keepalive_period", 0.0):
            raise ValueError("must be longer than evs_keepalive_period, or healthy nodes are suspected")
        return length

    @field_validator("evs_inactive_timeout")
    @classmethod
    def _after_suspect(cls, length: float, info: ValidationInfo) -> float:
        if length <= info.data.get("evs_suspect_timeout", 0.0):
            raise ValueError("must be longer than evs_suspect_timeout: Galera refuses to start otherwise")
        return length

    @field_validator("evs_inactive_check_period")
    @classmethod
    def _often_enough(cls, length: float, info: ValidationInfo) -> float:
        if length * 2 > info.data.get("evs_suspect_timeout", length * 2):
            raise ValueError("must be at most half of evs_suspect_timeout: Galera refuses to start otherwise")
        return length

    @field_validator("evs_join_retrans_period")
    @classmethod
    def _before_suspicion(cls, length: float, info: ValidationInfo) -> float:
        if length * 3 > info.data.get("evs_suspect_timeout", length * 3):
            raise ValueError(
                "must be at most a third of evs_suspect_timeout, or one lost message costs a member"
            )
        return length

    @field_validator("evs_install_timeout")
    @classmethod
    def _within_inactivity(cls, length: float, info: ValidationInfo) -> float:
        if length > info.data.get("evs_inactive_timeout", length):
            raise ValueError("must be at most evs_inactive_timeout: Galera refuses to start otherwise")
        return length


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many databases, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} databases: every commit waits for all of them"
    if count % 2 == 0:
        return f"{count} databases have no majority when they are split in halves: both would stop"
    return None
