"""RabbitMQ, the message bus of the services."""

from functools import partial

from suites.components.rabbitmq import broker, message, queues, settings
from suites.faults.fault import cut_off, kill, lose
from suites.faults.fault_case import FaultCase, Scene, Strike
from suites.faults.guard import Quorum
from suites.harness.component import Component, Kept, Use
from suites.hosts import places
from suites.hosts.host import Host, Output
from suites.hosts.reading import Observation, Reading, running
from suites.probes.spec import Kind

UNITS = ("rabbitmq-server.service", "rabbitmq-remnants.service")
BUS = (Kind.AMQP,)
KILL = partial(kill, unit=UNITS[0], down=True)
DOWN_S = 5.0  # all of them, before the first is started
# They declare the queues, and consume from them.
CALLERS = frozenset({"nova-api", "nova-conductor", "nova-scheduler", "nova-compute", "neutron", "cinder"})


def healthy(host: Host) -> tuple[Reading, ...]:
    """Return the readings of whether the broker runs and takes connections; a paused one takes none."""
    return running(UNITS), Reading(f"nc -z -w 2 {host.address} {places.BUS}", listens)


def listens(output: Output) -> Observation:
    """Say whether netcat could connect."""
    taken = output.status == 0
    return Observation(taken, "takes connections" if taken else "takes no connections")


def of_use(use: Use) -> Observation:
    """Say whether a message passes through the broker, and every RPC queue has a consumer again."""
    message.publish(use.host, use.name, use.name)
    try:
        read = message.read(use.host, use.name)
    finally:
        message.remove(use.host, use.name)
    if read != use.name:
        return Observation(holds=False, seen="a confirmed message can't be read")
    return queues.consumed(queues.read(use.host), (), use.target.beside)


COMPONENT = Component(
    name="rabbitmq",
    healthy=healthy,
    units=UNITS,
    of_use=of_use,
    reports=settings.REPORTS,
    packages=("rabbitmq-server",),
    errors=(
        r"\[(error|critical|alert|emergency)\]",
        r"BOOT FAILED",
        r"\[warning\].*Mnesia.*inconsistent_database",
    ),
    keeps=Kept("/var/lib/rabbitmq", "rabbitmq"),
    quorum=Quorum.MAJORITY,
    faults=(
        FaultCase("killed", KILL, Scene.publishing, BUS),
        FaultCase("host_lost", lose, Scene.publishing, BUS),
        FaultCase("cut_off", partial(cut_off, component="rabbitmq"), Scene.publishing, BUS),
        FaultCase("follower_lost", lose, Scene.following, BUS),
        FaultCase(
            "all_killed",
            KILL,
            Scene.publishing,
            BUS,
            takes=frozenset({"rabbitmq"}),
            also=(Strike(KILL),),
            held_s=DOWN_S,
            total=True,
        ),
    ),
    settled=lambda host, _: broker.settled(host),
    used_with=CALLERS,
    looks_at={
        # On the other hosts, too.
        **dict.fromkeys(("client_is_served", "members_are_alive"), frozenset({"rabbitmq"})),
        "queues_are_quorum": CALLERS,
        "queues_have_leaders": CALLERS,
        "consumers_on_every_rpc_queue": CALLERS,
        # It logs as an error what a client does wrong, or that one is gone.
        "journal": CALLERS,
    },
    # Callers say which queues there are; how these are kept is the brokers' own.
    answers_for=frozenset({"queues_are_quorum", "queues_have_leaders"}),
    tells=(
        r"node '?rabbit@\S+'? (down|up)",
        r"rabbit on node '?rabbit@\S+'? (down|up)",
        r"Cluster minority/secondary status detected",
        r"inconsistent_database",
    ),
)
