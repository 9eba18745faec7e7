"""Defects in a standing stage: each turns the smoke gate red, at the check that is there for it."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gate_by_hand
import pytest
from checkout import wait_until
from defects import DEFECTS, Defect, Where

RECOVERED_WITHIN = 60
THERE_WITHIN = 20
ROLES = {Where.LAST_DATABASE: "database", Where.LAST_IDENTITY: "identity"}

Gate = Callable[[], set[str]]

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def target(staging_target: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(staging_target.read_text())
    return document


@pytest.fixture
def gate(staging_target: Path, tmp_path: Path) -> Gate:
    """Run the smoke gate on the stage as if it had been deployed now; return the checks that said no."""

    def run() -> set[str]:
        # What an earlier defect left in the journals is not this one's.
        target, into = gate_by_hand.deployed_now(staging_target, tmp_path), tmp_path / "into"
        return set(gate_by_hand.red(gate_by_hand.run(gate_by_hand.order("smoke", target, into), into)))

    return run


@pytest.fixture
def defect(request: pytest.FixtureRequest, target: dict[str, Any]) -> Iterator[Defect]:
    """A defect that is in the stage, proved, and taken out whatever happens."""
    wanted: Defect = request.param
    host = find(target, wanted.where)
    try:
        sh(target, host, wanted.put_in)
        await_status(target, host, wanted.is_in, there=True)
        yield wanted
    finally:
        sh(target, host, wanted.take_out)
        await_status(target, host, wanted.is_in, there=False)


def await_status(target: dict[str, Any], host: str, is_in: str, *, there: bool) -> None:
    wait_until(
        lambda: (ssh(target, host, is_in).returncode == 0) == there,
        THERE_WITHIN,
        f"{host}: {'' if there else 'no longer '}{is_in}",
    )


def sh(target: dict[str, Any], host: str, script: str) -> str:
    done = ssh(target, host, script)
    assert done.returncode == 0, f"{host}: {script}: {done.stderr or done.stdout}"
    return done.stdout


def ssh(target: dict[str, Any], host: str, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("ssh", "-F", target["ssh_config"], "-o", "BatchMode=yes", host, script),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def find(target: dict[str, Any], where: Where) -> str:
    if where in ROLES:
        return str([host["name"] for host in target["hosts"] if host["role"] == ROLES[where]][-1])
    balancers = [host["name"] for host in target["hosts"] if host["role"] == "loadbalancer"]
    holders = [name for name in balancers if f"inet {target['vip']}/" in sh(target, name, "ip -o addr")]
    assert len(holders) == 1, f"the VIP is held by {holders}"
    return str(
        holders[0] if where is Where.HOLDER else next(name for name in balancers if name not in holders)
    )


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name, indirect=True)
def test_a_seeded_defect_turns_the_gate_red_at_its_own_check(defect: Defect, gate: Gate) -> None:
    assert defect.seen_by <= gate()


def test_the_stage_is_green_again_once_the_defects_are_out(gate: Gate) -> None:
    end = time.monotonic() + RECOVERED_WITHIN
    while (red := gate()) and time.monotonic() < end:
        pass
    assert red == set()
