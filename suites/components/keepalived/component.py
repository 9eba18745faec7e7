"""keepalived, which gives the VIP to one load balancer."""

from suites.harness.component import Component
from suites.harness.faults.fault import kill, lose
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Scene, Suffering
from suites.harness.units import look

VIP = (Kind.HTTP, Kind.SQL)
UNITS = ("keepalived.service",)


def healthy(host: Host) -> Observation:
    """The service runs, on the holder and on those that stand by."""
    return look(host, UNITS)


COMPONENT = Component(
    name="keepalived",
    healthy=healthy,
    units=UNITS,
    packages=("keepalived",),
    suffers=(
        Suffering("holder_lost", lose, Scene.holding, VIP),
        Suffering("killed_on_holder", lambda target, host: kill(target, host, UNITS[0]), Scene.holding, VIP),
    ),
    tells=(r"Entering (MASTER|BACKUP|FAULT) STATE",),
)
