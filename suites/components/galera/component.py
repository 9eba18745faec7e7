"""MariaDB with Galera, the database of all services."""

from suites.harness.component import Component
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("mariadb.service", "galera-check.service")


def healthy(host: Host) -> Observation:
    """The server and its check run, and the check answers the question of a load balancer with yes."""
    return look(host, UNITS, url=f"http://{host.address}:9200/")


COMPONENT = Component(
    name="galera",
    healthy=healthy,
    units=UNITS,
    packages=("mariadb-server", "mariadb-backup", "galera-4"),
    errors=(r"\[ERROR\]",),
)
