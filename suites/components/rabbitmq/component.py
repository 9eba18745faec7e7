"""RabbitMQ, the bus on which the services talk."""

from suites.harness.component import Component
from suites.harness.faults.guard import Quorum
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.units import look

UNITS = ("rabbitmq-server.service",)


def healthy(host: Host) -> Observation:
    """The broker runs, and takes connections: one that paused takes none."""
    running = look(host, UNITS)
    if not running.holds:
        return running
    answer = host.ask(f"nc -z -w 2 {host.address} 5672")
    listens = "takes connections" if answer.status == 0 else "takes no connections"
    return Observation(answer.status == 0, f"{running.seen}, {listens}")


COMPONENT = Component(
    name="rabbitmq",
    healthy=healthy,
    units=UNITS,
    packages=("rabbitmq-server",),
    errors=(
        r"\[(error|critical|alert|emergency)\]",
        r"BOOT FAILED",
        r"\[warning\].*Mnesia.*inconsistent_database",
    ),
    quorum=Quorum.MAJORITY,
    tells=(
        r"node '?rabbit@\S+'? (down|up)",
        r"rabbit on node '?rabbit@\S+'? (down|up)",
        r"Cluster minority/secondary status detected",
        r"inconsistent_database",
    ),
)
