"""What may be set on compute-api hosts, and how many there may be."""

from __future__ import annotations

from stages.openstack.settings import ServiceSettings, service_count_problem

Settings = ServiceSettings


def count_problem(count: int) -> str | None:
    """Why there can't be so many compute-api hosts; None when there can."""
    return service_count_problem("compute-api", count)
