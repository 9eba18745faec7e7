"""Settings of compute hosts, and how many there may be."""

from pydantic import BaseModel, ConfigDict

MOST = 8


class Settings(BaseModel):
    """Settings of nova-compute, explained in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    debug: bool


def count_problem(count: int) -> str | None:
    """The reason why there can't be this many compute hosts, or None."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} compute hosts: so many addresses are set aside"
    return None
