"""Checks what became of a drill's messages and keys, once the stage is healthy again."""

from collections.abc import Callable
from dataclasses import dataclass

from suites.clients.runner import Clients
from suites.errors import ClientFailed, NotMeasured
from suites.failover.analysis.acknowledged import (
    ENOUGH_KEYS,
    KeyFindings,
    MessageFindings,
    acknowledged,
    check_keys,
    check_messages,
)
from suites.failover.calm import Calm
from suites.hosts.durations import seconds
from suites.probes.session import Probing
from suites.probes.spec import Kind
from suites.probes.trace import Request, Trace

# A message that waits longer for its consumer, on a healthy stage, counts as lost.
CONSUMED_WITHIN_S = 10.0
EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Kept:
    """Checks what clients were promised, for the kinds of probe that ran."""

    probing: Probing
    clients: Clients
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def messages(self, traces: tuple[Trace, ...]) -> MessageFindings | None:
        """Wait up to CONSUMED_WITHIN_S until all confirmed messages are consumed; None if none were sent."""
        if Kind.AMQP not in self.probing.kinds:
            return None
        confirmed = acknowledged(_requests(traces, Kind.AMQP))
        end = self.clock() + CONSUMED_WITHIN_S
        while True:
            found = check_messages(confirmed, self.probing.consumed())
            if not found.lost or self.clock() >= end:
                return found
            self.sleep(EVERY_S)

    def keys(self, traces: tuple[Trace, ...], fault: float) -> KeyFindings | None:
        """Look up all acknowledged keys on the master; None if none were set. Raises NotMeasured."""
        if Kind.REDIS not in self.probing.kinds:
            return None
        requests = _requests(traces, Kind.REDIS)
        target = self.clients.target
        request = {
            "nodes": {host.name: host.address for host in target.carrying("redis")},
            "password": target.secrets["coordination_password"].to_json(),
            "keys": sorted(acknowledged(requests)),
        }
        try:
            there = self.clients.ask("suites.probes.keys", request)["there"]
        except ClientFailed as error:
            raise NotMeasured("the keys that were set could not be read", why=str(error)) from None
        if not isinstance(there, list):
            raise ClientFailed("its answer can't be parsed", where="suites.probes.keys")
        return check_keys(requests, there, fault, self._lag())

    def enough_keys(self, traces: tuple[Trace, ...], now: float) -> Calm:
        """Say whether enough keys are old enough that they must survive a fault made now, if any are set."""
        if Kind.REDIS not in self.probing.kinds:
            return Calm(holds=True, seen="no key is set")
        found = check_keys(_requests(traces, Kind.REDIS), (), now, self._lag()).judged_before
        return Calm(found >= ENOUGH_KEYS, f"{found} keys are old enough; at least {ENOUGH_KEYS} are needed")

    def _lag(self) -> float:
        return seconds(self.clients.target.settings["coordination"]["replica_max_lag"])


def _requests(traces: tuple[Trace, ...], kind: Kind) -> list[Request]:
    return [request for trace in traces if trace.kind == kind.value for request in trace.requests]
