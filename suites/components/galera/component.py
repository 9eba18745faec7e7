"""MariaDB with Galera, the database of all services."""

from suites.harness.component import Component
from suites.harness.faults.fault import freeze, kill
from suites.harness.faults.full import fill
from suites.harness.faults.guard import Quorum
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Scene, Suffering
from suites.harness.units import look

DATA = (Kind.ISSUE, Kind.SQL)
SERVER = "mariadb.service"
# A table of this server alone, made and dropped: wsrep is off, so no other one hears of it.
NEEDS_ROOM = (
    "mariadb -e 'SET SESSION wsrep_on=OFF; CREATE TABLE stagegate.room (a INT); DROP TABLE stagegate.room'"
    " 2>&1 && echo room; true"
)
UNITS = (SERVER, "galera-check.service")


def healthy(host: Host) -> Observation:
    """The server and its check run, and the check answers the question of a load balancer with yes."""
    return look(host, UNITS, url=f"http://{host.address}:9200/")


COMPONENT = Component(
    name="galera",
    healthy=healthy,
    units=UNITS,
    packages=("mariadb-server", "mariadb-backup", "galera-4"),
    errors=(r"\[ERROR\]",),
    quorum=Quorum.MAJORITY,
    suffers=(
        Suffering("writer_killed", lambda target, host: kill(target, host, SERVER), Scene.writing, DATA),
        Suffering("writer_frozen", lambda target, host: freeze(target, host, SERVER), Scene.writing, DATA),
        Suffering(
            "bystander_killed", lambda target, host: kill(target, host, SERVER), Scene.standing_by, DATA
        ),
        Suffering(
            "bystander_full",
            lambda target, host: fill(target, host, SERVER, "/var/lib/mysql", NEEDS_ROOM),
            Scene.standing_by,
            DATA,
        ),
    ),
    tells=(
        r"declaring inactive",
        r"New COMPONENT: primary = \w+.*memb_num = \d+",
        r"Shifting \S+ -> \S+",
        r"install timer expired",
    ),
)
