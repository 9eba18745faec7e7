"""A fault reaches its host alone, is written down before it is made, proved, and undone whatever happens."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from suites_sample import Read

from suites.errors import FaultRefused, HealingFailed, LeaseLost, ReadingFailed
from suites.faults import fault as faults
from suites.faults.fault import Fault
from suites.faults.full import fill
from suites.faults.guard import reaching
from suites.faults.injector import BOOT, WHERE, Injector, Ran
from suites.faults.undo_log import UndoLog
from suites.seam.lease import Lease
from suites.seam.target import Argv, Target

DONE = Ran(0, "", "")


@pytest.fixture
def target(read: Read, target_document: dict[str, Any]) -> Target:
    for host in target_document["hosts"]:
        name = f"sg-3fa2c1-staging-{host['name']}"
        host |= {
            "exec": ["podman", "exec", name],
            "network": ["sh", "-c", "enter", name],
            "power_off": [["podman", "kill", name]],
            "power_on": [["podman", "start", name]],
            "link_down": [["podman", "exec", name, "ip", "link", "set", "eth0", "down"]],
            "link_up": [["podman", "exec", name, "ip", "link", "set", "eth0", "up"]],
        }
    return read(target_document)


@dataclass
class Machine:
    """Runs nothing, remembers everything, and answers as it is told."""

    answer: Callable[[Argv], Ran] = lambda _argv: DONE
    ran: list[Argv] = field(default_factory=list)

    def __call__(self, argv: Argv, _within: float) -> Ran:
        self.ran.append(argv)
        return self.answer(argv)


@dataclass
class Scene:
    """An injector on a machine that runs nothing."""

    target: Target
    log: UndoLog
    machine: Machine
    lease: Lease

    @property
    def injector(self) -> Injector:
        return Injector(self.target, self.log, self.lease, self.machine, lambda: 0.0, lambda _seconds: None)

    def kill(self) -> Fault:
        return faults.kill(self.target, self.target.hosts[0], "mariadb.service")

    def fill(self) -> Fault:
        return fill(self.target, self.target.hosts[0], "mariadb.service", "/var/lib/mysql", "echo room")

    def taken_over(self, _argv: Argv = ()) -> Ran:
        self.lease.file.write_text('{"token": 7}')
        return DONE

    def standing(self) -> list[str]:
        return [standing.fault for standing in self.log.standing()]


@pytest.fixture
def scene(target: Target, tmp_path: Path) -> Scene:
    lease = Lease(tmp_path / "staging.json", 6)
    lease.file.write_text('{"token": 6}')
    return Scene(target, UndoLog(tmp_path / "faults.json"), Machine(), lease)


def test_every_fault_and_its_undoing_act_on_its_host_alone(target: Target) -> None:
    host = target.hosts[0]
    made = (
        faults.kill(target, host, "mariadb.service"),
        faults.kill(target, host, "mariadb.service", down=True),
        faults.freeze(target, host, "haproxy.service"),
        faults.stop(target, host, "memcached.service"),
        faults.lose(target, host),
        faults.cut_off(target, host, "left"),
        fill(target, host, "mariadb.service", "/var/lib/mysql", "echo room"),
    )
    assert [reaching(fault, target) for fault in made] == [None] * len(made)


@pytest.mark.parametrize(
    "command",
    [
        "nft flush ruleset",
        "ip link set eth0 down",
        "podman kill sg-3fa2c1-staging-database-2",
        "ssh -F /elsewhere database-1 reboot",
        "sh -c enter sg-3fa2c1-staging-database-1",
    ],
)
def test_a_fault_that_could_reach_anything_else_is_refused(scene: Scene, command: str) -> None:
    argv = tuple(command.split())
    with pytest.raises(FaultRefused), scene.injector.injected(replace(scene.kill(), inject=(argv,))):
        pytest.fail("it was made")
    assert argv not in scene.machine.ran


def test_before_each_fault_it_is_read_whose_the_stage_is(scene: Scene) -> None:
    first, second = scene.kill(), faults.stop(scene.target, scene.target.hosts[1], "memcached.service")
    with scene.injector.injected(first):
        scene.taken_over()
    assert scene.machine.ran[-1] == first.undo[-1], "what was made is undone, whoever has the stage"
    with pytest.raises(LeaseLost, match="its token is 7, this run's was 6"), scene.injector.injected(second):
        pytest.fail("it was made")
    assert not set(scene.machine.ran) & {*second.inject, *second.undo}
    assert scene.standing() == []


def test_no_fault_is_made_in_a_stage_that_was_lost_during_the_last_reading(scene: Scene) -> None:
    made = scene.kill()
    scene.machine.answer = scene.taken_over
    with pytest.raises(LeaseLost), scene.injector.injected(made):
        pytest.fail("it was made")
    assert scene.machine.ran == [made.reads]


def test_what_a_fault_needs_is_not_done_to_a_lost_stage_and_is_undone_if_it_was(scene: Scene) -> None:
    made = scene.fill()
    scene.machine.answer = scene.taken_over  # as early as it is prepared
    with pytest.raises(LeaseLost), scene.injector.prepared(made), scene.injector.injected(made):
        pytest.fail("it was made")
    assert scene.machine.ran == [made.prepare[0], made.reads, *made.undo]
    assert scene.standing() == []

    with pytest.raises(LeaseLost), scene.injector.prepared(made):
        pytest.fail("it was prepared")
    assert scene.machine.ran.count(made.prepare[0]) == 1


def test_a_fault_of_a_host_that_is_not_of_the_target_is_refused(scene: Scene) -> None:
    with pytest.raises(FaultRefused, match="not a host of the target"):
        scene.injector.injected(replace(scene.kill(), host="prod-database-1")).__enter__()


def test_a_prefix_that_does_not_name_the_host_is_refused(target: Target) -> None:
    host = replace(target.hosts[0], network=("env",))
    astray = replace(target, hosts=(host, target.hosts[1]))
    problem = reaching(faults.cut_off(astray, host, "left"), astray)
    assert problem is not None
    assert "does not name database-1" in problem


def test_a_way_into_a_network_that_leads_back_to_this_machine_is_refused(scene: Scene) -> None:
    boot, ours = BOOT.read_text().strip(), os.readlink("/proc/self/ns/net")  # noqa: PTH115 - no file, a name
    cut = faults.cut_off(scene.target, scene.target.hosts[0], "left")
    scene.machine.answer = lambda argv: Ran(0, f"{boot}\n{ours}", "") if WHERE[-1] in argv else DONE
    refused = pytest.raises(FaultRefused, match="does not enter another network namespace")
    with refused, scene.injector.injected(cut):
        pytest.fail("it was made")
    # Another machine's network may have the number of this one's.
    scene.machine.answer = lambda argv: Ran(0, f"another\n{ours}", "") if WHERE[-1] in argv else DONE
    with scene.injector.injected(cut):
        assert scene.standing() == [cut.name]


def test_a_fault_is_written_down_before_it_is_made_and_struck_out_once_it_is_undone(scene: Scene) -> None:
    there: list[bool] = []
    scene.machine.answer = lambda _argv: (there.append(scene.log.path.exists()), DONE)[1]
    made = scene.kill()
    with scene.injector.injected(made):
        assert scene.log.standing()[0].undo == made.undo
    reading, inject, undo = there
    assert (reading, inject, undo) == (False, True, True)
    assert not scene.log.path.exists()


def test_a_fault_is_undone_when_the_check_breaks(scene: Scene) -> None:
    made = scene.kill()
    with pytest.raises(KeyboardInterrupt), scene.injector.injected(made):
        raise KeyboardInterrupt
    assert scene.machine.ran[-1] == made.undo[-1]
    assert scene.log.standing() == ()


@pytest.mark.parametrize(
    ("part", "error", "in_the_log"),
    [("prepare", ReadingFailed, False), ("inject", ReadingFailed, False), ("undo", HealingFailed, True)],
)
def test_a_fault_whose_command_fails_is_undone_and_stays_in_the_log_if_it_can_not_be(
    scene: Scene, part: str, error: type[Exception], *, in_the_log: bool
) -> None:
    # Without anything to prepare, nothing but `injected` undoes a fault.
    made = scene.fill() if part == "prepare" else scene.kill()
    failing = getattr(made, part)
    scene.machine.answer = lambda argv: Ran(1, "", "no memory") if argv in failing else DONE
    with (
        pytest.raises(error, match="no memory"),
        scene.injector.prepared(made),
        scene.injector.injected(made),
    ):
        assert part == "undo"
    assert (made.inject[0] in scene.machine.ran) is (part != "prepare")
    assert scene.machine.ran[-1] == made.undo[-1]
    assert scene.standing() == ([made.name] if in_the_log else [])


def test_the_next_run_heals_what_a_killed_one_left_standing(scene: Scene) -> None:
    fault = faults.lose(scene.target, scene.target.hosts[1])
    scene.log.add(fault)
    (healed,) = scene.injector.heal_all()
    assert healed.host == "database-2"
    assert [argv for argv in scene.machine.ran if argv in fault.undo] == list(fault.undo)
    assert scene.injector.heal_all() == ()


def test_a_log_that_was_meddled_with_runs_nothing(scene: Scene) -> None:
    scene.log.path.write_text(json.dumps([{"fault": "x", "host": "database-1", "undo": [["reboot"]]}]))
    with pytest.raises(HealingFailed, match="will not undo"):
        scene.injector.heal_all()
    assert scene.machine.ran == []


def test_what_a_fault_needs_is_written_down_before_it_is_done_and_undone_with_it(scene: Scene) -> None:
    fault = scene.fill()
    standing: list[int] = []
    scene.machine.answer = lambda _argv: standing.append(len(scene.log.standing())) or DONE
    with scene.injector.prepared(fault):
        assert (scene.machine.ran, standing) == ([fault.prepare[0]], [1])
        with scene.injector.injected(fault):
            pass
        assert scene.log.standing() == ()
    assert scene.machine.ran[-1] == fault.undo[0]


def test_a_fault_that_needs_nothing_beforehand_does_nothing_beforehand(scene: Scene) -> None:
    with scene.injector.prepared(scene.kill()):
        assert scene.machine.ran == []


def test_an_injector_that_does_nothing_proves_nothing(scene: Scene) -> None:
    scene.machine.answer = lambda argv: Ran(0, "812", "") if argv == scene.kill().reads else DONE
    injector = replace(scene.injector, clock=iter(range(100)).__next__)
    with injector.injected(scene.kill()) as made:
        proof = injector.proof(made)
    assert not proof.holds
    assert proof.seen == "mariadb.service had process 812, now process 812"


def test_a_reading_that_fails_proves_nothing(scene: Scene) -> None:
    stopped = faults.stop(scene.target, scene.target.hosts[0], "memcached.service")
    readings = iter(
        [Ran(0, "active", ""), Ran(None, "", "no result within 5 s"), Ran(255, "inactive", "gone")]
    )
    scene.machine.answer = lambda argv: (
        next(readings, Ran(0, "active", "")) if argv == stopped.reads else DONE
    )
    injector = replace(scene.injector, clock=iter(range(100)).__next__)
    with injector.injected(stopped) as made:
        assert not injector.proof(made).holds


def test_what_can_be_undone_is_undone_although_something_else_can_not(scene: Scene) -> None:
    stuck, other = scene.kill(), faults.stop(scene.target, scene.target.hosts[1], "memcached.service")
    for fault in (other, stuck):
        scene.log.add(fault)
    scene.machine.answer = lambda argv: Ran(1, "", "no") if argv == stuck.undo[0] else DONE
    with pytest.raises(HealingFailed, match="no"):
        scene.injector.heal_all()
    assert scene.standing() == [stuck.name]


def test_dropped_packets_prove_a_cut_and_rules_alone_do_not(target: Target) -> None:
    cut = faults.cut_off(target, target.hosts[0], "left")
    rules = "table inet stagegate_fault { counter packets {} bytes 0 drop }"
    assert not cut.took_effect("", rules.replace("{}", "0")).holds
    assert cut.took_effect("", rules.replace("{}", "7")).holds


def test_faults_of_several_hosts_are_proved_if_each_is(scene: Scene) -> None:
    made = [faults.stop(scene.target, host, "memcached.service") for host in scene.target.hosts[:2]]
    now = {made[0].reads: "inactive", made[1].reads: "active"}
    injector = replace(scene.injector, clock=iter(range(100)).__next__)
    scene.machine.answer = lambda argv: Ran(0, "active", "") if argv in now else DONE
    with injector.injected(made[0]) as one, injector.injected(made[1]) as other:
        scene.machine.answer = lambda argv: Ran(0, now.get(argv, ""), "")
        both, first = injector.proofs((one, other)), injector.proofs((one,))
    seen = [f"memcached.service is {state}" for state in now.values()]
    assert (both.holds, both.seen) == (False, f"database-1: {seen[0]}; database-2: {seen[1]}")
    assert (first.holds, first.seen) == (True, seen[0])
