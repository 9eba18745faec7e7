"""keepalived, which assigns the VIP to one load balancer."""

from functools import partial

from suites.components.keepalived import addresses, settings, vip
from suites.faults.fault import cut_off, kill, lose
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, Use, units_run
from suites.harness.reach import Reach
from suites.hosts.reading import Observation
from suites.probes.spec import Kind

VIP = (Kind.HTTP, Kind.SQL)
APIS = ("keystone", "glance", "placement", "nova-api", "neutron", "cinder")
UNITS = ("keepalived.service", "haproxy-watch.service")


def of_use(use: Use) -> Observation:
    """Say whether exactly one load balancer holds the VIP, and a database answers there."""
    seen = addresses.held(use.carriers("keepalived"), use.target.vip)
    if not seen.holds:
        return seen
    answered = vip.answers(vip.ask(use.clients, {"database": use.target.endpoints["database"]}))
    return Observation(answered.holds, f"{seen.seen}, {answered.seen}")


COMPONENT = Component(
    name="keepalived",
    # On the holder and on the backups.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=of_use,
    reports=settings.REPORTS,
    packages=("keepalived",),
    faults=(
        FaultCase("holder_lost", lose, Scene.holding, VIP),
        FaultCase("killed_on_holder", partial(kill, unit=UNITS[0]), Scene.holding, VIP),
        # Both hold the VIP then, as VRRP has it, and whichever is reached must serve.
        FaultCase(
            "cut_off",
            partial(cut_off, component="keepalived"),
            Scene.holding,
            VIP,
            held_s=5.0,
            parts_vip=True,
        ),
    ),
    tells=(r"Entering (MASTER|BACKUP|FAULT) STATE",),
    # It gives the VIP away where HAProxy does not answer.
    rests_on={"haproxy": Reach.OWN},
    used_with=frozenset({"galera", "haproxy"}),
    looks_at={"vip_answers": frozenset({"haproxy", "galera", *APIS})},
)
