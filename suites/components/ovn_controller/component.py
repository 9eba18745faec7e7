"""ovn-controller and Open vSwitch, which connect the ports of a compute host."""

import re

from suites.components.ovn_controller import southbound
from suites.harness.component import Component, Ignored, Use, units_run
from suites.hosts.reading import Observation
from suites.readings import network

UNITS = ("ovn-controller.service", "ovs-vswitchd.service", "ovsdb-server.service")


def of_use(use: Use) -> Observation:
    """Say whether it is connected, and every chassis applies a change of the network that is made now."""
    seen = southbound.connected(use.host.ask(southbound.STATUS))
    return network.synchronised(use.carriers("ovn")) if seen.holds else seen


COMPONENT = Component(
    name="ovn-controller",
    # connected_to_southbound checks whether they receive the network's configuration.
    healthy=units_run(UNITS),
    units=(*UNITS, "openvswitch-switch.service"),
    of_use=of_use,
    packages=("ovn-host", "openvswitch-switch"),
    errors=(r"\|(ERR|EMER)\|",),
    ignored=(
        Ignored(
            re.compile(r"ovs\|\d+\|vswitchd\|ERR\|mlockall failed: Cannot allocate memory"),
            "a host may be forbidden to keep memory from being paged out: packets may wait, none is lost",
        ),
    ),
)
