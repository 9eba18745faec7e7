"""OVN's control plane: northd, and the northbound and southbound databases."""

import re
from functools import partial

from suites.components.ovn import cluster, northd, rows, settings
from suites.faults.fault import cut_off, kill
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.guard import Quorum
from suites.harness.component import Component, Ignored, Use
from suites.hosts.host import Host, read_all
from suites.hosts.reading import Observation, on_all, running
from suites.probes.spec import Kind
from suites.seam.target import TargetHost

CHANGES = (Kind.CHASSIS,)
UNITS = ("ovn-ovsdb-server-nb.service", "ovn-ovsdb-server-sb.service", "ovn-northd.service")


def of_use(use: Use) -> Observation:
    """Say whether a row written to the leader can be read from this member, and one northd is active."""
    hosts = use.carriers("ovn")
    row = use.name.replace("-", "_")
    rows.write(hosts, row, row)
    try:
        read = on_all(row, {use.host.name: rows.read(use.host, row)})
    finally:
        rows.remove(hosts, row)
    return northd.one_active(read_all(hosts, northd.read)) if read.holds else read


def leads(host: Host) -> bool:
    """Whether a host's server leads the southbound database. Raises ReadingFailed."""
    return cluster.read(host)["OVN_Southbound"].leads


def active(host: Host) -> bool:
    """Whether a host's northd is the active one. Raises ReadingFailed."""
    return northd.read(host) == "active"


def leading(scene: Scene) -> TargetHost:
    """Return the host whose server leads the southbound database. Raises LookupError, ReadingFailed."""
    return scene.where("leads the southbound database", leads)


def translating(scene: Scene) -> TargetHost:
    """Return the host whose northd is active. Raises LookupError, ReadingFailed."""
    return scene.where("has the active northd", active)


COMPONENT = Component(
    name="ovn",
    healthy=lambda _: (running(UNITS), cluster.JOINED),
    units=UNITS,
    of_use=of_use,
    reports=settings.REPORTS,
    packages=("ovn-central",),
    errors=(r"\|(ERR|EMER)\|",),
    ignored=(
        Ignored(
            re.compile(r"ovs\|\d+\|db_ctl_base\|ERR\|unix:\S+: database connection failed .*"),
            "Debian's start asks each database something before it listens; one that does not is not healthy",
            most=100,  # some a start
            sometimes=True,
        ),
    ),
    quorum=Quorum.MAJORITY,
    looks_at={
        # On the other hosts, too.
        **dict.fromkeys(("client_is_served", "members_are_the_hosts"), frozenset({"ovn"})),
        "chassis_alive": frozenset({"ovn-controller"}),
        "journal": frozenset({"neutron", "ovn-controller"}),
    },
    faults=(
        FaultCase("northd_killed", partial(kill, unit=UNITS[2]), translating, CHANGES),
        FaultCase("leader_cut_off", partial(cut_off, component="ovn"), leading, CHANGES),
    ),
    tells=(r"elected leader", r"server \w+ is leader for term", r"ovn-northd lock (acquired|lost)"),
)
