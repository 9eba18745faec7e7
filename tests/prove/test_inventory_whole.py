"""The whole control plane on machines that somebody else made: every gate, the one with faults included.

Its shape is that of staging. The machines are plain Debian with sshd, so nobody can cut their power: what is
lost is cut off from all others, and what runs there is killed.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest
import yaml
from checkout import Checkout
from machines import Machines

from stages.draft import draft

WITHIN_S = 3 * 3600.0  # each of the machines gets some 200 packages, all on one disk
pytestmark = [pytest.mark.prove, pytest.mark.timeout(WITHIN_S + 1800)]

STAGE = "staging"
FILE = f"config/stages/{STAGE}.yaml"
GATES = ("smoke", "failover", "api", "restart")
OURS = "ls -d /opt/openstack /usr/share/stagegate /etc/stagegate /var/lib/stagegate 2>/dev/null || :"


@pytest.fixture(scope="module")
def on_machines() -> Iterator[tuple[Checkout, Machines]]:
    """A clone whose only stage is staging, on as many machines as it has hosts."""
    with closing(Checkout("prove-inventory-whole").fresh().with_staging_alone()) as checkout:
        blueprint = draft(checkout.path / "config", STAGE, "000000").blueprint
        weights = {host.name: blueprint.roles[host.role].weight for host in blueprint.hosts}
        with closing(Machines("whole", tuple(weights), weights).made()) as machines:
            checkout.edit(FILE, "substrate: lab", "substrate: inventory")
            checkout.edit(FILE, "gates: [smoke, load, failover, api, final]", f"gates: [{', '.join(GATES)}]")
            file = checkout.path / FILE
            file.write_text(f"{file.read_text()}\n{machines.inventory()}")
            checkout.commit("Staging is on machines")
            yield checkout, machines
            checkout.remove()  # while its machines are there to be left


def test_the_whole_control_plane_goes_through_every_gate_on_machines(
    on_machines: tuple[Checkout, Machines],
) -> None:
    checkout, machines = on_machines
    checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)

    attempt = checkout.history()[-1]
    assert {gate["gate"]: gate["verdict"] for gate in attempt["gates"]} == dict.fromkeys(GATES, "pass")
    for name in machines.names:
        assert "stagegate" not in machines.inside(name, "nft list tables"), f"{name} is still cut off"


def test_machines_are_redeployed_and_leave(on_machines: tuple[Checkout, Machines]) -> None:
    checkout, machines = on_machines
    machines.inside("database-2", "touch /var/lib/mysql/made-before /opt/made-before")
    for host in ("database-2", "identity-blue-1", "compute-1"):
        checkout.promote("redeploy", host, "--stage", STAGE, "--yes", expect=0, within=WITHIN_S)
        assert checkout.history()[-1]["outcome"] == "redeployed"
    assert "made-before" not in machines.inside("database-2", "ls /var/lib/mysql")
    assert machines.inside("database-2", "ls /opt").split() == ["made-before"], "what is not ours stays"

    going = "network-api-blue-2"
    document = yaml.safe_load((checkout.path / FILE).read_text())
    document["roles"]["network-api"] = 1
    del document["inventory"]["hosts"][going]
    (checkout.path / FILE).write_text(yaml.safe_dump(document))
    checkout.commit("One host of Neutron is enough")
    checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
    assert machines.inside(going, OURS) == ""
    assert going not in {host["name"] for host in checkout.target(STAGE)["hosts"]}
