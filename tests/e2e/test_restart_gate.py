"""The restart gate on the real lab: green on a sound stage, red on what only systemd calls active."""

import json
from pathlib import Path

import gate_by_hand
import pytest
from checkout import Checkout
from restart_defects import IDLE, NO_IDENTITY
from seeding import judge, seeded

STAGE = "staging"
SMALL = ("haproxy", "keepalived", "galera", "keystone", "memcached")


def gate(checkout: Checkout, into: Path, *components: str) -> list[gate_by_hand.Check]:
    asked = [(component, "comes_back") for component in components]
    order = gate_by_hand.order("restart", checkout.target_path(STAGE), into, asked)
    return gate_by_hand.run(order, into, within=600)


@pytest.mark.lab
def test_every_unit_of_a_sound_stage_is_restarted_and_works_again(shared: Checkout, tmp_path: Path) -> None:
    before = {host: started(shared, host) for host in hosts_of(shared, "keystone", "galera", "haproxy")}
    checks = gate(shared, tmp_path, *SMALL)
    assert gate_by_hand.red(checks) == {}
    assert {check["outcome"] for check in checks} == {"passed"}
    assert not [host for host, units in before.items() if started(shared, host) & units], "all are new"
    drills = json.loads((shared.site / "stages" / STAGE / "drills.json").read_text())
    assert drills[-1]["end"] is not None


def hosts_of(checkout: Checkout, *components: str) -> list[str]:
    hosts = checkout.target(STAGE)["hosts"]
    return [host["name"] for host in hosts if set(components) & set(host["components"])]


def started(checkout: Checkout, host: str) -> set[str]:
    """The main processes of the host's units, those that have one."""
    (units,) = [one["units"] for one in checkout.target(STAGE)["hosts"] if one["name"] == host]
    shown = checkout.ssh(STAGE, host, f"systemctl show --property=MainPID --value {' '.join(units)}")
    return set(shown.split()) - {"0"}


@pytest.mark.prove  # two minutes: what never works is waited for
def test_a_unit_that_is_active_and_of_no_use_is_red(shared: Checkout, tmp_path: Path) -> None:
    with seeded(shared, STAGE, IDLE):
        checks = gate(shared, tmp_path, "memcached")
        assert shared.ssh(STAGE, "identity-blue-2", "systemctl is-active memcached").strip() == "active"
    judge([IDLE], checks)


@pytest.mark.prove  # four minutes: Nova is waited for, in vain, and then each host's start
@pytest.mark.timeout(1800)  # the first to ask for it waits for the whole control plane
def test_a_compute_host_without_an_identity_is_red_though_systemd_calls_it_active(
    whole: Checkout, tmp_path: Path
) -> None:
    with seeded(whole, STAGE, NO_IDENTITY):
        checks = gate(whole, tmp_path, "nova-compute")
    judge([NO_IDENTITY], checks)
    # And with its identity it is found again.
    assert gate_by_hand.red(gate(whole, tmp_path, "nova-compute")) == {}
