"""ovn-controller and Open vSwitch, which connect the ports of a compute host."""

import re
from functools import partial

from suites.components.ovn_controller import settings
from suites.faults.fault import kill
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, Ignored, Use, units_run
from suites.harness.reach import Reach
from suites.hosts.host import Output, last_line
from suites.hosts.reading import Observation
from suites.probes.spec import Kind
from suites.readings import network

UNITS = ("ovn-controller.service", "ovs-vswitchd.service", "ovsdb-server.service")
STATUS = "ovn-appctl -t ovn-controller connection-status"


def connected(output: Output) -> Observation:
    """Say whether STATUS says that it is connected to the southbound database."""
    said = output.stdout.strip()
    return Observation(output.status == 0 and said == "connected", said or last_line(output.stderr))


def of_use(use: Use) -> Observation:
    """Say whether it is connected, and every chassis applies a change of the network that is made now."""
    seen = connected(use.host.ask(STATUS))
    return network.synchronised(use.carriers("ovn")) if seen.holds else seen


COMPONENT = Component(
    name="ovn-controller",
    # connected_to_southbound checks whether they receive the network's configuration.
    healthy=units_run(UNITS),
    units=(*UNITS, "openvswitch-switch.service"),
    of_use=of_use,
    reports=settings.REPORTS,
    packages=("ovn-host", "openvswitch-switch"),
    rests_on={"ovn": Reach.ANY},
    used_with=frozenset({"ovn"}),
    looks_at={
        "connected_to_southbound": frozenset({"ovn"}),
        "journal": frozenset({"neutron", "ovn"}),
    },
    faults=(FaultCase("killed", partial(kill, unit=UNITS[0]), Scene.any, (Kind.CHASSIS,)),),
    errors=(r"\|(ERR|EMER)\|",),
    ignored=(
        Ignored(
            re.compile(r"ovs\|\d+\|vswitchd\|ERR\|mlockall failed: Cannot allocate memory"),
            "a host may be forbidden to keep memory from being paged out: packets may wait, none is lost",
            most=50,  # one a start
        ),
    ),
)
