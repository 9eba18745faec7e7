"""The neighbours gate on a real stage with two colours: green in an upgrade and after it, else red.

The stage stays as the upgrade left it: the colour that served before stands beside the one that serves.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import gate_by_hand
import pytest
from checkout import REPOSITORY, Checkout
from neighbour_defects import GATE, OTHER_KEYS, without_its_store
from seeding import judge, seeded

from stages.config import read
from suites.neighbours.made import PREFIX

pytestmark = [pytest.mark.prove, pytest.mark.timeout(5400)]

STAGE = "dev"
BEFORE, AFTER = "2025.2", "2026.1"
ONCE = read(REPOSITORY / "config").gates[GATE].once
WITHIN_S = 5400  # two images may have to be built, and two control planes load at once
GATE_WITHIN_S = 900


@pytest.fixture(scope="module")
def upgraded() -> Iterator[Checkout]:
    """A site whose dev was upgraded; both of its colours stand."""
    with closing(Checkout("two-colours").fresh().with_smoke_alone()) as checkout:
        for stage in ("staging", "prod"):
            checkout.edit("config/stagegate.yaml", f"  - {stage}\n", "")
            (checkout.path / "config" / "stages" / f"{stage}.yaml").unlink()
        checkout.edit("config/stagegate.yaml", f'openstack: "{AFTER}"', f'openstack: "{BEFORE}"')
        checkout.commit("The release before, in dev alone")
        checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
        checkout.edit("config/stagegate.yaml", f'openstack: "{BEFORE}"', f'openstack: "{AFTER}"')
        checkout.commit("The next release")
        checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
        yield checkout


def neighbours(checkout: Checkout, into: Path) -> list[gate_by_hand.Check]:
    """Run the gate on the stage as it stands."""
    command = gate_by_hand.order(GATE, checkout.target_path(STAGE), into)
    return gate_by_hand.run(command, into, within=GATE_WITHIN_S)


def outcomes(checks: list[gate_by_hand.Check]) -> dict[str, str]:
    return {f"{check['component']}/{check['check']}": check["outcome"] for check in checks}


def left(checkout: Checkout) -> list[str]:
    """What the gate has left in the stage, as its users see it."""
    kinds = ("image", "flavor", "network", "port", "security group", "volume type")
    listed = [
        line
        for kind in kinds
        for line in checkout.openstack(STAGE, *kind.split(), "list", "-f", "value").out.splitlines()
    ]
    listed += checkout.openstack(STAGE, "server", "list", "--all-projects", "-f", "value").out.splitlines()
    return [line for line in listed if PREFIX in line]


def test_the_upgrade_has_passed_the_gate_before_its_clients_changed_over(upgraded: Checkout) -> None:
    judged = [
        (gate["leg"], gate["verdict"]) for gate in upgraded.history()[-1]["gates"] if gate["gate"] == GATE
    ]
    assert judged == [("build", "pass")]


def test_the_gate_is_green_while_both_stand_and_leaves_nothing(upgraded: Checkout, tmp_path: Path) -> None:
    assert set(upgraded.target(STAGE)["preview"]) == {"blue", "green"}
    wanted = {f"{component}/{check}" for component, checks in ONCE.items() for check in checks}
    assert outcomes(neighbours(upgraded, tmp_path / GATE)) == dict.fromkeys(wanted, "passed")
    assert left(upgraded) == []


def test_a_colour_with_other_keys_is_seen(upgraded: Checkout, tmp_path: Path) -> None:
    with seeded(upgraded, STAGE, OTHER_KEYS):
        judge([OTHER_KEYS], neighbours(upgraded, tmp_path / GATE))


def test_a_colour_that_does_not_reach_the_others_images_is_seen(upgraded: Checkout, tmp_path: Path) -> None:
    hosts = upgraded.target(STAGE)["hosts"]
    (store,) = [host["address"] for host in hosts if host["role"] == "object-store"]
    defect = without_its_store(store)
    with seeded(upgraded, STAGE, defect):
        judge([defect], neighbours(upgraded, tmp_path / GATE))


def test_the_gate_is_green_once_the_defects_are_out(upgraded: Checkout, tmp_path: Path) -> None:
    assert set(outcomes(neighbours(upgraded, tmp_path / GATE)).values()) == {"passed"}
    assert left(upgraded) == []
