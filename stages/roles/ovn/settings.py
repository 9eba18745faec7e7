"""Settings of OVN's control plane, and how many hosts it may have. Times are in seconds."""

from pydantic import BaseModel, ConfigDict, Field

from stages.design.durations import Seconds

MOST = 7


class Settings(BaseModel):
    """Settings of both databases' raft clusters, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    election_timer: Seconds = Field(ge=0.1, le=600)  # OVSDB rejects other values
    inactivity_probe: Seconds = Field(ge=1, le=3600)


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many hosts, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} ovn hosts: each change is written by a majority of them"
    if count % 2 == 0:
        return f"{count} ovn hosts survive the loss of no more than {count - 1} do, and have one more to lose"
    return None
