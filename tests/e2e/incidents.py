"""What operators of OpenStack report as incidents, done to a standing stage; the same question follows each.

No log says that a service waits for ever. So a stage is asked for work: a server on each compute host, whose
creation passes the API, the scheduler, the conductor, both sides of the bus and Placement.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import gate_by_hand
from bus_defects import erlang
from checkout import Checkout

STAGE = "staging"
COMPUTES = ("compute-1", "compute-2")
ALIVE = (
    ("nova-api", "services_are_up_and_stay"),
    ("neutron", "agents_are_alive_and_stay"),
    ("cinder", "scheduler_is_up"),
)
CREATED = (("nova-api", "server_is_created"),)
# Deletes the queues in which processes await replies, as if they had expired while a host was cut off.
REPLY_QUEUES = erlang(
    '[rabbit_amqqueue:delete(Q, false, false, <<"seeded">>) || Q <- rabbit_amqqueue:list(),'
    " {resource, _, queue, Name} <- [amqqueue:get_name(Q)],"
    ' lists:prefix("reply_", binary_to_list(Name))]'
)

# Is the same in Neutron's database and in OVN's? It only looks.
IN_SYNC = (
    "runuser -u neutron -- /opt/openstack/bin/neutron-ovn-db-sync-util --ovn-neutron_sync_mode log"
    " --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/ml2.ini 2>&1"
)
LOOKED = "Neutron OVN DB sync completed"


def disagreements(said: str) -> frozenset[str]:
    """What IN_SYNC said that is amiss, without times and ids of requests; it must have looked to its end."""
    assert LOOKED in said, f"it did not compare all: {said[-2000:]}"
    found = re.findall(
        r"^\S+ \S+ \d+ ((?:WARNING|ERROR|CRITICAL) \S+) (?:\[[^]]*\] )?(.*)$", said, re.MULTILINE
    )
    return frozenset(f"{where} {what}" for where, what in found)


def fault(checkout: Checkout, component: str, name: str) -> None:
    """Make a fault of the failover gate, and undo it; a red gate fails the test."""
    chosen = ("--component", component, "--fault", name)
    checkout.promote("gate", "failover", "--stage", STAGE, *chosen, expect=0)


def all_serve(checkout: Checkout) -> list[str]:
    """What is wrong with the stage: what does not report, and compute hosts that take no server."""
    found = _wrong(checkout, ALIVE)
    for host in COMPUTES:
        (other,) = {*COMPUTES} - {host}
        with _without(checkout, other):
            found += [f"{host}: {said}" for said in _wrong(checkout, CREATED)]
    return found


@contextmanager
def _without(checkout: Checkout, host: str) -> Iterator[None]:
    """Have no new server on a compute host."""
    service = ("compute", "service", "set", host, "nova-compute")
    checkout.openstack(STAGE, *service, "--disable")
    try:
        yield
    finally:
        checkout.openstack(STAGE, *service, "--enable")


def _wrong(checkout: Checkout, asked: Sequence[tuple[str, str]]) -> list[str]:
    with TemporaryDirectory() as folder:
        into = Path(folder, "into")
        target = checkout.target_path(STAGE)
        return not_passed(gate_by_hand.run(gate_by_hand.order("smoke", target, into, asked), into), asked)


def not_passed(checks: Sequence[gate_by_hand.Check], asked: Sequence[tuple[str, str]]) -> list[str]:
    """What the checks that were asked for said where they did not pass, and which of them were not seen."""
    found = []
    for component, check in asked:
        seen = [one for one in checks if (one["component"], one["check"]) == (component, check)]
        found += [] if seen else [f"{component}/{check} was not seen"]
        found += [
            f"{component}/{check} on {one['host']}: {one['outcome']}: {one['seen']}"
            for one in seen
            if one["outcome"] != "passed"
        ]
    return found
