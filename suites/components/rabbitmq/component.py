"""RabbitMQ, the bus on which the services talk."""

from suites.components.rabbitmq import settled
from suites.harness.component import Component
from suites.harness.faults.fault import Fault, cut_off, kill, lose
from suites.harness.faults.guard import Quorum
from suites.harness.hosts import Host
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Scene, Suffering
from suites.harness.target import Target, TargetHost
from suites.harness.units import look

UNITS = ("rabbitmq-server.service",)
BUS = (Kind.AMQP,)


def healthy(host: Host) -> Observation:
    """The broker runs, and takes connections: one that paused takes none."""
    running = look(host, UNITS)
    if not running.holds:
        return running
    answer = host.ask(f"nc -z -w 2 {host.address} 5672")
    listens = "takes connections" if answer.status == 0 else "takes no connections"
    return Observation(answer.status == 0, f"{running.seen}, {listens}")


def from_peers(target: Target, host: TargetHost) -> Fault:
    """Cut a broker off from all others, without a word; its clients still reach it."""
    return cut_off(target, host, [peer for peer in target.carrying("rabbitmq") if peer.name != host.name])


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
    suffers=(
        Suffering("killed", lambda target, host: kill(target, host, UNITS[0]), Scene.publishing, BUS),
        Suffering("host_lost", lose, Scene.publishing, BUS),
        Suffering("cut_off", from_peers, Scene.publishing, BUS),
    ),
    settled=settled.look,
    tells=(
        r"node '?rabbit@\S+'? (down|up)",
        r"rabbit on node '?rabbit@\S+'? (down|up)",
        r"Cluster minority/secondary status detected",
        r"inconsistent_database",
    ),
)
