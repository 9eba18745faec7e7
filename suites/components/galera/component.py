"""MariaDB with Galera, the database of all services."""

import re
from functools import partial

from suites.components.galera import rows, variables
from suites.faults.fault import cut_off, freeze, kill, lose
from suites.faults.fault_case import FaultCase, Scene, Strike
from suites.faults.full import fill, fill_with_files
from suites.faults.guard import Quorum
from suites.harness.component import Component, Ignored, Kept, Use, units_run
from suites.hosts.reading import Observation
from suites.probes.spec import VIP, Kind
from suites.seam.target import TargetHost

DATA = (Kind.ISSUE, Kind.SQL)
SERVER = "mariadb.service"
# Creates and drops a table on this server only: wsrep is off, so nothing is replicated.
NEEDS_ROOM = (
    "mariadb -e 'SET SESSION wsrep_on=OFF; CREATE TABLE stagegate.room (a INT); DROP TABLE stagegate.room'"
    " 2>&1 && echo room; true"
)
DATA_DIRECTORY = "/var/lib/mysql"
FILL = partial(fill, unit=SERVER, directory=DATA_DIRECTORY, needs=NEEDS_ROOM)
FILL_WITH_FILES = partial(fill_with_files, unit=SERVER, directory=DATA_DIRECTORY, needs=NEEDS_ROOM)
KILL, FREEZE = partial(kill, unit=SERVER, down=True), partial(freeze, unit=SERVER)
CUT_OFF = partial(cut_off, component="galera")
ALL = frozenset({"galera"})
# Longer than every time-out by which others give a member up: 4s, and 3s for a connection.
BEYOND_ALL_TIME_OUTS_S = 15.0
# Long enough that each node has found itself alone, and has left the cluster.
APART_S = 10.0
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


def holder_of_the_vip(scene: Scene, victim: TargetHost) -> tuple[TargetHost, ...]:
    """Return the host that holds the VIP; it is not the victim. Raises LookupError."""
    del victim
    return (scene.holding(),)


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
    keeps=Kept(DATA_DIRECTORY, "mysql"),
    quorum=Quorum.MAJORITY,
    looks_at={
        "row_through_vip_reaches_every_node": VIP,
        # Of the other members, too.
        **dict.fromkeys(
            ("client_is_served", "node_sees_all", "row_reaches_every_node"), frozenset({"galera"})
        ),
    },
    faults=(
        FaultCase("writer_killed", KILL, Scene.writing, DATA),
        FaultCase("writer_frozen", FREEZE, Scene.writing, DATA),
        FaultCase("writer_thawed", FREEZE, Scene.writing, DATA, held_s=BEYOND_ALL_TIME_OUTS_S),
        FaultCase("writer_cut_off", CUT_OFF, Scene.writing, DATA, meanwhile=rows.refuses),
        FaultCase(
            "writer_and_holder_lost", KILL, Scene.writing, DATA, also=(Strike(lose, holder_of_the_vip),)
        ),
        FaultCase("bystander_killed", KILL, Scene.standing_by, DATA),
        FaultCase("bystander_lost", lose, Scene.standing_by, DATA, meanwhile=rows.written_without),
        FaultCase("bystander_full", FILL, Scene.standing_by, DATA),
        FaultCase("bystander_without_files", FILL_WITH_FILES, Scene.standing_by, DATA),
        FaultCase(
            "parted_in_three",
            CUT_OFF,
            Scene.writing,
            DATA,
            takes=ALL,
            also=(Strike(CUT_OFF),),
            held_s=APART_S,
            meanwhile=rows.refuses,
            total=True,
        ),
    ),
    tells=(
        r"declaring inactive",
        r"New COMPONENT: primary = \w+.*memb_num = \d+",
        r"Shifting \S+ -> \S+",
        r"install timer expired",
    ),
)
