"""MariaDB with Galera, the database of all services."""

import re
from functools import partial

from suites.components.galera import rows, variables
from suites.faults.fault import freeze, kill
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.full import fill
from suites.faults.guard import Quorum
from suites.harness.component import Component, Ignored, Kept, Use, units_run
from suites.hosts.reading import Observation
from suites.probes.spec import VIP, Kind

DATA = (Kind.ISSUE, Kind.SQL)
SERVER = "mariadb.service"
# Creates and drops a table on this server only: wsrep is off, so nothing is replicated.
NEEDS_ROOM = (
    "mariadb -e 'SET SESSION wsrep_on=OFF; CREATE TABLE stagegate.room (a INT); DROP TABLE stagegate.room'"
    " 2>&1 && echo room; true"
)
FILL = partial(fill, unit=SERVER, directory="/var/lib/mysql", needs=NEEDS_ROOM)
UNITS = (SERVER, "galera-check.service")

NOBODY_YET = Ignored(
    re.compile(
        r".*\[ERROR\] (WSREP: .*(failed to reach primary view"
        r"|Failed to open (backend connection|channel)\b.*-110\b.*"
        r"|gcs connect failed: Operation timed out|wsrep::connect\(.*\) failed: 7)|Aborting)"
    ),
    "all members were off: each looks for the others before a step says who starts the cluster",
    most=500,  # two a second, for as long as a step may take
    while_deploying=True,
    sometimes=True,
)


def of_use(use: Use) -> Observation:
    """Say whether a row committed here can be read on every node."""
    rows.write(use.host, use.name)
    try:
        return rows.replicated(use.carriers("galera"), use.name)
    finally:
        rows.remove(use.host, use.name)


COMPONENT = Component(
    name="galera",
    # galera-check answers 200, as a load balancer's health check requires.
    healthy=units_run(UNITS, 9200, "/"),
    units=UNITS,
    of_use=of_use,
    reports=variables.REPORTS,
    packages=("mariadb-server", "mariadb-backup", "galera-4"),
    errors=(r"\[ERROR\]",),
    ignored=(NOBODY_YET,),
    keeps=Kept("/var/lib/mysql", "mysql"),
    quorum=Quorum.MAJORITY,
    looks_at={
        "row_through_vip_reaches_every_node": VIP,
        # Of the other members, too.
        **dict.fromkeys(
            ("client_is_served", "node_sees_all", "row_reaches_every_node"), frozenset({"galera"})
        ),
    },
    faults=(
        FaultCase("writer_killed", partial(kill, unit=SERVER, down=True), Scene.writing, DATA),
        FaultCase("writer_frozen", partial(freeze, unit=SERVER), Scene.writing, DATA),
        FaultCase("bystander_killed", partial(kill, unit=SERVER, down=True), Scene.standing_by, DATA),
        FaultCase("bystander_full", FILL, Scene.standing_by, DATA),
    ),
    tells=(
        r"declaring inactive",
        r"New COMPONENT: primary = \w+.*memb_num = \d+",
        r"Shifting \S+ -> \S+",
        r"install timer expired",
    ),
)
