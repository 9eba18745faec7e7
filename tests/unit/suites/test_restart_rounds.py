"""Restarting the units of hosts: what is asked of them, until when, and what becomes of their peers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stages.openstack import software
from suites.errors import ReadingFailed
from suites.harness.component import Component, Use
from suites.hosts.host import Output
from suites.hosts.reading import Observation, Reading
from suites.restart.restarts import STARTED_WITHIN_S, Restarts
from suites.seam.lease import Lease
from suites.seam.report import Outcome
from suites.seam.target import TargetHost

LOOK = "a look at its health"
WELL = Observation(holds=True, seen="well")
NO = Observation(holds=False, seen="no report since")
UNITS = ("a.service", "b.service", "another.service")


@dataclass
class FakeHost:
    name: str
    address: str = "10.0.0.1"
    scripts: list[str] = field(default_factory=list)
    fails: bool = False

    def ask(self, script: str, *, within: int = 20) -> Output:
        assert (script, within > 0) == (LOOK, True)
        return Output(0, "", "")

    def read(self, script: str, *, within: int = 20) -> str:
        assert within > 0
        self.scripts.append(script)
        if self.fails:
            raise ReadingFailed("a reading ended with 1", where=self.name, why="Job for a.service failed")
        return "1764064805.5\n"


@dataclass
class World:
    """Three hosts of one role, with one component; time goes on by a second a look."""

    of_use: Callable[[Use], Observation]
    now: float = 0.0
    lease: Lease | None = None
    told: list[tuple[str, Outcome]] = field(default_factory=list)
    hosts: dict[str, FakeHost] = field(
        default_factory=lambda: {f"compute-{n}": FakeHost(f"compute-{n}") for n in (1, 2, 3)}
    )

    def restarts(self, units: tuple[str, ...] = UNITS) -> Restarts:
        told = TargetHost("", "compute", "outside", "10.0.0.1", ("a",), (), units=units)
        hosts = {name: replace(told, name=name) for name in self.hosts}
        target: Any = SimpleNamespace(host=hosts.__getitem__, stage="staging")
        nobody: Any = None
        return Restarts(
            target,
            self.lease,
            self.hosts,
            nobody,
            nobody,
            lambda _message, _host: None,
            "restart-1",
            lambda _component, host, back: self.told.append((host, back.outcome)),
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def component(self) -> Component:
        return Component(
            name="a",
            healthy=lambda _: (Reading(LOOK, lambda _: WELL),),
            units=("a.service", "b.service"),
            of_use=self.of_use,
        )

    def run(self, restarts: Restarts) -> dict[str, tuple[bool | None, str]]:
        restarts.run({name: [self.component()] for name in self.hosts})
        return {host: (back.holds, back.seen) for (_, host), back in restarts.seen.items()}


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suites.restart.restarts.stalled", lambda: 0.0)


def test_all_units_of_a_component_restart_at_once_and_it_is_told_when_they_had() -> None:
    asked: list[Use] = []

    def note(use: Use) -> Observation:
        asked.append(use)
        return WELL

    world = World(note)
    seen = world.run(world.restarts())
    assert [holds for holds, _ in seen.values()] == [True, True, True]
    for host in world.hosts.values():
        assert host.scripts == ["systemctl restart a.service b.service && date +%s.%N"]
    assert {use.since for use in asked} == {1764064805.5}
    assert len({use.name for use in asked}) == 3


def test_a_component_is_polled_until_it_works_again() -> None:
    world = World(lambda _: WELL if world.now >= 20 else NO)
    assert all(holds for holds, _ in world.run(world.restarts()).values())


def test_peers_of_a_host_that_has_not_come_back_are_not_restarted() -> None:
    world = World(lambda _: NO)
    seen = world.run(world.restarts())
    assert seen["compute-2"] == (None, "not restarted, as compute-1 has not come back")
    assert world.hosts["compute-2"].scripts == []
    told = [("compute-1", Outcome.FAILED), ("compute-2", Outcome.SKIPPED), ("compute-3", Outcome.SKIPPED)]
    assert world.told == told


def test_nothing_more_is_restarted_once_another_run_has_the_stage(tmp_path: Path) -> None:
    lease = Lease(tmp_path / "staging.json", 6)
    lease.file.write_text('{"token": 6}')

    def taken_over_meanwhile(_: Use) -> Observation:
        lease.file.write_text('{"token": 7}')
        return WELL

    world = World(taken_over_meanwhile, lease=lease)
    seen = world.run(world.restarts())
    assert [len(host.scripts) for host in world.hosts.values()] == [1, 0, 0]
    assert seen["compute-1"][0] is True
    for host in ("compute-2", "compute-3"):
        holds, said = seen[host]
        assert holds is None
        assert said.startswith("not restarted: staging: the lease was taken over by another run")


def test_the_result_of_a_round_is_told_before_the_next_begins() -> None:
    def look(_: Use) -> Observation:
        asked.append(len(world.told))
        return WELL

    asked: list[int] = []
    world = World(look)
    world.run(world.restarts())
    assert asked == [0, 1, 2]


def silent(_: Use) -> Observation:
    raise ReadingFailed("no answer over ssh", where="compute-1")


@pytest.mark.parametrize(
    ("of_use", "fails", "units", "why"),
    [
        pytest.param(lambda _: NO, False, UNITS, "no report since", id="never does its job again"),
        pytest.param(silent, False, UNITS, "no answer over ssh", id="does not answer"),
        pytest.param(lambda _: WELL, True, UNITS, "Job for a.service failed", id="unit that does not start"),
        pytest.param(lambda _: WELL, False, (), "names no unit", id="no unit"),
        pytest.param(lambda _: WELL, False, UNITS[2:], "names no unit", id="no unit of its own"),
    ],
)
def test_a_component_that_does_not_work_again_fails_and_says_why(
    of_use: Callable[[Use], Observation], units: tuple[str, ...], why: str, *, fails: bool
) -> None:
    world = World(of_use)
    world.hosts["compute-1"].fails = fails
    holds, said = world.run(world.restarts(units))["compute-1"]
    assert holds is False
    assert why in said


def test_a_daemon_has_the_time_to_stop_and_start_that_its_unit_gives_it() -> None:
    unit = (Path(software.__file__).parent / "templates/daemon.service").read_text()
    assert sum(map(int, re.findall(r"^Timeout(?:Start|Stop)Sec=(\d+)$", unit, re.MULTILINE))) == 150 + 20
    assert STARTED_WITHIN_S >= 150 + 20
