"""The failover gate on a standing stage: green as it is, not green with any of the seeded defects."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import gate_by_hand
import pytest
from checkout import REPOSITORY, Checkout, wait_until
from competitor import one_core_busy
from failover_defects import DEFECTS, Defect
from gate_by_hand import Check

from stages.config import read

pytestmark = pytest.mark.lab

STAGE = "staging"
# One a component, and one each for a gate of clients and for a fault that does not bite.
QUICK = {
    "the-database-is-only-asked-for-a-greeting",
    "keepalived-only-looks-for-a-process-of-haproxy",
    "keystone-keeps-dead-connections",
    "keystone-shows-no-token",
    "the-injector-does-nothing",
}
Gate = Callable[[str], Check]


def params() -> Iterator[Any]:
    """The defects; those that show what another shows, too, are for who has the time."""
    for defect in DEFECTS:
        marks = () if defect.name in QUICK else (pytest.mark.prove,)
        yield pytest.param(defect, id=defect.name, marks=marks)


@pytest.fixture
def gate(staging_target: Path, tmp_path: Path) -> Gate:
    """Run one check against staging, as in `api/keystone/tokens`; return what the report says of it."""

    def run(path: str) -> Check:
        name, component, check = path.split("/")
        into = tmp_path / "into"
        command = gate_by_hand.order(name, staging_target, into, [(component, check)])
        checks = gate_by_hand.run(command, into, within=600)  # a fault may be made twice
        found = [one for one in checks if (one["component"], one["check"]) == (component, check)]
        assert len(found) == 1, checks
        return found[0]

    return run


@pytest.fixture
def seeded(request: pytest.FixtureRequest, shared: Checkout) -> Iterator[Defect]:
    """A defect that is in the stage, and taken out whatever happens."""
    defect: Defect = request.param
    pattern, put_in, take_out = defect.change
    names = [host["name"] for host in shared.target(STAGE)["hosts"]]
    hosts = [name for name in names if re.fullmatch(pattern, name)]
    assert hosts
    try:
        for host in hosts:
            shared.ssh(STAGE, host, put_in)
        yield defect
    finally:
        for host in hosts:
            shared.ssh(STAGE, host, take_out)


@pytest.mark.parametrize("component", ["keepalived", pytest.param(None, marks=pytest.mark.prove, id="all")])
def test_the_gate_is_green_and_leaves_its_measures_and_a_picture(
    shared: Checkout, component: str | None
) -> None:
    chosen = ("--component", component) if component else ()
    done = shared.promote("gate", "failover", "--stage", STAGE, *chosen, "-o", "json", expect=0)
    (attempt,) = done.document["attempts"]
    assert attempt["outcome"] == "observed"
    carried = {one for host in shared.target(STAGE)["hosts"] for one in host["components"]}
    wanted = read(REPOSITORY / "config").gates["failover"].once
    asked = {component} if component else carried & set(wanted)
    names = {f"{one}_{fault}" for one in asked for fault in wanted[one]}
    (run,) = (shared.site / "runs" / attempt["id"]).glob("failover-*")
    taken = [json.loads(path.read_text()) for path in run.glob("traces/*/measures.json")]
    measured = [one for one in taken if not one["retaken"]]
    assert {one["fault"] for one in measured} == names
    assert all(one["verdict"] == "passed" and one["lost"] == 0 for one in measured)
    assert (run / "report.html").stat().st_size > 0


def test_what_faults_left_in_the_journals_is_no_error_of_the_stage(shared: Checkout) -> None:
    shared.promote("gate", "smoke", "--stage", STAGE, expect=0)


@pytest.mark.parametrize("seeded", list(params()), indirect=True)
@pytest.mark.parametrize("busy", [False, pytest.param(True, marks=pytest.mark.prove)], ids=["idle", "busy"])
def test_a_seeded_defect_is_seen_by_its_check(seeded: Defect, gate: Gate, *, busy: bool) -> None:
    with one_core_busy(at_most_s=600) if busy else nullcontext():
        found = gate(seeded.check)
    assert found["outcome"] == seeded.outcome, found["seen"]
    assert re.search(seeded.seen, found["seen"]), found["seen"]


def test_what_a_killed_gate_left_standing_is_undone_by_the_next(
    shared: Checkout, gate: Gate, staging_target: Path, tmp_path: Path
) -> None:
    killed = subprocess.Popen(
        gate_by_hand.order("failover", staging_target, tmp_path / "killed", [("keystone", "host_lost")]),
        cwd=REPOSITORY, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_until(lambda: bool(gate_by_hand.standing_faults(staging_target)), 180, "a fault stands")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert gate_by_hand.standing_faults(staging_target), "the fault still stands when its maker is dead"
    found = gate("failover/memcached/gone")
    assert found["outcome"] == "passed", found["seen"]
    hosts = shared.promote("lab", "status", "-o", "json", expect=0).document["hosts"]
    assert {host["state"] for host in hosts} == {"running"}
    shared.promote("gate", "smoke", "--stage", STAGE, expect=0)
