"""northd: one is active, the others are on standby."""

from collections.abc import Mapping

from suites.hosts.host import Host
from suites.hosts.reading import Observation

READ = "ovn-appctl --timeout=5 -t ovn-northd status"
_LABEL = "Status: "


def read(host: Host) -> str:
    """Read the state of a host's northd: active, standby or paused. Raises ReadingFailed."""
    return host.read(READ).strip().removeprefix(_LABEL)


def one_active(states: Mapping[str, str]) -> Observation:
    """Say whether exactly one is active and all others are on standby."""
    active = [host for host, state in states.items() if state == "active"]
    rest = {state for state in states.values() if state != "active"}
    seen = ", ".join(f"{host}: {state or 'nothing'}" for host, state in states.items())
    return Observation(holds=len(active) == 1 and rest <= {"standby"}, seen=seen or "no northd")
