"""ovn-controller and Open vSwitch, by which the ports of a compute host are connected."""

import re

from suites.harness.component import Component, Ignored
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("ovn-controller.service", "ovs-vswitchd.service", "ovsdb-server.service")


def healthy(host: Host) -> Observation:
    """The services run; connected_to_southbound says whether they hear of the network."""
    return look(host, UNITS)


COMPONENT = Component(
    name="ovn-controller",
    healthy=healthy,
    units=UNITS,
    packages=("ovn-host", "openvswitch-switch"),
    errors=(r"\|(ERR|EMER)\|",),
    ignored=(
        Ignored(
            re.compile(r"ovs\|\d+\|vswitchd\|ERR\|mlockall failed: Cannot allocate memory"),
            "a host may be forbidden to keep memory from being paged out: packets may wait, none is lost",
        ),
    ),
)
