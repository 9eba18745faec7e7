"""The whole control plane on machines that somebody else made: every gate, the one with faults included.

Its shape is that of staging. The machines are plain Debian with sshd, so nobody can cut their power: what is
lost is cut off from all others, and what runs there is killed.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest
from checkout import Checkout
from machines import Machines

from stages.draft import draft

WITHIN_S = 3 * 3600.0  # each of the machines gets some 200 packages, all on one disk
pytestmark = [pytest.mark.prove, pytest.mark.timeout(WITHIN_S + 1800)]

STAGE = "staging"
FILE = f"config/stages/{STAGE}.yaml"
GATES = ("smoke", "failover", "api", "restart")
LEFT = "nft list tables; ls -d /run/stagegate-lost 2>/dev/null; systemctl list-units --all 'stagegate-lost*'"


@pytest.fixture(scope="module")
def on_machines() -> Iterator[tuple[Checkout, Machines]]:
    """A clone whose only stage is staging, on as many machines as it has hosts."""
    with closing(Checkout("prove-inventory-whole").fresh().with_staging_alone()) as checkout:
        blueprint = draft(checkout.path / "config", STAGE, "000000").blueprint
        weights = {host.name: blueprint.roles[host.role].weight for host in blueprint.hosts}
        with closing(Machines("whole", tuple(weights), weights).made()) as machines:
            checkout.edit(FILE, "substrate: lab", "substrate: inventory")
            checkout.edit(FILE, "gates: [smoke, failover, api]", f"gates: [{', '.join(GATES)}]")
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
        assert "stagegate-lost." not in (left := machines.inside(name, LEFT)), f"{name}: {left}"
        assert "table" not in left, f"{name} is still cut off"
