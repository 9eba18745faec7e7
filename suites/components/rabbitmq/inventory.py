"""The queues that stay: others belong to one client, or expire, as those of probes do."""

from collections.abc import Iterable

from suites.components.rabbitmq import queues
from suites.hosts.host import Host
from suites.readings.inventory import Listing, Thing


def stay(found: Iterable[queues.Queue]) -> tuple[Thing, ...]:
    """Return the queues of services, which outlive each of their processes."""
    return tuple(
        Thing("queue", queue.name, queue.name, stays=True)
        for queue in found
        if not queue.for_one_client and not queues.NOT_RPC.match(queue.name)
    )


def asked(host: Host) -> tuple[Thing, ...]:
    """Return those that a broker lists. Raises ReadingFailed."""
    return stay(queues.read(host))


LISTING = Listing(asked=asked)
