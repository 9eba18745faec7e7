"""Hosts that stand in for one another: the stage is well while one of them serves."""

from collections.abc import Mapping

from suites.hosts.observation import Observation


def some(hosts: Mapping[str, Observation]) -> Observation:
    """Say whether any host is well, and name those that are not."""
    well = [name for name, seen in hosts.items() if seen.holds]
    ill = [f"{name}: {seen.seen}" for name, seen in hosts.items() if not seen.holds]
    if not well:
        return Observation(holds=False, seen=f"nobody serves: {'; '.join(ill) or 'there is no host'}")
    missing = f"; NOT {len(ill)} of {len(hosts)}: {'; '.join(ill)}" if ill else ""
    return Observation(holds=True, seen=f"{', '.join(well)} serve{'s' if len(well) == 1 else ''}{missing}")
