"""What may be set on compute hosts, and how many there may be."""

from pydantic import BaseModel, ConfigDict

MOST = 8


class Settings(BaseModel):
    """nova-compute; what each means stands beside its value in config/roles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    debug: bool


def count_problem(count: int) -> str | None:
    """Why there can't be so many compute hosts; None when there can."""
    if not 1 <= count <= MOST:
        return f"there can be 1 to {MOST} compute hosts: so many addresses are set aside"
    return None
