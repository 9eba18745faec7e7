"""The settings that a running Open vSwitch has for ovn-controller."""

from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.readings import ovsdb
from suites.seam.declared import Settings

SCRIPT = ovsdb.script(
    ovsdb.selecting("/run/openvswitch/db.sock", "Open_vSwitch", "Open_vSwitch", "external_ids")
)


def parse(text: str) -> Settings:
    """Parse the external ids of the one row that Open vSwitch has of itself. Raises ReadingFailed."""
    (result,) = ovsdb.parse(text, 1)
    found = ovsdb.rows(result)
    if len(found) != 1:
        raise ReadingFailed("Open vSwitch has no row of itself", why=f"{len(found)} rows")
    return {"external id": ovsdb.pairs(found[0]["external_ids"])}


REPORTS = Reports(
    script=lambda _: SCRIPT,
    parse=parse,
    shows={"external id": "ovs-vsctl get open . external-ids:{name}"},
    of_each=("hostname", "ovn-encap-ip", "system-id"),
)
