"""Incidents of other operators, many times; into docs/performance.md. After each, all must be at work."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from checkout import Checkout, run_program, wait_until
from incidents import IN_SYNC, REPLY_QUEUES, STAGE, all_serve, disagreements, fault
from page import rounds, table, write_chapter
from powering import PODMAN
from seeding import cut

from stages.config import read
from stages.openstack.limits import Limits

pytestmark = [pytest.mark.prove, pytest.mark.timeout(4 * 3600)]

TIMES = rounds(20)
NEUTRONS = ("network-api-blue-1", "network-api-blue-2")
OVNS = ("ovn-1", "ovn-2", "ovn-3")
PORT = 9696


class Incident(NamedTuple):
    """What is done each time, and what it must leave besides services at work."""

    title: str
    act: Callable[[Checkout], list[str]]


class Round(NamedTuple):
    """How long one took, and what was wrong after it."""

    seconds: float
    wrong: list[str]


def limits(checkout: Checkout) -> Limits:
    """The limits of services in the stage as it stands."""
    return Limits(read(checkout.path / "config").stage(STAGE).settings)


def the_vip_moves(checkout: Checkout) -> list[str]:
    """What waited for the load balancer that was lost has given up when its limit has passed."""
    fault(checkout, "keepalived", "holder_lost")
    time.sleep(limits(checkout).api)
    return []


def a_compute_host_is_cut_off(checkout: Checkout) -> list[str]:
    """It is cut off from all brokers until its queues have expired."""
    with cut(checkout, STAGE, "compute-1", "messaging-.*"):
        time.sleep(limits(checkout).queue_expiry + limits(checkout).heartbeat + 5)
    return []


def reply_queues_are_deleted(checkout: Checkout) -> list[str]:
    checkout.ssh(STAGE, "messaging-1", REPLY_QUEUES)
    return []


def a_broker_is_lost(checkout: Checkout) -> list[str]:
    fault(checkout, "rabbitmq", "host_lost")
    return []


def neutron_is_restarted(checkout: Checkout) -> list[str]:
    """On one host after the other, while a client asks for its versions, each time on a new connection."""
    with TemporaryDirectory() as folder:
        stop = Path(folder, "stop")
        script = asks(checkout.target(STAGE)["vip"], stop)
        asking = checkout.start("lab", "exec", "--stage", STAGE, "--", "sh", "-c", script)
        try:
            for host in NEUTRONS:
                checkout.ssh(STAGE, host, "systemctl restart neutron-api")
                wait_until(lambda host=host: serves(checkout, host), 120, f"{host} serves")
        finally:
            stop.touch()
            said, _ = asking.communicate(timeout=60)
    answers = said.split()
    assert len(answers) > 20, "the client hardly asked"
    return [f"an answer was {answer}" for answer in answers if answer != "200"]


def an_ovn_host_is_made_again(checkout: Checkout) -> list[str]:
    """Each in turn, from nothing but its data; then Neutron and OVN must agree as they did before."""
    wrong: list[str] = []
    before = disagreements(checkout.ssh(STAGE, NEUTRONS[0], IN_SYNC))
    for host in OVNS:
        site = checkout.target(STAGE)["site"]
        assert run_program(*PODMAN, "rm", "--force", "--time", "0", f"sg-{site}-{STAGE}-{host}").code == 0
        checkout.promote("--stage", STAGE, expect=0)
        wrong += sorted(disagreements(checkout.ssh(STAGE, NEUTRONS[0], IN_SYNC)) - before)
    return wrong


def asks(vip: str, stop: Path) -> str:
    """A script that asks Neutron 10 times a second until a file is there, and prints each answer's status."""
    return (
        f"until [ -e {stop} ]; do curl -s --max-time 5 --output /dev/null --write-out '%{{http_code}}\\n'"
        f" http://{vip}:{PORT}/; sleep 0.1; done"
    )


def serves(checkout: Checkout, host: str) -> bool:
    """Whether all load balancers have the host in use again."""
    return checkout.run_on(STAGE, host, "/usr/local/lib/stagegate/seen-up network").code == 0


INCIDENTS = (
    Incident("The VIP moves, and nothing waits for the old place", the_vip_moves),
    Incident("A compute host is cut off until its queues have expired", a_compute_host_is_cut_off),
    Incident("The reply queues are deleted under connected processes", reply_queues_are_deleted),
    Incident("A broker is lost", a_broker_is_lost),
    Incident("Neutron's API is restarted, host by host", neutron_is_restarted),
    Incident("Each host of OVN is made again", an_ovn_host_is_made_again),
)


def tell(incident: Incident, made: list[Round]) -> None:
    rows = [
        ("rounds (all at work after it)", f"{len(made)} ({sum(not one.wrong for one in made)})"),
        ("longest round", f"{max(one.seconds for one in made):.0f} s"),
    ]
    said = "".join(
        f"Round {number}: {'; '.join(one.wrong)}.\n" for number, one in enumerate(made, 1) if one.wrong
    )
    write_chapter(f"{incident.title}, {TIMES} times", table(("what", "figure"), rows), said)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.act.__name__)
def test_after_an_incident_all_are_at_work_again(standing: Checkout, incident: Incident) -> None:
    made: list[Round] = []
    for _ in range(TIMES):
        begun = time.monotonic()
        wrong = incident.act(standing) + all_serve(standing)
        made.append(Round(time.monotonic() - begun, wrong))
        tell(incident, made)  # after each: hours of rounds are not lost to the last one
    assert (len(made), [one.wrong for one in made if one.wrong]) == (TIMES, [])
