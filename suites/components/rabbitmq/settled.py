"""Whether a broker has got over the loss of another one, or of itself."""

from suites.components.rabbitmq import broker, erlang
from suites.components.rabbitmq.broker import Broker
from suites.hosts.host import Host, stdout_of
from suites.hosts.observation import Observation
from suites.hosts.reading import Reading


def settled(host: Host) -> tuple[Reading, ...]:
    """The host's broker sees all members of its cluster running again."""
    return (Reading(broker.script(host), lambda output: judge(broker.parse(erlang.said(stdout_of(output))))),)


def judge(seen: Broker) -> Observation:
    """Say it by what the broker says of itself."""
    missing = sorted(set(seen.members) - set(seen.running))
    away = f"not running, or out of reach: {', '.join(missing)}" if missing else ""
    parted = f"parted from {', '.join(seen.partitions)}" if seen.partitions else ""
    wrong = "; ".join(part for part in (away, parted) if part)
    return Observation(not wrong, wrong or f"{len(seen.running)} members are running")
