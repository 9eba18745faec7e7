"""OVN's control plane: northd, and the northbound and southbound databases."""

import re

from suites.components.ovn import cluster
from suites.harness.component import Component, Ignored
from suites.harness.faults.guard import Quorum
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("ovn-ovsdb-server-nb.service", "ovn-ovsdb-server-sb.service", "ovn-northd.service")


def healthy(host: Host) -> Observation:
    """The servers and northd run, and both servers are in a cluster that has a leader."""
    running = look(host, UNITS)
    return cluster.both_joined(cluster.read(host)) if running.holds else running


COMPONENT = Component(
    name="ovn",
    healthy=healthy,
    units=UNITS,
    packages=("ovn-central",),
    errors=(r"\|(ERR|EMER)\|",),
    ignored=(
        Ignored(
            re.compile(r"ovs\|\d+\|db_ctl_base\|ERR\|unix:\S+: database connection failed .*"),
            "Debian's start asks each database something before it listens; one that does not is not healthy",
            sometimes=True,
        ),
    ),
    quorum=Quorum.MAJORITY,
    tells=(r"elected leader", r"server \w+ is leader for term", r"ovn-northd lock (acquired|lost)"),
)
