"""An upgrade that is interrupted ends with one whole colour serving, and goes on.

The engine is killed in every kind of its steps; the holder of the VIP is lost in the middle of the switch; a
database is lost during expand.

The stage is the small one, with a rehearsal, so that clients change over three times.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from checkout import BALANCERS, Checkout, await_lines, wait_until
from seeding import await_all
from upgrading import AFTER, BEFORE, OF_IDENTITY, answering, asks_for, failed_in, writes
from watching import Watch, watched

from suites.probes.spec import LOADS, Kind

pytestmark = [pytest.mark.prove, pytest.mark.timeout(2 * 3600)]

STAGE = "staging"
WITHIN_S = 3000
LATER_S = 0.4  # after a step has begun: it is in the midst of its effect
MOST_KILLS = 60
ROOM = 1.25  # of the arithmetic of the timers, as in the gate
BOOTED = "systemctl is-system-running | grep -q -e running -e degraded"
BOOTED_WITHIN_S = 300  # a database takes what it missed, or all data, before that
SYNCED = "mariadb -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\" | grep -q Synced"


@pytest.fixture
def upgradable(holder_of_the_image: None) -> Iterator[Checkout]:  # noqa: ARG001 - of the image it takes over
    """A clone whose only stage runs the older release, and whose config asks for the newer one."""
    name = "upgrade-interrupted"
    with closing(Checkout(name).fresh().with_staging_alone().small().with_smoke_alone()) as checkout:
        asks_for(checkout, BEFORE)
        checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
        asks_for(checkout, AFTER)
        yield checkout


def kind_of(line: str, legs: list[dict[str, Any]]) -> str | None:
    """The leg and the kind of the work that a line says has begun; None if it says something else."""
    if found := re.search(r"gate (\S+) begins", line):
        return f"gate {found[1]}"
    if (found := re.search(r"\bbegin ((\S+?)/\S+?):? ", f"{line} ")) is None:
        return None
    leg = next((leg["name"] for leg in legs if found[1] in leg["steps"]), "?")
    return f"{leg} {found[2]}"


def kill_in_what_is_new(
    checkout: Checkout, killed: list[str], legs: list[dict[str, Any]], *arguments: str
) -> int | None:
    """Run `promote`, and kill it in the first kind of work that it was not yet killed in.

    Notes the kind, and whatever else had begun by then. Returns the exit code if it came to its end instead.
    """
    process, printed = checkout.start(*arguments), list[str]()
    assert process.stderr is not None
    for line in process.stderr:
        printed.append(line)
        kind = kind_of(line, legs)
        if kind is not None and kind not in killed:
            time.sleep(LATER_S)
            os.kill(process.pid, signal.SIGKILL)
            begun = [kind, *(kind_of(later, legs) for later in process.stderr)]
            process.communicate(timeout=60)
            killed += [one for one in dict.fromkeys(begun) if one is not None and one not in killed]
            return None
    process.communicate(timeout=60)
    assert process.returncode == 0, "".join(printed)
    return process.returncode


def killed_everywhere(checkout: Checkout, legs: list[dict[str, Any]], *arguments: str) -> list[str]:
    """Kill one run in each kind of its work, and resume it each time; return the kinds, in their order."""
    killed: list[str] = []
    code = kill_in_what_is_new(checkout, killed, legs, *arguments)
    while code is None:
        assert len(killed) < MOST_KILLS, killed
        last = checkout.history()[-1]
        assert last["outcome"] is None, f"after a kill in {killed[-1]} it is {last['outcome']}"
        code = kill_in_what_is_new(checkout, killed, legs, "resume")
    return killed


def test_the_engine_is_killed_in_every_kind_of_step_there_and_back(
    upgradable: Checkout, tmp_path: Path
) -> None:
    plan = upgradable.promote("plan", "--stage", STAGE, "-o", "json", expect=0).document
    there = killed_during(upgradable, tmp_path / "there", plan["legs"], "--stage", STAGE)
    assert answering(upgradable, STAGE) == {"green"}
    # What the plan has, whatever else the run met: nothing went by unkilled.
    steps = {step["id"]: step["id"].partition("/")[0] for step in plan["steps"]}
    of_plan = {f"{leg['name']} {steps[one]}" for leg in plan["legs"] for one in leg["steps"] if "/" in one}
    assert set(there) >= of_plan, sorted(of_plan.difference(there))
    # Not each of them: a gate whose evidence is reused does not begin.
    assert "gate build/neighbours" in there, there
    back = upgradable.promote("plan", "--rollback", "--stage", STAGE, "-o", "json", expect=0).document
    of_back = killed_during(upgradable, tmp_path / "back", back["legs"], "rollback", "--stage", STAGE)
    assert any("cutover" in one for one in of_back), of_back
    assert answering(upgradable, STAGE) == {"blue"}


def killed_during(checkout: Checkout, into: Path, legs: list[dict[str, Any]], *arguments: str) -> list[str]:
    """The same while clients ask, who notice nothing and lose nothing."""
    with watched(checkout.target_path(STAGE), into, OF_IDENTITY) as watch:
        killed = killed_everywhere(checkout, legs, *arguments)
    assert failed_in(watch) == {}, killed
    assert writes(checkout, STAGE, into, OF_IDENTITY)[1] == []
    return killed


@contextmanager
def lost(checkout: Checkout, host: str) -> Iterator[None]:
    """Have a host without power."""
    (levers,) = [one for one in checkout.target(STAGE)["hosts"] if one["name"] == host]
    for argv in levers["power_off"]:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        for argv in levers["power_on"]:
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        # Not only sshd: until HAProxy runs there, nobody knows who answers clients.
        wait_until(lambda: checkout.run_on(STAGE, host, BOOTED).code == 0, BOOTED_WITHIN_S, f"{host} is back")


def lost_when(checkout: Checkout, into: Path, host: str, *lines: str) -> tuple[int, Watch]:
    """Promote, and lose a host once these lines were printed; return how that ended, and what clients saw.

    The host stays lost until `promote` has ended.
    """
    with watched(checkout.target_path(STAGE), into, OF_IDENTITY) as watch:
        process = checkout.start("--stage", STAGE)
        await_lines(process, *lines)
        with lost(checkout, host):
            _, said = process.communicate(timeout=WITHIN_S)
    print(said)  # noqa: T201 - for whoever reads why it ended so
    return process.returncode, watch


def within_budget(checkout: Checkout, watch: Watch, component: str, fault: str) -> None:
    """Each probe was served again, after no longer than the fault costs without an upgrade."""
    budget = checkout.target(STAGE)["budgets"][component][fault]
    for probe, seen in watch.measures.items():
        most = ROOM * budget["arithmetic_s"] + LOADS[Kind(probe.rpartition("-")[0])].timeout_s + 1.0
        assert seen.recovered_after_s is not None, f"{probe} was not served again"
        assert seen.longest_gap_s <= most, f"{probe}: {seen.longest_gap_s:.2f} s, and {most:.2f} s at most"


def goes_on(checkout: Checkout, code: int, into: Path) -> None:
    """One whole colour serves: the new one if the run came to its end, else the one before; and it goes on.

    Exit code 8: as long as a host is lost, no gate can say that the stage is back.
    """
    assert code in {0, 7, 8}, "neither complete nor rolled back"
    assert answering(checkout, STAGE) == ({"green"} if code == 0 else {"blue"})
    assert writes(checkout, STAGE, into, OF_IDENTITY)[1] == []
    checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
    assert answering(checkout, STAGE) == {"green"}


@pytest.mark.parametrize("turn", BALANCERS)
def test_the_holder_of_the_vip_is_lost_in_the_middle_of_the_switch(
    upgradable: Checkout, turn: str, tmp_path: Path
) -> None:
    """While clients change over at one load balancer: one of the two turns is the holder's own."""
    holder = upgradable.holder_of_the_vip(STAGE)
    code, watch = lost_when(upgradable, tmp_path, holder, f"begin cutover/identity/{turn}")
    within_budget(upgradable, watch, "keepalived", "holder_lost")
    goes_on(upgradable, code, tmp_path)


@pytest.mark.parametrize("host", ["database-1", "database-3"], ids=["writer", "bystander"])
def test_a_database_is_lost_during_expand(upgradable: Checkout, host: str, tmp_path: Path) -> None:
    code, watch = lost_when(upgradable, tmp_path, host, "begin schema/keystone-expand")
    # As silent as a frozen one: no connection to a host without power breaks by itself.
    within_budget(upgradable, watch, "galera", "writer_frozen")
    await_all(upgradable, STAGE, [host], SYNCED, 300)
    goes_on(upgradable, code, tmp_path)
